import type {
  Hits,
  QueryParamsFlat,
  SearchHits,
  SearchParamsFlat,
} from "../../database/methods.js";
import type { CallOptions, Space } from "../../types.js";
import { unsupportedBy } from "../server-engine.js";
import { checkVectors } from "../vectors-check.js";
import { splitFilter } from "./filter.js";
import { ORDER, payloadOf } from "./payload.js";
import { pointIds } from "./points.js";
import { columnsOf, count, matchingIds, payloadKeys } from "./reads.js";
import type { Records, Shape } from "./records.js";
import { QDRANT, type QdrantFilter, type ScoredPoint } from "./wire.js";
import { unitOf } from "./writes.js";

/** Queries a request. */
const QUERIES = 50;
/** Above it Qdrant is asked how many records there are: it makes room for what is asked for. */
const MANY_RESULTS = 1000;
/** Of the core's fusion by rank, see src/lexical/fusion.h. */
const RANK_CONSTANT = 60;

interface Hit {
  point: ScoredPoint;
  distance: number;
}

/** The nearest records to each query, nearest first; those as near in the order in which they were added. */
export async function query(
  records: Records,
  params: QueryParamsFlat,
  call: CallOptions,
): Promise<Hits> {
  const { queries, dimension, wanted } = params;
  checkVectors(queries, dimension, 0, () => "the query");
  const filter = await splitFilter(params, records.wire.byText);
  const total = dimension === 0 ? 0 : queries.length / dimension;
  const nothing = { counts: new Uint32Array(total), distances: new Float32Array(0) };
  const none = columnsOf([], wanted, { dimension: 0, space: "l2" });
  return records.whenThere(call, { ...nothing, records: none }, async (shape) => {
    checkVectors(queries, dimension, shape.dimension, () => "the query");
    const limit = await limitOf(records, params.nResults, call);
    if (limit === 0 || filter.empty) return { ...nothing, records: columnsOf([], wanted, shape) };
    const sent = filter.meets
      ? { must: [{ has_id: await pointIds(await matchingIds(records, filter, null, call)) }] }
      : filter.filter;
    const lists = await ask(records, shape, { ...params, nResults: limit }, sent, call);
    const all = lists.flat();
    return {
      counts: Uint32Array.from(lists, ({ length }) => length),
      distances: Float32Array.from(all, ({ distance }) => distance),
      records: columnsOf(
        all.map(({ point }) => point),
        wanted,
        shape,
      ),
    };
  });
}

async function limitOf(records: Records, nResults: number, call: CallOptions): Promise<number> {
  return nResults > MANY_RESULTS ? Math.min(nResults, await count(records, call)) : nResults;
}

async function ask(
  records: Records,
  { space, dimension }: Shape,
  { queries, nResults, efSearch, wanted }: QueryParamsFlat,
  filter: QdrantFilter,
  call: CallOptions,
): Promise<Hit[][]> {
  const common = {
    limit: nResults,
    filter,
    // 0: the collection's; here Qdrant's own.
    params: efSearch === 0 ? {} : { hnsw_ef: efSearch },
    with_payload: payloadKeys(wanted),
    with_vector: wanted.embeddings,
  };
  const lists: Hit[][] = [];
  for (let begin = 0; begin < queries.length; begin += QUERIES * dimension) {
    const searches: object[] = [];
    const end = Math.min(queries.length, begin + QUERIES * dimension);
    for (let at = begin; at < end; at += dimension) {
      const vector = queries.subarray(at, at + dimension);
      searches.push({
        query: space === "cosine" ? unitOf(vector).unit : Array.from(vector),
        ...common,
      });
    }
    const request = records.at("/points/query/batch", { searches });
    const answers = await records.wire.ask<{ points: ScoredPoint[] }[]>(request, call);
    lists.push(...answers.map(({ points }) => hitsOf(points, space)));
  }
  return lists;
}

function hitsOf(points: ScoredPoint[], space: Space): Hit[] {
  const orderOf = ({ point }: Hit) => payloadOf(point)[ORDER];
  return points
    .map((point) => ({ point, distance: distanceOf(point.score, space) }))
    .sort((a, b) => a.distance - b.distance || orderOf(a) - orderOf(b));
}

/** Qdrant's scores: of l2 the root of our distance, of the others what we take from 1. */
function distanceOf(score: number, space: Space): number {
  return space === "l2" ? score * score : 1 - score;
}

/** Search by vector. @throws unsupported for keywords */
export async function search(
  records: Records,
  params: SearchParamsFlat,
  call: CallOptions,
): Promise<SearchHits> {
  if (params.text !== null) throw unsupportedBy(QDRANT.name, "search by keywords");
  const { query: vector, settings, ...rest } = params;
  const { candidates, limit, efSearch } = settings;
  const hits = await query(
    records,
    {
      ...rest,
      queries: vector,
      dimension: vector.length,
      nResults: Math.min(candidates, limit),
      efSearch,
    },
    call,
  );
  const scores = hits.distances.map((distance) => 1 - distance);
  const parts = new Float32Array(6 * scores.length);
  for (const [i, score] of scores.entries()) {
    parts.set([i + 1, score, 1 / (RANK_CONSTANT + i + 1)], 6 * i);
  }
  return {
    records: hits.records,
    scores,
    parts,
    terms: [],
    termNumbers: new Float32Array(0),
    passages: new Uint32Array(scores.length),
  };
}
