// The package's subpath `langchain`: collections, models and rerankers as LangChain.js has them, by the
// classes of @langchain/core 1.

import { Document, type DocumentInterface } from "@langchain/core/documents";
import {
  Embeddings,
  type EmbeddingsInterface,
  type EmbeddingsParams,
} from "@langchain/core/embeddings";
import { BaseRetriever, type BaseRetrieverInput } from "@langchain/core/retrievers";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { maximalMarginalRelevance } from "@langchain/core/utils/math";
import { type MaxMarginalRelevanceSearchOptions, VectorStore } from "@langchain/core/vectorstores";
import type { Client, CreateCollectionParams } from "../client.js";
import type { SearchParams } from "../collection/search/search-types.js";
import { invalid } from "../collection/validate.js";
import type { Collection } from "../collection.js";
import type { Reranker } from "../types/reranker.js";
import type { EmbeddingFunction, Row, Where } from "../types.js";
import { type AdoptedModelOptions, adopted, embed } from "./embeddings.js";
import { checkMetadata, flatten, unflatten } from "./nested-metadata.js";
import { replaceRecords } from "./replace-records.js";

/** A collection, or where to find or make one. */
export type PagevecVectorStoreParams =
  | { collection: Collection }
  | ({ client: Client; collectionName: string } & Pick<
      CreateCollectionParams,
      "metadata" | "configuration"
    >);

/**
 * A collection as a vector store. Filters are `where` conditions (docs/filters.md). Scores are
 * 1 - distance, larger is better: with the space cosine, which a collection that is made here has
 * unless told, the cosine. Metadata may be any JSON and comes back as it was; what is nested is
 * filtered by its path: `{ "loc.lines.from": { $gte: 10 } }`.
 */
export class PagevecVectorStore extends VectorStore {
  declare FilterType: Where;
  private opened: Promise<Collection> | undefined;

  /** Nothing is opened before the first call; a collection that is not there is made. */
  constructor(
    embeddings: EmbeddingsInterface,
    private readonly params: PagevecVectorStoreParams,
  ) {
    super(embeddings, params);
    if (!("collection" in params) && !(params.client && params.collectionName)) {
      throw invalid("PagevecVectorStore needs a collection, or a client and a collectionName");
    }
  }

  _vectorstoreType(): string {
    return "pagevec";
  }

  /** The collection, for what a vector store does not have. */
  collection(): Promise<Collection> {
    this.opened ??= this.open().catch((error) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async open(): Promise<Collection> {
    const { params } = this;
    if ("collection" in params) return params.collection;
    const { client, collectionName: name, metadata, configuration } = params;
    const embeddingFunction = fromEmbeddings(this.embeddings);
    return client.getOrCreateCollection({ name, metadata, configuration, embeddingFunction });
  }

  /**
   * Embeds documents and adds them. Ids are `options.ids`, else the documents' own, else made here; a
   * document whose id is there already is replaced.
   * @returns the ids
   * @throws what addVectors() and the embeddings throw
   */
  override async addDocuments(
    documents: DocumentInterface[],
    options: { ids?: string[] } = {},
  ): Promise<string[]> {
    const texts = documents.map(({ pageContent }) => pageContent);
    const vectors = texts.length === 0 ? [] : await this.embeddings.embedDocuments(texts);
    return this.addVectors(vectors, documents, options);
  }

  /**
   * Adds documents by their vectors, one a document.
   * @returns the ids
   * @throws invalid_argument, duplicate_id, dimension_mismatch, not_finite, quota_exceeded, conflict
   */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options: { ids?: string[] } = {},
  ): Promise<string[]> {
    const given = options.ids ?? documents.map(({ id }) => id);
    if (vectors.length !== documents.length || given.length !== documents.length) {
      throw invalid(
        `there are ${documents.length} documents, ${vectors.length} vectors and ${given.length} ids; give one each`,
      );
    }
    const ids = given.map((id) => id ?? crypto.randomUUID());
    const metadatas = documents.map(({ metadata }, i) => {
      const where = `documents[${i}].metadata`;
      return flatten(checkMetadata(metadata, where), where);
    });
    const texts = documents.map(({ pageContent }) => pageContent);
    const collection = await this.collection();
    await replaceRecords(collection, { ids, embeddings: vectors, documents: texts, metadatas });
    return ids;
  }

  /**
   * Deletes documents by their ids, by a filter, or those that meet both; unknown ids are no matter.
   * @throws invalid_argument when neither is given
   */
  override async delete(params: { ids?: string[]; filter?: Where }): Promise<void> {
    const { ids, filter: where } = params ?? {};
    if (!ids && !where) throw invalid("delete needs ids or a filter; give one of them");
    await (await this.collection()).delete({ ids: ids && [...new Set(ids)], where });
  }

  /** The documents of these ids, in their order; unknown ids are left out. */
  async getByIds(ids: string[]): Promise<Document[]> {
    const found = await (await this.collection()).get({ ids: [...new Set(ids)] });
    const documents = new Map(found.rows().map((row) => [row.id, toDocument(row)]));
    return ids.flatMap((id) => documents.get(id) ?? []);
  }

  /** @throws invalid_argument, dimension_mismatch, not_finite */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: Where,
  ): Promise<[Document, number][]> {
    const collection = await this.collection();
    const found = await collection.query({ queryEmbeddings: [query], nResults: k, where: filter });
    return (found.rows()[0] ?? []).map((row) => [toDocument(row), 1 - (row.distance as number)]);
  }

  /**
   * Documents near the query but unlike each other (MMR), of the fetchK (20) nearest, as LangChain's
   * own function chooses them; lambda 1 (default 0.5) minds nearness only.
   * @throws invalid_argument, also for a collection that does not keep its vectors
   */
  override async maxMarginalRelevanceSearch(
    query: string,
    options: MaxMarginalRelevanceSearchOptions<Where>,
  ): Promise<Document[]> {
    const { k, fetchK = 20, lambda = 0.5, filter: where } = options;
    const queryEmbedding = await this.embeddings.embedQuery(query);
    const found = await (await this.collection()).query({
      queryEmbeddings: [queryEmbedding],
      nResults: Math.max(k, fetchK),
      where,
      include: ["documents", "metadatas", "embeddings"],
    });
    const rows = found.rows()[0] ?? [];
    const vectors = (found.embeddings[0] ?? []).map((vector) => Array.from(vector));
    const chosen = maximalMarginalRelevance(queryEmbedding, vectors, lambda, k);
    return chosen.map((place) => toDocument(rows[place] as Row));
  }

  /** @param metadatas one for all, or one a text */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    params: PagevecVectorStoreParams,
  ): Promise<PagevecVectorStore> {
    const documents = texts.map((pageContent, i) => {
      const metadata = Array.isArray(metadatas) ? metadatas[i] : metadatas;
      return new Document({ pageContent, metadata });
    });
    return PagevecVectorStore.fromDocuments(documents, embeddings, params);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    params: PagevecVectorStoreParams,
  ): Promise<PagevecVectorStore> {
    const store = new PagevecVectorStore(embeddings, params);
    await store.addDocuments(documents);
    return store;
  }

  /** @throws not_found */
  static async fromExistingCollection(
    embeddings: EmbeddingsInterface,
    params: { client: Client; collectionName: string },
  ): Promise<PagevecVectorStore> {
    const { client, collectionName: name } = params;
    const embeddingFunction = fromEmbeddings(embeddings);
    const collection = await client.getCollection({ name, embeddingFunction });
    return new PagevecVectorStore(embeddings, { collection });
  }
}

export interface PagevecRetrieverParams
  extends BaseRetrieverInput,
    Omit<SearchParams, "text" | "embedding" | "nearText" | "nearMedia" | "include"> {
  /** Opened with an embedding function, unless mode is "keyword". */
  collection: Collection;
}

/**
 * A collection's search() as a retriever: by meaning and keywords together unless told, fused, reranked
 * and grouped as SearchParams say (docs/search.md).
 */
export class PagevecRetriever extends BaseRetriever {
  lc_namespace = ["pagevec", "retrievers"];
  private readonly source: Collection;
  private readonly search: SearchParams;

  constructor(params: PagevecRetrieverParams) {
    const { collection, callbacks, tags, metadata, verbose, ...search } = params;
    super({ callbacks, tags, metadata, verbose });
    this.source = collection;
    this.search = search;
  }

  static override lc_name(): string {
    return "PagevecRetriever";
  }

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const { rows } = await this.source.search({ ...this.search, text: query });
    return rows.map(toDocument);
  }
}

function toDocument({ id, document, metadata }: Row): Document {
  return new Document({ id, pageContent: document ?? "", metadata: unflatten(metadata) });
}

/** An embedding function, such as miniLM(), as LangChain's Embeddings. */
export class PagevecEmbeddings extends Embeddings {
  readonly embeddingFunction: EmbeddingFunction;

  constructor(params: EmbeddingsParams & { embeddingFunction: EmbeddingFunction }) {
    const { embeddingFunction, ...others } = params;
    super(others);
    this.embeddingFunction = embeddingFunction;
  }

  override embedDocuments(documents: string[]): Promise<number[][]> {
    return embed(this.embeddingFunction, documents, "documents");
  }

  override async embedQuery(document: string): Promise<number[]> {
    const [vector] = await embed(this.embeddingFunction, [document], "queries");
    return vector as number[];
  }
}

/** LangChain's Embeddings as an embedding function; PagevecEmbeddings become what they were made of. */
export function fromEmbeddings(
  embeddings: EmbeddingsInterface,
  options: AdoptedModelOptions = {},
): EmbeddingFunction {
  if (embeddings instanceof PagevecEmbeddings) return embeddings.embeddingFunction;
  return adopted(
    options,
    (texts) => embeddings.embedDocuments(texts),
    (text) => embeddings.embedQuery(text),
  );
}

/** A reranker, such as localReranker(), as LangChain's document compressor. */
export class PagevecRerank extends BaseDocumentCompressor {
  readonly reranker: Reranker;
  /** How many of the best stay. Default: all. */
  readonly topN: number | undefined;

  constructor({ reranker, topN }: { reranker: Reranker; topN?: number }) {
    super();
    this.reranker = reranker;
    this.topN = topN;
  }

  /** The best first; metadata has the reranker's score as `relevanceScore`. */
  override async compressDocuments(
    documents: DocumentInterface[],
    query: string,
  ): Promise<Document[]> {
    const texts = documents.map(({ pageContent }) => pageContent);
    const ranking = await this.reranker.rerank(query, texts, { limit: this.topN });
    return ranking.map(({ index, score }) => {
      const { id, pageContent, metadata } = documents[index] as DocumentInterface;
      return new Document({ id, pageContent, metadata: { ...metadata, relevanceScore: score } });
    });
  }
}
