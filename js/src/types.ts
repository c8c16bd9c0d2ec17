import type { Passage, TokenCounter } from "./types/chunking.js";

/** Chroma's `hnsw:space`: squared Euclidean, 1 - cosine, 1 - dot product. Smaller is nearer. */
export type Space = "l2" | "cosine" | "ip";

export type MetadataValue = string | number | boolean | string[] | number[] | boolean[];
/** One record's metadata. `null` as a value has no effect, as in chromadb's JS client. */
export type Metadata = Record<string, MetadataValue | null>;

/** A vector as callers may give it: any list of finite numbers. */
export type Vector = readonly number[] | Float32Array;

/** How far a long call is. `total` may grow while it runs; bytes only for downloads. */
export interface Progress {
  /** What is being done, e.g. "download", "embed", "index". */
  stage: string;
  done: number;
  total: number;
  bytes?: number;
}

/** The last argument of every asynchronous call. */
export interface CallOptions {
  /** Stops the call: it rejects with code "aborted" and leaves everything as it was. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * Turns texts into vectors. Chroma's interface with two optional additions: a chromadb embedding
 * function can be passed as it is, and ours pass through chromadb.
 */
export interface EmbeddingFunction {
  /** The name under which a collection remembers its function. */
  readonly name?: string;
  /** One vector per text, all of one length. Throw on failure; the batch is then refused. */
  generate(texts: string[], options?: CallOptions): Promise<number[][] | Float32Array[]>;
  /** For models that embed queries unlike documents; `generate` is used when absent. */
  generateForQueries?(texts: string[], options?: CallOptions): Promise<number[][] | Float32Array[]>;
  /** For models that take a document's title apart from its text; "" where there is none. */
  generateWithTitles?(
    texts: string[],
    titles: string[],
    options?: CallOptions,
  ): Promise<number[][] | Float32Array[]>;
  /** The space of a collection that is made without one. */
  defaultSpace?(): Space;
  supportedSpaces?(): Space[];
  /** A JSON value that describes the function, without keys or other secrets. */
  getConfig?(): object;
  /** Throws when the function of a collection may not become one with that configuration. */
  validateConfigUpdate?(config: object): void;
  /** The model's tokenizer, by which collections cut documents; undefined where there is none. */
  tokenizer?(options?: CallOptions): Promise<TokenCounter> | undefined;
  /** Frees the model. Later calls reject with code "closed". */
  close?(): Promise<void>;
}

export interface CollectionConfiguration {
  hnsw?: {
    space?: Space;
    /** Candidates kept while linking a new vector, 1 to 4,096. Default 100. */
    ef_construction?: number;
    /** Links per node, 2 to 128. Default 16. */
    max_neighbors?: number;
    /** Candidates kept while searching, 1 to 10,000. Default 100. */
    ef_search?: number;
    /** Chroma's settings of threads and files: taken, without effect. */
    batch_size?: number;
    num_threads?: number;
    resize_factor?: number;
    sync_threshold?: number;
  };
  /** Where chromadb takes it too. */
  embeddingFunction?: EmbeddingFunction | null;
  /** "auto" (default): exact scan of small collections, HNSW above. */
  index?: "auto" | "flat" | "hnsw";
  /**
   * What a search compares. "int8" (default): codes of 7 bits, a byte a dimension. "int4": half of
   * that, and a little less recall. "binary": a bit a dimension, whose best 60 for 10 results are
   * rescored. "none": the floats.
   */
  quantization?: "int8" | "int4" | "none" | "binary";
  /**
   * What the best by codes are compared by again. "int16" (default): 2 bytes a dimension, of which
   * the codes of "int8" are one. "none": nothing, which saves that memory; recall then ends near .98
   * (int8), .8 (int4) or .7 (binary).
   */
  rescoring?: "int16" | "none";
  /**
   * Whether embeddings can be read back as they were given. They are kept in storage, not in memory;
   * with `storage: "memory"` that is the same. false: half the storage, and `include: ["embeddings"]`
   * is refused. Default true.
   */
  keepVectors?: boolean;
}

export interface AddParams<M extends Metadata = Metadata> {
  ids: string[];
  documents?: (string | null)[];
  embeddings?: Vector[];
  metadatas?: (M | null)[];
}
export type UpsertParams<M extends Metadata = Metadata> = AddParams<M>;
export type UpdateParams<M extends Metadata = Metadata> = Omit<AddParams<M>, "metadatas"> & {
  metadatas?: (Partial<M> | null)[];
};

export type Include = "documents" | "metadatas" | "embeddings" | "distances";

/** One value that metadata is compared with. Types are strict: 1, "1" and true are three values. */
export type LiteralValue = string | number | boolean;
export type OperatorExpression =
  | { $eq: LiteralValue }
  | { $ne: LiteralValue }
  | { $gt: number }
  | { $gte: number }
  | { $lt: number }
  | { $lte: number }
  | { $in: LiteralValue[] }
  | { $nin: LiteralValue[] }
  | { $contains: LiteralValue }
  | { $not_contains: LiteralValue };

/**
 * A condition on metadata, exactly one key an object (docs/filters.md). $ne, $nin and $not_contains
 * hold for records without the key too; $contains looks into lists.
 */
export type Where =
  | { [key: string]: LiteralValue | OperatorExpression }
  | { $and: Where[] }
  | { $or: Where[] };

/**
 * A condition on documents. $contains minds case; $regex is a RegExp pattern, with the flag u. The
 * negated ones hold for records without a document too.
 */
export type WhereDocument =
  | { $contains: string }
  | { $not_contains: string }
  | { $regex: string }
  | { $not_regex: string }
  | { $and: WhereDocument[] }
  | { $or: WhereDocument[] };

/** Which records a call is about: those that meet everything given. */
export interface FilterParams {
  ids?: string[];
  where?: Where;
  whereDocument?: WhereDocument;
}

export interface GetParams extends FilterParams {
  limit?: number;
  offset?: number;
  /** Default ["documents", "metadatas"]. */
  include?: Exclude<Include, "distances">[];
}

export interface QueryParams extends FilterParams {
  queryTexts?: string[];
  queryEmbeddings?: Vector[];
  /** Which vector to search by, of objects with several. */
  targetVector?: string;
  /** How many records per query. Default 10. */
  nResults?: number;
  /** Default ["documents", "metadatas", "distances"]. */
  include?: Include[];
  /** Overrides the collection's ef_search for this call, 1 to 10,000. */
  efSearch?: number;
}

/** Columns that were not asked for are empty; a record without a value has null in its place. */
export interface GetResult<M extends Metadata = Metadata> {
  ids: string[];
  documents: (string | null)[];
  metadatas: (M | null)[];
  embeddings: Float32Array[];
  include: Include[];
  rows(): Row<M>[];
}

/** One list per query, nearest first. */
export interface QueryResult<M extends Metadata = Metadata> {
  ids: string[][];
  documents: (string | null)[][];
  metadatas: (M | null)[][];
  embeddings: Float32Array[][];
  distances: number[][];
  /** Of collections that cut documents (docs/chunking.md): what matched; null without a document. */
  passages?: (Passage | null)[][];
  include: Include[];
  /** Milliseconds spent on each part of this call. */
  timings: { embed: number; search: number };
  rows(): Row<M>[][];
}

export interface Row<M extends Metadata = Metadata> {
  id: string;
  document?: string | null;
  metadata?: M | null;
  embedding?: Float32Array;
  distance?: number;
  /** As QueryResult.passages. */
  passage?: Passage | null;
}

/** A text as token ids. */
export interface TokenEncoding {
  ids: number[];
  /** [begin, end) of each token in the text, in Unicode code points; [0, 0] for special tokens. */
  offsets: [number, number][];
  /** Tokens were cut off to stay within the model's length. */
  truncated: boolean;
}
