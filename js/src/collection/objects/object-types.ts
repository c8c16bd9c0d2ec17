import type { CollectionAddress, DatabaseMethods } from "../../database/methods.js";
import type { Engine } from "../../engine/protocol.js";
import type { SettledConfiguration } from "../../storage/store.js";
import type { CallOptions, EmbeddingFunction, Vector } from "../../types.js";
import type { Batch, WriteOperation } from "../batch.js";
import type { Vectors } from "../validate.js";

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
  /** The same for collections with named vectors, by their names. */
  embeddings?: Record<string, Vector>;
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
