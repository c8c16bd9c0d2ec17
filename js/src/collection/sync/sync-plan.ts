import { differs, type State, textsOf } from "./record-state.js";
import type { Pair, Past } from "./sync-base.js";
import type { Direction, Place } from "./sync-types.js";

export type States = Record<Place, Map<string, State>>;

/** What is to be done, by ids. */
export interface SyncPlan {
  /** Write at that place what the other has. */
  put: Record<Place, string[]>;
  /** Delete at that place. */
  remove: Record<Place, string[]>;
  /** Changed on both sides, and not alike. */
  conflicts: string[];
  /** Alike on both sides, or as the last time: to be remembered so. */
  settle: Map<string, Pair>;
  /** On neither side any more. */
  forget: string[];
  unchanged: number;
  left: number;
}

export const other = (place: Place): Place => (place === "local" ? "remote" : "local");

/** Whether a direction changes that side. */
export function mayChange(place: Place, direction: Direction): boolean {
  return direction === "sync" || direction === (place === "remote" ? "push" : "pull");
}

/**
 * Compares both sides with what they were the last time: what changed on one side goes to the other, a
 * record that is gone from one side was deleted there, one without a past is new.
 */
export function planSync(
  now: States,
  past: Map<string, Past>,
  direction: Direction,
  deleteExtra: boolean,
): SyncPlan {
  const plan: SyncPlan = {
    put: { local: [], remote: [] },
    remove: { local: [], remote: [] },
    conflicts: [],
    settle: new Map(),
    forget: [],
    unchanged: 0,
    left: 0,
  };
  const ids = new Set([...past.keys(), ...now.local.keys(), ...now.remote.keys()]);
  for (const id of ids) planRecord(plan, id, now, past.get(id), direction, deleteExtra);
  return plan;
}

function planRecord(
  plan: SyncPlan,
  id: string,
  now: States,
  past: Past | undefined,
  direction: Direction,
  deleteExtra: boolean,
): void {
  const [local, remote] = [now.local.get(id), now.remote.get(id)];
  if (local === undefined && remote === undefined) {
    plan.forget.push(id);
    return;
  }
  const extra = local === undefined ? "remote" : remote === undefined ? "local" : undefined;
  if (extra && deleteExtra && direction !== "sync" && mayChange(extra, direction)) {
    plan.remove[extra].push(id);
    return;
  }
  const pair = past?.pair;
  const changed = { local: differs(local, pair?.local), remote: differs(remote, pair?.remote) };
  if (!differs(local, remote) || (!changed.local && !changed.remote)) {
    ++plan.unchanged;
    if (past?.intent || local !== pair?.local || remote !== pair?.remote) {
      plan.settle.set(id, { local, remote } as Pair);
    }
  } else if (changed.local && changed.remote) {
    plan.conflicts.push(id);
  } else {
    const from = changed.local ? "local" : "remote";
    const to = other(from);
    if (!mayChange(to, direction)) ++plan.left;
    else (now[from].has(id) ? plan.put : plan.remove)[to].push(id);
  }
}

/** What was remembered, in the light of what is there: an interrupted call does not know what arrived. */
export function withArrivals(base: Map<string, Past>, now: States): Map<string, Past> {
  return new Map([...base].map(([id, past]) => [id, { ...past, pair: arrived(id, past, now) }]));
}

function arrived(id: string, { pair, intent }: Past, now: States): Pair | undefined {
  if (!intent) return pair;
  const { to, state, replaced } = intent;
  const there = now[to].get(id);
  // Who deleted it is not known: nothing is to follow from it.
  if (there === undefined) return replaced ? undefined : pair;
  if (textsOf(there) !== textsOf(state)) return pair;
  return pairOf(to, there, state);
}

/** What both sides have, told from one of them. */
export function pairOf(one: Place, state: State, others: State): Pair {
  return one === "local" ? { local: state, remote: others } : { local: others, remote: state };
}
