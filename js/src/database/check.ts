import type { CoreModule } from "../engine/module.js";
import type { CallContext } from "../engine/protocol.js";
import { throwIfAborted } from "../errors.js";
import type { Manifest, Store } from "../storage/store.js";
import type { CheckedCollection } from "./methods.js";

/**
 * Reads every block of every collection and compares it with its checksums, block by block, in both
 * copies. Changes nothing.
 */
export async function checkStore(
  core: CoreModule,
  store: Store,
  context: CallContext,
): Promise<CheckedCollection[]> {
  const checked: CheckedCollection[] = [];
  const copies: [CheckedCollection["copy"], Store][] = [["first", store]];
  if (store.copy) copies.push(["second", store.copy]);
  for (const [copy, source] of copies) {
    for (const manifest of await source.listCollections()) {
      throwIfAborted(context.signal);
      checked.push({ copy, ...(await checkCollection(core, source, manifest, context)) });
      context.progress({ stage: "check", done: checked.length, total: checked.length });
    }
  }
  return checked;
}

async function checkCollection(
  core: CoreModule,
  store: Store,
  { id, name, snapshot }: Manifest,
  { signal }: CallContext,
): Promise<Omit<CheckedCollection, "copy">> {
  const result = { name, parts: 0, batches: 0, problems: [] as string[] };
  for await (const part of store.readParts(id, snapshot.generation)) {
    throwIfAborted(signal);
    if (!core.isSound(part)) result.problems.push(`part ${result.parts} is damaged`);
    ++result.parts;
  }
  if (result.parts !== snapshot.parts) {
    result.problems.push(`there are ${result.parts} of ${snapshot.parts} parts`);
  }
  let last = snapshot.coveredSequence;
  for await (const { sequence, record } of store.readJournal(id, last)) {
    throwIfAborted(signal);
    if (sequence !== last + 1) result.problems.push(`batch ${last + 1} is missing`);
    if (!core.isSound(record)) result.problems.push(`batch ${sequence} is damaged`);
    last = sequence;
    ++result.batches;
  }
  return result;
}
