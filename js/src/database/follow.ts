import type { PagevecError } from "../errors.js";
import { equalBytes } from "../storage/bytes.js";
import type { Store } from "../storage/store.js";
import { applyRecord, type LoadedCollection } from "./load.js";

// What a collection does about batches that other tabs wrote.

/** Times a write is prepared anew because another tab wrote first: each time one of them succeeds. */
const WRITE_ATTEMPTS = 20;

/** A write, again and again while other tabs come first. @throws conflict when they did each time */
export async function untilFirst(write: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; ++attempt) {
    try {
      return await write();
    } catch (cause) {
      const overtaken = (cause as PagevecError).code === "conflict";
      if (!overtaken || attempt === WRITE_ATTEMPTS) throw cause;
    }
  }
}

/**
 * Stores a record; one that is stored already was stored by another tab for this one, which did not
 * live to say so.
 * @throws what Store.append throws
 */
export async function appendOnce(
  store: Store,
  id: string,
  sequence: number,
  record: Uint8Array,
  removes: boolean,
): Promise<void> {
  try {
    await store.append(id, sequence, record, removes);
  } catch (cause) {
    if ((cause as PagevecError).code !== "conflict") throw cause;
    const stored = await store.readRecord(id, sequence);
    if (!stored || !equalBytes(stored, record)) throw cause;
  }
}

/**
 * Applies the records after the last one that is loaded. Not complete: the rest is not in the journal
 * any more, or cannot be read, so that the collection has to be loaded again.
 */
export async function catchUp(
  loaded: LoadedCollection,
  store: Store,
  id: string,
): Promise<{ applied: number; complete: boolean }> {
  const { handle } = loaded;
  const before = handle.lastSequence();
  let complete = true;
  try {
    for await (const { sequence, record } of store.readJournal(id, before)) {
      applyRecord(handle, sequence, record, id);
      loaded.journalBytes += record.byteLength;
    }
    const manifest = await store.getCollection(id);
    // Later batches may be in a new snapshot alone.
    complete = (manifest?.snapshot.coveredSequence ?? Infinity) <= handle.lastSequence();
  } catch (cause) {
    const { code } = cause as PagevecError;
    if (code !== "corrupt" && code !== "format_too_new") throw cause;
    complete = false;
  }
  return { applied: handle.lastSequence() - before, complete };
}
