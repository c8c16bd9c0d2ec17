import type { CollectionAddress, DatabaseMethods } from "../database/methods.js";
import type { Engine } from "../engine/protocol.js";
import type { SettledConfiguration } from "../storage/store.js";
import type { CallOptions, EmbeddingFunction, GetParams, Vector } from "../types.js";
import type { Batch, WriteOperation } from "./batch.js";
import type { Vectors } from "./validate.js";

/** An object of a collection that has a vectorizer. */
export interface ObjectRecord {
  id: string;
  /**
   * Texts, numbers, booleans, dates, lists of these, nested objects. Media as addresses, base64 or
   * data: URLs are stored as they are; of files only a hash is stored. null: not given.
   */
  properties: Record<string, unknown>;
  /** In place of the one that would be made. */
  embedding?: Vector;
}

export interface StoredObject {
  id: string;
  properties: Record<string, unknown>;
  /** What is embedded of it; null where that is media only. */
  text: string | null;
}

/** The collection that objects are written to and read from. */
export interface ObjectTarget {
  engine: Engine<DatabaseMethods>;
  address: CollectionAddress;
  name: string;
  configuration: SettledConfiguration;
  /** @throws invalid_argument when the collection was opened without a function */
  embedder(): EmbeddingFunction;
  write(
    operation: WriteOperation,
    batch: Batch,
    embeddings: Vectors | null,
    embedded: Uint8Array | null,
    options: CallOptions,
  ): Promise<void>;
}

/**
 * Objects by the collection's vectorizer (docs/objects.md): a record's document is the text that
 * Weaviate would embed of the object, its metadata the properties. Vectors are made again only where
 * the text or the media changed. Every call but get() rejects as Collection.add() does, and has then
 * changed nothing.
 */
export class Objects {
  /** @internal */
  constructor(private readonly target: ObjectTarget) {}

  /** Adds objects. Ids that exist already are left as they are. */
  async add(objects: ObjectRecord[], options: CallOptions = {}): Promise<void> {
    return this.write("add", objects, options);
  }

  /** Adds objects, or changes the given properties of those that exist. */
  async upsert(objects: ObjectRecord[], options: CallOptions = {}): Promise<void> {
    return this.write("upsert", objects, options);
  }

  /** Changes the given properties of objects that exist; unknown ids are ignored. */
  async update(objects: ObjectRecord[], options: CallOptions = {}): Promise<void> {
    return this.write("update", objects, options);
  }

  /** In the order in which they were added. Dates are texts of RFC 3339. */
  async get(
    params: Omit<GetParams, "include"> = {},
    options: CallOptions = {},
  ): Promise<StoredObject[]> {
    const { getObjects } = await import("./object-writes.js");
    return getObjects(this.target, params, options);
  }

  private async write(operation: WriteOperation, objects: ObjectRecord[], options: CallOptions) {
    const { writeObjects } = await import("./object-writes.js");
    await writeObjects(this.target, operation, objects, options);
  }
}
