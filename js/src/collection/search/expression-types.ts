import type { Metadata } from "../../types.js";

/** A ranking: {$knn}, {$val}, {$sum: [...]}, {$sub: {left, right}}, ... (docs/chroma.md). */
export type RankLiteral = Record<string, unknown>;

/** What chromadb's builders have: each tells its plain form. */
interface Builder {
  toJSON(): unknown;
}

export type SearchKey = string | { readonly name: string };

/** The parts of a chromadb Search, as literals or as chromadb's own objects. */
export interface SearchParts {
  /** Also conditions on #document and #id, anywhere. */
  where?: Record<string, unknown> | Builder | null;
  rank?: RankLiteral | Builder | number | null;
  groupBy?: GroupByLiteral | Builder | null;
  limit?: { limit?: number | null; offset?: number } | Builder | number | null;
  /** #document, #embedding, #metadata, #score or metadata keys. */
  select?: Iterable<SearchKey> | { keys?: Iterable<SearchKey> } | Builder | null;
}

export interface GroupByLiteral {
  keys: SearchKey[];
  /** Which records of a group stay: the k least or greatest by these keys. */
  aggregate: { $min_k: KeysAndCount } | { $max_k: KeysAndCount };
}

export interface KeysAndCount {
  keys: SearchKey[];
  k: number;
}

/**
 * A search of chromadb's Search API: its Search object, the parts that one is made of, or the
 * payload that one sends. Parts alone need a rank or a select: else they are SearchParams.
 */
export type SearchExpression =
  | { toPayload(): object }
  | (SearchParts & ({ rank: SearchParts["rank"] } | { select: SearchParts["select"] }))
  | {
      filter?: SearchParts["where"];
      rank?: SearchParts["rank"];
      group_by?: SearchParts["groupBy"];
      limit?: SearchParts["limit"];
      select: SearchParts["select"];
    };

export interface ExpressionRow<M extends Metadata = Metadata> {
  id: string;
  document?: string;
  embedding?: Float32Array;
  metadata?: Partial<M>;
  /** Smaller is better. */
  score?: number;
}

/** chromadb's SearchResult: a list per search; null for what it did not select. */
export interface ExpressionResult<M extends Metadata = Metadata> {
  ids: string[][];
  documents: ((string | null)[] | null)[];
  embeddings: ((Float32Array | null)[] | null)[];
  metadatas: ((Partial<M> | null)[] | null)[];
  /** Smaller is better. */
  scores: (number[] | null)[];
  /** The keys of each search, sorted. */
  select: string[][];
  /** The same as one list of objects per search, without what is null. */
  rows(): ExpressionRow<M>[][];
}
