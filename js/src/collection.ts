import { type Batch, pickRecords, toBatch, toLabelled } from "./collection/batch.js";
import { CollectionBase } from "./collection/collection-base.js";
import { embedTexts } from "./collection/embed.js";
import type { GenerateParams, GenerateResult, GenerateStream } from "./collection/generate.js";
import { copyMetadata } from "./collection/metadata.js";
import { Objects } from "./collection/objects/objects.js";
import type {
  DeleteParams,
  ImportHnswlibParams,
  IndexingStatus,
  ModifyParams,
  RecallOptions,
} from "./collection/params.js";
import type { Projection, ProjectParams } from "./collection/project.js";
import { type QueryCall, toDeletion, toGetCall, toQueryCall } from "./collection/read-calls.js";
import type { ReembedTarget } from "./collection/reembed.js";
import { GetAnswer, QueryAnswer } from "./collection/results.js";
import type { ExpressionResult, SearchExpression } from "./collection/search/expression-types.js";
import type { SearchTarget } from "./collection/search/search-target.js";
import type { SearchParams, SearchResult } from "./collection/search/search-types.js";
import type { SyncParams, SyncResult, SyncSide } from "./collection/sync/sync-types.js";
import {
  checkCollectionName,
  checkEfSearch,
  checkParams,
  checkTarget,
  oneVector,
} from "./collection/validate.js";
import type { RecallResult } from "./database/methods.js";
import { throwIfAborted } from "./errors.js";
import type { VectorizerSettings } from "./types/vectorizer.js";
import type {
  AddParams,
  CallOptions,
  EmbeddingFunction,
  GetParams,
  GetResult,
  Metadata,
  QueryParams,
  QueryResult,
  UpdateParams,
  UpsertParams,
} from "./types.js";

/**
 * Records that belong together: ids, documents, metadata and embeddings. M types the metadata; make
 * it a `type`, as an `interface` lacks the index signature of Metadata. Made by a Client.
 *
 * Every call takes CallOptions last. A call that rejects has changed nothing.
 */
export class Collection<M extends Metadata = Metadata> extends CollectionBase {
  protected documents?: SearchTarget["documents"];

  /**
   * Adds records. Ids that exist already are left as they are; their documents are not embedded.
   * @throws invalid_argument, duplicate_id, dimension_mismatch, not_finite, embedding_failed,
   *   quota_exceeded, conflict
   */
  async add(params: AddParams<M>, options: CallOptions = {}): Promise<void> {
    const batch = toBatch("add", params);
    if (batch.embeddings) return this.write("add", batch, batch.embeddings, null, options);
    const missing = (await this.contains(batch.ids, options)).map((flag) => 1 - flag);
    const fresh = pickRecords(batch, missing);
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
    const { filter, limit, byCondition } = toDeletion(params);
    if (byCondition) {
      const call = { ...this.address(), ...filter, limit };
      return this.engine.call("db.collection.delete", call, options);
    }
    const ids = filter.ids ?? [];
    throwIfAborted(options.signal);
    const batch: Batch = { ids, documents: null, metadatas: null, embeddings: null };
    await this.write("delete", batch, null, null, options);
    return { deleted: ids.length };
  }

  /** Records in the order in which they were added; unknown ids are left out. */
  async get(params: GetParams = {}, options: CallOptions = {}): Promise<GetResult<M>> {
    const { include, call } = toGetCall(params);
    const sent = { ...this.address(), ...call };
    const records = await this.engine.call("db.collection.get", sent, options);
    return new GetAnswer<M>(records, include);
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
    return this.withModel(async (address) => {
      const { include, call, timings } = await this.toQueryCall(params, options);
      const sent = { ...address, ...call };
      const hits = await this.engine.call("db.collection.query", sent, options);
      return new QueryAnswer<M>(hits, include, timings());
    });
  }

  protected toQueryCall(params: QueryParams, options: CallOptions): Promise<QueryCall> {
    checkParams(params);
    checkTarget(params, this.name);
    const efSearch = (asked?: number) => this.efSearch(asked);
    return toQueryCall(params, { embedder: () => this.embedder(), efSearch }, options);
  }

  /**
   * Searches by meaning, by keywords, or by both (default), see docs/search.md. Or, given one or
   * several expressions of chromadb's Search API, as these say, see docs/chroma.md.
   * @throws invalid_argument, dimension_mismatch, not_finite, embedding_failed, and what the
   *   reranker throws
   */
  async search(
    searches: SearchExpression | SearchExpression[],
    options?: CallOptions,
  ): Promise<ExpressionResult<M>>;
  async search(params: SearchParams, options?: CallOptions): Promise<SearchResult<M>>;
  async search(
    params: SearchParams | SearchExpression | SearchExpression[],
    options: CallOptions = {},
  ): Promise<SearchResult<M> | ExpressionResult<M>> {
    checkParams(params);
    return this.find(params, options);
  }

  protected async find(
    params: SearchParams | SearchExpression | SearchExpression[],
    options: CallOptions,
  ): Promise<SearchResult<M> | ExpressionResult<M>> {
    checkTarget(params, this.name);
    const { search } = await import("./collection/search/search.js");
    return this.withModel((address) =>
      search<M>(params, options, {
        engine: this.engine,
        address,
        space: this.info.configuration.hnsw.space,
        embed: (texts) => embedTexts(this.embedder(), texts, "queries", options),
        efSearch: (asked) => this.efSearch(asked),
        embedder: () => this.embedder(),
        documents: this.documents,
      }),
    );
  }

  /**
   * Has a language model answer about the records that a search finds (text, embedding, nearText,
   * nearMedia, queryTexts), or about the first that meet where, whereDocument and ids; see docs/generate.md.
   * @throws what search() throws; invalid_argument; limit_exceeded when `grouped` is over the token
   *   budget. Where a single request fails, its record has the error.
   */
  async generate<P extends GenerateParams>(
    params: P,
    options: CallOptions = {},
  ): Promise<P extends { stream: true } ? GenerateStream<M> : GenerateResult<M>> {
    checkParams(params);
    const { generate } = await import("./collection/generate.js");
    return generate<M, P>(params, options, {
      vectorizer: this.objectSettings,
      search: (query, call) => this.search(query, call),
      get: ({ ids, where, whereDocument, limit, offset }, call) =>
        this.get({ ids, where, whereDocument, limit, offset }, call),
    });
  }

  /**
   * Changes what is given.
   * @throws already_exists when the name is taken; invalid_argument, also for settings that are
   *   fixed when a collection is made
   */
  async modify(params: ModifyParams, options: CallOptions = {}): Promise<void> {
    checkParams(params);
    const { name, metadata, configuration } = params;
    const given = configuration
      ? (await import("./collection/modify.js")).changesOf(configuration, this.info, this.ef)
      : {};
    const changes = {
      ...given,
      ...(name === undefined ? {} : { name: checkCollectionName(name) }),
      ...(metadata === undefined ? {} : { metadata: copyMetadata(metadata, "metadata") }),
    };
    this.info = await this.engine.call("db.modify", { ...this.address(), changes }, options);
    this.ef = configuration?.embeddingFunction ?? this.ef;
  }

  /**
   * Moves the collection to another embedding function (docs/reembed.md): embeds every document again,
   * while calls go on with the old vectors, then changes over in one step. What was interrupted, also by
   * a reload, is gone on with; `resume: false` begins anew; null gives it up. onProgress: stage "reembed".
   * @throws invalid_argument, also for records without a document; unsupported for pictures and sounds;
   *   embedding_failed; quota_exceeded; conflict when others never stop writing
   */
  async reembed(
    embeddingFunction: EmbeddingFunction | null,
    { resume = true, ...options }: CallOptions & { resume?: boolean } = {},
  ): Promise<void> {
    const { reembed } = await import("./collection/reembed.js");
    this.moving = reembed(this.toReembed(), embeddingFunction, resume, options);
    this.info = await this.moving;
    this.ef = embeddingFunction ?? this.ef;
  }

  protected toReembed(): ReembedTarget {
    return { engine: this.engine, address: this.address(), info: this.info };
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
    const call = { ...this.address(), ...toLabelled(params), file };
    return this.engine.call("db.collection.importHnswlib", call, options);
  }

  /** This collection as a file that hnswlib loads. Its labels are positions in ids. */
  async exportHnswlib(options: CallOptions = {}): Promise<{ file: Uint8Array; ids: string[] }> {
    return this.engine.call("db.collection.exportHnswlib", this.address(), options);
  }

  /** This collection as a file, as Client.export() makes one. */
  async export(options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const { exportFile } = await import("./collection/export.js");
    return exportFile(this.engine, this.address(), null, options);
  }

  /**
   * Brings what changed here since the last time to a collection elsewhere: of a server, of another client
   * (docs/sync.md). Vectors go over where both have the same embedding function; else its own embeds the
   * texts. What was interrupted is gone on with by the next call. onProgress: stages "compare", "transfer".
   * @throws invalid_argument; unsupported for objects, long documents, and when a server keeps this one;
   *   what reading and writing either side throws
   */
  async push(
    remote: SyncSide,
    params: SyncParams = {},
    options: CallOptions = {},
  ): Promise<SyncResult> {
    return this.exchange("push", remote, params, options);
  }

  /** Brings what changed there since the last time into this collection, as push() the other way. */
  async pull(
    remote: SyncSide,
    params: SyncParams = {},
    options: CallOptions = {},
  ): Promise<SyncResult> {
    return this.exchange("pull", remote, params, options);
  }

  /** Both: what changed on one side goes to the other. */
  async sync(
    remote: SyncSide,
    params: SyncParams = {},
    options: CallOptions = {},
  ): Promise<SyncResult> {
    return this.exchange("sync", remote, params, options);
  }

  private async exchange(
    direction: "push" | "pull" | "sync",
    remote: SyncSide,
    params: SyncParams,
    options: CallOptions,
  ): Promise<SyncResult> {
    const { synchronize } = await import("./collection/sync/sync.js");
    const home = { engine: this.engine, address: this.address() };
    return synchronize(direction, home, { local: this, remote }, params, options);
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
   * Vectors are compared as precisely as the collection holds them. With a `target` it also proposes
   * an efSearch (docs/search.md). onProgress: stage "recall".
   * @throws invalid_argument
   */
  async recall(params: RecallOptions = {}, options: CallOptions = {}): Promise<RecallResult> {
    const { toRecallCall } = await import("./collection/recall-call.js");
    const { asked, call } = toRecallCall(params, this.efSearch(undefined));
    const sent = { ...this.address(), ...call };
    return { ...(await this.engine.call("db.collection.recall", sent, options)), efSearch: asked };
  }

  /**
   * The records as points for a map, by principal component analysis: along the directions in which
   * their embeddings differ most (docs/search.md). In slices between which other calls run; about the
   * records as they are at the beginning. onProgress: stage "project".
   * @throws invalid_argument, duplicate_id; unsupported when a server keeps this collection
   */
  async project(params: ProjectParams = {}, options: CallOptions = {}): Promise<Projection> {
    const { project } = await import("./collection/project.js");
    return project(params, this.toReembed(), options);
  }

  /** What the call says, else the collection: modify() may have changed it. */
  protected efSearch(asked: number | undefined): number {
    return checkEfSearch(asked ?? this.info.configuration.hnsw.ef_search);
  }

  /**
   * One of the vectors of a collection whose objects have several (docs/objects.md), as a collection:
   * get, query, search, generate, reembed, count and recall are about the objects that have it.
   * @throws invalid_argument for a name that is none
   */
  vector(name: string): Collection<M> {
    throw oneVector(this.name, name);
  }

  protected get objectSettings(): VectorizerSettings | undefined {
    return this.info.configuration.vectorizer;
  }

  /** Objects, in a collection that was made with a vectorizer. */
  get objects(): Objects {
    return new Objects((work) =>
      this.withModel((address) =>
        work({
          engine: this.engine,
          address,
          name: this.name,
          configuration: this.info.configuration,
          embedder: () => this.embedder(),
          write: (...write) => this.write(...write, address),
        }),
      ),
    );
  }
}
