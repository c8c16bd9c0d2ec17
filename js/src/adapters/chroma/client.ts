import { Client, type ClientOptions, VERSION } from "../../client.js";
import { checkCollectionName } from "../../collection/validate.js";
import type { Collection as OurCollection } from "../../collection.js";
import { PagevecError } from "../../errors.js";
import type { CollectionConfiguration as OurConfiguration } from "../../types.js";
import { ChromaCollection, CollectionHandle } from "./collection.js";
import { defaultFunction, getEmbeddingFunction, oneOf, toOurs } from "./embedding-functions.js";
import { asChroma, ChromaNotFoundError, refusedByServer, unsupported } from "./errors.js";
import type {
  Collection,
  CollectionMetadata,
  CreateCollectionConfiguration,
  GivenFunction,
} from "./types.js";

export interface ChromaClientArgs {
  /** Where a server would be: taken, without effect. */
  host?: string;
  port?: number;
  ssl?: boolean;
  path?: string;
  headers?: Record<string, string>;
  auth?: Record<string, string>;
  fetchOptions?: RequestInit;
  /** Collections of one tenant and database are shared by all that open them. */
  tenant?: string;
  database?: string;
  /**
   * A client of pagevec, or options for one. Unless told its name is made of tenant and database, and it
   * keeps collections in IndexedDB; where there is none, as in Node, in memory (pagevec/node keeps them in
   * a folder).
   */
  pagevec?: Client | Promise<Client> | Partial<ClientOptions>;
}

interface CreateArguments {
  name: string;
  configuration?: CreateCollectionConfiguration;
  metadata?: CollectionMetadata;
  /** null: none. Not given: all-MiniLM-L6-v2. */
  embeddingFunction?: GivenFunction | null;
  schema?: undefined;
}

interface GetCollectionArguments {
  name: string;
  embeddingFunction?: GivenFunction;
}

/** Records a call that Chroma's server takes; here there is no such limit. */
const MAX_BATCH_SIZE = 5461;

/** Clients of one name are one, as clients of one server would be. */
const shared = new Map<string, Promise<Client>>();

/** Another one where that of the name was closed, or its worker failed. */
async function openShared(options: ClientOptions): Promise<Client> {
  const key = `${options.storage} ${options.name}`;
  for (;;) {
    const opening = shared.get(key) ?? Client.open(options);
    shared.set(key, opening);
    const client = await opening.catch((cause) => {
      if (shared.get(key) === opening) shared.delete(key);
      throw cause;
    });
    if (client.alive) return client;
    if (shared.get(key) === opening) shared.delete(key);
  }
}

/** chromadb's client, whose collections are in the page. Nothing is opened before the first call. */
export class ChromaClient {
  readonly tenant: string;
  readonly database: string;
  readonly headers: Record<string, string> | undefined;
  private readonly source: ChromaClientArgs["pagevec"];

  constructor(args: ChromaClientArgs = {}) {
    this.tenant = args.tenant ?? "default_tenant";
    this.database = args.database ?? "default_database";
    this.headers = args.headers;
    this.source = args.pagevec;
  }

  /**
   * pagevec's own client, for what chromadb does not have. Those who close it close it for all clients of
   * its name; the next call of one of them opens it again.
   */
  pagevec(): Promise<Client> {
    const { source } = this;
    if (isGiven(source)) return Promise.resolve(source);
    const name = `chroma:${this.tenant}/${this.database}`;
    const storage = "indexedDB" in globalThis ? "indexeddb" : "memory";
    return openShared({ name, storage, ...source });
  }

  private call<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return asChroma(async () => {
      const client = await this.pagevec();
      return work(client).catch(async (cause) => {
        if (cause.code !== "closed" || isGiven(this.source)) throw cause;
        // Somebody deleted its database. What was refused has changed nothing.
        await client.close();
        return work(await this.pagevec());
      });
    });
  }

  /** @throws ChromaUniqueError, ChromaClientError, ChromaValueError */
  createCollection(args: CreateArguments): Promise<Collection> {
    return this.create(args, false);
  }

  /** The collection of that name, whose metadata and configuration stay as they are, or a new one. */
  getOrCreateCollection(args: CreateArguments): Promise<Collection> {
    return this.create(args, true);
  }

  private create(args: CreateArguments, orGet: boolean): Promise<Collection> {
    const { name, configuration, metadata, embeddingFunction, schema } = args;
    return this.call(async (client) => {
      if (schema) throw unsupported("there are no schemas here; use configuration and metadata");
      refusedByServer(() => checkCollectionName(name));
      const chosen = oneOf(embeddingFunction, configuration?.embeddingFunction);
      const ef = chosen ?? (embeddingFunction === null ? undefined : await defaultFunction());
      const params = {
        name,
        metadata: metadata ?? undefined,
        embeddingFunction: ef && toOurs(ef),
        configuration: toConfiguration(configuration),
      };
      if (!orGet) return new ChromaCollection(this, await client.createCollection(params), ef);
      const known = await client.getCollection({ name }).catch((cause) => {
        if (cause.code === "not_found") return undefined;
        throw cause;
      });
      if (known) return this.found(client, name, chosen, known);
      return new ChromaCollection(this, await client.getOrCreateCollection(params), ef);
    });
  }

  /** @throws ChromaNotFoundError; ChromaValueError for another function than it was made with */
  getCollection({ name, embeddingFunction }: GetCollectionArguments): Promise<Collection> {
    return this.call((client) => this.found(client, name, embeddingFunction));
  }

  /** @param known the collection without its function, where it has been got already */
  private async found(
    client: Client,
    name: string,
    given?: GivenFunction | null,
    known?: OurCollection,
  ) {
    const collection = known ?? (await client.getCollection({ name }));
    const efConfig = collection.configuration.embedding_function;
    const ef = given ?? (await getEmbeddingFunction({ client: this, efConfig }));
    if (!ef) return new ChromaCollection(this, collection, undefined);
    const opened = await client.getCollection({ name, embeddingFunction: toOurs(ef) });
    return new ChromaCollection(this, opened, ef);
  }

  getCollections(items: string[] | GetCollectionArguments[]): Promise<Collection[]> {
    return Promise.all(
      items.map((item) => this.getCollection(typeof item === "string" ? { name: item } : item)),
    );
  }

  /** @throws ChromaNotFoundError */
  getCollectionById(id: string): Promise<Collection> {
    return this.call(async (client) => {
      const known = await withId(client, id);
      return this.found(client, known.name, undefined, known);
    });
  }

  async getCollectionByCrn(_crn: string): Promise<Collection> {
    throw unsupported("there are no resource names here; use getCollection()");
  }

  /** By its id, without asking whether it is there, for calls that need no embedding function. */
  collection(id: string): Collection {
    let from: Client | undefined;
    let known: Promise<OurCollection> | undefined;
    return new CollectionHandle(this, id, async (stale) => {
      const client = await this.pagevec();
      if (!known || client !== from || stale === (await known)) {
        from = client;
        const asked = withId(client, id);
        known = asked;
        asked.catch(() => {
          if (known === asked) known = undefined;
        });
      }
      return known;
    });
  }

  /** In order of creation; 100 unless told. */
  listCollections({ limit = 100, offset = 0 } = {}): Promise<Collection[]> {
    return this.call(async (client) => {
      const list = await client.listCollections({ limit, offset });
      return Promise.all(list.map((known) => this.found(client, known.name, undefined, known)));
    });
  }

  countCollections(): Promise<number> {
    return this.call((client) => client.countCollections());
  }

  /** @throws ChromaNotFoundError */
  deleteCollection({ name }: { name: string }): Promise<void> {
    return this.call((client) => client.deleteCollection({ name }));
  }

  /** Deletes every collection of this tenant and database. */
  reset(): Promise<void> {
    return this.call((client) => client.reset());
  }

  /** The time in nanoseconds since 1970. */
  heartbeat(): Promise<number> {
    return this.call((client) => client.heartbeat());
  }

  /** pagevec's. */
  async version(): Promise<string> {
    return VERSION;
  }

  async getUserIdentity(): Promise<{ databases: string[]; tenant: string; user_id: string }> {
    return { databases: [this.database], tenant: this.tenant, user_id: "" };
  }

  async getPreflightChecks() {
    return { max_batch_size: MAX_BATCH_SIZE, supports_base64_encoding: false };
  }

  /** As many as Chroma's server takes; larger batches are taken, too. */
  async getMaxBatchSize(): Promise<number> {
    return MAX_BATCH_SIZE;
  }

  async supportsBase64Encoding(): Promise<boolean> {
    return false;
  }

  /**
   * What fork() does.
   * @internal
   */
  copy(collection: OurCollection, name: string, ef?: GivenFunction): Promise<Collection> {
    return this.call(async (client) => {
      refusedByServer(() => checkCollectionName(name));
      const file = await collection.export();
      await client.import(file, { rename: { [collection.name]: name } });
      return this.found(client, name, ef);
    });
  }
}

/** By what it has: pagevec/inline has a class of its own. */
function isGiven(source: ChromaClientArgs["pagevec"]): source is Client | Promise<Client> {
  return source !== undefined && ("then" in source || "createCollection" in source);
}

async function withId(client: Client, id: string): Promise<OurCollection> {
  const found = (await client.listCollections()).find((collection) => collection.id === id);
  if (found) return found;
  const error = new PagevecError("not_found", `there is no collection with the id ${id}`);
  throw new ChromaNotFoundError(error.message, error);
}

/** hnsw alone: other settings of Chroma are a server's. */
function toConfiguration(given?: CreateCollectionConfiguration): OurConfiguration | undefined {
  const { hnsw, ...others } = (given ?? {}) as CreateCollectionConfiguration & { spann?: unknown };
  if (others.spann) throw unsupported("there is no SPANN index here; use hnsw");
  return hnsw ? { hnsw: hnsw as OurConfiguration["hnsw"] } : undefined;
}
