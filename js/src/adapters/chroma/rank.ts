import { weightsOf } from "../../collection/search/rank.js";
import { checkCount, isPlainObject, shown } from "../../collection/validate.js";
import { ChromaValueError, checked } from "./errors.js";
import { Key } from "./where.js";

// chromadb's builders of rankings. They write what Collection.search() takes as `rank`: docs/chroma.md.

export type RankLiteral = Record<string, unknown>;
export type RankInput = RankExpression | RankLiteral | number | null | undefined;

type ListOperator = "$sum" | "$mul" | "$max" | "$min";

export abstract class RankExpression {
  abstract toJSON(): RankLiteral;

  /** A ranking in plain form as an expression, undefined for none. @throws ChromaValueError */
  static from(input: RankInput): RankExpression | undefined {
    if (input === null || input === undefined) return undefined;
    if (input instanceof RankExpression) return input;
    if (typeof input === "number") return new Written(() => ({ $val: input }));
    if (isPlainObject(input)) return new Written(() => JSON.parse(JSON.stringify(input)));
    throw new ChromaValueError(`a ranking must be an expression or a number, got ${shown(input)}`);
  }

  add(...others: RankInput[]): RankExpression {
    return join("$sum", [this, ...others]);
  }

  subtract(other: RankInput): RankExpression {
    return pair("$sub", this, other);
  }

  multiply(...others: RankInput[]): RankExpression {
    return join("$mul", [this, ...others]);
  }

  divide(other: RankInput): RankExpression {
    return pair("$div", this, other);
  }

  negate(): RankExpression {
    return this.multiply(-1);
  }

  abs(): RankExpression {
    return new Written(() => ({ $abs: this.toJSON() }));
  }

  exp(): RankExpression {
    return new Written(() => ({ $exp: this.toJSON() }));
  }

  log(): RankExpression {
    return new Written(() => ({ $log: this.toJSON() }));
  }

  max(...others: RankInput[]): RankExpression {
    return join("$max", [this, ...others]);
  }

  min(...others: RankInput[]): RankExpression {
    return join("$min", [this, ...others]);
  }
}

class Written extends RankExpression {
  constructor(override readonly toJSON: () => RankLiteral) {
    super();
  }
}

class Joined extends RankExpression {
  constructor(
    readonly operator: ListOperator,
    readonly operands: RankExpression[],
  ) {
    super();
  }

  toJSON(): RankLiteral {
    return { [this.operator]: this.operands.map((operand) => operand.toJSON()) };
  }
}

/** Operands that are joined in the same way become one list. */
function join(operator: ListOperator, inputs: RankInput[]): RankExpression {
  const operands = inputs.map(ranking).flatMap((one) => {
    return one instanceof Joined && one.operator === operator ? one.operands : [one];
  });
  if (operands.length === 0) throw new ChromaValueError(`${operator} needs at least one ranking`);
  return operands.length === 1 ? (operands[0] as RankExpression) : new Joined(operator, operands);
}

function pair(operator: "$sub" | "$div", left: RankInput, right: RankInput): RankExpression {
  const [first, second] = [ranking(left), ranking(right)];
  return new Written(() => ({ [operator]: { left: first.toJSON(), right: second.toJSON() } }));
}

function ranking(input: RankInput): RankExpression {
  const found = RankExpression.from(input);
  if (found) return found;
  throw new ChromaValueError(`a ranking is missing: got ${shown(input)}`);
}

function finite(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new ChromaValueError(`${what} must be a finite number, got ${shown(value)}`);
}

function positive(value: number, what: string): number {
  return checked(() => checkCount(value, what, 1));
}

export interface KnnOptions {
  /** A vector, or a text for the collection's embedding function. */
  query: Iterable<number> | ArrayLike<number> | string;
  key?: string | Key;
  /** How many records it finds. Default 128. */
  limit?: number;
  /** The score of records that another ranking found and this one did not; without, they are out. */
  default?: number | null;
  /** The place from 0 as the score, in place of the distance. */
  returnRank?: boolean;
}

/** The nearest records by one query. @throws ChromaValueError */
export function Knn(options: KnnOptions): RankExpression {
  const { query, key = Key.EMBEDDING, limit = 128, returnRank = false } = options;
  const vector = () =>
    Array.from(query as ArrayLike<number>, (value) => finite(value, "a number of the query"));
  const knn = {
    query: typeof query === "string" ? query : vector(),
    key: key instanceof Key ? key.name : key,
    limit: positive(limit, "limit"),
    ...(options.default == null ? {} : { default: finite(options.default, "default") }),
    ...(returnRank ? { return_rank: true } : {}),
  };
  return new Written(() => ({ $knn: { ...knn } }));
}

export interface RrfOptions {
  /** Rankings that give places: Knn with returnRank. */
  ranks: RankInput[];
  /** Default 60. */
  k?: number;
  /** One per ranking, not negative. Default 1 each. */
  weights?: number[];
  /** Whether the weights are divided by their sum. */
  normalize?: boolean;
}

/** Reciprocal rank fusion: -(sum of weight / (k + place)). @throws ChromaValueError */
export function Rrf({ ranks, k = 60, weights, normalize = false }: RrfOptions): RankExpression {
  const shares = checked(() => weightsOf(ranks, weights, normalize));
  positive(k, "k");
  const terms = ranks.map((rank, i) => Val(shares[i] as number).divide(ranking(rank).add(k)));
  return Sum(...terms).negate();
}

export const Val = (value: number): RankExpression => ranking(finite(value, "a value"));
export const Sum = (...inputs: RankInput[]): RankExpression => join("$sum", inputs);
export const Sub = (left: RankInput, right: RankInput): RankExpression => pair("$sub", left, right);
export const Mul = (...inputs: RankInput[]): RankExpression => join("$mul", inputs);
export const Div = (left: RankInput, right: RankInput): RankExpression => pair("$div", left, right);
export const Abs = (input: RankInput): RankExpression => ranking(input).abs();
export const Exp = (input: RankInput): RankExpression => ranking(input).exp();
export const Log = (input: RankInput): RankExpression => ranking(input).log();
export const Max = (...inputs: RankInput[]): RankExpression => join("$max", inputs);
export const Min = (...inputs: RankInput[]): RankExpression => join("$min", inputs);
