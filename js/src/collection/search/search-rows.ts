import type { SearchHits } from "../../database/methods.js";
import type { Metadata } from "../../types.js";
import type { SearchPlan } from "./search-plan.js";
import type { Highlight, MatchedTerm, SearchExplanation, SearchRow } from "./search-types.js";

/** The core's columns as rows. */
export function toSearchRows<M extends Metadata>(
  hits: SearchHits,
  plan: SearchPlan,
  explain: boolean,
): SearchRow<M>[] {
  const { ids, documents, metadatas, embeddings, dimension } = hits.records;
  const passages = readPassages(hits);
  const terms = explain ? readTerms(hits) : [];
  return ids.map((id, i) => {
    const row: SearchRow<M> = { id, score: hits.scores[i] as number };
    if (documents) row.document = documents[i] ?? null;
    if (metadatas) row.metadata = metadatas[i] ? JSON.parse(metadatas[i]) : null;
    if (embeddings) row.embedding = embeddings.slice(i * dimension, (i + 1) * dimension);
    const [rank = 0, score = 0] = hits.parts.subarray(6 * i, 6 * i + 2);
    if (rank > 0) row.distance = 1 - score;
    if (plan.settings.passages > 0 && plan.words !== null) row.highlights = passages[i] ?? [];
    if (explain) row.explain = explanation(hits.parts.subarray(6 * i, 6 * i + 6), terms[i] ?? []);
    return row;
  });
}

function explanation(parts: Float32Array, terms: MatchedTerm[]): SearchExplanation {
  const [rank = 0, score = 0, share = 0, wordRank = 0, wordScore = 0, wordShare = 0] = parts;
  return {
    ...(rank > 0 ? { vector: { rank, score, share, distance: 1 - score } } : {}),
    ...(wordRank > 0
      ? { keyword: { rank: wordRank, score: wordScore, share: wordShare, terms } }
      : {}),
  };
}

/** Of each hit the terms that matched. */
function readTerms({ terms, termNumbers }: SearchHits): MatchedTerm[][] {
  const found: MatchedTerm[][] = [];
  for (const [i, term] of terms.entries()) {
    const [hit = 0, frequency = 0, score = 0] = termNumbers.subarray(3 * i, 3 * i + 3);
    found[hit] ??= [];
    found[hit].push({ term, frequency, score });
  }
  return found;
}

function readPassages({ passages, records }: SearchHits): Highlight[][] {
  let at = 0;
  const next = () => passages[at++] ?? 0;
  const range = (): [number, number] => [next(), next()];
  const list = <T>(read: () => T): T[] => Array.from({ length: next() }, read);
  return records.ids.map((_, i) =>
    list(() => {
      const [begin, end] = range();
      const matches = list(range);
      return { text: records.documents?.[i]?.slice(begin, end) ?? "", begin, end, matches };
    }),
  );
}
