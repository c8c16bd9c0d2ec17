import type { MetadataValue, Row } from "../../types.js";
import { invalid, shown } from "../validate.js";
import { differs } from "./record-state.js";
import type { Pair } from "./sync-base.js";
import { mayChange, other } from "./sync-plan.js";
import type { Direction, Place, SyncParams, SyncWinner } from "./sync-types.js";
import { isSame, put, readBoth, remove, type SyncRun } from "./transfer.js";

const WINNERS: readonly unknown[] = ["local", "remote", "neither"] satisfies SyncWinner[];

/** Decides about records that changed on both sides, and does so. */
export async function resolve(
  run: SyncRun,
  ids: string[],
  direction: Direction,
  params: SyncParams,
): Promise<void> {
  const [locals, remotes] = await readBoth(run, "local", "remote", ids);
  const alike = new Map<string, Pair>();
  const won: Record<Place, string[]> = { local: [], remote: [] };
  for (const id of ids) {
    const [local, remote] = [locals.get(id), remotes.get(id)];
    const { scanned, result } = run;
    const moved =
      differs(local?.state, scanned.local.get(id)) ||
      differs(remote?.state, scanned.remote.get(id));
    if (moved) {
      ++result.later;
      continue;
    }
    if (local && remote && isSame(run, local, remote)) {
      ++result.unchanged;
      alike.set(id, { local: local.state, remote: remote.state });
      continue;
    }
    ++result.conflicts;
    const winner = await decide(local?.row ?? null, remote?.row ?? null, direction, params);
    if (winner === "neither" || !mayChange(other(winner), direction)) ++result.left;
    else won[winner].push(id);
  }
  await run.base.settle(alike);
  for (const winner of ["local", "remote"] as const) {
    const from = winner === "local" ? locals : remotes;
    const written = won[winner].filter((id) => from.has(id));
    const deleted = won[winner].filter((id) => !from.has(id));
    if (written.length > 0) await put(run, other(winner), written);
    if (deleted.length > 0) await remove(run, other(winner), deleted);
  }
}

async function decide(
  local: Row | null,
  remote: Row | null,
  direction: Direction,
  { clock, onConflict }: SyncParams,
): Promise<SyncWinner> {
  if (onConflict) {
    const winner = await onConflict(local, remote);
    if (WINNERS.includes(winner)) return winner;
    throw invalid(`onConflict must return local, remote or neither, got ${shown(winner)}`);
  }
  if (!local || !remote) return local ? "local" : "remote";
  const order = clock ? compareTimes(local.metadata?.[clock], remote.metadata?.[clock]) : 0;
  if (order !== 0) return order > 0 ? "local" : "remote";
  return direction === "pull" ? "remote" : "local";
}

type Time = MetadataValue | null | undefined;

/** Above 0 when the first is later. A time is later than none; what cannot be compared is equal. */
function compareTimes(one: Time, two: Time): number {
  const isTime = (value: Time) => typeof value === "number" || typeof value === "string";
  if (!isTime(one) || !isTime(two)) return Number(isTime(one)) - Number(isTime(two));
  if (typeof one !== typeof two || one === two) return 0;
  return (one as string) > (two as string) ? 1 : -1;
}
