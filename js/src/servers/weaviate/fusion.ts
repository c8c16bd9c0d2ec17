import type { SearchParamsFlat } from "../../database/methods.js";

/** Numbers of a hit: rank (0: none), score and share, by vector and by keywords. */
export const PARTS = 6;
/** Cormack's constant of reciprocal rank fusion, as in src/lexical/fusion.h. */
const RANK_CONSTANT = 60;

/** A row of one ranking. */
export interface Ranked<T> {
  object: T;
  id: string;
  /** Of equal scores the least comes first. */
  place: number;
  score: number;
}

export interface Fused<T> extends Ranked<T> {
  parts: Float32Array;
}

/**
 * One ranking of two, by the formulas of docs/search.md, in floats of 32 bits as the core
 * (src/lexical/fusion.cpp). With one alone, its own scores and order.
 */
export function fuse<T>(
  near: readonly Ranked<T>[],
  words: readonly Ranked<T>[],
  settings: Pick<SearchParamsFlat["settings"], "fusion" | "vectorWeight" | "keywordWeight">,
  both: boolean,
): Fused<T>[] {
  const { fusion, vectorWeight, keywordWeight } = settings;
  const weights = both ? [vectorWeight, keywordWeight] : [1, 1];
  const byRank = fusion === 0 || !both;
  const found = new Map<string, Fused<T>>();
  for (const [part, ranking] of [near, words].entries()) {
    const weight = Math.fround(weights[part] as number);
    for (const [i, row] of ranking.entries()) {
      const hit = found.get(row.id) ?? { ...row, parts: new Float32Array(PARTS) };
      found.set(row.id, hit);
      const share = byRank ? 1 / (RANK_CONSTANT + i + 1) : relative(ranking, row.score);
      hit.parts.set([i + 1, row.score, weight * Math.fround(share)], 3 * part);
      hit.score = both ? shareOf(hit.parts) : row.score;
    }
  }
  if (!both) return [...found.values()];
  return [...found.values()].sort((a, b) => b.score - a.score || a.place - b.place);
}

function shareOf(parts: Float32Array): number {
  return Math.fround((parts[2] as number) + (parts[5] as number));
}

function relative(ranking: readonly { score: number }[], score: number): number {
  const lowest = ranking.at(-1)?.score ?? 0;
  const range = (ranking[0]?.score ?? 0) - lowest;
  return range > 0 ? (score - lowest) / range : 1;
}
