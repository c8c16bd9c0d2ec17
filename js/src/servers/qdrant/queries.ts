import type { Hits, QueryParamsFlat } from "../../database/methods.js";
import type { CallOptions, Space } from "../../types.js";
import { checkQueries } from "../client/checks.js";
import { toHits, vectorsOf } from "../client/rows.js";
import { splitFilter } from "./filter.js";
import { ORDER, payloadOf } from "./payload.js";
import { pointIds } from "./points.js";
import { count, matchingIds, payloadKeys, rowOf } from "./reads.js";
import type { Records, Shape } from "./records.js";
import type { QdrantFilter, ScoredPoint } from "./wire.js";
import { unitOf } from "./writes.js";

/** Queries a request. */
const QUERIES = 50;
/** Above it Qdrant is asked how many records there are: it makes room for what is asked for. */
const MANY_RESULTS = 1000;

/** The nearest records to each query, nearest first; those as near in the order in which they were added. */
export async function query(
  records: Records,
  params: QueryParamsFlat,
  call: CallOptions,
): Promise<Hits> {
  const { wanted } = params;
  const filter = await splitFilter(params, records.wire.byText);
  const queries = vectorsOf(params.queries, params.dimension);
  const nothing = toHits(
    queries.map(() => []),
    wanted,
  );
  const { shape: there } = await records.look(call);
  checkQueries(queries, there?.dimension ?? 0);
  if (!there) return nothing;
  return records.whenThere(call, nothing, async (shape) => {
    const nResults = await limitOf(records, params.nResults, call);
    if (nResults === 0 || filter.empty) return nothing;
    const sent = filter.meets
      ? { must: [{ has_id: pointIds(await matchingIds(records, filter, null, call)) }] }
      : filter.filter;
    const lists: ScoredPoint[][] = [];
    for (let i = 0; i < queries.length; i += QUERIES) {
      const some = queries.slice(i, i + QUERIES);
      lists.push(...(await ask(records, shape, some, { ...params, nResults }, sent, call)));
    }
    return toHits(
      lists.map((points) => nearestFirst(points, shape.space)),
      wanted,
    );
  });
}

async function limitOf(records: Records, nResults: number, call: CallOptions): Promise<number> {
  return nResults > MANY_RESULTS ? Math.min(nResults, await count(records, call)) : nResults;
}

async function ask(
  records: Records,
  { space }: Shape,
  queries: Float32Array[],
  { nResults, efSearch, wanted }: QueryParamsFlat,
  filter: QdrantFilter,
  call: CallOptions,
): Promise<ScoredPoint[][]> {
  const searches = queries.map((vector) => ({
    query: space === "cosine" ? unitOf(vector).unit : Array.from(vector),
    limit: nResults,
    filter,
    // 0: the collection's; here Qdrant's own.
    params: efSearch === 0 ? {} : { hnsw_ef: efSearch },
    with_payload: payloadKeys(wanted),
    with_vector: wanted.embeddings,
  }));
  const request = records.at("/points/query/batch", { searches });
  const answers = await records.wire.ask<{ points: ScoredPoint[] }[]>(request, call);
  return answers.map(({ points }) => points);
}

function nearestFirst(points: ScoredPoint[], space: Space) {
  const orderOf = (point: ScoredPoint) => payloadOf(point)[ORDER];
  return points
    .map((point) => ({ point, distance: distanceOf(point.score, space) }))
    .sort((a, b) => a.distance - b.distance || orderOf(a.point) - orderOf(b.point))
    .map(({ point, distance }) => ({ ...rowOf(point, space), distance }));
}

/** Qdrant's scores: of l2 the root of our distance, of the others what we take from 1. */
function distanceOf(score: number, space: Space): number {
  return space === "l2" ? score * score : 1 - score;
}
