import type { CoreModule } from "../engine/module.js";
import type { CallContext } from "../engine/protocol.js";
import { type PagevecError, throwIfAborted } from "../errors.js";
import type { Manifest, Store } from "../storage/store.js";
import type { CheckedCollection } from "./methods.js";

const ATTEMPTS = 3;

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
    try {
      for (const { id } of await source.listCollections()) {
        throwIfAborted(context.signal);
        const result = await checkSteady(core, source, id, context);
        if (result) checked.push({ copy, ...result });
        context.progress({ stage: "check", done: checked.length, total: checked.length });
      }
    } catch (cause) {
      throwIfAborted(context.signal);
      // A second copy that failed meanwhile, or gave its room away, is none: storage() says why.
      if (source === store || source === store.copy) throw cause;
    }
  }
  return checked;
}

type Checked = Omit<CheckedCollection, "copy">;

/** Again when a snapshot took over meanwhile; undefined for a collection that was deleted. */
async function checkSteady(
  core: CoreModule,
  store: Store,
  id: string,
  context: CallContext,
): Promise<Checked | undefined> {
  for (let attempt = 1; ; ++attempt) {
    const manifest = await store.getCollection(id);
    if (!manifest) return undefined;
    const [checked] = await Promise.allSettled([checkCollection(core, store, manifest, context)]);
    const now = await store.getCollection(id);
    const steady = now?.snapshot.generation === manifest.snapshot.generation;
    if (checked.status === "fulfilled" && steady) return checked.value;
    if (checked.status === "fulfilled" || !steady) continue;
    // Its files changed under the reading, or cannot be read at all.
    if (attempt === ATTEMPTS) throw checked.reason;
  }
}

async function checkCollection(
  core: CoreModule,
  store: Store,
  { id, name, snapshot }: Manifest,
  { signal }: CallContext,
): Promise<Checked> {
  const result: Checked = { name, parts: 0, batches: 0, problems: [] };
  const { problems } = result;
  try {
    for await (const part of store.readParts(id, snapshot.generation)) {
      throwIfAborted(signal);
      if (!core.isSound(part)) problems.push(`part ${result.parts} is damaged`);
      ++result.parts;
    }
    if (result.parts !== snapshot.parts) {
      problems.push(`there are ${result.parts} of ${snapshot.parts} parts`);
    }
    let last = snapshot.coveredSequence;
    for await (const { sequence, record } of store.readJournal(id, last)) {
      throwIfAborted(signal);
      if (sequence !== last + 1) problems.push(`batch ${last + 1} is missing`);
      if (!core.isSound(record)) problems.push(`batch ${sequence} is damaged`);
      last = sequence;
      ++result.batches;
    }
  } catch (cause) {
    // Files have checksums of their own.
    if ((cause as PagevecError).code !== "corrupt") throw cause;
    problems.push((cause as PagevecError).message);
  }
  return result;
}
