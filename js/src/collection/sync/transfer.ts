import type { CallOptions, Row } from "../../types.js";
import { metadataToJson } from "../metadata.js";
import { differs, type Found, readFound, type State, textsOf, vectorOf } from "./record-state.js";
import type { Pair, Past, SyncBase } from "./sync-base.js";
import { other, pairOf, type States } from "./sync-plan.js";
import type { Place, SyncResult, SyncSide } from "./sync-types.js";

/** A call under way. */
export interface SyncRun {
  sides: Record<Place, SyncSide>;
  /** Whether vectors go over; else the side that receives embeds the texts. */
  vectors: boolean;
  base: SyncBase;
  past: Map<string, Past>;
  /** As they were when they were compared. */
  scanned: States;
  result: SyncResult;
  /** With the signal alone. */
  options: CallOptions;
}

/** A record on its way, and what it replaces. */
interface Draft {
  row: Row;
  state: State;
  old: Found | undefined;
  /** Deleted and added, as merging would leave what the new version lacks. */
  replaced: boolean;
}

/** Length of what two unit vectors may be apart that are the same but for float32's rounding. */
const SAME_DIRECTION = 1e-5;

const LAST_BITS = 4 * Number.EPSILON;

/**
 * Writes records as the one side has them at the other. Each step can be repeated: what was written and
 * not yet remembered is found to be alike on both sides. What is no longer as it was compared stays.
 */
export async function put(run: SyncRun, to: Place, ids: string[]): Promise<void> {
  const from = other(to);
  const [source, there] = await readBoth(run, from, to, ids);
  const drafts: Draft[] = [];
  const alike = new Map<string, Pair>();
  for (const id of ids) {
    const [found, old] = [source.get(id), there.get(id)];
    if (!found || differs(old?.state, run.scanned[to].get(id))) {
      ++run.result.later;
      continue;
    }
    if (old && isSame(run, found, old)) {
      ++run.result.unchanged;
      alike.set(id, pairOf(from, found.state, old.state));
      continue;
    }
    const reason = refusal(run, found.row);
    const replaced = old !== undefined && loses(old.row, found.row);
    if (reason === undefined) drafts.push({ ...found, old, replaced });
    else run.result.skipped.push({ id, reason });
  }
  await run.base.settle(alike);
  if (drafts.length > 0) await putDrafts(run, to, drafts);
}

async function putDrafts(run: SyncRun, to: Place, drafts: Draft[]): Promise<void> {
  const { sides, base, past, result } = run;
  // An interruption leaves what may have arrived.
  const intents = drafts.map(({ row: { id }, state, replaced }): [string, Past] => [
    id,
    { pair: past.get(id)?.pair, intent: { to, state, replaced } },
  ]);
  await base.put(new Map(intents));
  await write(run, sides[to], drafts);
  const arrived = drafts.map(({ row, state }): [string, Pair] => [
    row.id,
    { local: state, remote: state },
  ]);
  await base.settle(new Map(arrived));
  result[to === "remote" ? "pushed" : "pulled"] += drafts.length;
  await verify(run, to, drafts);
}

/**
 * Others may have written at the same moment: what is not there as it was sent is a conflict next time. What
 * the server has in a form of its own is remembered in that.
 */
async function verify(run: SyncRun, to: Place, drafts: Draft[]): Promise<void> {
  const written = await readFound(run.sides[to], { ids: idsOf(drafts) }, false, run.options);
  const others: string[] = [];
  const formed = new Map<string, Pair>();
  for (const { row, state } of drafts) {
    const stored = written.get(row.id);
    if (!stored || (differs(stored.state, state) && !sameTexts(stored.row, row))) {
      others.push(row.id);
    } else if (differs(stored.state, state)) {
      formed.set(row.id, pairOf(to, stored.state + vectorOf(state), state));
    }
  }
  run.result.later += others.length;
  await run.base.settle(formed);
  await run.base.forget(others);
}

async function write(run: SyncRun, side: SyncSide, drafts: Draft[]): Promise<void> {
  const { options, vectors } = run;
  const replaced = drafts.filter((draft) => draft.replaced);
  if (replaced.length > 0) await side.delete({ ids: idsOf(replaced) }, options);
  const fresh = drafts.filter((draft) => !draft.old || draft.replaced);
  const changed = drafts.filter((draft) => draft.old && !draft.replaced);
  const keepsText = ({ row, old }: Draft) => !vectors && row.document === old?.row.document;
  const described = changed.filter(keepsText);
  const rewritten = changed.filter((draft) => !keepsText(draft));
  if (fresh.length > 0) await side.add(columns(fresh, vectors), options);
  if (rewritten.length > 0) await side.upsert(columns(rewritten, vectors), options);
  if (described.length > 0) {
    const metadatas = described.map(({ row }) => row.metadata ?? null);
    await side.update({ ids: idsOf(described), metadatas }, options);
  }
  if (!vectors) run.result.embedded += fresh.length + rewritten.length;
}

/** Whether the new version lacks a key of the metadata, or the document. */
function loses(old: Row, row: Row): boolean {
  if (row.document === null && old.document !== null) return true;
  return Object.keys(old.metadata ?? {}).some((key) => row.metadata?.[key] === undefined);
}

function columns(drafts: Draft[], vectors: boolean) {
  return {
    ids: idsOf(drafts),
    documents: drafts.map(({ row }) => row.document ?? null),
    metadatas: drafts.map(({ row }) => row.metadata ?? null),
    ...(vectors ? { embeddings: drafts.map(({ row }) => row.embedding as Float32Array) } : {}),
  };
}

/** Why a record cannot go over. */
function refusal({ vectors }: SyncRun, { document, metadata, embedding }: Row): string | undefined {
  if (vectors && !embedding) return "it has no embedding";
  if (!vectors && (document ?? null) === null) {
    return "it has no document, of which the other side's function could make an embedding";
  }
  try {
    metadataToJson(metadata, "its metadata");
  } catch (cause) {
    return (cause as Error).message;
  }
}

/** Deletes records that the other side does not have. What is there again, or was changed, stays. */
export async function remove(run: SyncRun, at: Place, ids: string[]): Promise<void> {
  const { sides, options, result } = run;
  const kept = new Set((await sides[other(at)].get({ ids, include: [] }, options)).ids);
  const there = await readFound(sides[at], { ids }, run.vectors, options);
  const gone = ids.filter((id) => {
    const state = there.get(id)?.state;
    return !kept.has(id) && (!state || !differs(state, run.scanned[at].get(id)));
  });
  result.later += ids.length - gone.length;
  const present = gone.filter((id) => there.has(id));
  if (present.length > 0) await sides[at].delete({ ids: present }, options);
  result[at === "remote" ? "deletedThere" : "deletedHere"] += present.length;
  await run.base.forget(gone);
}

/** Both sides' versions of records. */
export async function readBoth(run: SyncRun, one: Place, two: Place, ids: string[]) {
  const read = (place: Place) => readFound(run.sides[place], { ids }, run.vectors, run.options);
  return [await read(one), await read(two)] as const;
}

/**
 * Alike, but for what servers do to numbers: reading decimals (Chroma) they miss a last bit, and where the
 * space is cosine they may make the length of vectors 1.
 */
export function isSame(run: SyncRun, one: Found, two: Found): boolean {
  if (!differs(one.state, two.state)) return true;
  if (textsOf(one.state) !== textsOf(two.state) && !sameTexts(one.row, two.row)) return false;
  const [a, b] = [one.row.embedding, two.row.embedding];
  if (!run.vectors || vectorOf(one.state) === vectorOf(two.state)) return true;
  const { local, remote } = run.sides;
  const byAngle = [local, remote].some(
    ({ configuration }) => configuration.hnsw.space === "cosine",
  );
  return byAngle && a !== undefined && b !== undefined && distance(a, b) < SAME_DIRECTION;
}

function sameTexts(one: Row, two: Row): boolean {
  if ((one.document ?? null) !== (two.document ?? null)) return false;
  const keys = new Set([...Object.keys(one.metadata ?? {}), ...Object.keys(two.metadata ?? {})]);
  return [...keys].every((key) => sameValue(one.metadata?.[key], two.metadata?.[key]));
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  }
  if (typeof a !== "number" || typeof b !== "number") return (a ?? null) === (b ?? null);
  // Whole numbers, such as times, are read as they are.
  if (Number.isInteger(a) && Number.isInteger(b)) return a === b;
  return Math.abs(a - b) <= LAST_BITS * Math.max(Math.abs(a), Math.abs(b));
}

/** Of the two as unit vectors; of zero vectors NaN. */
function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  const [ofA, ofB] = [lengthOf(a), lengthOf(b)];
  return Math.sqrt(
    a.reduce((sum, value, i) => sum + (value / ofA - (b[i] as number) / ofB) ** 2, 0),
  );
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

function idsOf(drafts: Draft[]): string[] {
  return drafts.map(({ row }) => row.id);
}
