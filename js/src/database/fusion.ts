import type { SearchParamsFlat, SearchSettings } from "./methods.js";

/** One of two rankings: what was found, the best first, with scores of which larger are better. */
export interface Ranking {
  ids: string[];
  scores: ArrayLike<number>;
}

export interface Fused {
  id: string;
  score: number;
  /** rank, score and share by vector, then by keywords, as SearchHits has them. */
  parts: number[];
}

/** How one ranking counts in the other's presence; docs/search.md has the formulas. */
export type FusionSettings = Pick<SearchSettings, "fusion" | "vectorWeight" | "keywordWeight">;

/** Cormack's constant, as in src/lexical/fusion.h. */
const RANK_CONSTANT = 60;
const ALONE: FusionSettings = { fusion: 0, vectorWeight: 1, keywordWeight: 1 };
const { fround } = Math;

/** Whether words find records. Beside a vector, and without weight, they only say what highlights are. */
export function findsByWords({ query, text, settings }: SearchParamsFlat): boolean {
  return text !== null && (query.length === 0 || settings.keywordWeight > 0);
}

/**
 * Joins two rankings as fuse() of src/lexical/fusion.h does, in the same floats.
 * @param settings null: only one was asked for, whose scores and order stay
 * @param order all ids that were found, as their collection has them: it decides between equal scores
 */
export function fuse(
  rankings: readonly [Ranking, Ranking],
  settings: FusionSettings | null,
  order: readonly string[],
): Fused[] {
  const fused = new Map<string, Fused>(
    order.map((id) => [id, { id, score: 0, parts: [0, 0, 0, 0, 0, 0] }]),
  );
  const { fusion, vectorWeight, keywordWeight } = settings ?? ALONE;
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
  const sumOf = ({ parts }: Fused, at: number) =>
    fround((parts[at] as number) + (parts[3 + at] as number));
  for (const found of fused.values()) found.score = sumOf(found, 2);
  // Stable: equal scores stay in that order.
  const sorted = [...fused.values()].sort((a, b) => b.score - a.score);
  return settings ? sorted : sorted.map((found) => ({ ...found, score: sumOf(found, 1) }));
}

function relative(scores: ArrayLike<number>, score: number): number {
  const lowest = scores[scores.length - 1] as number;
  const range = fround((scores[0] as number) - lowest);
  return range > 0 ? fround(fround(score - lowest) / range) : 1;
}
