import type { WriteParams } from "../../database/methods.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import type { CallOptions } from "../../types.js";
import { checkVectors, vectorPlaces } from "../vectors-check.js";
import { ORDER, type Payload, payloadOf, withMetadata } from "./payload.js";
import { pointIds } from "./points.js";
import type { Records, Shape } from "./records.js";
import type { Point } from "./wire.js";

/** Qdrant takes requests of up to 32 MB, unless its configuration says otherwise. */
const MAX_BYTES = 8_000_000;
const MAX_POINTS = 1000;
/** Of a number of a vector, in JSON; of what else a point has. */
const NUMBER_BYTES = 20;
const POINT_BYTES = 400;
/** Bytes a UTF-16 unit, at most. */
const UNIT_BYTES = 3;

/** Records of a batch that go in one request: places in the batch's lists. */
interface Slice {
  begin: number;
  end: number;
}

/**
 * Writes a batch in one or several requests. Records are read, changed here and written back: of two
 * clients that change one record in the same moment, one may win whole.
 * @throws invalid_argument, dimension_mismatch, not_finite, limit_exceeded before anything is written;
 *   what the server throws with how many records were written before
 */
export async function write(
  records: Records,
  params: WriteParams,
  call: CallOptions,
): Promise<void> {
  if (params.operation === "delete") return deletePoints(records, params.ids, call);
  const places = vectorPlaces(params);
  checkPresence(params, places);
  const known = await records.known(call);
  const { embeddings, dimension } = params;
  if (dimension > 0) {
    const owner = (i: number) => `document ${places.indexOf(i)}`;
    checkVectors(embeddings, dimension, known?.dimension ?? 0, owner);
  }
  if (!known && params.operation === "update") return;
  const shape = known ?? (await records.make(dimension, call));
  // Another client may have been first, with other vectors.
  if (dimension > 0) checkVectors(embeddings, dimension, shape.dimension, () => "document 0");
  const slices = slicesOf(params);
  await inSlices(slices, call, ({ begin, end }) =>
    records.whenThere(call, undefined, () =>
      writeSlice(records, shape, params, places.subarray(begin, end), begin, call),
    ),
  );
}

/** Adding and upserting may make a record, and none is without a vector. */
function checkPresence({ operation }: WriteParams, places: Int32Array): void {
  const without = operation === "update" ? -1 : places.indexOf(-1);
  if (without === -1) return;
  throw new PagevecError(
    "invalid_argument",
    `document ${without} has no embedding; add and upsert need one for every id`,
  );
}

/** @throws as write() */
export async function deletePoints(
  records: Records,
  ids: readonly string[],
  call: CallOptions,
): Promise<void> {
  const points = await pointIds(ids);
  await inSlices(evenSlices(points.length), call, async ({ begin, end }) => {
    const body = { points: points.slice(begin, end) };
    await records.whenThere(call, undefined, async () => {
      await records.wire.ask(records.at("/points/delete?wait=true", body), call);
    });
  });
}

export function evenSlices(length: number): Slice[] {
  const slices: Slice[] = [];
  for (let begin = 0; begin < length; begin += MAX_POINTS) {
    slices.push({ begin, end: Math.min(length, begin + MAX_POINTS) });
  }
  return slices;
}

function slicesOf({ ids, documents, metadatas, dimension }: WriteParams): Slice[] {
  const slices: Slice[] = [];
  let bytes = 0;
  for (const [i, id] of ids.entries()) {
    const units = id.length + (documents?.[i]?.length ?? 0) + (metadatas?.[i]?.length ?? 0);
    const size = POINT_BYTES + NUMBER_BYTES * dimension + UNIT_BYTES * units;
    const last = slices.at(-1);
    if (!last || last.end - last.begin === MAX_POINTS || bytes + size > MAX_BYTES) {
      slices.push({ begin: i, end: i + 1 });
      bytes = size;
    } else {
      last.end = i + 1;
      bytes += size;
    }
  }
  return slices;
}

/** One after another; a failure says how far it came. */
async function inSlices(
  slices: Slice[],
  call: CallOptions,
  work: (slice: Slice) => Promise<void>,
): Promise<void> {
  const total = slices.at(-1)?.end ?? 0;
  for (const slice of slices) {
    try {
      throwIfAborted(call.signal);
      await work(slice);
    } catch (cause) {
      if (slice.begin === 0 || !(cause instanceof PagevecError)) throw cause;
      const { code, message, provider } = cause;
      const far = `the first ${slice.begin} of ${total} records were written, the others not`;
      throw new PagevecError(code, `${message}; ${far}`, { cause, provider });
    }
  }
}

async function writeSlice(
  records: Records,
  shape: Shape,
  params: WriteParams,
  places: Int32Array,
  begin: number,
  call: CallOptions,
): Promise<void> {
  const ids = params.ids.slice(begin, begin + places.length);
  const points = await pointIds(ids);
  const there = await payloadsOf(records, points, call);
  const isNew = points.some((id) => !there.has(id)) && params.operation !== "update";
  let order = isNew ? await lastOrder(records, call) : 0;
  const upserts: Point[] = [];
  const operations: object[] = [];
  for (const [i, id] of points.entries()) {
    const old = there.get(id);
    if (old ? params.operation === "add" : params.operation === "update") continue;
    const payload = old ?? { id: ids[i] as string, [ORDER]: ++order };
    const place = places[i] as number;
    const { dimension } = params;
    const vector = params.embeddings.subarray(place * dimension, (place + 1) * dimension);
    const point = pointOf(id, changed(payload, params, begin + i), place < 0 ? null : vector, shape);
    if (point.vector) upserts.push(point);
    else operations.push({ overwrite_payload: { points: [id], payload: point.payload } });
  }
  if (upserts.length > 0) {
    // Who was faster stays, as with the records that were found; Qdrant knows it from 1.17 on.
    const mode = params.operation === "add" ? { update_mode: "insert_only" } : {};
    operations.unshift({ upsert: { points: upserts, ...mode } });
  }
  if (operations.length === 0) return;
  await records.wire.ask(records.at("/points/batch?wait=true", { operations }), call);
}

async function payloadsOf(
  records: Records,
  ids: string[],
  call: CallOptions,
): Promise<Map<string, Payload>> {
  const body = { ids, with_payload: true };
  const found = await records.wire.ask<Point[]>(records.at("/points", body), call);
  return new Map(found.map((point) => [point.id, payloadOf(point)]));
}

/** Of the records that are there; 0: none. */
async function lastOrder(records: Records, call: CallOptions): Promise<number> {
  const body = {
    limit: 1,
    order_by: { key: ORDER, direction: "desc" },
    with_payload: [ORDER, "id"],
  };
  const page = await records.wire.ask<{ points: Point[] }>(
    records.at("/points/scroll", body),
    call,
  );
  const [last] = page.points;
  return last ? payloadOf(last)[ORDER] : 0;
}

/** What a batch brings to a record: null is as good as not given. */
function changed(payload: Payload, { documents, metadatas }: WriteParams, i: number): Payload {
  const document = documents?.[i] ?? null;
  const metadata = metadatas?.[i] ?? null;
  const merged = metadata === null ? payload : withMetadata(payload, metadata);
  return document === null ? merged : { ...merged, document };
}

function pointOf(
  id: string,
  payload: Payload,
  vector: Float32Array | null,
  { space }: Shape,
): Point {
  if (!vector) return { id, payload: { ...payload } };
  if (space !== "cosine") return { id, payload: { ...payload }, vector: Array.from(vector) };
  const { unit, norm } = unitOf(vector);
  return { id, payload: { ...payload, norm }, vector: unit };
}

/**
 * A vector at length 1, and its length. Qdrant would do it too, but leaves vectors that are shorter than
 * 0.0003 as they are.
 */
export function unitOf(vector: Float32Array): { unit: number[]; norm: number } {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return { unit: Array.from(vector, (value) => (norm > 0 ? value / norm : 0)), norm };
}
