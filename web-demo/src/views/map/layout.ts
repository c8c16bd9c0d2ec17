import type { Collection, Metadata, Row } from "pagevec";
import { embeddingsOf, type Vectors } from "../../records.js";
import type { MapAnswer, MapRequest, Neighbours } from "./map-messages.js";

export type Method = "pca" | "umap";

/** A finished map. */
export interface Layout {
  method: Method;
  /** x and y of each row, one after another. */
  points: Float32Array;
  /** One sentence on what the map shows. */
  note: string;
  /** Where a vector lies that is not among the rows, by itself or by its nearest rows. */
  placeOf(vector: Float32Array, nearest: Nearest[]): readonly [number, number];
}

/** A row that is near to something: its number and its distance. */
export interface Nearest {
  row: number;
  distance: number;
}

/** As many as UMAP's authors take, the row itself included. */
const UMAP_NEIGHBOURS = 15;
const QUERY_BATCH = 100;
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/**
 * Lays the rows out beside the page, so that it stays smooth: PCA in pagevec's worker, UMAP in one of its own.
 * @param onProgress is given what is done, and how much of it: 0 to 1
 */
export function layOut(
  method: Method,
  rows: Row[],
  collection: Collection<Metadata>,
  signal: AbortSignal,
  onProgress: (what: string, share: number) => void,
): Promise<Layout> {
  const make = method === "pca" ? byComponents : byNeighbours;
  return make(rows, collection, signal, onProgress);
}

type LayOut = (
  rows: Row[],
  collection: Collection<Metadata>,
  signal: AbortSignal,
  onProgress: (what: string, share: number) => void,
) => Promise<Layout>;

const byComponents: LayOut = async (rows, collection, signal, onProgress) => {
  const { ids, points, shares, place } = await collection.project(
    { ids: rows.map(({ id }) => id) },
    { signal, onProgress: ({ done, total }) => onProgress("Laying out", done / total) },
  );
  const [x, y] = [...shares].map((share) => percent.format(share));
  return {
    method: "pca",
    points: inOrder(rows, ids, points),
    note: `The two directions in which the vectors differ most; they have ${x} and ${y} of the variance.`,
    placeOf: (vector) => [...place(vector)] as [number, number],
  };
};

/** The points of the rows. Those of records that were deleted meanwhile are at 0. */
function inOrder(rows: Row[], ids: string[], points: Float32Array): Float32Array {
  const places = new Map(ids.map((id, i) => [id, i]));
  const ordered = new Float32Array(2 * rows.length);
  for (const [row, { id }] of rows.entries()) {
    const at = places.get(id);
    if (at !== undefined) ordered.set(points.subarray(2 * at, 2 * at + 2), 2 * row);
  }
  return ordered;
}

const byNeighbours: LayOut = async (rows, collection, signal, onProgress) => {
  onProgress("Reading the vectors", 0);
  const { vectors, dimension } = await embeddingsOf(collection, rows, signal);
  const neighbours = await findNeighbours(
    rows,
    { vectors, dimension },
    collection,
    signal,
    (share) => onProgress("Finding neighbours", share),
  );
  const request: MapRequest = { vectors, dimension, neighbours };
  const points = await ask(request, signal, (share) => onProgress("Laying out", share));
  const note = `UMAP of the ${neighbours.indices[0]?.length ?? 0} nearest neighbours that pagevec finds of each: what lies together is alike, distances between groups mean little.`;
  return { method: "umap", points, note, placeOf: (_, nearest) => amongNearest(points, nearest) };
};

/** As UMAP begins with what it has not seen: the mean of its nearest rows, the nearer the heavier. */
function amongNearest(points: Float32Array, nearest: Nearest[]): readonly [number, number] {
  const closest = Math.min(...nearest.map(({ distance }) => distance));
  let [x, y, sum] = [0, 0, 0];
  for (const { row, distance } of nearest) {
    const weight = Math.exp(20 * (closest - distance));
    x += weight * (points[2 * row] ?? 0);
    y += weight * (points[2 * row + 1] ?? 0);
    sum += weight;
  }
  return sum === 0 ? [0, 0] : [x / sum, y / sum];
}

/** The nearest rows of each row, by the collection's own index. */
async function findNeighbours(
  rows: Row[],
  { vectors, dimension }: Vectors,
  collection: Collection<Metadata>,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Neighbours> {
  const places = new Map(rows.map(({ id }, row) => [id, row]));
  const wanted = Math.min(UMAP_NEIGHBOURS, rows.length);
  const whole = (await collection.count({ signal })) === rows.length;
  const only = whole ? {} : { ids: rows.map(({ id }) => id) };
  const found: Neighbours = { indices: [], distances: [] };
  for (let start = 0; start < rows.length; start += QUERY_BATCH) {
    const queryEmbeddings = rows
      .slice(start, start + QUERY_BATCH)
      .map((_, i) => vectors.subarray((start + i) * dimension, (start + i + 1) * dimension));
    const answer = await collection.query(
      { queryEmbeddings, nResults: wanted + 1, include: ["distances"], ...only },
      { signal },
    );
    for (const [i, ids] of answer.ids.entries()) {
      const self = start + i;
      const others = ids
        .map((id, j) => ({ row: places.get(id) ?? self, distance: answer.distances[i]?.[j] ?? 0 }))
        .filter(({ row }) => row !== self)
        .slice(0, wanted - 1);
      // Where the index missed some, the row itself takes their places.
      while (others.length < wanted - 1) others.push({ row: self, distance: 0 });
      found.indices.push([self, ...others.map(({ row }) => row)]);
      found.distances.push([0, ...others.map(({ distance }) => Math.max(0, distance))]);
    }
    onProgress((start + queryEmbeddings.length) / rows.length);
  }
  return found;
}

/** One question to a worker of its own, which ends with the answer or with the signal. */
function ask(
  request: MapRequest,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Float32Array> {
  const worker = new Worker(new URL("./map-worker.ts", import.meta.url), { type: "module" });
  const answered = new Promise<Float32Array>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<MapAnswer>) => {
      if (data.kind === "progress") onProgress(data.done / data.total);
      else if (data.kind === "failed") reject(new Error(data.message));
      else resolve(data.points);
    });
    worker.addEventListener("error", ({ message }) => reject(new Error(message)));
    signal.addEventListener("abort", () => reject(signal.reason));
    worker.postMessage(request, [request.vectors.buffer]);
  });
  return answered.finally(() => worker.terminate());
}
