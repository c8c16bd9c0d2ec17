// Loaded with the first recall().
import type { CollectionHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import type { CallContext } from "../engine/protocol.js";
import { nextTurn } from "../engine/turns.js";
import { PagevecError } from "../errors.js";
import type { RecallParams, RecallProposal, RecallResult } from "./methods.js";
import type { CollectionSession } from "./session.js";

/** The fractional part of the golden ratio: its multiples fill 0 to 1 evenly (Weyl's sequence). */
const STEP = 0.6180339887498949;
/** What query() takes at most. */
const MAX_EF_SEARCH = 10_000;

/** What a record's search by the index is compared with. */
interface Exact {
  /** Neighbours that there are, and the distance of the farthest. */
  count: number;
  farthest: number;
  ms: number;
  /** Of the last batch when it was found: later ones may have changed it. */
  sequence: number;
}

/** What one way to search found over the whole sample. */
interface Pass {
  recall: number;
  sample: number;
  indexMs: number;
}

/**
 * Compares the index with the exact search, one record a turn; with a target also looks for the least
 * efSearch that reaches it.
 * @throws invalid_argument for a target that is no share
 */
export async function measureRecall(
  session: CollectionSession,
  { sample, k, efSearch, target }: RecallParams,
  context: CallContext,
): Promise<RecallResult> {
  if (target !== undefined && !isShare(target)) {
    throw new PagevecError(
      "invalid_argument",
      `target must be a number above 0 and at most 1, as 0.98, got ${JSON.stringify(target)}`,
    );
  }
  const count = await session.read(context, (handle) => handle.count());
  const run = new RecallRun(session, Math.min(sample, count), k, context);
  const { recall, indexMs, sample: measured } = await run.measure(efSearch);
  const result = { recall, sample: measured, k, efSearch, exactMs: run.exactMs, indexMs };
  return target === undefined ? result : { ...result, proposed: await propose(run, k, target) };
}

function isShare(value: unknown): boolean {
  return typeof value === "number" && value > 0 && value <= 1;
}

/**
 * Doubles efSearch until it reaches the target, then halves the range between the last that did not
 * and the first that did. The one below the proposal misses the target; a smaller one that reaches
 * it by chance is not looked for.
 */
async function propose(run: RecallRun, k: number, target: number): Promise<RecallProposal | null> {
  // Each record finds itself as well, so the index keeps at least so many candidates.
  let missed = Math.min(k, MAX_EF_SEARCH - 1);
  let efSearch = missed + 1;
  let pass = await run.measure(efSearch, stepsTo(efSearch));
  while (pass.recall < target && efSearch < MAX_EF_SEARCH) {
    missed = efSearch;
    efSearch = Math.min(MAX_EF_SEARCH, 2 * efSearch);
    pass = await run.measure(efSearch, stepsTo(efSearch));
  }
  if (pass.recall < target) return null;
  while (efSearch - missed > 1) {
    const middle = (missed + efSearch) >> 1;
    const between = await run.measure(middle, Math.ceil(Math.log2(efSearch - missed)));
    if (between.recall < target) missed = middle;
    else [efSearch, pass] = [middle, between];
  }
  return { efSearch, recall: pass.recall, indexMs: pass.indexMs };
}

/** Passes that are left at most, before efSearch is doubled on: up to the limit, and back. */
function stepsTo(efSearch: number): number {
  return 1 + 2 * Math.ceil(Math.log2(MAX_EF_SEARCH / efSearch)) + Math.ceil(Math.log2(efSearch));
}

/** One sample, searched in several ways: what is nearest is looked up once. */
class RecallRun {
  private readonly exact: Exact[] = [];
  private done = 0;

  constructor(
    private readonly session: CollectionSession,
    private readonly asked: number,
    private readonly k: number,
    private readonly context: CallContext,
  ) {}

  /** The mean over the sample. */
  get exactMs(): number {
    return mean(this.exact.map(({ ms }) => ms));
  }

  /** passes: that are left with this one, for the progress. */
  async measure(efSearch: number, passes = 1): Promise<Pass> {
    const total = this.done + passes * this.asked;
    const found: { hits: number; ms: number }[] = [];
    for (let i = 0; i < this.asked; ++i) {
      await nextTurn();
      const one = await this.session.read(this.context, (handle) =>
        this.measureOne(handle, i, efSearch),
      );
      if (one) found.push(one);
      this.context.progress({ stage: "recall", done: ++this.done, total });
    }
    const recall = found.length === 0 ? 1 : mean(found.map(({ hits }) => hits));
    return { recall, sample: found.length, indexMs: mean(found.map(({ ms }) => ms)) };
  }

  /** Undefined when all records were deleted meanwhile. */
  private measureOne(handle: CollectionHandle, i: number, efSearch: number) {
    const { k } = this;
    if (handle.count() === 0) return undefined;
    const position = Math.floor((((i + 1) * STEP) % 1) * handle.count());
    const begin = performance.now();
    const distances = unwrap(handle.nearestTo(position, k, efSearch, false));
    const ms = performance.now() - begin;
    const { count, farthest } = this.exactOf(handle, i, position);
    // By distance: of several records that are equally far it does not matter which is found.
    const hits = distances.filter((distance) => distance <= farthest).length;
    return { hits: count === 0 ? 1 : hits / count, ms };
  }

  private exactOf(handle: CollectionHandle, i: number, position: number): Exact {
    const known = this.exact[i];
    const sequence = handle.lastSequence();
    if (known?.sequence === sequence) return known;
    const begin = performance.now();
    const distances = unwrap(handle.nearestTo(position, this.k, 0, true));
    const ms = performance.now() - begin;
    const { length: count } = distances;
    const exact = { count, farthest: distances[count - 1] ?? 0, ms, sequence };
    this.exact[i] = exact;
    return exact;
  }
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
