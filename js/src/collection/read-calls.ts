import type { DatabaseMethods } from "../database/methods.js";
import type { CallOptions, EmbeddingFunction, GetParams, Include, QueryParams } from "../types.js";
import { embedQueries } from "./embed.js";
import { toRecordFilter } from "./filter.js";
import type { DeleteParams } from "./params.js";
import { wanted } from "./results.js";
import { checkCount, checkInclude, checkParams, invalid, optionalCount } from "./validate.js";

const GET_DEFAULT: Include[] = ["documents", "metadatas"];
const GET_INCLUDES: readonly Include[] = ["documents", "metadatas", "embeddings"];
const QUERY_DEFAULT: Include[] = ["metadatas", "documents", "distances"];
const QUERY_INCLUDES: readonly Include[] = [...GET_INCLUDES, "distances"];

/** The parameters of a method, without the collection. */
export type Call<Name extends keyof DatabaseMethods> = Omit<
  DatabaseMethods[Name]["params"],
  "database" | "collection" | "model"
>;

/** Checks a read. */
export function toGetCall(params: GetParams): {
  include: Include[];
  call: Call<"db.collection.get">;
} {
  checkParams(params);
  const include = [...checkInclude(params.include ?? GET_DEFAULT, GET_INCLUDES)];
  const offset = checkCount(params.offset ?? 0, "offset");
  const page = { offset, limit: optionalCount(params.limit, "limit"), wanted: wanted(include) };
  return { include, call: { ...toRecordFilter(params), ...page } };
}

/** Checks which records to delete. byCondition: by more than ids, which then need not be given. */
export function toDeletion(params: DeleteParams) {
  checkParams(params);
  const filter = toRecordFilter(params);
  const limit = optionalCount(params.limit, "limit");
  const byCondition = filter.where !== null || filter.whereDocument !== null;
  if (!byCondition && limit !== null) {
    throw invalid("limit is for where and whereDocument; give one of them");
  }
  return {
    filter: byCondition ? filter : { ...filter, ids: filter.ids ?? [] },
    limit,
    byCondition,
  };
}

export interface QueryCall {
  include: Include[];
  call: Call<"db.collection.query">;
  /** Milliseconds, taken when the answer is there. */
  timings(): { embed: number; search: number };
}

/** Checks a query and embeds its texts. */
export async function toQueryCall(
  params: QueryParams,
  collection: { embedder(): EmbeddingFunction; efSearch(asked: number | undefined): number },
  options: CallOptions,
): Promise<QueryCall> {
  checkParams(params);
  const include = [...checkInclude(params.include ?? QUERY_DEFAULT, QUERY_INCLUDES)];
  const nResults = checkCount(params.nResults ?? 10, "nResults");
  const filter = toRecordFilter(params);
  const efSearch = collection.efSearch(params.efSearch);
  const begin = performance.now();
  const { data, dimension } = await embedQueries(params, () => collection.embedder(), options);
  const embedded = performance.now();
  const timings = () => ({ embed: embedded - begin, search: performance.now() - embedded });
  const queries = { queries: data, dimension, nResults, efSearch };
  return { include, call: { ...filter, ...queries, wanted: wanted(include) }, timings };
}
