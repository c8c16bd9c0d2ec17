import type { CallOptions, Metadata } from "../../types.js";
import { invalid, shown } from "../validate.js";
import type { SearchParams, SearchRow } from "./search-types.js";

type Rerank = NonNullable<SearchParams["rerank"]>;

/** @throws invalid_argument */
export function checkReranker(rerank: Rerank | undefined): void {
  if (rerank === undefined) return;
  if (typeof rerank.reranker?.rerank !== "function") {
    throw invalid(`rerank.reranker must be a Reranker, got ${shown(rerank?.reranker)}`);
  }
  const { property } = rerank;
  if (property === undefined || (typeof property === "string" && property !== "")) return;
  throw invalid(`rerank.property must be a metadata key, got ${shown(property)}`);
}

/**
 * Has the reranker read the rows and puts the best first. As in Weaviate, a row whose document or
 * property is no text is read as an empty one. Without rows nothing is asked.
 * @param text what is asked when rerank.query is absent
 */
export async function rerankRows<M extends Metadata>(
  rows: readonly SearchRow<M>[],
  { reranker, property, query: own }: Rerank,
  text: string | null,
  explain: boolean,
  options: CallOptions,
): Promise<SearchRow<M>[]> {
  if (rows.length === 0) return [];
  const query = own ?? text;
  if (query === null) throw invalid("rerank needs a text; give text or rerank.query");
  const documents = rows.map((row) => documentOf(row, property));
  const ranked = await reranker.rerank(query, documents, options);
  return ranked.map(({ index, score }) => {
    const row = rows[index] as SearchRow<M>;
    row.firstScore = row.score;
    row.score = score;
    if (explain) row.explain = { ...row.explain, rerank: { rank: index + 1, score } };
    return row;
  });
}

function documentOf<M extends Metadata>(row: SearchRow<M>, property: string | undefined): string {
  if (property === undefined) return row.passage?.text ?? row.document ?? "";
  const { metadata } = row;
  const value = metadata && Object.hasOwn(metadata, property) ? metadata[property] : null;
  return typeof value === "string" ? value : "";
}
