// Subpath "pagevec/rank": rankings for Collection.search(), named as in chromadb.
import type { Vector } from "../../types.js";
import { checkCount, invalid, shown } from "../validate.js";
import type { RankLiteral } from "./expression-types.js";

export interface KnnOptions {
  /** A vector, or a text for the collection's embedding function. */
  query: Vector | string;
  /** How many records it finds. Default 128. */
  limit?: number;
  /** The score of records that another ranking found and this one did not; without, they are out. */
  default?: number;
  /** The place from 0 as the score, in place of the distance. */
  returnRank?: boolean;
}

export interface RrfOptions {
  /** Rankings that give places: Knn with returnRank. */
  ranks: (RankLiteral | number)[];
  /** Default 60. */
  k?: number;
  /** One per ranking, not negative. Default 1 each. */
  weights?: number[];
  /** Whether the weights are divided by their sum. */
  normalize?: boolean;
}

/** The nearest records by one query. @throws invalid_argument for a limit below 1 */
export function Knn(options: KnnOptions): RankLiteral {
  const { query, limit = 128, returnRank = false } = options;
  return {
    $knn: {
      query: typeof query === "string" ? query : [...query],
      key: "#embedding",
      limit: checkCount(limit, "limit", 1),
      ...(options.default === undefined ? {} : { default: options.default }),
      ...(returnRank ? { return_rank: true } : {}),
    },
  };
}

/**
 * Reciprocal rank fusion: -(sum of weight / (k + place)), as smaller is better.
 * @throws invalid_argument
 */
export function Rrf({ ranks, k = 60, weights, normalize = false }: RrfOptions): RankLiteral {
  const shares = weightsOf(ranks, weights, normalize);
  const $k = { $val: checkCount(k, "k", 1) };
  const terms = ranks.map((rank, i) => ({
    $div: { left: { $val: shares[i] as number }, right: { $sum: [literal(rank), $k] } },
  }));
  const [first] = terms;
  return { $mul: [terms.length === 1 ? first : { $sum: terms }, { $val: -1 }] };
}

/**
 * Of each ranking its weight, 1 unless given; of `normalize` divided by their sum.
 * @throws invalid_argument
 */
export function weightsOf(ranks: unknown[], weights: number[] | undefined, normalize: boolean) {
  if (!Array.isArray(ranks) || ranks.length === 0) {
    throw invalid(`ranks must be a list of at least one ranking, got ${shown(ranks)}`);
  }
  const given = weights ?? ranks.map(() => 1);
  if (given.length !== ranks.length || !given.every((weight) => weight >= 0)) {
    throw invalid(`weights must be ${ranks.length} numbers of at least 0, got ${given.join(", ")}`);
  }
  const sum = normalize ? given.reduce((total, weight) => total + weight, 0) : 1;
  if (sum === 0) throw invalid("weights are all 0, so they cannot be normalized");
  return given.map((weight) => weight / sum);
}

function literal(rank: RankLiteral | number): RankLiteral {
  return typeof rank === "number" ? { $val: rank } : rank;
}
