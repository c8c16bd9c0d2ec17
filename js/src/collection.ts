import { type Batch, pickRecords, toBatch, type WriteOperation } from "./collection/batch.js";
import { embedTexts } from "./collection/embed.js";
import { toRecordFilter } from "./collection/filter.js";
import { copyMetadata } from "./collection/metadata.js";
import type { PageSide } from "./collection/page-side.js";
import { GetAnswer, QueryAnswer } from "./collection/results.js";
import type { SearchParams, SearchResult } from "./collection/search-types.js";
import {
  checkCollectionName,
  checkCount,
  checkInclude,
  checkParams,
  checkTexts,
  flattenVectors,
  invalid,
  type Vectors,
  wanted,
} from "./collection/validate.js";
import type { CollectionInfo, DatabaseMethods, RecallResult } from "./database/methods.js";
import type { Engine } from "./engine/protocol.js";
import { PagevecError, throwIfAborted } from "./errors.js";
import type { SettledConfiguration, StoredEmbeddingFunction } from "./storage/store.js";
import type {
  AddParams,
  CallOptions,
  EmbeddingFunction,
  FilterParams,
  GetParams,
  GetResult,
  Include,
  Metadata,
  QueryParams,
  QueryResult,
  UpdateParams,
  UpsertParams,
} from "./types.js";

export interface DeleteParams extends FilterParams {
  /** At most so many of the records that where and whereDocument find. */
  limit?: number;
}

export interface ModifyParams {
  name?: string;
  /** Takes the place of the old metadata as a whole. */
  metadata?: Metadata | null;
}

/** Lists by label; each may be missing. */
export type ImportHnswlibParams<M extends Metadata = Metadata> = Partial<
  Pick<AddParams<M>, "ids" | "documents" | "metadatas">
>;

/** How much of a collection is searched through the graph; names as in chromadb. */
export interface IndexingStatus {
  numIndexedOps: number;
  numUnindexedOps: number;
  totalOps: number;
  /** 0 to 1. */
  opIndexingProgress: number;
}

export interface RecallOptions {
  /** How many records to ask about, 100 unless told. */
  sample?: number;
  /** How many of the nearest to compare, 10 unless told. */
  k?: number;
  /** As query() takes it. */
  efSearch?: number;
}

const GET_DEFAULT: Include[] = ["documents", "metadatas"];
const QUERY_DEFAULT: Include[] = ["metadatas", "documents", "distances"];
const GET_INCLUDES: readonly Include[] = ["documents", "metadatas", "embeddings"];
const QUERY_INCLUDES: readonly Include[] = [...GET_INCLUDES, "distances"];
/** What the core takes for efSearch. */
const MAX_EF_SEARCH = 10_000;

/**
 * Records that belong together: ids, documents, metadata and embeddings. M types the metadata; make
 * it a `type`, as an `interface` lacks the index signature of Metadata.
 * Made by Client.createCollection, getCollection and getOrCreateCollection.
 *
 * Every call takes CallOptions last. A call that rejects has changed nothing.
 */
export class Collection<M extends Metadata = Metadata> {
  /** @internal */
  constructor(
    private readonly engine: Engine<DatabaseMethods>,
    private readonly database: number,
    private info: CollectionInfo,
    /** Embeds documents and query texts that come without embeddings. */
    readonly embeddingFunction: EmbeddingFunction | undefined,
    private readonly page: PageSide,
  ) {}

  get id(): string {
    return this.info.id;
  }

  get name(): string {
    return this.info.name;
  }

  get metadata(): Metadata | null {
    return this.info.metadata;
  }

  get configuration(): SettledConfiguration & { embedding_function: StoredEmbeddingFunction } {
    return { ...this.info.configuration, embedding_function: this.info.embeddingFunction };
  }

  /**
   * Adds records. Ids that exist already are left as they are; their documents are not embedded.
   * @throws invalid_argument, duplicate_id, dimension_mismatch, not_finite, embedding_failed,
   *   quota_exceeded, conflict
   */
  async add(params: AddParams<M>, options: CallOptions = {}): Promise<void> {
    const batch = toBatch("add", params);
    if (batch.embeddings) return this.write("add", batch, batch.embeddings, null, options);
    const exists = await this.contains(batch.ids, options);
    const fresh = pickRecords(
      batch,
      exists.map((flag) => 1 - flag),
    );
    await this.embedAndWrite("add", fresh, options);
  }

  /** Adds records, or replaces embedding and document of those that exist and merges metadata. */
  async upsert(params: UpsertParams<M>, options: CallOptions = {}): Promise<void> {
    const batch = toBatch("upsert", params);
    if (batch.embeddings) return this.write("upsert", batch, batch.embeddings, null, options);
    await this.embedAndWrite("upsert", batch, options);
  }

  /**
   * Changes what is given of records that exist; unknown ids are ignored. A document without an
   * embedding is embedded again; metadata is merged.
   */
  async update(params: UpdateParams<M>, options: CallOptions = {}): Promise<void> {
    const batch = toBatch("update", params);
    if (batch.embeddings) return this.write("update", batch, batch.embeddings, null, options);
    const known = pickRecords(batch, await this.contains(batch.ids, options));
    await this.embedAndWrite("update", known, options);
  }

  /**
   * Deletes the records that meet everything given; nothing when nothing is given. Returns how many
   * these were, or of ids alone, as Chroma does, how many ids.
   */
  async delete(params: DeleteParams, options: CallOptions = {}): Promise<{ deleted: number }> {
    checkParams(params);
    const filter = toRecordFilter(params);
    const limit = params.limit === undefined ? null : checkCount(params.limit, "limit");
    if (filter.where !== null || filter.whereDocument !== null) {
      return this.engine.call(
        "db.collection.delete",
        { ...this.address(), ...filter, limit },
        options,
      );
    }
    if (limit !== null) throw invalid("limit is for where and whereDocument; give one of them");
    const ids = [...new Set(filter.ids)];
    throwIfAborted(options.signal);
    const batch: Batch = { ids, documents: null, metadatas: null, embeddings: null };
    await this.write("delete", batch, null, null, options);
    return { deleted: ids.length };
  }

  /** Records in the order in which they were added; unknown ids are left out. */
  async get(params: GetParams = {}, options: CallOptions = {}): Promise<GetResult<M>> {
    checkParams(params);
    const include = checkInclude(params.include ?? GET_DEFAULT, GET_INCLUDES);
    const records = await this.engine.call(
      "db.collection.get",
      {
        ...this.address(),
        ...toRecordFilter(params),
        offset: checkCount(params.offset ?? 0, "offset"),
        limit: params.limit === undefined ? null : checkCount(params.limit, "limit"),
        wanted: wanted(include),
      },
      options,
    );
    return new GetAnswer<M>(records, [...include]);
  }

  /** The first records, 10 unless told. */
  async peek(params: { limit?: number } = {}, options: CallOptions = {}): Promise<GetResult<M>> {
    return this.get({ limit: params.limit ?? 10 }, options);
  }

  async count(options: CallOptions = {}): Promise<number> {
    return (await this.status(options)).count;
  }

  /**
   * The nearest records to each query, nearest first. Given both, embeddings win over texts.
   * @throws invalid_argument, dimension_mismatch, not_finite, embedding_failed
   */
  async query(params: QueryParams, options: CallOptions = {}): Promise<QueryResult<M>> {
    checkParams(params);
    const include = checkInclude(params.include ?? QUERY_DEFAULT, QUERY_INCLUDES);
    const nResults = checkCount(params.nResults ?? 10, "nResults");
    const filter = toRecordFilter(params);
    const efSearch =
      params.efSearch === undefined ? 0 : checkCount(params.efSearch, "efSearch", 1, MAX_EF_SEARCH);
    const begin = performance.now();
    const queries = await this.queryVectors(params, options);
    const embedded = performance.now();
    const hits = await this.engine.call(
      "db.collection.query",
      {
        ...this.address(),
        queries: queries.data,
        dimension: queries.dimension,
        ...filter,
        nResults,
        efSearch,
        wanted: wanted(include),
      },
      options,
    );
    const timings = { embed: embedded - begin, search: performance.now() - embedded };
    return new QueryAnswer<M>(hits, [...include], timings);
  }

  /**
   * Searches by meaning, by keywords, or by both (default), see docs/search.md.
   * @throws invalid_argument, dimension_mismatch, not_finite, embedding_failed, and what the
   *   reranker throws
   */
  async search(params: SearchParams, options: CallOptions = {}): Promise<SearchResult<M>> {
    checkParams(params);
    const { search } = await import("./collection/search.js");
    return search<M>(params, options, {
      engine: this.engine,
      address: this.address(),
      embed: (text) => embedTexts(this.embedder(), [text], "queries", options),
    });
  }

  /** Changes the name or the metadata. @throws already_exists when the name is taken. */
  async modify(params: ModifyParams, options: CallOptions = {}): Promise<void> {
    if ("configuration" in params && params.configuration !== undefined) {
      throw new PagevecError("unsupported", "the configuration of a collection cannot be changed");
    }
    const changes = {
      ...(params.name === undefined ? {} : { name: checkCollectionName(params.name) }),
      ...(params.metadata === undefined
        ? {}
        : { metadata: copyMetadata(params.metadata, "metadata") }),
    };
    this.info = await this.engine.call("db.modify", { ...this.address(), changes }, options);
  }

  /**
   * Fills this empty collection with an index that hnswlib saved, and keeps its graph (see
   * docs/hnswlib.md). Lists are by label: ids[label] names an element. Without ids the label is the
   * id, in decimal. Resolves to the number of records.
   * @throws corrupt, invalid_argument, dimension_mismatch, limit_exceeded, quota_exceeded, conflict
   */
  async importHnswlib(
    file: Uint8Array | ArrayBuffer | Blob,
    params: ImportHnswlibParams<M> = {},
    options: CallOptions = {},
  ): Promise<number> {
    const list = params.ids ?? params.documents ?? params.metadatas;
    const ids = params.ids ?? list?.map((_, label) => String(label));
    // An empty index comes with an empty list.
    const lists =
      ids === undefined || ids.length === 0
        ? { ids: ids ?? null, documents: null, metadatas: null }
        : toBatch("update", { ...params, ids });
    const call = { ...this.address(), ...lists, file };
    return this.engine.call("db.collection.importHnswlib", call, options);
  }

  /** This collection as a file that hnswlib loads. Its labels are positions in ids. */
  async exportHnswlib(options: CallOptions = {}): Promise<{ file: Uint8Array; ids: string[] }> {
    return this.engine.call("db.collection.exportHnswlib", this.address(), options);
  }

  /**
   * Calls the listener after changes of this collection: its records, name or metadata, or its end, by
   * this tab or another. Changes that follow each other closely are told as one; what the listener
   * reads has them. Returns a function that ends it.
   */
  subscribe(listener: () => void): () => void {
    return this.page.subscribe(this.info.id, listener);
  }

  /** How far the index in the background is. Records that wait for it are found as well. */
  async getIndexingStatus(options: CallOptions = {}): Promise<IndexingStatus> {
    const { count, pending } = await this.status(options);
    return {
      numIndexedOps: count - pending,
      numUnindexedOps: pending,
      totalOps: count,
      opIndexingProgress: count === 0 ? 1 : (count - pending) / count,
    };
  }

  /**
   * Measures how much of what is nearest the index finds: takes records evenly from the collection,
   * searches for the k nearest others of each through the index and among all, and compares. Takes
   * sample * (time to look at all records), one record at a time, between which other calls run.
   * Vectors are compared as precisely as the collection holds them.
   * @throws invalid_argument
   */
  async recall(params: RecallOptions = {}, options: CallOptions = {}): Promise<RecallResult> {
    checkParams(params);
    return this.engine.call(
      "db.collection.recall",
      {
        ...this.address(),
        sample: checkCount(params.sample ?? 100, "sample", 1),
        k: checkCount(params.k ?? 10, "k", 1),
        efSearch: checkCount(params.efSearch ?? 0, "efSearch", 0, MAX_EF_SEARCH),
      },
      options,
    );
  }

  private address() {
    return { database: this.database, collection: this.info.id };
  }

  private status(options: CallOptions) {
    return this.engine.call("db.collection.status", this.address(), options);
  }

  private contains(ids: string[], options: CallOptions): Promise<Uint8Array> {
    return this.engine.call("db.collection.contains", { ...this.address(), ids }, options);
  }

  /** Embeds the documents there are, then writes. */
  private async embedAndWrite(
    operation: WriteOperation,
    batch: Batch,
    options: CallOptions,
  ): Promise<void> {
    const texts = batch.documents?.filter((text) => text !== null) ?? [];
    if (texts.length === 0) return this.write(operation, batch, null, null, options);
    const embeddings = await embedTexts(this.embedder(), texts, "documents", options);
    const embedded =
      texts.length === batch.ids.length
        ? null
        : Uint8Array.from(batch.documents ?? [], (text) => (text === null ? 0 : 1));
    await this.write(operation, batch, embeddings, embedded, options);
  }

  private async write(
    operation: WriteOperation | "delete",
    batch: Batch,
    embeddings: Vectors | null,
    embedded: Uint8Array | null,
    options: CallOptions,
  ): Promise<void> {
    const { ids, documents, metadatas } = batch;
    if (ids.length === 0) return;
    this.page.askToPersist();
    const { data, dimension } = embeddings ?? { data: new Float32Array(0), dimension: 0 };
    await this.engine.call(
      "db.collection.write",
      {
        ...this.address(),
        operation,
        ids,
        documents,
        metadatas,
        embedded,
        embeddings: data,
        dimension,
      },
      options,
    );
  }

  private async queryVectors(params: QueryParams, options: CallOptions): Promise<Vectors> {
    if (params.queryEmbeddings !== undefined) {
      return flattenVectors(params.queryEmbeddings, "queryEmbeddings");
    }
    if (params.queryTexts === undefined) {
      throw invalid("query needs queryTexts or queryEmbeddings; give one of them");
    }
    const texts = checkTexts(params.queryTexts, "queryTexts");
    return embedTexts(this.embedder(), texts, "queries", options);
  }

  private embedder(): EmbeddingFunction {
    if (this.embeddingFunction) return this.embeddingFunction;
    const stored = this.info.embeddingFunction;
    const which = stored.type === "known" ? `"${stored.name}"` : "one";
    throw invalid(
      `collection "${this.name}" was opened without an embedding function, so it cannot embed texts; pass ${which} as embeddingFunction when you open it, or give embeddings`,
    );
  }
}
