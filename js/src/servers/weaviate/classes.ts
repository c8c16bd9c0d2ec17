import { info, uuid } from "../../database/info.js";
import type { CollectionInfo, DatabaseMethods } from "../../database/methods.js";
import { fields } from "../../providers/client/failure.js";
import { nameTaken, noCollectionNamed, noSuchCollection } from "../../storage/errors.js";
import { SerialQueue } from "../../storage/queue.js";
import type { ManifestChanges, SettledConfiguration } from "../../storage/store.js";
import type { CallOptions } from "../../types.js";
import { checkSettings } from "../client/checks.js";
import { unsupportedBy } from "../server-engine.js";
import { className } from "./names.js";
import { numbersOf, PROPERTIES } from "./objects.js";
import type { Wire } from "./wire.js";

type NewCollection = DatabaseMethods["db.create"]["params"]["collection"];

/** What a class's description tells of a collection: JSON. */
type Description = CollectionInfo & {
  pagevec: 1;
  /** Place in listings: later collections have higher numbers. */
  order: number;
  /** Of the first vector; 0 before. */
  dimension: number;
};

/** A collection and its class. */
export interface KeptCollection extends Description {
  className: string;
  properties: Set<string>;
}

const DISTANCES = { l2: "l2-squared", cosine: "cosine", ip: "dot" } as const;
/** Weaviate takes no fewer. */
const LEAST = 4;
/** How many classes may have the name of a collection before it was renamed. */
const ATTEMPTS = 100;

/** The collections of a prefix, and the classes that they are. */
export class Classes {
  private readonly known = new Map<string, KeptCollection>();
  private readonly queues = new Map<string, SerialQueue>();

  constructor(
    readonly wire: Wire,
    private readonly prefix: string,
  ) {}

  /** In order of creation. */
  async list(call: CallOptions): Promise<KeptCollection[]> {
    const { classes } = await this.wire.get("schema", call);
    const found = (Array.isArray(classes) ? classes : []).flatMap((each) => this.read(each) ?? []);
    this.known.clear();
    for (const kept of found) this.known.set(kept.id, kept);
    return found.sort((a, b) => a.order - b.order);
  }

  /** @throws not_found */
  async find(name: string, call: CallOptions): Promise<KeptCollection> {
    const found = (await this.list(call)).find((kept) => kept.name === name);
    if (found) return found;
    throw noCollectionNamed(name);
  }

  /** As it was when it was last read. @throws not_found */
  async at(id: string, call: CallOptions): Promise<KeptCollection> {
    const known = this.known.get(id);
    if (known) return known;
    const found = (await this.list(call)).find((kept) => kept.id === id);
    if (found) return found;
    throw noSuchCollection(id);
  }

  /** As it is. @throws not_found */
  async fresh(id: string, call: CallOptions): Promise<KeptCollection> {
    return this.kept(id, await this.schema(id, call));
  }

  /** The collection that the class is now. @throws not_found: it may be another one by that name. */
  private kept(id: string, schema: object): KeptCollection {
    const kept = this.read(schema);
    if (kept?.id !== id) {
      this.known.delete(id);
      throw noSuchCollection(id);
    }
    this.known.set(id, kept);
    return kept;
  }

  private async schema(id: string, call: CallOptions): Promise<object> {
    const { className } = await this.at(id, call);
    return (await this.wire.find(`schema/${className}`, call)) ?? {};
  }

  /** @throws already_exists; invalid_argument for settings out of range; unsupported */
  async create(
    { name, metadata, configuration, embeddingFunction }: NewCollection,
    orGet: boolean,
    call: CallOptions,
  ): Promise<{ info: CollectionInfo; created: boolean }> {
    checkSettings("weaviate", configuration, ["index", "vectorizer", "chunking"]);
    if (configuration.of !== undefined) throw unsupportedBy("weaviate", "parts of a collection");
    for (let attempt = 0; attempt < ATTEMPTS; ++attempt) {
      const all = await this.list(call);
      const there = all.find((kept) => kept.name === name);
      if (there && !orGet) throw nameTaken(name);
      if (there) return { info: info(there), created: false };
      const order = 1 + (all.at(-1)?.order ?? 0);
      const made = { id: uuid(), name, metadata, configuration, embeddingFunction };
      const description: Description = { pagevec: 1, order, dimension: 0, ...made };
      const free = className(this.prefix, name, attempt);
      if (await this.make(free, description, call)) return { info: made, created: true };
    }
    throw nameTaken(name);
  }

  /** false: that class exists, of a collection that was renamed or that another client made just now. */
  private async make(name: string, description: Description, call: CallOptions): Promise<boolean> {
    try {
      await this.wire.create("schema", newClass(name, description), call);
      return true;
    } catch (cause) {
      if (/already exists/.test((cause as Error).message)) return false;
      throw cause;
    }
  }

  /** @throws not_found, already_exists */
  async modify(id: string, changes: ManifestChanges, call: CallOptions): Promise<CollectionInfo> {
    const { name } = changes;
    if (name !== undefined) {
      const others = (await this.list(call)).filter((kept) => kept.id !== id);
      if (others.some((kept) => kept.name === name)) throw nameTaken(name);
    }
    return info(await this.describe(id, changes, call));
  }

  async setDimension(id: string, dimension: number, call: CallOptions): Promise<void> {
    await this.describe(id, { dimension }, call);
  }

  private async describe(
    id: string,
    changes: Partial<Description>,
    call: CallOptions,
  ): Promise<KeptCollection> {
    const schema = await this.schema(id, call);
    const { className, properties, ...before } = this.kept(id, schema);
    const description: Description = { ...before, ...changes };
    const { vectorIndexConfig } = schema as { vectorIndexConfig?: object };
    const changed = {
      ...schema,
      description: JSON.stringify(description),
      vectorIndexConfig: { ...vectorIndexConfig, ...changeable(description.configuration) },
    };
    await this.wire.send(`schema/${className}`, "PUT", changed, call);
    const kept = { ...description, className, properties };
    this.known.set(id, kept);
    return kept;
  }

  /** Makes the properties that the class lacks. */
  async addNumbers(kept: KeptCollection, names: Iterable<string>, call: CallOptions) {
    for (const name of new Set(names)) {
      if (kept.properties.has(name)) continue;
      const path = `schema/${kept.className}/properties`;
      await this.wire.create(path, numbersOf(name), call).catch((cause) => {
        // Another client was first.
        if (!/already in use/.test(cause.message)) throw cause;
      });
      kept.properties.add(name);
    }
  }

  /** @throws not_found */
  async delete(id: string, call: CallOptions): Promise<void> {
    const { className } = await this.at(id, call);
    await this.wire.send(`schema/${className}`, "DELETE", undefined, call);
    this.known.delete(id);
    this.queues.delete(id);
  }

  /** Runs a collection's writes one after another: each reads what it changes. */
  inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const queue = this.queues.get(id) ?? new SerialQueue();
    this.queues.set(id, queue);
    return queue.run(work);
  }

  /** undefined for a class that is none of ours. */
  private read(schema: object): KeptCollection | undefined {
    const { class: name, description, properties } = fields(schema);
    if (typeof name !== "string" || !name.startsWith(`${this.prefix}_`)) return undefined;
    const told = descriptionOf(description);
    if (!told) return undefined;
    const names = (Array.isArray(properties) ? properties : []).map((each) => fields(each).name);
    return { ...told, className: name, properties: new Set(names as string[]) };
  }
}

function descriptionOf(text: unknown): Description | undefined {
  try {
    const value = JSON.parse(String(text)) as Description;
    return value?.pagevec === 1 ? value : undefined;
  } catch {
    return undefined;
  }
}

function newClass(name: string, description: Description) {
  const { index, hnsw } = description.configuration;
  const distance = DISTANCES[hnsw.space];
  const graph = {
    efConstruction: Math.max(LEAST, hnsw.ef_construction),
    maxConnections: Math.max(LEAST, hnsw.max_neighbors),
    // The server's may be to compress vectors.
    skipDefaultQuantization: true,
  };
  return {
    class: name,
    description: JSON.stringify(description),
    vectorizer: "none",
    vectorIndexType: index === "flat" ? "flat" : "hnsw",
    vectorIndexConfig: {
      distance,
      ...(index !== "flat" && graph),
      ...changeable(description.configuration),
    },
    // English ones would be lost.
    invertedIndexConfig: { stopwords: { preset: "none" } },
    properties: PROPERTIES,
  };
}

/** What of an index can be changed later. */
function changeable({ index, hnsw }: SettledConfiguration) {
  return index === "flat" ? {} : { ef: hnsw.ef_search };
}
