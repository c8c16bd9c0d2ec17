import { fuse } from "../../database/fusion.js";
import type {
  Hits,
  QueryParamsFlat,
  SearchHits,
  SearchParamsFlat,
} from "../../database/methods.js";
import type { Capabilities } from "../../types/capabilities.js";
import { unsupportedBy } from "../server-engine.js";

/** What a client of a server can do that searches by vectors alone. */
export const BY_VECTORS: Capabilities = {
  keyword: false,
  hybrid: false,
  diversify: true,
  documentFilter: true,
  regex: true,
  lists: true,
  objects: true,
  namedVectors: false,
  chunking: false,
  subscribe: false,
  reembed: false,
  recall: false,
  project: false,
  files: false,
  hnswlib: false,
  check: false,
};

/**
 * A search by vector alone, made of a query, with the numbers that the core gives.
 * @throws unsupported for a search by keywords
 */
export async function searchByVectors(
  server: string,
  { query: queries, text, settings, ...rest }: SearchParamsFlat,
  find: (query: QueryParamsFlat) => Promise<Hits>,
): Promise<SearchHits> {
  if (text !== null) {
    const what = "search by keywords, also in a hybrid one or for highlights";
    throw unsupportedBy(server, `${what}; give mode: "vector"`);
  }
  const { candidates, limit, efSearch } = settings;
  const asked = {
    queries,
    dimension: queries.length,
    nResults: Math.min(candidates, limit),
    efSearch,
  };
  const { distances, records } = await find({ ...rest, ...asked });
  const scores = distances.map((distance) => 1 - distance);
  const { ids } = records;
  const alone = fuse(
    [
      { ids, scores },
      { ids: [], scores: [] },
    ],
    null,
    ids,
  );
  const parts = Float32Array.from(alone.flatMap(({ parts }) => parts));
  const none = { terms: [], termNumbers: new Float32Array(0) };
  // Of each hit, how many passages it has: none.
  return { records, scores, parts, ...none, passages: new Uint32Array(scores.length) };
}
