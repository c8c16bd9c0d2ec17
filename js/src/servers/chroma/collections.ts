import type { CollectionInfo } from "../../database/methods.js";
import type { CallContext } from "../../engine/protocol.js";
import type { PagevecError } from "../../errors.js";
import { fields } from "../../providers/client/failure.js";
import type { SettledConfiguration, StoredEmbeddingFunction } from "../../storage/store.js";
import type { Metadata, Space } from "../../types.js";
import { checkSettings } from "../client/checks.js";
import { type ServerMethods, unsupportedBy } from "../server-engine.js";
import { CHROMA, type ChromaApi } from "./api.js";

/** Collections a request of a listing. */
const PAGE = 1000;
/** Where a collection's metadata has its vectorizer, as JSON: Chroma's configuration takes nothing of ours. */
const VECTORIZER = "pagevec:vectorizer";

/** What the server tells of a collection, as far as it is used here. */
interface ChromaCollection {
  id: string;
  name: string;
  metadata: Metadata | null;
  dimension: number | null;
  configuration_json: {
    hnsw?: Partial<SettledConfiguration["hnsw"]> | null;
    /** Of Chroma Cloud. */
    spann?: Partial<SettledConfiguration["hnsw"]> | null;
    embedding_function?: StoredEmbeddingFunction | null;
  };
}

/** The calls about whole collections. */
export class ChromaCollections {
  /** efSearch of each collection as they were seen here. */
  private readonly efSearch = new Map<string, Set<number>>();

  constructor(private readonly api: ChromaApi) {}

  methods(): ServerMethods {
    return {
      "db.list": async (_, context) => this.list(context),
      "db.find": async ({ name }, context) => this.find(name, context),
      "db.create": ({ collection, orGet }, context) => this.create(collection, orGet, context),
      "db.modify": ({ collection, changes }, context) => this.modify(collection, changes, context),
      "db.delete": async ({ name }, context) => {
        const path = `/collections/${encodeURIComponent(name)}`;
        await this.api.ask({ method: "DELETE", path, once: true }, { name }, context);
        return null;
      },
    };
  }

  /** The dimension of its records; 0 before there are some. */
  async dimension(id: string, context: CallContext): Promise<number> {
    return (await this.byId(id, context)).dimension ?? 0;
  }

  /** Chroma has one efSearch a collection. 0: that one. @throws unsupported for another */
  checkEfSearch(id: string, efSearch: number): void {
    const seen = this.efSearch.get(id);
    if (efSearch === 0 || !seen || seen.has(efSearch)) return;
    throw unsupportedBy(
      CHROMA.name,
      `an efSearch of ${efSearch} for one call, where the collection has ${[...seen].join(", ")}; modify() it`,
    );
  }

  private async list(context: CallContext): Promise<CollectionInfo[]> {
    const all: CollectionInfo[] = [];
    for (let page = PAGE; page === PAGE; ) {
      const path = `/collections?limit=${PAGE}&offset=${all.length}`;
      const found = await this.api.ask({ method: "GET", path }, {}, context);
      const list = found as ChromaCollection[];
      all.push(...list.map((collection) => this.info(collection)));
      page = list.length;
    }
    return all;
  }

  private async find(name: string, context: CallContext): Promise<CollectionInfo> {
    const path = `/collections/${encodeURIComponent(name)}`;
    const found = await this.api.ask({ method: "GET", path }, { name }, context);
    return this.info(found as ChromaCollection);
  }

  private async byId(id: string, context: CallContext): Promise<ChromaCollection> {
    const path = `/collections/by-id/${id}`;
    return (await this.api.ask({ method: "GET", path }, { id }, context)) as ChromaCollection;
  }

  private async create(
    { name, metadata, configuration, embeddingFunction }: NewCollection,
    orGet: boolean,
    context: CallContext,
  ): Promise<{ info: CollectionInfo; created: boolean }> {
    checkSettings(CHROMA.name, configuration, ["vectorizer"]);
    const { hnsw, vectorizer } = configuration;
    const kept = vectorizer && { [VECTORIZER]: JSON.stringify(vectorizer) };
    const body = {
      name,
      metadata: metadata || kept ? { ...checkMetadata(metadata), ...kept } : undefined,
      configuration: { hnsw, embedding_function: embeddingFunction },
    };
    try {
      const made = await this.api.ask(
        { path: "/collections", body, once: true },
        { name },
        context,
      );
      return { info: this.info(made as ChromaCollection), created: true };
    } catch (cause) {
      if (!orGet || (cause as PagevecError).code !== "already_exists") throw cause;
      return { info: await this.find(name, context), created: false };
    }
  }

  private async modify(
    id: string,
    { name, metadata, configuration, embeddingFunction }: Changes,
    context: CallContext,
  ): Promise<CollectionInfo> {
    const settings = {
      ...(configuration && { hnsw: { ef_search: configuration.hnsw.ef_search } }),
      ...(embeddingFunction && { embedding_function: embeddingFunction }),
    };
    const body = {
      new_name: name,
      new_metadata:
        metadata === undefined ? undefined : await this.newMetadata(id, metadata, context),
      new_configuration: Object.keys(settings).length > 0 ? settings : undefined,
    };
    const request = { method: "PUT", path: `/collections/${id}`, body, once: true } as const;
    await this.api.ask(request, { id, name }, context);
    return this.info(await this.byId(id, context));
  }

  /** @throws unsupported where nothing would be left: the server keeps what it has, then */
  private async newMetadata(id: string, metadata: Metadata | null, context: CallContext) {
    const current = (await this.byId(id, context)).metadata ?? {};
    const kept = VECTORIZER in current ? { [VECTORIZER]: current[VECTORIZER] } : {};
    const next = { ...checkMetadata(metadata), ...kept };
    if (Object.keys(next).length > 0) return next;
    if (Object.keys(current).length === 0) return undefined;
    throw unsupportedBy(CHROMA.name, "to remove all metadata of a collection; give some");
  }

  private info({ id, name, metadata, configuration_json }: ChromaCollection): CollectionInfo {
    const { hnsw, spann, embedding_function: stored } = configuration_json;
    const { space, ef_construction, ef_search, max_neighbors } = fields(hnsw ?? spann) as Partial<
      SettledConfiguration["hnsw"]
    >;
    const { [VECTORIZER]: vectorizer, ...own } = metadata ?? {};
    const efSearch = Math.max(1, ef_search ?? 100);
    this.efSearch.set(id, (this.efSearch.get(id) ?? new Set()).add(efSearch));
    return {
      id,
      name,
      metadata: Object.keys(own).length > 0 ? own : null,
      configuration: {
        hnsw: {
          space: (space as Space) ?? "l2",
          ef_construction: ef_construction ?? 100,
          ef_search: efSearch,
          max_neighbors: max_neighbors ?? 16,
        },
        index: "hnsw",
        quantization: "none",
        keepVectors: true,
        ...(typeof vectorizer === "string" && { vectorizer: JSON.parse(vectorizer) }),
      },
      embeddingFunction: stored?.type === "known" ? stored : { type: "legacy" },
    };
  }
}

type NewCollection = Parameters<NonNullable<ServerMethods["db.create"]>>[0]["collection"];
type Changes = Parameters<NonNullable<ServerMethods["db.modify"]>>[0]["changes"];

/** @throws unsupported for lists, over which the server (1.5.9) breaks off the connection */
function checkMetadata(metadata: Metadata | null): Metadata {
  const list = Object.entries(metadata ?? {}).find(([, value]) => Array.isArray(value));
  if (!list) return metadata ?? {};
  throw unsupportedBy(
    CHROMA.name,
    `a list in a collection's metadata, at ${JSON.stringify(list[0])}`,
  );
}
