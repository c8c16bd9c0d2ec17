// Loaded with the first push(), pull() or sync() of a collection.

import { throwIfAborted } from "../../errors.js";
import { alone } from "../../storage/turns.js";
import type { CallOptions } from "../../types.js";
import { fingerprintOf } from "../configuration.js";
import { checkCount, checkParams, invalid } from "../validate.js";
import { resolve } from "./conflicts.js";
import { scan, shortHash } from "./record-state.js";
import { checkSides, type Sides } from "./sides.js";
import { type Pair, type Past, SyncBase, type SyncHome } from "./sync-base.js";
import { other, planSync, type States, type SyncPlan, withArrivals } from "./sync-plan.js";
import type { Direction, SyncParams, SyncResult, SyncSide } from "./sync-types.js";
import { put, remove, type SyncRun } from "./transfer.js";

const BATCH = 1000;
/** Where each record is a text to embed, of which an interruption is not to cost too many. */
const TEXT_BATCH = 256;
/** Below what Chroma's server takes in one call. */
const MAX_BATCH = 5000;
const PLACES = ["local", "remote"] as const;

/** See Collection.sync(). */
export async function synchronize(
  direction: Direction,
  home: SyncHome,
  sides: Sides,
  params: SyncParams,
  options: CallOptions,
): Promise<SyncResult> {
  checkParams(params);
  const { clock, onConflict } = params;
  if (clock !== undefined && typeof clock !== "string") throw invalid("clock must be a string");
  if (onConflict !== undefined && typeof onConflict !== "function") {
    throw invalid("onConflict must be a function of both versions of a record");
  }
  const vectors = checkSides(sides, direction);
  const usual = vectors ? BATCH : TEXT_BATCH;
  const limit = checkCount(params.batchSize ?? usual, "batchSize", 1, MAX_BATCH);
  const settled = { ...params, vectors, limit };
  // Two at once would take each other's halves of a step for changes. In one order, whichever is local.
  const [one, two] = [sides.local.id, sides.remote.id].sort() as [string, string];
  const { signal } = options;
  return alone(`sync/${one}`, signal, () =>
    alone(`sync/${two}`, signal, () => run(direction, home, sides, settled, options)),
  );
}

type Settled = SyncParams & { vectors: boolean; limit: number };

async function run(
  direction: Direction,
  home: SyncHome,
  sides: Sides,
  params: Settled,
  { signal, onProgress = () => {} }: CallOptions,
): Promise<SyncResult> {
  const options = signal ? { signal } : {};
  throwIfAborted(signal);
  const { vectors } = params;
  const tag = vectors
    ? await shortHash(fingerprintOf(sides.local.configuration.embedding_function))
    : "";
  const base = await SyncBase.open(home, sides.remote, tag, options);
  const scanned = await compare(sides, params, options, onProgress);
  const known = params.anew ? new Map<string, Past>() : await base.read(options);
  const past = withArrivals(known, scanned);
  const plan = planSync(scanned, past, direction, params.deleteExtra === true);
  if (!params.allowEmpty) checkEmptied(sides, scanned, plan);
  const { unchanged, left } = plan;
  const result: SyncResult = { ...NOTHING, unchanged, left, skipped: [] };
  const under: SyncRun = { sides, vectors, base, past, scanned, result, options };
  const steps = stepsOf(under, plan, direction, params);
  const total = steps.reduce((sum, { ids }) => sum + ids.length, 0);
  let done = 0;
  onProgress({ stage: "transfer", done, total });
  for (const { ids, work } of steps) {
    for (let begin = 0; begin < ids.length; begin += params.limit) {
      throwIfAborted(signal);
      const some = ids.slice(begin, begin + params.limit);
      await work(some);
      done += some.length;
      onProgress({ stage: "transfer", done, total });
    }
  }
  return result;
}

const NOTHING = {
  pushed: 0,
  pulled: 0,
  deletedThere: 0,
  deletedHere: 0,
  embedded: 0,
  conflicts: 0,
  later: 0,
};

function stepsOf(
  under: SyncRun,
  { settle, forget, conflicts, put: puts, remove: removals }: SyncPlan,
  direction: Direction,
  params: SyncParams,
): { ids: string[]; work: (ids: string[]) => Promise<void> }[] {
  const { base } = under;
  const remember = (ids: string[]) =>
    base.settle(new Map(ids.map((id) => [id, settle.get(id) as Pair])));
  return [
    { ids: [...settle.keys()], work: remember },
    { ids: forget, work: (ids) => base.forget(ids) },
    { ids: conflicts, work: (ids) => resolve(under, ids, direction, params) },
    ...PLACES.flatMap((place) => [
      { ids: puts[place], work: (ids: string[]) => put(under, place, ids) },
      { ids: removals[place], work: (ids: string[]) => remove(under, place, ids) },
    ]),
  ];
}

/**
 * A side that lost everything looks like one from which everything was deleted.
 * @throws invalid_argument
 */
function checkEmptied(sides: Sides, scanned: States, { remove }: SyncPlan): void {
  for (const place of PLACES) {
    const { length } = remove[place];
    if (length === 0 || scanned[other(place)].size > 0) continue;
    const [empty, full] = [sides[other(place)].name, sides[place].name];
    throw invalid(
      `"${empty}" is empty, so that all ${length} records that it shared with "${full}" would be deleted; if that is meant, pass allowEmpty: true, if it lost them, anew: true fills it again`,
    );
  }
}

/** Reads both sides. */
async function compare(
  sides: Sides,
  { vectors, limit }: Settled,
  options: CallOptions,
  onProgress: NonNullable<CallOptions["onProgress"]>,
): Promise<States> {
  const total = (await sides.local.count(options)) + (await sides.remote.count(options));
  let done = 0;
  const onRead = (records: number) => {
    done += records;
    onProgress({ stage: "compare", done, total: Math.max(total, done) });
  };
  const read = (side: SyncSide) => scan(side, { vectors, limit }, options, onRead);
  return { local: await read(sides.local), remote: await read(sides.remote) };
}
