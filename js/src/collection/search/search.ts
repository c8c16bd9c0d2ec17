// Loaded with the first search.
import type { RecordFilter, SearchParamsFlat } from "../../database/methods.js";
import { nextTurn } from "../../engine/turns.js";
import { throwIfAborted } from "../../errors.js";
import type { CallOptions, Include, Metadata } from "../../types.js";
import { toRecordFilter } from "../filter.js";
import { checkCount, checkInclude, flattenVectors, invalid, shown } from "../validate.js";
import type { ExpressionResult, SearchExpression } from "./expression-types.js";
import { largestDistance, nearTextVector } from "./near-text.js";
import { checkReranker, rerankRows } from "./rerank.js";
import { planSearch, type SearchPlan } from "./search-plan.js";
import { toSearchRows } from "./search-rows.js";
import type { SearchTarget } from "./search-target.js";
import type { SearchGroup, SearchParams, SearchResult, SearchRow } from "./search-types.js";

const INCLUDES: readonly Include[] = ["documents", "metadatas", "embeddings"];
/** Words per slice, so that stemming a whole collection does not freeze the page. */
const STEMS_A_TURN = 2000;

/** See Collection.search. */
export async function search<M extends Metadata>(
  params: SearchParams | SearchExpression | SearchExpression[],
  options: CallOptions,
  target: SearchTarget,
): Promise<SearchResult<M> | ExpressionResult<M>> {
  if (!isExpression(params)) return searchByText<M>(params as SearchParams, options, target);
  target.documents?.refuseExpressions();
  const { searchExpressions } = await import("./expression.js");
  return searchExpressions<M>(Array.isArray(params) ? params : [params], options, target);
}

function isExpression(params: object): boolean {
  const marks = ["toPayload", "rank", "select", "filter", "group_by"];
  return Array.isArray(params) || marks.some((mark) => mark in params);
}

async function searchByText<M extends Metadata>(
  params: SearchParams,
  options: CallOptions,
  target: SearchTarget,
): Promise<SearchResult<M>> {
  const include = checkInclude(params.include ?? ["documents", "metadatas"], INCLUDES);
  const plan = planSearch(params);
  const grouping = checkGrouping(params.groupBy);
  checkReranker(params.rerank);
  if (params.autocut !== undefined) checkCount(params.autocut, "autocut", 1);
  const furthest = largestDistance(params, plan.byVector && !plan.byKeywords, target.space);
  const filter = toRecordFilter(params);
  const begin = performance.now();
  const query = await queryVector(params, plan, options, target);
  const embedded = performance.now();
  await giveStems(params, plan, options, target);
  const wanted = {
    documents: include.includes("documents") || Boolean(params.rerank ?? params.highlights),
    metadatas: include.includes("metadatas") || Boolean(grouping ?? params.rerank?.property),
    embeddings: include.includes("embeddings"),
  };
  let rows = await findRows<M>(params, plan, { filter, query, wanted }, options, target);
  rows = rows.filter(({ distance }) => distance === undefined || distance <= furthest);
  if (params.autocut !== undefined) rows = rows.slice(0, autocut(rows, params.autocut));
  const searched = performance.now();
  // The clock is read once where nothing was reranked: two readings may lie a tick apart.
  let reranked = searched;
  if (params.rerank) {
    const best = rows.slice(0, plan.rerankLimit);
    rows = await rerankRows(best, params.rerank, plan.text, Boolean(params.explain), options);
    reranked = performance.now();
  }
  if (params.diversity) {
    rows = await diversify(
      rows,
      plan,
      grouping ? rows.length : plan.offset + plan.limit,
      options,
      target,
    );
  }
  const groups = grouping && groupRows(rows, grouping);
  if (groups) rows = groups.flatMap((group) => group.rows);
  const page = new Set(rows.slice(plan.offset, plan.offset + plan.limit));
  const answer = [...page].map((row) => withColumns(row, include));
  const timings = {
    embed: embedded - begin,
    search: searched - embedded + (performance.now() - reranked),
    rerank: reranked - searched,
  };
  return { rows: answer, ...(groups ? { groups: onPage(groups, page) } : {}), timings };
}

async function findRows<M extends Metadata>(
  { explain, efSearch }: SearchParams,
  plan: SearchPlan,
  call: Pick<SearchParamsFlat, "query" | "wanted"> & { filter: RecordFilter },
  options: CallOptions,
  { engine, address, documents, ...target }: SearchTarget,
): Promise<SearchRow<M>[]> {
  const { query, wanted } = call;
  const filter = documents ? await documents.filter(call.filter, options) : call.filter;
  const find = async (settings: SearchPlan["settings"]) => {
    const hits = await engine.call(
      "db.collection.search",
      {
        ...address,
        ...filter,
        query,
        text: plan.words,
        settings: { ...settings, efSearch: target.efSearch(efSearch) },
        wanted: documents ? { documents: true, metadatas: true, embeddings: false } : wanted,
      },
      options,
    );
    return toSearchRows<M>(hits, plan, Boolean(explain));
  };
  return documents ? documents.merge(find, plan.settings, wanted, options) : find(plan.settings);
}

async function queryVector(
  { embedding, nearText, nearMedia }: SearchParams,
  plan: SearchPlan,
  options: CallOptions,
  target: SearchTarget,
): Promise<Float32Array> {
  if (!plan.byVector) return new Float32Array(0);
  if (embedding !== undefined) return flattenVectors([embedding], "embedding").data;
  if (nearText !== undefined) return nearTextVector(nearText, target, options);
  if (nearMedia !== undefined) {
    const { nearMediaVector } = await import("../objects/embed-media.js");
    return nearMediaVector(target.embedder(), nearMedia, options);
  }
  return (await target.embed([plan.text ?? ""])).data;
}

const stemmers = new WeakMap<object, number>();
let lastStemmer = 0;

/** Has the stemmer stem the words that the keyword index does not know the stems of. */
async function giveStems(
  { keyword }: SearchParams,
  { words: text }: SearchPlan,
  options: CallOptions,
  { engine, address }: SearchTarget,
): Promise<void> {
  const stem = keyword?.stemmer;
  if (!stem || text === null) return;
  const stemmer = stemmers.get(stem) ?? ++lastStemmer;
  stemmers.set(stem, stemmer);
  const words = await engine.call(
    "db.collection.wordsToStem",
    { ...address, text, stemmer },
    options,
  );
  const stems: string[] = [];
  for (const word of words) {
    if (stems.length % STEMS_A_TURN === STEMS_A_TURN - 1) await nextTurn();
    throwIfAborted(options.signal);
    stems.push(String(stem(word)));
  }
  if (words.length === 0) return;
  await engine.call("db.collection.addStems", { ...address, words, stems, stemmer }, options);
}

async function diversify<M extends Metadata>(
  rows: SearchRow<M>[],
  { lambda }: SearchPlan,
  limit: number,
  options: CallOptions,
  { engine, address }: SearchTarget,
): Promise<SearchRow<M>[]> {
  const ids = rows.map(({ id }) => id);
  const relevance = Float32Array.from(rows, ({ score }) => score);
  const places = await engine.call(
    "db.collection.diversify",
    { ...address, ids, relevance, lambda, limit },
    options,
  );
  return Array.from(places, (place) => rows[place] as SearchRow<M>);
}

/**
 * How many scores stand before the `cuts`-th jump: the places where the curve of the scores, brought
 * to 0 to 1 in both directions, is farthest above a straight line (Weaviate's autocut.go).
 */
export function autocut(rows: { score: number }[], cuts: number): number {
  const { length } = rows;
  const scores = rows.map(({ score }) => score);
  const first = scores[0] ?? 0;
  const range = (scores[length - 1] ?? 0) - first;
  if (length <= 1 || range === 0) return length;
  const above = scores.map((score, i) => (score - first) / range - i / (length - 1));
  let found = 0;
  for (let i = 1; i < length; ++i) {
    const here = above[i] as number;
    const other = (i === length - 1 ? above[i - 2] : above[i + 1]) ?? Number.POSITIVE_INFINITY;
    if (here > (above[i - 1] as number) && here > other && ++found >= cuts) return i;
  }
  return length;
}

interface Grouping {
  key: string;
  perGroup: number;
  groups: number;
}

function checkGrouping(groupBy: SearchParams["groupBy"]): Grouping | undefined {
  if (groupBy === undefined) return undefined;
  const { key, perGroup = 1, groups } = groupBy;
  if (typeof key !== "string" || key === "") {
    throw invalid(`groupBy.key must be a metadata key, got ${shown(key)}`);
  }
  return {
    key,
    perGroup: checkCount(perGroup, "groupBy.perGroup", 1),
    groups: groups === undefined ? Infinity : checkCount(groups, "groupBy.groups", 1),
  };
}

/** Groups in the order of their best rows. */
function groupRows<M extends Metadata>(
  rows: SearchRow<M>[],
  { key, perGroup, groups }: Grouping,
): SearchGroup<M>[] {
  const found = new Map<string, SearchGroup<M>>();
  for (const row of rows) {
    const value = row.metadata && Object.hasOwn(row.metadata, key) ? row.metadata[key] : null;
    const name = JSON.stringify(value);
    let group = found.get(name);
    if (!group) {
      if (found.size >= groups) continue;
      group = { value, rows: [] };
      found.set(name, group);
    }
    if (group.rows.length < perGroup) group.rows.push(row);
  }
  return [...found.values()];
}

function onPage<M extends Metadata>(
  groups: SearchGroup<M>[],
  page: Set<SearchRow<M>>,
): SearchGroup<M>[] {
  return groups
    .map(({ value, rows }) => ({ value, rows: rows.filter((row) => page.has(row)) }))
    .filter(({ rows }) => rows.length > 0);
}

/** Without the columns that only this module needed. */
function withColumns<M extends Metadata>(row: SearchRow<M>, include: Include[]): SearchRow<M> {
  if (!include.includes("documents")) delete row.document;
  if (!include.includes("metadatas")) delete row.metadata;
  return row;
}
