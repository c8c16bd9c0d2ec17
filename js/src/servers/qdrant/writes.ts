import type { WriteParams } from "../../database/methods.js";
import type { CallContext } from "../../engine/protocol.js";
import type { CallOptions } from "../../types.js";
import { bytesOfRow, inBatches } from "../client/batches.js";
import { checkDimension, checkRows } from "../client/checks.js";
import { toWriteRows, type WriteRow } from "../client/rows.js";
import { ORDER, type Payload, payloadOf, withMetadata } from "./payload.js";
import { pointIds } from "./points.js";
import type { Records, Shape } from "./records.js";
import type { Point } from "./wire.js";

/** Qdrant takes requests of up to 32 MB, unless its configuration says otherwise. */
const LIMIT = { records: 1000, bytes: 8_000_000, bytesOf: bytesOfRow() };
const DELETIONS = { records: 1000, done: "deleted" } as const;

/**
 * Writes a batch in one or several requests. Records are read, changed here and put back: of two clients
 * that change one record in the same moment, the later one wins whole.
 * @throws invalid_argument, dimension_mismatch and not_finite before anything is written
 */
export async function write(
  records: Records,
  params: WriteParams,
  context: CallContext,
): Promise<void> {
  const { operation, dimension } = params;
  if (operation === "delete") return deleteIds(records, params.ids, context);
  const rows = toWriteRows(params);
  const there = await records.look(context);
  checkRows(operation, rows, there.shape?.dimension ?? 0);
  if (!there.shape && operation === "update") return;
  const made = there.shape ?? (await records.make(there.settled, dimension, context));
  // Another client may have made it meanwhile, with other vectors.
  checkDimension(rows, made.dimension);
  await inBatches(rows, LIMIT, context, (batch) =>
    records.whenThere(context, undefined, () =>
      writeRows(records, made, operation, batch, context),
    ),
  );
}

/** Deletes records by their ids. */
export async function deleteIds(
  records: Records,
  ids: readonly string[],
  context: CallContext,
): Promise<void> {
  await inBatches(ids, DELETIONS, context, async (batch) => {
    const points = pointIds(batch);
    await records.whenThere(context, undefined, async () => {
      await records.wire.ask(records.at("/points/delete?wait=true", { points }), context);
    });
  });
}

async function writeRows(
  records: Records,
  { space }: Shape,
  operation: WriteParams["operation"],
  rows: readonly WriteRow[],
  call: CallOptions,
): Promise<void> {
  const ids = pointIds(rows.map(({ id }) => id));
  const there = await payloadsOf(records, ids, call);
  const adds = operation !== "update" && there.size < ids.length;
  const last = adds ? await lastOrder(records, call) : 0;
  const points: Point[] = [];
  const operations: object[] = [];
  for (const [i, row] of rows.entries()) {
    const id = ids[i] as string;
    const old = there.get(id);
    if (old ? operation === "add" : operation === "update") continue;
    const payload = changed(old ?? { id: row.id, [ORDER]: records.orderAfter(last) }, row);
    if (row.vector) points.push(pointOf(id, payload, row.vector, space === "cosine"));
    else operations.push({ overwrite_payload: { points: [id], payload } });
  }
  if (points.length > 0) {
    // Who was faster stays, like the records that were found; Qdrant knows it from 1.17 on.
    const mode = operation === "add" ? { update_mode: "insert_only" } : {};
    operations.unshift({ upsert: { points, ...mode } });
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
  const request = records.at("/points/scroll", body);
  const { points } = await records.wire.ask<{ points: Point[] }>(request, call);
  return points[0] ? payloadOf(points[0])[ORDER] : 0;
}

/** What a row brings to a record. */
function changed(payload: Payload, { document, metadata }: WriteRow): Payload {
  const merged = metadata ? withMetadata(payload, metadata) : payload;
  return document === null ? merged : { ...merged, document };
}

function pointOf(id: string, payload: Payload, vector: Float32Array, asUnit: boolean): Point {
  if (!asUnit) return { id, payload, vector: Array.from(vector) };
  const { unit, norm } = unitOf(vector);
  return { id, payload: { ...payload, norm }, vector: unit };
}

/**
 * A vector at length 1, and its length. Qdrant would do it too, but leaves vectors that are shorter than
 * 0.0003 as they are.
 */
export function unitOf(vector: Float32Array): { unit: number[]; norm: number } {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum);
  return { unit: Array.from(vector, (value) => (norm > 0 ? value / norm : 0)), norm };
}
