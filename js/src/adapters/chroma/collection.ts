import type { SearchExpression } from "../../collection/search/expression-types.js";
import { checkIds } from "../../collection/validate.js";
import type { Collection as OurCollection } from "../../collection.js";
import type {
  AddParams,
  GetParams,
  Include as OurInclude,
  QueryParams,
  UpdateParams,
} from "../../types.js";
import type { ChromaClient } from "./client.js";
import { toOurs } from "./embedding-functions.js";
import { asChroma, ChromaValueError, refusedByServer, unsupported } from "./errors.js";
import { GetResult, QueryResult, SearchResult } from "./results.js";
import { type SearchLike, toSearch } from "./search.js";
import type {
  Collection,
  CollectionConfiguration,
  CollectionMetadata,
  DeleteArguments,
  DeleteResult,
  EmbeddingFunction,
  GetArguments,
  GivenFunction,
  Include,
  IndexingStatus,
  Metadata,
  QueryArguments,
  ReadLevel,
  RecordSet,
  UpdateCollectionConfiguration,
} from "./types.js";

/** What client.collection(id) gives: calls that need neither a name nor an embedding function. */
export class CollectionHandle implements Collection {
  constructor(
    protected readonly client: ChromaClient,
    readonly id: string,
    /** @param stale what it gave, and somebody else has moved to another embedding function since */
    private readonly open: (stale?: OurCollection) => Promise<OurCollection>,
  ) {}

  get tenant(): string {
    return this.client.tenant;
  }

  get database(): string {
    return this.client.database;
  }

  get name(): string {
    return "";
  }

  get metadata(): CollectionMetadata | undefined {
    return undefined;
  }

  get configuration(): CollectionConfiguration {
    return {};
  }

  get embeddingFunction(): EmbeddingFunction | undefined {
    return undefined;
  }

  get schema(): undefined {
    return undefined;
  }

  pagevec(): Promise<OurCollection> {
    return asChroma(() => this.open());
  }

  protected call<T>(work: (collection: OurCollection) => Promise<T>): Promise<T> {
    return asChroma(async () => {
      const collection = await this.open();
      return work(collection).catch(async (cause) => {
        if (cause.code !== "model_changed") throw cause;
        const again = await this.open(collection);
        if (again === collection) throw cause;
        return work(again);
      });
    });
  }

  count(_options?: { readLevel?: ReadLevel }): Promise<number> {
    return this.call((collection) => collection.count());
  }

  async add(args: RecordSet): Promise<void> {
    const records = toRecords(args);
    return this.call((collection) => collection.add(records as AddParams));
  }

  async upsert(args: RecordSet): Promise<void> {
    const records = toRecords(args);
    return this.call((collection) => collection.upsert(records as AddParams));
  }

  async update(args: RecordSet): Promise<void> {
    const records = toRecords(args);
    return this.call((collection) => collection.update(records as UpdateParams));
  }

  delete(args: DeleteArguments): Promise<DeleteResult> {
    return this.call((collection) => collection.delete(args));
  }

  async get<TMeta extends Metadata = Metadata>(args: GetArguments = {}): Promise<GetResult<TMeta>> {
    const { include = ["documents", "metadatas"] } = args;
    const params = { ...args, include: withoutUris(include) } as GetParams;
    return this.call(async (collection) => {
      const found = await collection.get(params);
      return new GetResult<TMeta>({
        ids: found.ids,
        documents: found.documents,
        metadatas: found.metadatas as (TMeta | null)[],
        embeddings: found.embeddings.map((vector) => Array.from(vector)),
        uris: include.includes("uris") ? found.ids.map(() => null) : [],
        include,
      });
    });
  }

  peek({ limit = 10 }: { limit?: number } = {}): Promise<GetResult> {
    return this.get({ limit });
  }

  async query<TMeta extends Metadata = Metadata>(
    args: QueryArguments,
  ): Promise<QueryResult<TMeta>> {
    const { include = ["metadatas", "documents", "distances"] } = args;
    const params = { ...args, include: withoutUris(include) } as QueryParams;
    return this.call(async (collection) => {
      const found = await collection.query(params);
      return new QueryResult<TMeta>({
        ids: found.ids,
        distances: found.distances,
        documents: found.documents,
        metadatas: found.metadatas as (TMeta | null)[][],
        embeddings: found.embeddings.map((list) => list.map((vector) => Array.from(vector))),
        uris: include.includes("uris") ? found.ids.map((ids) => ids.map(() => null)) : [],
        include,
      });
    });
  }

  search(
    searches: SearchLike | SearchLike[],
    _options?: { readLevel?: ReadLevel },
  ): Promise<SearchResult> {
    return this.call(async (collection) => {
      const list = Array.isArray(searches) ? searches : [searches];
      const payloads = list.map((one) => toSearch(one).toPayload());
      return new SearchResult(await collection.search(payloads as SearchExpression[]));
    });
  }

  async getIndexingStatus(): Promise<IndexingStatus> {
    const status = await this.call((collection) => collection.getIndexingStatus());
    return {
      num_indexed_ops: status.numIndexedOps,
      num_unindexed_ops: status.numUnindexedOps,
      op_indexing_progress: status.opIndexingProgress,
      total_ops: status.totalOps,
    };
  }

  async modify(_args: object): Promise<void> {
    throw new ChromaValueError("modify() needs the collection itself: use client.getCollection()");
  }

  async fork(_args: { name: string }): Promise<Collection> {
    throw new ChromaValueError("fork() needs the collection itself: use client.getCollection()");
  }

  async forkCount(): Promise<number> {
    throw unsupported("forks are copies, which nobody counts");
  }
}

/** A collection by its name, as chromadb has it. */
export class ChromaCollection extends CollectionHandle {
  constructor(
    client: ChromaClient,
    private readonly collection: OurCollection,
    private ef: GivenFunction | undefined,
  ) {
    super(client, collection.id, async () => collection);
  }

  override get name(): string {
    return this.collection.name;
  }

  override get metadata(): CollectionMetadata | undefined {
    return (this.collection.metadata as CollectionMetadata | null) ?? undefined;
  }

  override get configuration(): CollectionConfiguration {
    const { hnsw, embedding_function } = this.collection.configuration;
    return { hnsw, spann: null, embedding_function };
  }

  override get embeddingFunction(): EmbeddingFunction | undefined {
    return this.ef as EmbeddingFunction | undefined;
  }

  /** As in chromadb, metadata that is null or not given stays; what is given takes its place. */
  override modify(args: {
    name?: string;
    metadata?: CollectionMetadata;
    configuration?: UpdateCollectionConfiguration;
  }): Promise<void> {
    const { name, metadata, configuration } = args;
    return asChroma(async () => {
      const { embeddingFunction, ...settings } = configuration ?? {};
      await this.collection.modify({
        name: name || undefined,
        metadata: metadata ?? undefined,
        configuration: configuration && {
          ...settings,
          ...(embeddingFunction && { embeddingFunction: toOurs(embeddingFunction) }),
        },
      });
      this.ef = embeddingFunction ?? this.ef;
    });
  }

  /** A copy under a new name, with its index. (Chroma's own server has this in the Cloud only.) */
  override fork({ name }: { name: string }): Promise<Collection> {
    return this.client.copy(this.collection, name, this.ef);
  }
}

function toRecords(args: RecordSet): RecordSet {
  if (args.ids?.some?.((id) => id === "")) refusedByServer(() => checkIds(args.ids, true));
  return args;
}

/** What is no list is refused by the collection. */
function withoutUris(include: Include[]): OurInclude[] {
  if (!Array.isArray(include)) return include;
  return include.filter((item) => item !== "uris") as OurInclude[];
}
