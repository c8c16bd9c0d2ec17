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

const WRITES = ["add", "put", "delete", "clear"] as const;

/**
 * Runs work while every transaction of IndexedDB that writes is counted. The refused one ends as in
 * Chromium: its requests succeed, then it is aborted and says why.
 */
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
        if (refusal.next()) {
          const error = new DOMException("", "QuotaExceededError");
          Object.defineProperty(transaction, "error", { value: error });
          request.addEventListener("success", () => transaction.abort());
        }
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
