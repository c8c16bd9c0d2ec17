import type { CollectionHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import type { CallContext } from "../engine/protocol.js";
import { nextTurn } from "../engine/turns.js";
import type { RecallParams, RecallResult } from "./methods.js";
import type { CollectionSession } from "./session.js";

/** The fractional part of the golden ratio: its multiples fill 0 to 1 evenly (Weyl's sequence). */
const STEP = 0.6180339887498949;

/** Compares the index with the exact search, one record a turn. */
export async function measureRecall(
  session: CollectionSession,
  { sample, k, efSearch }: RecallParams,
  context: CallContext,
): Promise<RecallResult> {
  const result = { recall: 0, sample: 0, k, efSearch, exactMs: 0, indexMs: 0 };
  const asked = Math.min(sample, await session.read(context, (handle) => handle.count()));
  for (let i = 0; i < asked; ++i) {
    await nextTurn();
    await session.read(context, (handle) => measureOne(handle, result, ((i + 1) * STEP) % 1));
    context.progress({ stage: "recall", done: i + 1, total: asked });
  }
  const measured = Math.max(1, result.sample);
  result.recall = result.sample === 0 ? 1 : result.recall / measured;
  result.exactMs /= measured;
  result.indexMs /= measured;
  return result;
}

/** Adds the figures of one record, which a number from 0 to 1 chooses. */
function measureOne(handle: CollectionHandle, sum: RecallResult, choice: number): void {
  const position = Math.floor(choice * handle.count());
  if (handle.count() === 0) return; // deleted meanwhile
  const begin = performance.now();
  const found = unwrap(handle.nearestTo(position, sum.k, sum.efSearch, false));
  const middle = performance.now();
  const exact = unwrap(handle.nearestTo(position, sum.k, 0, true));
  sum.exactMs += performance.now() - middle;
  sum.indexMs += middle - begin;
  // By distance: of several records that are equally far it does not matter which is found.
  const farthest = exact[exact.length - 1] ?? 0;
  const hits = found.filter((distance) => distance <= farthest).length;
  sum.recall += exact.length === 0 ? 1 : hits / exact.length;
  ++sum.sample;
}
