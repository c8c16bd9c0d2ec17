import type {
  CollectionStatus,
  DatabaseMethods,
  Records as RecordColumns,
  RecordFilter,
  Wanted,
} from "../../database/methods.js";
import type { CallContext } from "../../engine/protocol.js";
import { fields } from "../../providers/client/failure.js";
import type { CallOptions, Space } from "../../types.js";
import { type Row, toRecords, vectorsOf } from "../client/rows.js";
import { type SplitFilter, splitFilter } from "./filter.js";
import { DOCUMENT, metadataOf, ORDER, PARTS, payloadOf } from "./payload.js";
import { pointIds } from "./points.js";
import type { Records } from "./records.js";
import type { Point } from "./wire.js";
import { deleteIds } from "./writes.js";

type Params<Name extends keyof DatabaseMethods> = DatabaseMethods[Name]["params"];

/** Points a request. */
const PAGE = 1000;
const NOTHING: Wanted = { documents: false, metadatas: false, embeddings: false };

/** Records that meet a filter, in the order in which they were added. */
export async function get(
  records: Records,
  { offset, limit, wanted, ...given }: RecordFilter & Page,
  call: CallOptions,
): Promise<RecordColumns> {
  const filter = await splitFilter(given, records.wire.byText);
  return records.whenThere(call, toRecords([], wanted), async ({ space }) => {
    const points = await pointsOf(records, filter, { offset, limit, wanted }, call);
    return toRecords(
      points.map((point) => rowOf(point, space)),
      wanted,
    );
  });
}

/** Deletes the records that meet a filter, the first `limit` of them. */
export async function deleteMatching(
  records: Records,
  { limit, ...given }: Params<"db.collection.delete">,
  context: CallContext,
): Promise<{ deleted: number }> {
  const filter = await splitFilter(given, records.wire.byText);
  const ids = await matchingIds(records, filter, limit, context);
  await deleteIds(records, ids, context);
  return { deleted: ids.length };
}

/** Our ids of the records that meet a filter. */
export async function matchingIds(
  records: Records,
  filter: SplitFilter,
  limit: number | null,
  call: CallOptions,
): Promise<string[]> {
  const page = { offset: 0, limit, wanted: NOTHING };
  const points = await records.whenThere(call, [], () => pointsOf(records, filter, page, call));
  return points.map((point) => payloadOf(point).id);
}

export async function contains(
  records: Records,
  ids: string[],
  call: CallOptions,
): Promise<Uint8Array> {
  const points = pointIds(ids);
  const there = new Set<string>();
  await records.whenThere(call, undefined, async () => {
    for (let i = 0; i < points.length; i += PAGE) {
      const body = { ids: points.slice(i, i + PAGE), with_payload: false };
      const found = await records.wire.ask<Point[]>(records.at("/points", body), call);
      for (const { id } of found) there.add(id);
    }
  });
  return Uint8Array.from(points, (id) => Number(there.has(id)));
}

/** Of each id its vector; undefined: its record is gone. */
export async function vectorsByIds(
  records: Records,
  ids: string[],
  call: CallOptions,
): Promise<(Float32Array | undefined)[]> {
  const wanted = { ...NOTHING, embeddings: true };
  const {
    ids: found,
    embeddings,
    dimension,
  } = await get(
    records,
    { ids, where: null, whereDocument: null, offset: 0, limit: null, wanted },
    call,
  );
  const vectors = vectorsOf(embeddings ?? new Float32Array(0), dimension);
  const byId = new Map(found.map((id, i) => [id, vectors[i]]));
  return ids.map((id) => byId.get(id));
}

export async function count(records: Records, call: CallOptions): Promise<number> {
  const request = records.at("/points/count", { exact: true });
  return (await records.wire.ask<{ count: number }>(request, call)).count;
}

/** pending: what the optimizer, which may choose to compare all vectors, has not looked at. */
export async function status(records: Records, call: CallOptions): Promise<CollectionStatus> {
  return records.whenThere(call, { count: 0, dimension: 0, pending: 0 }, async ({ dimension }) => {
    const [total, info] = await Promise.all([
      count(records, call),
      records.wire.ask<unknown>(records.at("", undefined, "GET"), call),
    ]);
    const { status, indexed_vectors_count: indexed } = fields(info);
    const pending = status === "green" ? 0 : Math.max(0, total - Number(indexed ?? 0));
    return { count: total, dimension, pending };
  });
}

interface Page {
  offset: number;
  /** null: all. */
  limit: number | null;
  wanted: Wanted;
}

async function pointsOf(
  records: Records,
  { filter, meets, empty }: SplitFilter,
  { offset, limit, wanted }: Page,
  call: CallOptions,
): Promise<Point[]> {
  if (empty || limit === 0) return [];
  const end = limit === null ? Infinity : offset + limit;
  // What is skipped is only counted, unless its document decides whether it counts.
  const skipped = meets ? 0 : offset;
  const asked = {
    with_payload: payloadKeys(meets ? { ...wanted, documents: true } : wanted),
    with_vector: wanted.embeddings,
  };
  const found: Point[] = [];
  let passed = 0;
  for await (const point of ordered(
    records,
    filter,
    { skipped, end: meets ? Infinity : end, asked },
    call,
  )) {
    if (passed++ < skipped) continue;
    if (meets && !meets(payloadOf(point)[DOCUMENT] ?? null)) continue;
    found.push(point);
    if (skipped + found.length === end) break;
  }
  return found.slice(offset - skipped);
}

export function payloadKeys(wanted: Wanted): string[] {
  const keys = ["id", ORDER];
  if (wanted.documents) keys.push(DOCUMENT);
  if (wanted.metadatas) keys.push(...PARTS);
  if (wanted.embeddings) keys.push("norm");
  return keys;
}

interface Scroll {
  /** Points at the beginning of which only the place is needed. */
  skipped: number;
  /** How many are needed, these included. */
  end: number;
  asked: { with_payload: string[]; with_vector: boolean };
}

/**
 * Points in order, page by page: Qdrant goes on from a number, so that points that have the last one are
 * left out by their ids. That are several only where two clients have one mark (records.ts).
 */
async function* ordered(
  records: Records,
  filter: SplitFilter["filter"],
  { skipped, end, asked }: Scroll,
  call: CallOptions,
): AsyncGenerator<Point> {
  let from: number | null = null;
  let seen: string[] = [];
  for (let passed = 0; passed < end; ) {
    const skipping = passed < skipped;
    const limit: number = Math.min(PAGE, (skipping ? skipped : end) - passed);
    const columns = skipping ? { with_payload: ["id", ORDER], with_vector: false } : asked;
    const body = {
      limit,
      filter: seen.length === 0 ? filter : { ...filter, must_not: [{ has_id: seen }] },
      order_by: { key: ORDER, ...(from !== null && { start_from: from }) },
      ...columns,
    };
    const request = records.at("/points/scroll", body);
    const { points } = await records.wire.ask<{ points: Point[] }>(request, call);
    yield* points;
    passed += points.length;
    if (points.length < limit) return;
    const last = payloadOf(points.at(-1) as Point)[ORDER];
    const tied = points.filter((point) => payloadOf(point)[ORDER] === last).map(({ id }) => id);
    seen = last === from ? [...seen, ...tied] : tied;
    from = last;
  }
}

/** What a point has of a record. */
export function rowOf(point: Point, space: Space): Row {
  const payload = payloadOf(point);
  const { id, document, norm = 1 } = payload;
  const scale = space === "cosine" ? norm : 1;
  const vector = point.vector?.map((value) => value * scale);
  return { id, document, metadata: metadataOf(payload), vector };
}
