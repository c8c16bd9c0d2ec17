import type { DatabaseMethods, RecordFilter, Records } from "../../database/methods.js";
import type { Engine } from "../../engine/protocol.js";
import type { VectorizerSettings } from "../../types/vectorizer.js";
import type { CallOptions } from "../../types.js";
import { FIELDS_OF } from "../../vectorize/settings.js";
import { narrowed } from "../chunks/chunk-records.js";
import { isHidden } from "../hidden-keys.js";

// How objects with several vectors are stored. The collection has a record for each object: text,
// properties, and for each vector that it has a version, under #NAME. The vectors are in collections of
// their own, hidden parts of it, whose records are `ID U+001F VERSION`. A change of an object first stores
// its new vectors under new versions, which nobody finds until the object names them; so it is there
// whole or not at all, whatever happens in between. Keys with # cannot come from callers.

const SEPARATOR = "\u001f";

/** The name of the collection that has a vector. */
export function partName(collection: string, vector: string): string {
  return `/vector/${collection}/${vector}`;
}

export function versionKey(vector: string): string {
  return `#${vector}`;
}

/** Unlike all others, also those of other tabs. */
export function newVersion(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 12) * 2 ** 32 + low;
}

export function vectorId(object: string, version: number): string {
  return `${object}${SEPARATOR}${version}`;
}

export function splitVectorId(id: string): { object: string; version: number } {
  const at = id.lastIndexOf(SEPARATOR);
  return { object: id.slice(0, at), version: Number(id.slice(at + 1)) };
}

/** The version of each vector that an object has, by JSON of its metadata. */
export function versionsOf(metadata: string | null | undefined): Record<string, number> {
  if (!metadata?.includes('"#')) return {};
  const own = Object.entries(JSON.parse(metadata)).filter(([key]) => isHidden(key));
  return Object.fromEntries(own.map(([key, version]) => [key.slice(1), version as number]));
}

/** Only of objects that have this vector. */
export function having<F extends RecordFilter>(filter: F, vector: string): F {
  return narrowed(filter, { [versionKey(vector)]: { $gte: 0 } });
}

/** The collection of the objects themselves. */
export interface ObjectSource {
  engine: Engine<DatabaseMethods>;
  address: { database: number; collection: string };
}

/** Objects by a filter, their metadata still with the versions. */
export function readVersions(
  { engine, address }: ObjectSource,
  filter: RecordFilter,
  options: CallOptions,
  page: { offset: number; limit: number | null; documents: boolean } = {
    offset: 0,
    limit: null,
    documents: false,
  },
): Promise<Records> {
  const { documents, ...rest } = page;
  const wanted = { documents, metadatas: true, embeddings: false };
  return engine.call("db.collection.get", { ...address, ...filter, ...rest, wanted }, options);
}

/** Settings by which properties are stored: with the fields of media of all vectors. */
export function withAllFields({ vectors = {}, ...settings }: VectorizerSettings) {
  const all: VectorizerSettings = { ...settings };
  for (const own of Object.values(vectors)) {
    for (const field of Object.values(FIELDS_OF)) {
      if (own[field]) all[field] = [...new Set([...(all[field] ?? []), ...own[field]])];
    }
  }
  return all;
}
