// A worker with plain IndexedDB and nothing else: what the browser itself takes for the same bytes.
import type { Durability } from "../../../js/dist/storage/store.js";

/** Of a snapshot's values. */
const VALUE_BYTES = 4 * 2 ** 20;

export type RawTask =
  | { type: "append"; durability: Durability; bytes: number }
  | { type: "write"; durability: Durability; bytes: number }
  | { type: "read" };

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const completed = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });

function noise(bytes: number): ArrayBuffer {
  const block = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) {
    crypto.getRandomValues(block.subarray(at, Math.min(bytes, at + 65_536)));
  }
  return block.buffer;
}

const opening = indexedDB.open("raw", 1);
opening.onupgradeneeded = () => {
  for (const name of ["journal", "parts"]) opening.result.createObjectStore(name);
};
const opened = settled(opening);
let appended = 0;

/** Milliseconds. */
const tasks: { [T in RawTask["type"]]: (task: RawTask & { type: T }) => Promise<number> } = {
  async append({ durability, bytes }) {
    const record = noise(bytes);
    const database = await opened;
    const begin = performance.now();
    const transaction = database.transaction("journal", "readwrite", { durability });
    transaction.objectStore("journal").add(record, ++appended);
    await completed(transaction);
    return performance.now() - begin;
  },
  async write({ durability, bytes }) {
    const whole = Math.floor(bytes / VALUE_BYTES);
    const values = Array.from({ length: whole }, () => noise(VALUE_BYTES));
    values.push(noise(bytes - whole * VALUE_BYTES));
    const database = await opened;
    const emptying = database.transaction("parts", "readwrite", { durability });
    emptying.objectStore("parts").clear();
    await completed(emptying);
    const begin = performance.now();
    const transaction = database.transaction("parts", "readwrite", { durability });
    for (const [i, value] of values.entries()) transaction.objectStore("parts").add(value, i);
    await completed(transaction);
    return performance.now() - begin;
  },
  async read() {
    const database = await opened;
    const begin = performance.now();
    const parts = database.transaction("parts").objectStore("parts");
    const values: ArrayBuffer[] = await settled(parts.getAll());
    const elapsed = performance.now() - begin;
    if (values.length === 0) throw new Error("there was nothing to read");
    return elapsed;
  },
};

addEventListener("message", async ({ data }: MessageEvent<RawTask>) => {
  const run = tasks[data.type] as (task: RawTask) => Promise<number>;
  postMessage(await run(data).catch((error) => ({ error: String(error.stack ?? error) })));
});
