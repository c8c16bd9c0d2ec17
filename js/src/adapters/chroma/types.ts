import type { Collection as OurCollection } from "../../collection.js";
import type {
  CollectionConfiguration as OurConfiguration,
  EmbeddingFunction as OurEmbeddingFunction,
  Space,
  Where,
  WhereDocument,
} from "../../types.js";
import type { ChromaClient } from "./client.js";
import type { GetResult, QueryResult, SearchResult } from "./results.js";
import type { SearchLike } from "./search.js";

// chromadb's types, so far as they are about what a page can do.

export type { Where, WhereDocument };
export type MetadataScalar = boolean | number | string;
export type Metadata = Record<string, MetadataScalar | boolean[] | number[] | string[] | null>;
export type CollectionMetadata = Metadata;
export type EmbeddingFunctionSpace = Space;

export interface EmbeddingFunction {
  generate(texts: string[]): Promise<number[][]>;
  generateForQueries?(texts: string[]): Promise<number[][]>;
  name?: string;
  defaultSpace?(): EmbeddingFunctionSpace;
  supportedSpaces?(): EmbeddingFunctionSpace[];
  // biome-ignore lint/suspicious/noExplicitAny: chromadb's type
  getConfig?(): Record<string, any>;
  // biome-ignore lint/suspicious/noExplicitAny: chromadb's type
  validateConfigUpdate?(newConfig: Record<string, any>): void;
}

export interface EmbeddingFunctionClass {
  // biome-ignore lint/suspicious/noExplicitAny: chromadb's type
  new (...args: any[]): EmbeddingFunction;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: chromadb's type
  buildFromConfig(config: Record<string, any>, client?: ChromaClient): EmbeddingFunction;
}

/** As a collection stores it. */
export type EmbeddingFunctionConfiguration =
  | { type: "legacy" }
  | { type: "known"; name: string; config: unknown };

export interface HNSWConfiguration {
  space?: EmbeddingFunctionSpace;
  ef_construction?: number | null;
  ef_search?: number | null;
  max_neighbors?: number | null;
  resize_factor?: number | null;
  sync_threshold?: number | null;
  batch_size?: number | null;
  num_threads?: number | null;
}

export interface CollectionConfiguration {
  hnsw?: HNSWConfiguration | null;
  spann?: null;
  embedding_function?: EmbeddingFunctionConfiguration | null;
}

export interface CreateCollectionConfiguration {
  hnsw?: HNSWConfiguration | null;
  embeddingFunction?: GivenFunction;
}

export interface UpdateCollectionConfiguration {
  embeddingFunction?: GivenFunction;
  hnsw?: Pick<NonNullable<OurConfiguration["hnsw"]>, "ef_search" | "batch_size" | "num_threads"> & {
    resize_factor?: number;
    sync_threshold?: number;
  };
}

export type Include = "distances" | "documents" | "embeddings" | "metadatas" | "uris";

export interface BaseRecordSet {
  embeddings?: number[][];
  metadatas?: Metadata[];
  documents?: string[];
  uris?: string[];
}

export interface RecordSet extends BaseRecordSet {
  ids: string[];
}

export interface GetArguments {
  ids?: string[];
  where?: Where;
  limit?: number;
  offset?: number;
  whereDocument?: WhereDocument;
  include?: Include[];
}

export interface QueryArguments {
  queryEmbeddings?: number[][];
  queryTexts?: string[];
  queryURIs?: string[];
  ids?: string[];
  nResults?: number;
  where?: Where;
  whereDocument?: WhereDocument;
  include?: Include[];
}

export interface DeleteArguments {
  ids?: string[];
  where?: Where;
  whereDocument?: WhereDocument;
  limit?: number;
}

export interface DeleteResult {
  deleted: number;
}

export interface IndexingStatus {
  num_indexed_ops: number;
  num_unindexed_ops: number;
  op_indexing_progress: number;
  total_ops: number;
}

export const ReadLevel = {
  INDEX_AND_WAL: "index_and_wal",
  INDEX_ONLY: "index_only",
  INDEX_AND_BOUNDED_WAL: "index_and_bounded_wal",
} as const;
/** Taken, without effect: what was written is always found. */
export type ReadLevel = (typeof ReadLevel)[keyof typeof ReadLevel];

export interface Collection {
  tenant: string;
  database: string;
  id: string;
  name: string;
  metadata: CollectionMetadata | undefined;
  configuration: CollectionConfiguration;
  embeddingFunction?: EmbeddingFunction;
  schema?: undefined;
  count(options?: { readLevel?: ReadLevel }): Promise<number>;
  add(args: RecordSet): Promise<void>;
  get<TMeta extends Metadata = Metadata>(args?: GetArguments): Promise<GetResult<TMeta>>;
  peek(args?: { limit?: number }): Promise<GetResult>;
  query<TMeta extends Metadata = Metadata>(args: QueryArguments): Promise<QueryResult<TMeta>>;
  modify(args: {
    name?: string;
    metadata?: CollectionMetadata;
    configuration?: UpdateCollectionConfiguration;
  }): Promise<void>;
  fork(args: { name: string }): Promise<Collection>;
  forkCount(): Promise<number>;
  update(args: RecordSet): Promise<void>;
  upsert(args: RecordSet): Promise<void>;
  delete(args: DeleteArguments): Promise<DeleteResult>;
  search(
    searches: SearchLike | SearchLike[],
    options?: { readLevel?: ReadLevel },
  ): Promise<SearchResult>;
  getIndexingStatus(): Promise<IndexingStatus>;
  /** pagevec's own collection, for what chromadb does not have. */
  pagevec(): Promise<OurCollection>;
}

/** Ours differ in types only: their vectors may be typed arrays. */
export type GivenFunction = EmbeddingFunction | OurEmbeddingFunction;
