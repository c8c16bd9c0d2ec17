// Table of contents of the package: only re-exports.

export {
  Client,
  type ClientOptions,
  type ClientStorage,
  type CreateCollectionParams,
  type GetCollectionParams,
} from "./client.js";
export type {
  Highlight,
  KeywordSettings,
  MatchedTerm,
  SearchExplanation,
  SearchGroup,
  SearchParams,
  SearchResult,
  SearchRow,
} from "./collection/search-types.js";
export type {
  Collection,
  DeleteParams,
  ImportHnswlibParams,
  IndexingStatus,
  ModifyParams,
  RecallOptions,
} from "./collection.js";
export type { CheckedCollection, DatabaseUsage, RecallResult } from "./database/methods.js";
export { type ClipEmbeddingFunction, type ClipOptions, clip } from "./embedding/clip.js";
export type { Pixels } from "./embedding/images/resample.js";
export type { ImageSource } from "./embedding/images/source.js";
export { type InstructorOptions, instructor } from "./embedding/instructor.js";
export type { EmbedTimings } from "./embedding/local-embedder.js";
export type { LocalEmbeddingFunction } from "./embedding/local-model.js";
export { type MiniLMOptions, miniLM } from "./embedding/minilm.js";
export { type LocalModelOptions, localModel } from "./embedding/named-model.js";
export type { SentencePieceSource } from "./embedding/sentencepiece-file.js";
export { loadTokenizer, type Tokenizer, type TokenizerOptions } from "./embedding/tokenizer.js";
export type { EngineOptions } from "./engine/open.js";
export type { IdMapping } from "./engine/sentencepiece.js";
export { PagevecError, type PagevecErrorCode } from "./errors.js";
export { cachedModelBytes, clearModels } from "./models/store.js";
export {
  type LocalReranker,
  type LocalRerankerOptions,
  localReranker,
} from "./rerank/local-reranker.js";
export type { RankedDocument, Reranker, RerankOptions } from "./rerank/reranker.js";
export type { Durability, StorageReport } from "./storage/store.js";
export type {
  AddParams,
  CallOptions,
  CollectionConfiguration,
  EmbeddingFunction,
  FilterParams,
  GetParams,
  GetResult,
  Include,
  LiteralValue,
  Metadata,
  MetadataValue,
  OperatorExpression,
  Progress,
  QueryParams,
  QueryResult,
  Row,
  Space,
  TokenEncoding,
  UpdateParams,
  UpsertParams,
  Vector,
  Where,
  WhereDocument,
} from "./types.js";
