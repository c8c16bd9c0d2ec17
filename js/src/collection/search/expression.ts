// Loaded with the first search that is an expression of chromadb's Search API.

import type { RecordFilter, Records, Wanted } from "../../database/methods.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import type { CallOptions, Metadata } from "../../types.js";
import { checkCount, flattenVectors, invalid, shown } from "../validate.js";
import { evaluateRank, type KnnParams, type Nearest } from "./expression-rank.js";
import type {
  ExpressionResult,
  ExpressionRow,
  GroupByLiteral,
  KeysAndCount,
  SearchKey,
  SearchParts,
} from "./expression-types.js";
import { toExpressionFilter } from "./expression-where.js";
import type { SearchTarget } from "./search-target.js";

/** A search, checked and in plain form. */
interface Plan {
  where: Record<string, unknown> | undefined;
  rank: unknown;
  groupBy: Grouping | undefined;
  offset: number;
  limit: number;
  select: string[];
}

interface Grouping {
  keys: string[];
  by: string[];
  k: number;
  greatest: boolean;
}

interface Scored {
  id: string;
  score: number;
}

const NOTHING: Wanted = { documents: false, metadatas: false, embeddings: false };

/**
 * Runs searches of chromadb's Search API, one after the other. The local Chroma server has none of
 * it; what they mean is that of Chroma's distributed worker.
 * @throws invalid_argument, dimension_mismatch, not_finite, embedding_failed; unsupported for a knn
 *   over another key than #embedding
 */
export async function searchExpressions<M extends Metadata>(
  searches: unknown[],
  options: CallOptions,
  target: SearchTarget,
): Promise<ExpressionResult<M>> {
  if (searches.length === 0) throw invalid("the list of searches is empty; give at least one");
  const plans = searches.map(toPlan);
  const result = new ExpressionAnswer<M>();
  for (const plan of plans) {
    throwIfAborted(options.signal);
    result.add(plan.select, ...(await runPlan(plan, new Reader(target, options))));
  }
  return result;
}

/** The plain form of chromadb's objects; their names for the parts and the payload's. */
function toPlan(search: unknown): Plan {
  if (typeof search !== "object" || search === null) {
    throw invalid(`a search must be an object, got ${shown(search)}`);
  }
  const builder = search as { toPayload?: () => object };
  const payload = typeof builder.toPayload === "function" ? builder.toPayload() : search;
  const { filter, group_by, ...parts } = payload as SearchParts & Record<string, unknown>;
  const limit = plain(parts.limit) ?? {};
  const { offset = 0, limit: most } = (typeof limit === "number" ? { limit } : limit) as {
    offset?: number;
    limit?: number | null;
  };
  return {
    where: plain(filter ?? parts.where) as Plan["where"],
    rank: plain(parts.rank),
    groupBy: toGrouping(plain(group_by ?? parts.groupBy)),
    offset: checkCount(offset, "offset"),
    limit: most === undefined || most === null ? Infinity : checkCount(most, "limit", 1),
    select: toSelect(plain(parts.select)),
  };
}

/** chromadb's objects, anywhere inside, as the literals that they stand for. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value ?? undefined;
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON());
  if (Array.isArray(value)) return value.map(plain);
  if (Symbol.iterator in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function toSelect(select: unknown): string[] {
  const given = (select as { keys?: unknown } | undefined)?.keys;
  const keys = typeof given === "object" ? given : (select ?? []);
  if (
    typeof (keys as Iterable<unknown>)[Symbol.iterator] !== "function" ||
    typeof keys === "string"
  ) {
    throw invalid(`select must be a list of keys, got ${shown(keys)}`);
  }
  return [...new Set([...(keys as Iterable<SearchKey>)].map(keyName))].sort();
}

function keyName(key: unknown): string {
  const name = typeof key === "object" && key !== null ? (key as { name?: unknown }).name : key;
  if (typeof name === "string") return name;
  throw invalid(`a key must be a string, got ${shown(name)}`);
}

function toGrouping(groupBy: unknown): Grouping | undefined {
  if (groupBy === undefined || Object.keys(groupBy as object).length === 0) return undefined;
  const { keys, aggregate } = groupBy as GroupByLiteral;
  const [[operator, given] = [], ...more] = Object.entries(aggregate ?? {});
  if ((operator !== "$min_k" && operator !== "$max_k") || more.length > 0) {
    throw invalid(`groupBy.aggregate must be $min_k or $max_k, got ${shown(operator)}`);
  }
  const { keys: by, k } = (given ?? {}) as KeysAndCount;
  for (const list of [keys, by]) {
    if (!Array.isArray(list) || list.length === 0) {
      throw invalid(`groupBy and its aggregate need a list of keys, got ${shown(list)}`);
    }
  }
  return {
    keys: keys.map(keyName),
    by: by.map(keyName),
    k: checkCount(k, "groupBy.aggregate.k", 1),
    greatest: operator === "$max_k",
  };
}

/** What a search reads of its collection. */
class Reader {
  constructor(
    private readonly target: SearchTarget,
    private readonly options: CallOptions,
  ) {}

  get(filter: RecordFilter, wanted: Wanted, offset = 0, limit = Infinity): Promise<Records> {
    const { engine, address } = this.target;
    const most = limit === Infinity ? null : limit;
    const params = { ...address, ...filter, offset, limit: most, wanted };
    return engine.call("db.collection.get", params, this.options);
  }

  /** The nearest by one query among what the filter leaves. */
  nearest(filter: RecordFilter): Nearest {
    const { engine, address, efSearch } = this.target;
    return async ({ query, key, limit }) => {
      const { data, dimension } = await this.queryVector(query, key);
      const hits = await engine.call(
        "db.collection.query",
        {
          ...address,
          ...filter,
          queries: data,
          dimension,
          nResults: limit,
          efSearch: efSearch(undefined),
          wanted: NOTHING,
        },
        this.options,
      );
      return { ids: hits.records.ids, distances: hits.distances };
    };
  }

  private async queryVector(query: KnnParams["query"], key: string) {
    if (
      key !== "#embedding" ||
      (typeof query === "object" && query !== null && "indices" in query)
    ) {
      const what = key === "#embedding" ? "sparse vectors" : `the key ${shown(key)}`;
      throw new PagevecError(
        "unsupported",
        `$knn over ${what} is not supported; search #embedding with a vector or a text`,
      );
    }
    if (typeof query === "string") return this.target.embed([query]);
    return flattenVectors([query], "$knn.query");
  }
}

async function runPlan(plan: Plan, reader: Reader): Promise<[Scored[], Records]> {
  const filter = await toExpressionFilter(
    plan.where,
    async (part) => (await reader.get(part, NOTHING)).ids,
  );
  const ranked = await rankedRecords(plan, filter, reader);
  const page =
    plan.rank === undefined && !plan.groupBy
      ? ranked
      : ranked.slice(plan.offset, plan.offset + plan.limit);
  const wanted = {
    documents: plan.select.includes("#document"),
    embeddings: plan.select.includes("#embedding"),
    metadatas: plan.select.some((key) => key === "#metadata" || !key.startsWith("#")),
  };
  const ids = page.map(({ id }) => id);
  const records = await reader.get({ ids, where: null, whereDocument: null }, wanted);
  return [page, records];
}

/** By score; without a ranking in insertion order, the place as the score. */
async function rankedRecords(plan: Plan, filter: RecordFilter, reader: Reader): Promise<Scored[]> {
  const { rank, groupBy, offset, limit } = plan;
  const wanted = { ...NOTHING, metadatas: groupBy !== undefined };
  if (rank === undefined) {
    const records = groupBy
      ? await reader.get(filter, wanted)
      : await reader.get(filter, wanted, offset, limit);
    const scored = records.ids.map((id, place) => ({ id, score: place }));
    return groupBy ? bestOfGroups(scored, records, groupBy) : scored;
  }
  const { found } = await evaluateRank(rank, reader.nearest(filter));
  const records = await reader.get(
    { ids: [...found.keys()], where: null, whereDocument: null },
    wanted,
  );
  // In insertion order, which stays where scores are equal.
  const scored = records.ids.map((id) => ({ id, score: found.get(id) as number }));
  if (!groupBy) return scored.sort(byScore);
  return bestOfGroups(scored, records, groupBy).sort(byScore);
}

function byScore(a: Scored, b: Scored): number {
  return compareValues(a.score, b.score);
}

/** Of each group the k least or greatest. records: those that are scored, in the same order. */
function bestOfGroups(scored: Scored[], { metadatas }: Records, grouping: Grouping): Scored[] {
  const groups = new Map<string, { item: Scored; order: unknown[] }[]>();
  for (const [i, item] of scored.entries()) {
    const metadata = JSON.parse(metadatas?.[i] ?? "{}");
    const fieldOf = (key: string) =>
      key === "#score" ? item.score : Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    const name = JSON.stringify(grouping.keys.map((key) => fieldOf(key) ?? null));
    const group = groups.get(name) ?? [];
    group.push({ item, order: grouping.by.map(fieldOf) });
    groups.set(name, group);
  }
  const sign = grouping.greatest ? -1 : 1;
  return [...groups.values()].flatMap((group) =>
    group
      .sort((a, b) => byScore(a.item, b.item))
      .sort((a, b) => sign * compareLists(a.order, b.order))
      .slice(0, grouping.k)
      .map(({ item }) => item),
  );
}

function compareLists(a: unknown[], b: unknown[]): number {
  for (const [i, value] of a.entries()) {
    const order = compareValues(value, b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

const TYPES = ["undefined", "boolean", "number", "string", "object"];

/** As Chroma orders values: none, booleans, numbers, strings, lists. NaN comes after all numbers. */
function compareValues(a: unknown, b: unknown): number {
  const types = TYPES.indexOf(typeof a) - TYPES.indexOf(typeof b);
  if (types !== 0 || typeof a === "object") return types;
  const order = Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (order !== 0) return order;
  return (a as number) < (b as number) ? -1 : Number((a as number) > (b as number));
}

class ExpressionAnswer<M extends Metadata> implements ExpressionResult<M> {
  readonly ids: string[][] = [];
  readonly documents: ((string | null)[] | null)[] = [];
  readonly embeddings: ((Float32Array | null)[] | null)[] = [];
  readonly metadatas: ((Partial<M> | null)[] | null)[] = [];
  readonly scores: (number[] | null)[] = [];
  readonly select: string[][] = [];

  /** @param records those of the page, in insertion order; one that is gone meanwhile is left out. */
  add(select: string[], page: Scored[], records: Records): void {
    const places = new Map(records.ids.map((id, i) => [id, i]));
    const rows = page.flatMap(({ id, score }) => {
      const place = places.get(id);
      return place === undefined ? [] : [{ id, score, place }];
    });
    const { documents, metadatas, embeddings, dimension } = records;
    this.ids.push(rows.map(({ id }) => id));
    this.documents.push(documents && rows.map(({ place }) => documents[place] ?? null));
    this.metadatas.push(
      metadatas && rows.map(({ place }) => selected<M>(metadatas[place], select)),
    );
    this.embeddings.push(
      embeddings &&
        rows.map(({ place }) => embeddings.slice(place * dimension, (place + 1) * dimension)),
    );
    this.scores.push(select.includes("#score") ? rows.map(({ score }) => score) : null);
    this.select.push(select);
  }

  rows(): ExpressionRow<M>[][] {
    return this.ids.map((ids, s) =>
      ids.map((id, i) => {
        const row: ExpressionRow<M> = { id };
        const document = this.documents[s]?.[i];
        const embedding = this.embeddings[s]?.[i];
        const metadata = this.metadatas[s]?.[i];
        const score = this.scores[s]?.[i];
        if (typeof document === "string") row.document = document;
        if (embedding) row.embedding = embedding;
        if (metadata) row.metadata = metadata;
        if (score !== undefined) row.score = score;
        return row;
      }),
    );
  }
}

/** The keys that are asked for; null when the record has none of them. */
function selected<M extends Metadata>(
  json: string | null | undefined,
  select: string[],
): Partial<M> | null {
  const all: Record<string, unknown> = JSON.parse(json ?? "{}");
  const fields = Object.entries(all).filter(
    ([key]) => select.includes("#metadata") || select.includes(key),
  );
  return fields.length === 0 ? null : (Object.fromEntries(fields) as Partial<M>);
}
