// The package's subpath `chroma`: in place of chromadb's JS client (3.5), with the collections in the page.

export * from "./absent.js";
export { ChromaClient, type ChromaClientArgs } from "./client.js";
export { CollectionHandle } from "./collection.js";
export {
  getDefaultEFConfig,
  getEmbeddingFunction,
  getSparseEmbeddingFunction,
  knownEmbeddingFunctions,
  knownSparseEmbeddingFunctions,
  registerEmbeddingFunction,
  registerSparseEmbeddingFunction,
  serializeEmbeddingFunction,
} from "./embedding-functions.js";
export {
  ChromaClientError,
  ChromaConnectionError,
  ChromaError,
  ChromaForbiddenError,
  ChromaNotFoundError,
  ChromaQuotaExceededError,
  ChromaRateLimitError,
  ChromaServerError,
  ChromaUnauthorizedError,
  ChromaUniqueError,
  ChromaValueError,
  createErrorByType,
  InvalidArgumentError,
  InvalidCollectionError,
} from "./errors.js";
export {
  Abs,
  Div,
  Exp,
  Knn,
  type KnnOptions,
  Log,
  Max,
  Min,
  Mul,
  RankExpression,
  type RankInput,
  type RankLiteral,
  Rrf,
  type RrfOptions,
  Sub,
  Sum,
  Val,
} from "./rank.js";
export {
  GetResult,
  IncludeEnum,
  QueryResult,
  type QueryRowResult,
  SearchResult,
  type SearchResultRow,
} from "./results.js";
export {
  Aggregate,
  type AggregateInput,
  type AggregateJSON,
  GroupBy,
  type GroupByInput,
  type GroupByJSON,
  Limit,
  type LimitInput,
  type LimitOptions,
  MaxK,
  MinK,
  Search,
  type SearchInit,
  type SearchLike,
  Select,
  type SelectInput,
  type SelectKeyInput,
  toSearch,
} from "./search.js";
export {
  type BaseRecordSet,
  type Collection,
  type CollectionConfiguration,
  type CollectionMetadata,
  type CreateCollectionConfiguration,
  type DeleteResult,
  type EmbeddingFunction,
  type EmbeddingFunctionClass,
  type EmbeddingFunctionSpace,
  type HNSWConfiguration,
  type IndexingStatus,
  type Metadata,
  type MetadataScalar,
  ReadLevel,
  type RecordSet,
  type UpdateCollectionConfiguration,
  type Where,
  type WhereDocument,
} from "./types.js";
export {
  K,
  Key,
  type KeyFactory,
  WhereExpression,
  type WhereInput,
  type WhereJSON,
} from "./where.js";

export const DOCUMENT_KEY = "#document";
export const EMBEDDING_KEY = "#embedding";
