import type { Folder } from "../../../js/src/storage/files.js";

/** Counts what is written, and refuses the one of that number for lack of room. 0: none. */
export class Refusal {
  count = 0;

  constructor(readonly number: number) {}

  get fired(): boolean {
    return this.number > 0 && this.count >= this.number;
  }

  /** Whether this one is refused. */
  next(): boolean {
    return ++this.count === this.number;
  }
}

/** As Chromium does it for lack of room: the request succeeds, its transaction ends with the reason, committed or not. */
export function refuse(request: IDBRequest): void {
  const transaction = request.transaction as IDBTransaction;
  const error = new DOMException("", "QuotaExceededError");
  Object.defineProperties(transaction, { error: { value: error }, commit: { value() {} } });
  request.addEventListener("success", () => transaction.abort());
}

const WRITES = ["add", "put", "delete", "clear"] as const;

/** Runs work while every transaction of IndexedDB that writes is counted. */
export async function refusingTransactions<T>(
  refusal: Refusal,
  work: () => Promise<T>,
): Promise<T> {
  const known = new WeakSet<IDBTransaction>();
  const originals = WRITES.map((name) => [name, IDBObjectStore.prototype[name]] as const);
  for (const [name, original] of originals) {
    const refusing = function (this: IDBObjectStore, ...args: never[]) {
      const request = (original as (...args: never[]) => IDBRequest).apply(this, args);
      const { transaction } = this;
      if (!known.has(transaction)) {
        known.add(transaction);
        if (refusal.next()) refuse(request);
      }
      return request;
    };
    Object.assign(IDBObjectStore.prototype, { [name]: refusing });
  }
  try {
    return await work();
  } finally {
    for (const [name, original] of originals) {
      Object.assign(IDBObjectStore.prototype, { [name]: original });
    }
  }
}

/** The folder, whose writes are counted; of the refused one a half is written. */
export function refusingFolder(folder: Folder, refusal: Refusal): Folder {
  return {
    names: () => folder.names(),
    remove: (name) => folder.remove(name),
    async open(name) {
      const file = await folder.open(name);
      return {
        ...file,
        write(at, bytes) {
          if (!refusal.next()) return file.write(at, bytes);
          file.write(at, bytes.subarray(0, bytes.byteLength >> 1));
          throw new DOMException("no room", "QuotaExceededError");
        },
      };
    },
  };
}
