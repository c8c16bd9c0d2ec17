import { type Transaction, WRITER, type WriterState } from "./connection.js";
import { assertReadable, isTooNew, noSuchCollection, snapshotChanged } from "./errors.js";
import { keeps, LAYOUT, unpackLayout } from "./kept-parts.js";
import type { JournalRecord, Manifest } from "./store.js";

/** A second copy that is further behind than so many deletions is not expected. */
const MAX_DELETED = 1000;

/** Under which records that were set aside are kept in the journal. */
export const ASIDE = "aside/";

/**
 * The sequence under which the journal says that a collection is on its way in. Batches without a manifest
 * and without this have lost it, which is for the second copy to heal, or to report.
 */
export const STAGED = 0;

/** How many parts a snapshot has, how many of them it took over, and how many rows it was written in. */
export interface WrittenParts {
  count: number;
  bytes: number;
  kept: number;
  rows: number;
}

// What the transactions of IndexedDbStore have in common.

/**
 * Deletes parts of generations that do not count, and batches that were on their way in: a snapshot or an
 * import was interrupted. What is held is not over yet, and a later version may count otherwise.
 */
export async function sweep(tx: Transaction<"readwrite">, held: Set<string>): Promise<void> {
  const [parts, journal] = [tx.objectStore("parts"), tx.objectStore("journal")];
  const [known, keys] = await Promise.all([manifests(tx), parts.getAllKeys()]);
  const byId = new Map(known.map((manifest) => [manifest.id, manifest]));
  const others = keys.filter(([id, generation]) => {
    return !held.has(id) && byId.get(id)?.snapshot.generation !== generation;
  });
  for (const id of new Set(others.map(([id]) => id))) {
    const own = others.filter((key) => key[0] === id);
    const orphans = await unusedParts(tx, byId.get(id), own);
    await Promise.all(orphans.map((key) => parts.delete(key)));
  }
  for (let cursor = await journal.openKeyCursor(); cursor; ) {
    const [id, sequence] = cursor.key;
    const gone = sequence === STAGED && !byId.has(id) && !held.has(id);
    if (gone) await journal.delete(under(id));
    // Past all batches of this id.
    cursor = await cursor.continue([id, []] as never);
  }
}

type PartKey = [id: string, generation: number, number: number];

/** Of parts of other generations those that its snapshot did not take over; of a later version's none. */
export async function unusedParts(
  tx: AnyTransaction,
  manifest: Manifest | undefined,
  keys: PartKey[],
): Promise<PartKey[]> {
  if (!manifest) return keys;
  if (isTooNew(manifest)) return [];
  const { id, snapshot } = manifest;
  const bytes = await tx.objectStore("parts").get([id, snapshot.generation, LAYOUT]);
  const layout = unpackLayout(bytes && new Uint8Array(bytes));
  return keys.filter(([, generation, number]) => !keeps(layout, generation, number));
}

/** Collections with all they have. */
export async function deleteRows(tx: Transaction<"readwrite">, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await noteDeleted(tx, ids);
  const deletions = ids.flatMap((id) => [
    tx.objectStore("meta").delete(id),
    tx.objectStore("journal").delete(under(id)),
    tx.objectStore("journal").delete(under(ASIDE + id)),
    tx.objectStore("parts").delete(under(id)),
  ]);
  await Promise.all(deletions);
}

/** What is on its way in as well. */
export async function deleteEverything(tx: Transaction<"readwrite">): Promise<void> {
  const ids = (await manifests(tx)).map(({ id }) => id);
  await noteDeleted(tx, ids);
  await Promise.all([
    ...ids.map((id) => tx.objectStore("meta").delete(id)),
    tx.objectStore("journal").clear(),
    tx.objectStore("parts").clear(),
  ]);
}

/** What goes into one transaction, so that no more of it is in memory. */
const TRANSACTION_BYTES = 16 * 2 ** 20;

/** Blocks in groups for a transaction each. */
export async function* inBatches<T>(
  blocks: Iterable<T> | AsyncIterable<T>,
  bytesOf: (block: T) => number,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for await (const block of blocks) {
    if (bytes > 0 && bytes + bytesOf(block) > TRANSACTION_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(block);
    bytes += bytesOf(block);
  }
  if (batch.length > 0) yield batch;
}

type AnyTransaction = Transaction<"readonly"> | Transaction<"readwrite">;

export async function manifests(tx: AnyTransaction): Promise<Manifest[]> {
  const all = await tx.objectStore("meta").getAll();
  return all.filter((value) => "id" in value).sort((a, b) => a.order - b.order);
}

export async function manifestIn(tx: AnyTransaction, id: string): Promise<Manifest | undefined> {
  const found = await tx.objectStore("meta").get(id);
  return found && "id" in found ? found : undefined;
}

/** Who may write, and what was deleted; epoch 0: nobody claimed it yet. */
export async function writerIn(tx: AnyTransaction): Promise<WriterState> {
  const found = await tx.objectStore("meta").get(WRITER);
  return found && "deleted" in found ? found : { epoch: 0, deleted: [] };
}

/**
 * Under which a manifest is stored: the epoch that was claimed, 0 if none was, since append() takes any
 * other for another writer's.
 */
export const epochFor = (claimed: number, { epoch }: Pick<Manifest, "epoch">) => claimed || epoch;

/** Fences off whoever wrote before. Returns the new epoch. */
export async function raiseEpoch(tx: Transaction<"readwrite">, held: Set<string>): Promise<number> {
  await sweep(tx, held);
  const meta = tx.objectStore("meta");
  const { epoch: last, deleted } = await writerIn(tx);
  const epoch = last + 1;
  const known = (await manifests(tx)).filter((manifest) => !isTooNew(manifest));
  await Promise.all([
    meta.put({ epoch, deleted }, WRITER),
    ...known.map((manifest) => meta.put({ ...manifest, epoch }, manifest.id)),
  ]);
  return epoch;
}

/** A second copy that could not follow must not bring a collection back. */
export async function noteDeleted(tx: Transaction<"readwrite">, ids: string[]): Promise<void> {
  const writer = await writerIn(tx);
  const deleted = [...writer.deleted, ...ids].slice(-MAX_DELETED);
  await tx.objectStore("meta").put({ ...writer, deleted }, WRITER);
}

/** Of a collection that is to be changed. */
export async function manifestOf(tx: Transaction<"readwrite">, id: string): Promise<Manifest> {
  const manifest = await manifestIn(tx, id);
  if (!manifest) throw noSuchCollection(id);
  assertReadable(manifest);
  return manifest;
}

export async function lastSequenceIn(tx: AnyTransaction, id: string): Promise<number> {
  const manifest = await manifestIn(tx, id);
  const cursor = await tx.objectStore("journal").openKeyCursor(under(id), "prev");
  return Math.max(cursor?.key[1] ?? 0, manifest?.snapshot.coveredSequence ?? 0);
}

/** All keys that begin so: an array sorts after every number and string. */
export function under(...prefix: [string] | [string, number]): IDBKeyRange {
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}

/** records: those that can be read. Returns how many there were. */
export async function moveAside(
  tx: Transaction<"readwrite">,
  id: string,
  generation: number,
  afterSequence: number,
  records: JournalRecord[],
): Promise<number> {
  const changed = snapshotChanged(await manifestOf(tx, id), generation);
  if (changed) throw changed;
  const journal = tx.objectStore("journal");
  const range = IDBKeyRange.bound([id, afterSequence], [id, []], true);
  const keys = await journal.getAllKeys(range);
  // Asked for twice: what was set aside stays.
  if (keys.length === 0) return 0;
  // What was set aside before has the same sequences.
  await journal.delete(under(ASIDE + id));
  const put = records.map(({ sequence, record }) =>
    journal.put(exactBuffer(record), [ASIDE + id, sequence]),
  );
  await Promise.all([...put, journal.delete(range)]);
  return keys.length;
}

/** The bytes as a buffer of their own: of a view the whole buffer would be stored. */
export function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.byteLength === bytes.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : (bytes.slice().buffer as ArrayBuffer);
}

/** Values from number 0 up to the first that is not there; so many are read while one is worked at. */
export async function* readAhead<T>(
  ahead: number,
  read: (number: number) => Promise<T | undefined>,
): AsyncGenerator<T> {
  const begun: Promise<T | undefined>[] = [];
  for (let number = 0; ; ) {
    for (; begun.length < ahead; ++number) {
      const reading = read(number);
      // Who reads may stop before it comes to this one.
      reading.catch(() => {});
      begun.push(reading);
    }
    const value = await begun.shift();
    if (value === undefined) return;
    yield value;
  }
}
