import { checkCount, isPlainObject, shown } from "../../collection/validate.js";
import { ChromaValueError, checked } from "./errors.js";
import { RankExpression, type RankInput } from "./rank.js";
import { Key, WhereExpression, type WhereInput } from "./where.js";

// chromadb's Search and its parts. What they mean is in docs/chroma.md.

export interface LimitOptions {
  offset?: number;
  limit?: number | null | undefined;
}
export type LimitInput = Limit | number | LimitOptions | null | undefined;

export class Limit {
  readonly offset: number;
  readonly limit?: number;

  /** @throws ChromaValueError */
  constructor({ offset = 0, limit }: LimitOptions = {}) {
    this.offset = checked(() => checkCount(offset, "offset"));
    if (limit === null || limit === undefined) return;
    this.limit = checked(() => checkCount(limit, "limit", 1));
  }

  static from(input: LimitInput, offset = 0): Limit {
    return new Limit(typeof input === "number" ? { limit: input, offset } : (input ?? {}));
  }

  toJSON(): { offset: number; limit?: number } {
    const { offset, limit } = this;
    return limit === undefined ? { offset } : { offset, limit };
  }
}

export type SelectKeyInput = string | Key;
export type SelectInput =
  | Select
  | Iterable<SelectKeyInput>
  | { keys?: Iterable<SelectKeyInput> }
  | null
  | undefined;

export class Select {
  private readonly keys: string[];

  /** @throws ChromaValueError */
  constructor(keys: Iterable<SelectKeyInput> = []) {
    this.keys = [...new Set([...keys].map(keyOf).map(({ name }) => name))];
  }

  static from(input: SelectInput): Select {
    if (input instanceof Select) return new Select(input.keys);
    if (input === null || input === undefined) return new Select();
    if (Symbol.iterator in Object(input)) return new Select(input as Iterable<SelectKeyInput>);
    return new Select((input as { keys?: Iterable<SelectKeyInput> }).keys);
  }

  static all(): Select {
    return new Select([Key.DOCUMENT, Key.EMBEDDING, Key.METADATA, Key.SCORE]);
  }

  get values(): string[] {
    return [...this.keys];
  }

  toJSON(): { keys: string[] } {
    return { keys: this.values };
  }
}

function keyOf(key: SelectKeyInput): Key {
  if (key instanceof Key) return key;
  if (typeof key === "string") return new Key(key);
  throw new ChromaValueError(`a key must be a text or K(text), got ${shown(key)}`);
}

export type AggregateJSON =
  | { $min_k: { keys: string[]; k: number } }
  | { $max_k: { keys: string[]; k: number } };
export type AggregateInput = Aggregate | AggregateJSON;

/** Which records of a group stay. */
export abstract class Aggregate {
  abstract toJSON(): AggregateJSON;

  static from(input: AggregateInput): Aggregate {
    if (input instanceof Aggregate) return input;
    if (isPlainObject(input) && "$min_k" in input) return new MinK(...partsOf(input.$min_k));
    if (isPlainObject(input) && "$max_k" in input) return new MaxK(...partsOf(input.$max_k));
    throw new ChromaValueError(`an aggregate must be $min_k or $max_k, got ${shown(input)}`);
  }

  static minK(keys: SelectKeyInput[], k: number): MinK {
    return new MinK(keys.map(keyOf), k);
  }

  static maxK(keys: SelectKeyInput[], k: number): MaxK {
    return new MaxK(keys.map(keyOf), k);
  }
}

function partsOf({ keys, k }: { keys: string[]; k: number }): [Key[], number] {
  return [keys.map(keyOf), k];
}

function checkGroup(keys: Key[], k = 1): void {
  if (keys.length > 0 && k > 0) return;
  throw new ChromaValueError(`a group needs a key and k from 1, got ${keys.length} keys, k ${k}`);
}

/** The k least by these keys. */
export class MinK extends Aggregate {
  constructor(
    readonly keys: Key[],
    readonly k: number,
  ) {
    super();
    checkGroup(keys, k);
  }

  toJSON(): AggregateJSON {
    return { $min_k: { keys: this.keys.map(({ name }) => name), k: this.k } };
  }
}

/** The k greatest by these keys. */
export class MaxK extends Aggregate {
  constructor(
    readonly keys: Key[],
    readonly k: number,
  ) {
    super();
    checkGroup(keys, k);
  }

  toJSON(): AggregateJSON {
    return { $max_k: { keys: this.keys.map(({ name }) => name), k: this.k } };
  }
}

export interface GroupByJSON {
  keys: string[];
  aggregate: AggregateJSON;
}
export type GroupByInput = GroupBy | GroupByJSON;

export class GroupBy {
  constructor(
    readonly keys: Key[],
    readonly aggregate: Aggregate,
  ) {
    checkGroup(keys);
  }

  static from(input: GroupByInput | null | undefined): GroupBy | undefined {
    if (input === null || input === undefined) return undefined;
    if (input instanceof GroupBy) return input;
    if (!Array.isArray(input.keys) || !input.aggregate) {
      throw new ChromaValueError(`groupBy needs keys and an aggregate, got ${shown(input)}`);
    }
    return new GroupBy(input.keys.map(keyOf), Aggregate.from(input.aggregate));
  }

  toJSON(): GroupByJSON {
    return { keys: this.keys.map(({ name }) => name), aggregate: this.aggregate.toJSON() };
  }
}

export interface SearchInit {
  where?: WhereInput;
  rank?: RankInput;
  groupBy?: GroupByInput;
  limit?: LimitInput;
  select?: SelectInput;
}
export type SearchLike = Search | SearchInit;

export interface SearchPayload {
  limit: { offset: number; limit?: number };
  select: { keys: string[] };
  filter?: Record<string, unknown>;
  rank?: Record<string, unknown>;
  group_by?: GroupByJSON;
}

/** A search, step by step: each step gives a new one. */
export class Search {
  readonly whereClause: WhereExpression | undefined;
  readonly rankExpression: RankExpression | undefined;
  readonly groupByConfig: GroupBy | undefined;
  readonly limitConfig: Limit;
  readonly selectConfig: Select;

  /** @throws ChromaValueError */
  constructor(init: SearchInit = {}) {
    this.whereClause = WhereExpression.from(init.where);
    this.rankExpression = RankExpression.from(init.rank);
    this.groupByConfig = GroupBy.from(init.groupBy);
    this.limitConfig = init.limit instanceof Limit ? init.limit : Limit.from(init.limit);
    this.selectConfig = Select.from(init.select);
  }

  where(where?: WhereInput): Search {
    return this.with({ where });
  }

  rank(rank?: RankInput): Search {
    return this.with({ rank });
  }

  groupBy(groupBy?: GroupByInput): Search {
    return this.with({ groupBy });
  }

  limit(limit?: LimitInput, offset?: number): Search {
    return this.with({ limit: Limit.from(limit, offset) });
  }

  select(keys?: SelectInput): Search;
  select(...keys: SelectKeyInput[]): Search;
  select(first?: SelectInput | SelectKeyInput, ...rest: SelectKeyInput[]): Search {
    const one = first === undefined || typeof first === "string" || first instanceof Key;
    if (!one) return this.with({ select: Select.from(first) });
    return this.with({ select: new Select(first === undefined ? rest : [first, ...rest]) });
  }

  selectAll(): Search {
    return this.with({ select: Select.all() });
  }

  /** What is not given stays as it was. */
  private with({ where, rank, groupBy, limit, select }: SearchInit): Search {
    return new Search({
      where: where ?? this.whereClause,
      rank: rank ?? this.rankExpression,
      groupBy: groupBy ?? this.groupByConfig,
      limit: limit ?? this.limitConfig,
      select: select ?? this.selectConfig,
    });
  }

  toPayload(): SearchPayload {
    const filter = this.whereClause?.toJSON();
    const rank = this.rankExpression?.toJSON();
    const group_by = this.groupByConfig?.toJSON();
    return {
      limit: this.limitConfig.toJSON(),
      select: this.selectConfig.toJSON(),
      ...(filter && { filter }),
      ...(rank && { rank }),
      ...(group_by && { group_by }),
    };
  }
}

export function toSearch(input: SearchLike): Search {
  return input instanceof Search ? input : new Search(input);
}
