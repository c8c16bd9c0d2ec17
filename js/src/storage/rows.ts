import { type Transaction, WRITER, type WriterState } from "./connection.js";
import { assertReadable, isTooNew, noSuchCollection, snapshotChanged } from "./errors.js";
import type { Manifest } from "./store.js";

/** A second copy that is further behind than so many deletions is not expected. */
const MAX_DELETED = 1000;

/** Under which records that were set aside are kept in the journal. */
export const ASIDE = "aside/";

// What the transactions of IndexedDbStore have in common.

/** Deletes parts of generations that do not count: a snapshot was interrupted. A later version may count otherwise. */
export async function sweep(tx: Transaction<"readwrite">): Promise<void> {
  const parts = tx.objectStore("parts");
  const [known, keys] = await Promise.all([manifests(tx), parts.getAllKeys()]);
  const byId = new Map(known.map((manifest) => [manifest.id, manifest]));
  const orphans = keys.filter(([id, generation]) => {
    const manifest = byId.get(id);
    return !manifest || (!isTooNew(manifest) && manifest.snapshot.generation !== generation);
  });
  await Promise.all(orphans.map((key) => parts.delete(key)));
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

/** Returns how many records there were. */
export async function moveAside(
  tx: Transaction<"readwrite">,
  id: string,
  generation: number,
  afterSequence: number,
): Promise<number> {
  const changed = snapshotChanged(await manifestOf(tx, id), generation);
  if (changed) throw changed;
  const journal = tx.objectStore("journal");
  const range = IDBKeyRange.bound([id, afterSequence], [id, []], true);
  const [keys, values] = await Promise.all([journal.getAllKeys(range), journal.getAll(range)]);
  // Asked for twice: what was set aside stays.
  if (keys.length === 0) return 0;
  // What was set aside before has the same sequences.
  await journal.delete(under(ASIDE + id));
  const put = keys.map(([, sequence], i) =>
    journal.put(values[i] as ArrayBuffer, [ASIDE + id, sequence]),
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
