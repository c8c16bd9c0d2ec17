import { PagevecError } from "../errors.js";
import { equalBytes } from "./bytes.js";
import { isTooNew, nameTaken } from "./errors.js";
import type { IndexedDbStore } from "./indexeddb.js";
import type { JournalRecord, Manifest, Report, SecondCopy, SnapshotInfo, Store } from "./store.js";

export interface Copies {
  first: IndexedDbStore;
  second: SecondCopy;
  isSound(block: Uint8Array): boolean;
  report: Report;
}

/**
 * Brings both copies to the same state when a client is opened. What the second has and is confirmed, the
 * first had, so if it is not there now, the browser has lost it: it goes back. What only the first has goes
 * to the second. why: what the browser said of the loss, if anything.
 */
export async function reconcile(copies: Copies, why: string | null): Promise<void> {
  const { first, second } = copies;
  const deleted = new Set(await first.deletedIds());
  for (const theirs of await second.listCollections()) {
    const ours = await first.getCollection(theirs.id);
    if (ours) await align(copies, ours, theirs);
    else if (deleted.has(theirs.id)) await second.deleteCollection(theirs.id);
    else await bringBackOrTell(copies, theirs, why ?? "the collection was missing in IndexedDB");
  }
  for (const ours of await first.listCollections()) {
    if (!(await second.getCollection(ours.id))) await copyOver(copies, ours.id);
  }
}

/** Puts the first copy's state of a collection in the second. False: the first is damaged. */
export async function copyOver({ first, second, isSound }: Copies, id: string): Promise<boolean> {
  const manifest = await first.getCollection(id);
  if (!manifest) return true;
  const { generation, coveredSequence } = manifest.snapshot;
  const restore = () =>
    second.restore(
      manifest,
      soundParts(first.readParts(id, generation), manifest.snapshot, isSound),
      soundRecords(first.readJournal(id, coveredSequence), coveredSequence, isSound),
    );
  try {
    await restore().catch(async (cause) => {
      if (cause.code !== "quota_exceeded" || !(await second.getCollection(id))) throw cause;
      // There is no room for the old state beside the new one; the first copy was just read whole.
      await second.deleteCollection(id);
      await restore();
    });
    return true;
  } catch (cause) {
    // Loading the collection finds the same, and heals or reports it. What the second has stays.
    if ((cause as PagevecError).code === "corrupt") return false;
    throw cause;
  }
}

/** What the second copy has is not in the first: where it cannot be brought back, it is lost. */
async function bringBackOrTell(copies: Copies, theirs: Manifest, why: string): Promise<void> {
  if (await bringBack(copies, theirs, why)) return;
  const { name } = theirs;
  const message = `"${name}": ${why}; the second copy is damaged too`;
  copies.report({ kind: "lost", collection: name, message, batches: 0 });
}

/**
 * Puts the second copy's state of a collection in place of the first's, with the batches after it that can
 * be read there, and reports it; what comes after those is lost. False: it is damaged too, or has nothing from
 * batch `least` on, and nothing has changed.
 */
export async function bringBack(
  copies: Copies,
  theirs: Manifest,
  why: string,
  least = 0,
): Promise<boolean> {
  const { first, second, isSound, report } = copies;
  const { id, snapshot } = theirs;
  const before = await first.lastSequence(id);
  const there = await second.lastSequence(id);
  const later = await batchesAfter(copies, id, there);
  const last = there + later.length;
  if (last < least) return false;
  const name = await freeName(first, theirs);
  const restore = () =>
    first.restore(
      { ...theirs, name },
      soundParts(second.readParts(id, snapshot.generation), snapshot, isSound),
      soundRecords(joined(second.readJournal(id, 0), later), snapshot.coveredSequence, isSound),
    );
  try {
    await restore();
  } catch (cause) {
    if ((cause as PagevecError).code === "corrupt") return false;
    throw cause;
  }
  const behind = Math.max(0, before - last);
  const kind = behind > 0 ? "lost" : "recovered";
  const rest = behind > 0 ? `, which lacks ${behind} batches` : "";
  const message = `"${name}": ${why}; restored from the second copy${rest}`;
  report({ kind, collection: name, message, batches: behind || last });
  // So that both have the same generation again, and the same name.
  await copyOver(copies, id);
  return true;
}

/** What the first copy has after a batch, up to the first one that cannot be read. */
async function batchesAfter(copies: Copies, id: string, last: number): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for (let sequence = last + 1; ; ++sequence) {
    const record = await readSound(copies, id, sequence);
    if (!record) return records;
    records.push({ sequence, record });
  }
}

async function* joined(
  journal: AsyncIterable<JournalRecord>,
  later: JournalRecord[],
): AsyncGenerator<JournalRecord> {
  yield* journal;
  yield* later;
}

/** A batch of the first copy; null: it is damaged; undefined: it is not there. */
async function readSound({ first, isSound }: Copies, id: string, sequence: number) {
  try {
    const record = await first.readRecord(id, sequence);
    return record && !isSound(record) ? null : record;
  } catch (cause) {
    if ((cause as PagevecError).code === "corrupt") return null;
    throw cause;
  }
}

async function align(copies: Copies, ours: Manifest, theirs: Manifest): Promise<void> {
  const { first, second, report } = copies;
  // The next later version brings its own copies to the same state.
  if (isTooNew(ours)) return;
  const { id, name } = ours;
  await settleUnconfirmed(copies, id);
  const [here, there] = await Promise.all([first.lastSequence(id), second.lastSequence(id)]);
  const same = ours.snapshot.generation === theirs.snapshot.generation;
  if (there > here && same) {
    for await (const { sequence, record } of second.readJournal(id, here)) {
      await first.append(id, sequence, record);
    }
    const message = `"${name}": the last ${there - here} batches were missing in IndexedDB; restored from the second copy`;
    report({ kind: "recovered", collection: name, message, batches: there - here });
  } else if (there > here) {
    const why = `the last ${there - here} batches were missing in IndexedDB`;
    await bringBackOrTell(copies, theirs, why);
  } else if (!same || there < here || !sameFace(ours, theirs)) {
    await copyOver(copies, id);
  }
}

/**
 * A last batch that was not confirmed when the browser ended: nobody was told of it. It stays if the first
 * has it, also where that one is damaged.
 */
async function settleUnconfirmed(copies: Copies, id: string): Promise<void> {
  const { second } = copies;
  const sequence = second.unconfirmed(id);
  if (sequence === undefined) return;
  const ours = await readSound(copies, id, sequence);
  const theirs = await second.readRecord(id, sequence);
  const same = ours === null || (ours && theirs && equalBytes(ours, theirs));
  second[same ? "confirm" : "retract"](id, sequence);
}

/** Whether all is the same that can be changed without a batch. */
function sameFace(a: Manifest, b: Manifest): boolean {
  const face = ({ name, metadata, configuration, embeddingFunction }: Manifest) =>
    JSON.stringify([name, metadata, configuration, embeddingFunction]);
  return face(a) === face(b);
}

/** Another collection may have the name by now. */
async function freeName(first: Store, { id, name }: Manifest): Promise<string> {
  const taken = new Set<string>();
  for (const other of await first.listCollections()) if (other.id !== id) taken.add(other.name);
  const names = [name, ...Array.from({ length: 9 }, (_, i) => `${name}-recovered-${i + 1}`)];
  const free = names.find((candidate) => !taken.has(candidate));
  if (free === undefined) throw nameTaken(name);
  return free;
}

async function* soundParts(
  parts: AsyncIterable<Uint8Array>,
  { parts: expected }: SnapshotInfo,
  isSound: Copies["isSound"],
) {
  let count = 0;
  for await (const part of parts) {
    if (!isSound(part)) throw new PagevecError("corrupt", `part ${count} is damaged`);
    ++count;
    yield part;
  }
  if (count !== expected) throw new PagevecError("corrupt", `${count} of ${expected} parts`);
}

/** Only an unbroken sequence is a state that the collection had. */
async function* soundRecords(
  journal: AsyncIterable<JournalRecord>,
  after: number,
  isSound: Copies["isSound"],
) {
  let last = after;
  for await (const { sequence, record } of journal) {
    if (sequence !== ++last || !isSound(record)) {
      throw new PagevecError("corrupt", `batch ${last} is missing or damaged`);
    }
    yield { sequence, record };
  }
}
