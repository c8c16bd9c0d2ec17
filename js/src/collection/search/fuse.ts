import type { SearchHits, SearchParamsFlat, SearchSettings } from "../../database/methods.js";

/** One of two rankings: what was found, the best first, with scores of which larger are better. */
export interface Ranking {
  ids: string[];
  scores: ArrayLike<number>;
}

/** Cormack's constant, as in src/lexical/fusion.h. */
const RANK_CONSTANT = 60;
const { fround } = Math;

/** Whether words find records. Beside a vector, and without weight, they only say what highlights are. */
export function findsByWords({ query, text, settings }: SearchParamsFlat): boolean {
  return text !== null && (query.length === 0 || settings.keywordWeight > 0);
}

interface Fused {
  id: string;
  score: number;
  /** rank, score and share by vector, then by keywords, as SearchHits has them. */
  parts: number[];
}

/**
 * Joins two rankings of different collections, as fuse() of src/lexical/fusion.h joins those of one, in
 * the same floats. order: all ids that were found, as their collection has them: it decides between
 * equal scores.
 */
export function fuse(
  rankings: readonly [Ranking, Ranking],
  {
    fusion,
    vectorWeight,
    keywordWeight,
  }: Pick<SearchSettings, "fusion" | "vectorWeight" | "keywordWeight">,
  order: readonly string[],
): Fused[] {
  const fused = new Map<string, Fused>(
    order.map((id) => [id, { id, score: 0, parts: [0, 0, 0, 0, 0, 0] }]),
  );
  const weights = [vectorWeight, keywordWeight];
  for (const [part, { ids, scores }] of rankings.entries()) {
    const weight = fround(weights[part] as number);
    for (const [place, id] of ids.entries()) {
      const found = fused.get(id);
      if (!found) continue;
      const score = scores[place] as number;
      const share =
        fusion === 0 ? fround(1 / (RANK_CONSTANT + place + 1)) : relative(scores, score);
      found.parts.splice(3 * part, 3, place + 1, score, fround(weight * share));
    }
  }
  for (const found of fused.values()) {
    found.score = fround((found.parts[2] as number) + (found.parts[5] as number));
  }
  // Stable: equal scores stay in that order.
  return [...fused.values()].sort((a, b) => b.score - a.score);
}

function relative(scores: ArrayLike<number>, score: number): number {
  const lowest = scores[scores.length - 1] as number;
  const range = fround((scores[0] as number) - lowest);
  return range > 0 ? fround(fround(score - lowest) / range) : 1;
}

/** What a hit by keywords has besides its scores, by the place that it had. */
export function takeTerms(
  { terms, termNumbers }: Pick<SearchHits, "terms" | "termNumbers">,
  placeOf: ReadonlyMap<number, number>,
): Pick<SearchHits, "terms" | "termNumbers"> {
  const kept = [...terms.keys()].filter((i) => placeOf.has(termNumbers[3 * i] as number));
  const numbers = kept.flatMap((i) => [
    placeOf.get(termNumbers[3 * i] as number) as number,
    termNumbers[3 * i + 1] as number,
    termNumbers[3 * i + 2] as number,
  ]);
  return { terms: kept.map((i) => terms[i] as string), termNumbers: Float32Array.from(numbers) };
}

/** The passages of each hit, as SearchHits has them one after another. */
export function splitPassages(passages: Uint32Array, count: number): Uint32Array[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    const begin = at;
    for (let left = passages[at++] ?? 0; left > 0; --left) at += 3 + 2 * (passages[at + 2] ?? 0);
    return passages.subarray(begin, at);
  });
}
