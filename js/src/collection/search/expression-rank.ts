import { checkCount, invalid, shown } from "../validate.js";

/**
 * Scores by id. rest: the score of every other record; undefined when others are not considered.
 * After Chroma's worker (rust/worker/src/execution/operators/rank.rs): only records that some knn
 * found are ever in the answer.
 */
export interface Scores {
  found: Map<string, number>;
  rest: number | undefined;
}

export interface KnnParams {
  query: unknown;
  key: string;
  limit: number;
}

/** The nearest records, nearest first. */
export type Nearest = (knn: KnnParams) => Promise<{ ids: string[]; distances: Float32Array }>;

type Operator = (left: number, right: number) => number;

const LISTS: Record<string, { start: number; combine: Operator }> = {
  $sum: { start: 0, combine: (a, b) => a + b },
  $mul: { start: 1, combine: (a, b) => a * b },
  // NaN loses against a number, as in Rust.
  $max: { start: -Infinity, combine: (a, b) => (a > b || Number.isNaN(b) ? a : b) },
  $min: { start: Infinity, combine: (a, b) => (a < b || Number.isNaN(b) ? a : b) },
};
const PAIRS: Record<string, Operator> = { $sub: (a, b) => a - b, $div: (a, b) => a / b };
const FUNCTIONS: Record<string, (x: number) => number> = {
  $abs: Math.abs,
  $exp: Math.exp,
  $log: Math.log,
};
/** How many records a knn finds where it does not say. */
const KNN_LIMIT = 16;

/**
 * The scores that a ranking gives, in 32-bit floats as Chroma's.
 * @throws invalid_argument for what is no ranking, and what `nearest` throws
 */
export async function evaluateRank(rank: unknown, nearest: Nearest): Promise<Scores> {
  if (typeof rank === "number") return evaluateRank({ $val: rank }, nearest);
  const [operator, operand] = onlyEntry(rank);
  const list = LISTS[operator];
  const pair = PAIRS[operator];
  const apply = FUNCTIONS[operator];
  if (operator === "$knn") return evaluateKnn(operand, nearest);
  if (operator === "$val") return { found: new Map(), rest: checkScore(operand, "$val") };
  if (apply) return mapped(await evaluateRank(operand, nearest), apply);
  if (pair) {
    const { left, right } = (operand ?? {}) as Record<string, unknown>;
    const first = await evaluateRank(left, nearest);
    return merged(first, await evaluateRank(right, nearest), pair);
  }
  if (!list) {
    const known = ["$knn", "$val", ...Object.keys({ ...LISTS, ...PAIRS, ...FUNCTIONS })];
    throw invalid(`rank may have ${known.join(", ")}; got ${shown(operator)}`);
  }
  if (!Array.isArray(operand))
    throw invalid(`rank has ${operator} with ${shown(operand)}, which is no list`);
  let scores: Scores = { found: new Map(), rest: list.start };
  for (const part of operand) {
    scores = merged(scores, await evaluateRank(part, nearest), list.combine);
  }
  return scores;
}

function onlyEntry(rank: unknown): [string, unknown] {
  const entries = typeof rank === "object" && rank !== null ? Object.entries(rank) : [];
  if (entries.length !== 1 || Array.isArray(rank)) {
    throw invalid(`a rank is a number or an object with one operator, got ${shown(rank)}`);
  }
  return entries[0] as [string, unknown];
}

async function evaluateKnn(operand: unknown, nearest: Nearest): Promise<Scores> {
  if (typeof operand !== "object" || operand === null) {
    throw invalid(`$knn must be an object with a query, got ${shown(operand)}`);
  }
  const knn = operand as Record<string, unknown>;
  const { ids, distances } = await nearest({
    query: knn.query,
    key: String(knn.key ?? "#embedding"),
    limit: checkCount(knn.limit ?? KNN_LIMIT, "$knn.limit", 1),
  });
  const score = (i: number) => (knn.return_rank ? i : (distances[i] as number));
  const rest = knn.default ?? undefined;
  return {
    found: new Map(ids.map((id, i) => [id, score(i)])),
    rest: rest === undefined ? undefined : checkScore(rest, "$knn.default"),
  };
}

function checkScore(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return Math.fround(value);
  throw invalid(`${name} must be a finite number, got ${shown(value)}`);
}

function mapped({ found, rest }: Scores, apply: (x: number) => number): Scores {
  const score = (x: number) => Math.fround(apply(x));
  return {
    found: new Map([...found].map(([id, x]) => [id, score(x)])),
    rest: rest === undefined ? undefined : score(rest),
  };
}

/** Of records that both sides have a score for. */
function merged(left: Scores, right: Scores, combine: Operator): Scores {
  const found = new Map<string, number>();
  for (const id of new Set([...left.found.keys(), ...right.found.keys()])) {
    const [a, b] = [left.found.get(id) ?? left.rest, right.found.get(id) ?? right.rest];
    if (a !== undefined && b !== undefined) found.set(id, Math.fround(combine(a, b)));
  }
  const both = left.rest !== undefined && right.rest !== undefined;
  const rest = both ? Math.fround(combine(left.rest as number, right.rest as number)) : undefined;
  return { found, rest };
}
