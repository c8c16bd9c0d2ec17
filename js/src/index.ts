// Table of contents of the package: only re-exports.

export {
  Client,
  type ClientOptions,
  type ClientStorage,
  type CreateCollectionParams,
  type GetCollectionParams,
  type ServerClientOptions,
} from "./client.js";
export type { ExportParams } from "./collection/export.js";
export type {
  AnsweredRow,
  GeneratedRow,
  GenerateParams,
  GenerateResult,
  GenerateStream,
} from "./collection/generate.js";
export type { ImportParams, ImportSource } from "./collection/import.js";
export type { UpdateCollectionConfiguration } from "./collection/modify.js";
export type { ObjectRecord, StoredObject } from "./collection/objects/object-types.js";
export type { Objects } from "./collection/objects/objects.js";
export type {
  DeleteParams,
  ImportHnswlibParams,
  IndexingStatus,
  ModifyParams,
  RecallOptions,
} from "./collection/params.js";
export type { Projection, ProjectParams } from "./collection/project.js";
export type {
  ExpressionResult,
  ExpressionRow,
  GroupByLiteral,
  RankLiteral,
  SearchExpression,
  SearchParts,
} from "./collection/search/expression-types.js";
export type {
  Highlight,
  KeywordSettings,
  MatchedTerm,
  Movement,
  NearText,
  SearchExplanation,
  SearchGroup,
  SearchParams,
  SearchResult,
  SearchRow,
} from "./collection/search/search-types.js";
export type {
  SkippedRecord,
  SyncParams,
  SyncResult,
  SyncSide,
  SyncWinner,
} from "./collection/sync/sync-types.js";
export type { Collection } from "./collection.js";
export type {
  CheckedCollection,
  DatabaseUsage,
  ImportedCollection,
  RecallResult,
} from "./database/methods.js";
export type { ServerEngine } from "./database/server.js";
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
export type { Answer, AnswerFunction, AnswerPiece } from "./generate/types.js";
export { cachedModelBytes, clearModels } from "./models/store.js";
export {
  type LocalReranker,
  type LocalRerankerOptions,
  localReranker,
} from "./rerank/local-reranker.js";
export type { Durability, StorageReport } from "./storage/store.js";
export type { Capabilities } from "./types/capabilities.js";
export type { ChunkingSettings, Passage, StoredChunking, TokenCounter } from "./types/chunking.js";
export type { RankedDocument, Reranker, RerankOptions } from "./types/reranker.js";
export type {
  DataType,
  MediaFields,
  PropertyConfig,
  VectorizerSettings,
} from "./types/vectorizer.js";
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
