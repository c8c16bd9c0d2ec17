import { isPlainObject, shown } from "../../collection/validate.js";
import { ChromaValueError } from "./errors.js";

// chromadb's builders of conditions. They write what `where` takes: docs/filters.md.

export type WhereJSON = Record<string, unknown>;
export type WhereInput = WhereExpression | WhereJSON | null | undefined;

export abstract class WhereExpression {
  abstract toJSON(): WhereJSON;

  /** A condition in plain form as an expression, undefined for none. @throws ChromaValueError */
  static from(input: WhereInput): WhereExpression | undefined {
    if (input === null || input === undefined) return undefined;
    return input instanceof WhereExpression ? input : parse(input);
  }

  and(other: WhereInput): WhereExpression {
    const right = WhereExpression.from(other);
    return right ? join("$and", [this, right]) : this;
  }

  or(other: WhereInput): WhereExpression {
    const right = WhereExpression.from(other);
    return right ? join("$or", [this, right]) : this;
  }
}

class Joined extends WhereExpression {
  constructor(
    readonly operator: "$and" | "$or",
    readonly conditions: WhereExpression[],
  ) {
    super();
  }

  toJSON(): WhereJSON {
    return { [this.operator]: this.conditions.map((condition) => condition.toJSON()) };
  }
}

class Comparison extends WhereExpression {
  constructor(
    private readonly key: string,
    private readonly operator: string,
    private readonly value: unknown,
  ) {
    super();
  }

  toJSON(): WhereJSON {
    return { [this.key]: { [this.operator]: this.value } };
  }
}

/** Conditions that are joined in the same way become one list. */
function join(operator: "$and" | "$or", conditions: WhereExpression[]): WhereExpression {
  const flat = conditions.flatMap((one) =>
    one instanceof Joined && one.operator === operator ? one.conditions : [one],
  );
  return flat.length === 1 ? (flat[0] as WhereExpression) : new Joined(operator, flat);
}

function parse(input: WhereJSON): WhereExpression {
  const entries = isPlainObject(input) ? Object.entries(input) : [];
  const [[key, value] = []] = entries;
  if (key === undefined || entries.length > 1) {
    throw new ChromaValueError(`a condition must have exactly one key, got ${shown(input)}`);
  }
  if (key === "$and" || key === "$or") {
    const parts = Array.isArray(value) ? value.map((part) => WhereExpression.from(part)) : [];
    if (parts.length > 0 && parts.every((part) => part !== undefined)) return join(key, parts);
    throw new ChromaValueError(`${key} must be a list of conditions, got ${shown(value)}`);
  }
  if (!isPlainObject(value)) return new Comparison(key, "$eq", value);
  const [[operator, operand] = [], ...more] = Object.entries(value);
  if (operator === undefined || more.length > 0 || !OPERATORS.includes(operator)) {
    throw new ChromaValueError(
      `${key} must have one operator of ${OPERATORS.join(", ")}, got ${shown(value)}`,
    );
  }
  return new Comparison(key, operator, operand);
}

const OPERATORS = [
  "$eq",
  "$ne",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$in",
  "$nin",
  "$contains",
  "$not_contains",
  "$regex",
  "$not_regex",
];

type List<T> = Iterable<T> | ArrayLike<T>;

/** A metadata key, or one of Chroma's own: K.ID, K.DOCUMENT, K.EMBEDDING, K.METADATA, K.SCORE. */
export class Key {
  static readonly ID = new Key("#id");
  static readonly DOCUMENT = new Key("#document");
  static readonly EMBEDDING = new Key("#embedding");
  static readonly METADATA = new Key("#metadata");
  static readonly SCORE = new Key("#score");

  constructor(readonly name: string) {}

  eq(value: unknown): WhereExpression {
    return new Comparison(this.name, "$eq", value);
  }

  ne(value: unknown): WhereExpression {
    return new Comparison(this.name, "$ne", value);
  }

  gt(value: unknown): WhereExpression {
    return new Comparison(this.name, "$gt", value);
  }

  gte(value: unknown): WhereExpression {
    return new Comparison(this.name, "$gte", value);
  }

  lt(value: unknown): WhereExpression {
    return new Comparison(this.name, "$lt", value);
  }

  lte(value: unknown): WhereExpression {
    return new Comparison(this.name, "$lte", value);
  }

  isIn(values: List<unknown>): WhereExpression {
    return new Comparison(this.name, "$in", this.list("$in", values));
  }

  notIn(values: List<unknown>): WhereExpression {
    return new Comparison(this.name, "$nin", this.list("$nin", values));
  }

  contains(value: string | number | boolean): WhereExpression {
    return new Comparison(this.name, "$contains", this.part(value));
  }

  notContains(value: string | number | boolean): WhereExpression {
    return new Comparison(this.name, "$not_contains", this.part(value));
  }

  regex(pattern: string): WhereExpression {
    return new Comparison(this.name, "$regex", this.text(pattern));
  }

  notRegex(pattern: string): WhereExpression {
    return new Comparison(this.name, "$not_regex", this.text(pattern));
  }

  private list(operator: string, values: List<unknown>): unknown[] {
    const list = Array.from(values as ArrayLike<unknown>);
    if (list.length > 0) return list;
    throw new ChromaValueError(`${operator} of ${this.name} needs at least one value`);
  }

  private part(value: string | number | boolean): unknown {
    return this.name === Key.DOCUMENT.name ? this.text(value) : value;
  }

  private text(value: unknown): string {
    if (typeof value === "string") return value;
    throw new ChromaValueError(`${this.name} is compared with a text, got ${shown(value)}`);
  }
}

export interface KeyFactory {
  (name: string): Key;
  ID: Key;
  DOCUMENT: Key;
  EMBEDDING: Key;
  METADATA: Key;
  SCORE: Key;
}

const { ID, DOCUMENT, EMBEDDING, METADATA, SCORE } = Key;
/** K("lang") names a metadata key. */
export const K: KeyFactory = Object.assign((name: string) => new Key(name), {
  ID,
  DOCUMENT,
  EMBEDDING,
  METADATA,
  SCORE,
});
