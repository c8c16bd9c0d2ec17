import {
  checkEmbeddingFunction,
  checkSameFunction,
  settleConfiguration,
  storedForm,
} from "./collection/configuration.js";
import type { ExportParams } from "./collection/export.js";
import type { ImportParams, ImportSource } from "./collection/import.js";
import { copyMetadata } from "./collection/metadata.js";
import { type PageOptions, PageSide, type Persistence } from "./collection/page-side.js";
import {
  checkChoice,
  checkCollectionName,
  checkCount,
  checkParams,
  invalid,
  oneVector,
  shown,
  wellFormed,
} from "./collection/validate.js";
import { Collection } from "./collection.js";
import type {
  CheckedCollection,
  CollectionInfo,
  DatabaseMethods,
  DatabaseUsage,
  ImportedCollection,
} from "./database/methods.js";
import type { ServerEngine } from "./database/server.js";
import { type EngineOptions, openEngine } from "./engine/open.js";
import type { Engine } from "./engine/protocol.js";
import { throwIfAborted } from "./errors.js";
import type { Durability, StorageReport } from "./storage/store.js";
import { type Capabilities, EVERYTHING } from "./types/capabilities.js";
import type { ChunkingSettings } from "./types/chunking.js";
import type { VectorizerSettings } from "./types/vectorizer.js";
import type { CallOptions, CollectionConfiguration, EmbeddingFunction, Metadata } from "./types.js";

export interface ClientOptions extends EngineOptions {
  /** Clients of one name and origin share their collections. */
  name: string;
  /** "indexeddb" (default) keeps the collections; "memory" forgets them with the client. */
  storage?: "indexeddb" | "memory";
  /**
   * "relaxed" (default): what was written survives the browser's end, however sudden. "strict": also
   * the machine's; every write waits for the disk. See docs/durability.md.
   */
  durability?: Durability;
  /** Whether to ask the browser, once, with the first write, not to evict the data. Default true. */
  persist?: boolean;
  /** Called when stored data was damaged or gone, also for what opening the client found. */
  onStorageReport?: (report: StorageReport) => void;
}

/** A client whose collections are kept and searched by a server (docs/servers.md). */
export interface ServerClientOptions {
  /** What chroma() of pagevec/servers/chroma gives, or another of pagevec/servers. */
  engine: ServerEngine;
}

/** What client.storage() tells. */
export interface ClientStorage extends DatabaseUsage {
  /** What the browser answered to the wish not to evict the data. */
  persistence: Persistence;
}

export interface GetCollectionParams {
  name: string;
  /** null: none, as in chromadb. */
  embeddingFunction?: EmbeddingFunction | null;
  /** Of objects with several vectors, by their names; the others are by embeddingFunction. */
  embeddingFunctions?: Record<string, EmbeddingFunction>;
  /** For collections that cut documents; only needed to write some. */
  chunking?: Pick<ChunkingSettings, "tokenizer">;
}

export interface CreateCollectionParams extends GetCollectionParams {
  metadata?: Metadata | null;
  configuration?: CollectionConfiguration;
  /** Makes it a collection of objects, see docs/objects.md. `{}`: every text of an object counts. */
  vectorizer?: VectorizerSettings;
  /** Cuts long documents into passages that are found as one record, see docs/chunking.md. */
  chunking?: ChunkingSettings;
}

/** The package's version, as in package.json. */
export const VERSION = "0.1.0";

/** Collections kept and searched in this page. Names follow chromadb's ChromaClient. */
export class Client {
  private closing = false;
  private constructor(
    private readonly engine: Engine<DatabaseMethods>,
    private readonly database: number,
    private readonly page: PageSide,
    /** What these collections can do; the rest is refused with code "unsupported". */
    readonly capabilities: Capabilities,
  ) {}

  /**
   * Starts an engine, in a worker where there is one, and opens the client's collections; or asks a server.
   * @throws engine_failed, unsupported, storage_failed, format_too_new; of servers network, unauthorized
   */
  static async open(
    options: ClientOptions | ServerClientOptions,
    call: CallOptions = {},
  ): Promise<Client> {
    checkParams(options);
    if ("engine" in options) {
      const { name, connect, capabilities } = options.engine;
      const engine = await connect(call);
      return Client.connect(engine, { name, storage: "server" }, call, undefined, capabilities);
    }
    const { name, storage = "indexeddb", durability = "relaxed", ...rest } = options;
    const { persist = true, onStorageReport, ...engineOptions } = rest;
    if (typeof name !== "string" || name === "" || wellFormed(name) !== name) {
      throw invalid(`a client needs a name without lone surrogates, got ${shown(name)}`);
    }
    checkChoice(storage, "storage", ["indexeddb", "memory"]);
    checkChoice(durability, "durability", ["relaxed", "strict"]);
    throwIfAborted(call.signal);
    const engine = await openEngine<DatabaseMethods>(
      engineOptions,
      storage === "memory" ? undefined : "storage",
    );
    const page = { persist: persist && storage === "indexeddb", onStorageReport };
    return Client.connect(engine, { name, storage, durability }, call, page);
  }

  /**
   * A client over an engine that runs already. The client closes it.
   * @internal
   */
  static async connect(
    engine: Engine<DatabaseMethods>,
    database: DatabaseMethods["db.open"]["params"],
    call: CallOptions = {},
    page: PageOptions = { persist: false },
    capabilities = EVERYTHING,
  ): Promise<Client> {
    try {
      const opened = await engine.call("db.open", database, call);
      const side = new PageSide(engine, opened.database, page);
      return new Client(engine, opened.database, side, capabilities);
    } catch (cause) {
      await engine.close();
      throw cause;
    }
  }

  /**
   * Makes a collection. Without a space in the configuration it takes the embedding function's, else l2.
   * @throws already_exists, invalid_argument
   */
  async createCollection<M extends Metadata = Metadata>(
    params: CreateCollectionParams,
    options: CallOptions = {},
  ): Promise<Collection<M>> {
    return this.create<M>(params, false, options);
  }

  /**
   * @throws not_found; invalid_argument when the embedding function is not the one that the
   *   collection was made with
   */
  async getCollection<M extends Metadata = Metadata>(
    params: GetCollectionParams,
    options: CallOptions = {},
  ): Promise<Collection<M>> {
    checkParams(params);
    checkEmbeddingFunction(params.embeddingFunction);
    const call = { database: this.database, name: checkCollectionName(params.name) };
    const info = await this.engine.call("db.find", call, options);
    return this.collection<M>(info, params);
  }

  /** The collection of that name, whose metadata and configuration stay as they are, or a new one. */
  async getOrCreateCollection<M extends Metadata = Metadata>(
    params: CreateCollectionParams,
    options: CallOptions = {},
  ): Promise<Collection<M>> {
    return this.create<M>(params, true, options);
  }

  /** @throws not_found */
  async deleteCollection(params: { name: string }, options: CallOptions = {}): Promise<void> {
    checkParams(params);
    const call = { database: this.database, name: checkCollectionName(params.name) };
    await this.engine.call("db.delete", call, options);
  }

  /**
   * In order of creation, without embedding functions: get a collection by name to embed texts.
   */
  async listCollections(
    params: { limit?: number; offset?: number } = {},
    options: CallOptions = {},
  ): Promise<Collection[]> {
    const offset = checkCount(params.offset ?? 0, "offset");
    const limit = params.limit === undefined ? Infinity : checkCount(params.limit, "limit");
    const infos = await this.engine.call("db.list", { database: this.database }, options);
    const page = infos.slice(offset, offset + limit);
    return Promise.all(page.map((info) => this.collection(info, {})));
  }

  async countCollections(options: CallOptions = {}): Promise<number> {
    return (await this.engine.call("db.list", { database: this.database }, options)).length;
  }

  /** The time in nanoseconds since 1970. */
  async heartbeat(): Promise<number> {
    return Date.now() * 1_000_000;
  }

  async version(): Promise<string> {
    return VERSION;
  }

  /** Deletes every collection of this client. */
  async reset(options: CallOptions = {}): Promise<void> {
    await this.engine.call("db.reset", { database: this.database }, options);
  }

  /** How much is stored, how well it is kept, and what was found damaged or gone. */
  async storage(options: CallOptions = {}): Promise<ClientStorage> {
    const usage = await this.engine.call("db.usage", { database: this.database }, options);
    return { ...usage, persistence: this.page.persistence };
  }

  /**
   * Reads everything that is stored and compares it with its checksums, one entry a collection and
   * copy. Takes as long as reading all of it; changes nothing.
   */
  async check(options: CallOptions = {}): Promise<CheckedCollection[]> {
    return this.engine.call("db.check", { database: this.database }, options);
  }

  /**
   * All collections, or some, as one file with checksums (docs/durability.md): a stream, to be piped
   * into a file, or read whole by `new Response(stream).blob()`. Each collection is as it was at one moment.
   * @throws not_found. The stream fails with conflict when another tab replaced what it reads, with
   *   corrupt when stored data is damaged.
   */
  async export(
    params: ExportParams = {},
    options: CallOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const { exportFile } = await import("./collection/export.js");
    const address = { database: this.database, collection: null };
    return exportFile(this.engine, address, params.collections ?? null, options);
  }

  /**
   * Makes collections of a file that export() made. All of it is checked first; where anything is wrong,
   * nothing has changed.
   * @throws already_exists, corrupt, format_too_new, not_found, quota_exceeded, conflict
   */
  async import(
    file: ImportSource,
    params: ImportParams = {},
    options: CallOptions = {},
  ): Promise<ImportedCollection[]> {
    this.page.askToPersist();
    const { importFile } = await import("./collection/import.js");
    return importFile(this.engine, this.database, file, params, options);
  }

  /** False once it was closed, or its worker or the core has failed: every call rejects; open another one. */
  get alive(): boolean {
    return !this.closing && this.engine.alive;
  }

  /** Finishes the writes under way and ends the engine. Later calls reject with code "closed". */
  async close(): Promise<void> {
    this.closing = true;
    this.page.close();
    try {
      await this.engine.call("db.close", { database: this.database });
    } catch (cause) {
      // Closed before.
      if ((cause as { code?: unknown }).code !== "closed") throw cause;
    } finally {
      await this.engine.close();
    }
  }

  private async create<M extends Metadata>(
    params: CreateCollectionParams,
    orGet: boolean,
    options: CallOptions,
  ): Promise<Collection<M>> {
    checkParams(params);
    const { configuration } = params;
    const embeddingFunction = params.embeddingFunction ?? configuration?.embeddingFunction;
    checkEmbeddingFunction(embeddingFunction);
    const name = checkCollectionName(params.name);
    const metadata = copyMetadata(params.metadata, "metadata");
    const settled = settleConfiguration(configuration, embeddingFunction, metadata);
    if (params.vectorizer) {
      const { settleVectorizer } = await import("./collection/objects/vectorizer.js");
      const given = { ...params, embeddingFunction, metadata };
      settled.vectorizer = settleVectorizer(params.vectorizer, name, given);
    }
    if (params.chunking) {
      const { settleChunking } = await import("./collection/chunks/chunked.js");
      settled.chunking = settleChunking(params.chunking, params.vectorizer);
    }
    const collection = {
      name,
      metadata,
      configuration: settled,
      embeddingFunction: storedForm(embeddingFunction),
    };
    const call = { database: this.database, collection, orGet };
    const { info } = await this.engine.call("db.create", call, options);
    return this.collection<M>(info, { ...params, embeddingFunction });
  }

  private async collection<M extends Metadata = Metadata>(
    info: CollectionInfo,
    params: Partial<GetCollectionParams>,
  ): Promise<Collection<M>> {
    const { embeddingFunction, chunking } = params;
    const { configuration } = info;
    if (configuration.vectorizer?.vectors) {
      const { openNamed } = await import("./collection/named/named.js");
      return openNamed<M>(this.engine, this.database, info, this.page, params);
    }
    if (params.embeddingFunctions)
      throw oneVector(info.name, Object.keys(params.embeddingFunctions));
    checkSameFunction(info.name, info.embeddingFunction, embeddingFunction);
    const Kind = configuration.chunking
      ? (await import("./collection/chunks/chunked.js")).ChunkedCollection
      : Collection;
    return new Kind<M>(
      this.engine,
      this.database,
      info,
      embeddingFunction ?? undefined,
      this.page,
      chunking?.tokenizer,
    );
  }
}
