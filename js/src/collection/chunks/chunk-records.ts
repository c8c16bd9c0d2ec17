import type {
  CollectionAddress,
  DatabaseMethods,
  RecordFilter,
  Records,
  Wanted,
} from "../../database/methods.js";
import type { Engine } from "../../engine/protocol.js";
import type { Passage } from "../../types/chunking.js";
import type { CallOptions, Where } from "../../types.js";
import { withoutHiddenJson } from "../hidden-keys.js";
import { invalid, shown } from "../validate.js";

// How a document is stored that was cut: as a record of its own ("whole": id, text and metadata as they
// were given, the mean of the passages' vectors) and one for each passage ("part"), which says where in
// the text it is. Documents that fit are records like any other. Keys with # cannot come from callers.

/** Between a document's id and the number of a passage. */
const SEPARATOR = "\u001f";

export interface Marks {
  /** "single": was whole once, and fits now. "own": has the caller's embedding. */
  "#kind"?: "whole" | "part" | "single" | "own";
  /** Of parts: the document's id, and the place in its text. */
  "#of"?: string;
  "#begin"?: number;
  "#end"?: number;
}

/** What a search looks at. */
export const FOUND: Where = { "#kind": { $ne: "whole" } };
/** What callers know of. */
export const LISTED: Where = { "#kind": { $ne: "part" } };

/** The collection that documents are written to and read from. */
export interface RecordSource {
  engine: Engine<DatabaseMethods>;
  address: CollectionAddress;
}

export function partId(document: string, number: number): string {
  return document + SEPARATOR + number;
}

/** @throws invalid_argument for ids that passages might have */
export function checkDocumentIds(ids: readonly string[]): void {
  const i = ids.findIndex((id) => id.includes(SEPARATOR));
  if (i === -1) return;
  throw invalid(
    `ids[${i}] has the character U+001F, by which this collection tells passages; got ${shown(ids[i])}, take another id`,
  );
}

/** Records that meet both. */
export function narrowed<F extends RecordFilter>(filter: F, where: Where): F {
  const own = JSON.stringify(where);
  return { ...filter, where: filter.where === null ? own : `{"$and":[${filter.where},${own}]}` };
}

export function marksOf(metadata: string | null | undefined): Marks {
  return metadata?.includes('"#kind"') ? JSON.parse(metadata) : {};
}

export function withMarks(metadata: string | null, marks: Marks): string {
  return JSON.stringify({ ...(metadata === null ? {} : JSON.parse(metadata)), ...marks });
}

/** The vector of a document that was cut, of those of its passages. */
export function mean(vectors: Float32Array[]): Float32Array {
  const [first = new Float32Array(0)] = vectors;
  if (vectors.length === 1) return first;
  return first.map((_, i) => {
    const sum = vectors.reduce((total, vector) => total + (vector[i] as number), 0);
    return sum / vectors.length;
  });
}

/** Records as callers know them. */
export async function readListed(
  { engine, address }: RecordSource,
  read: RecordFilter & { offset: number; limit: number | null; wanted: Wanted },
  options: CallOptions,
): Promise<Records> {
  const call = { ...address, ...narrowed(read, LISTED) };
  const records = await engine.call("db.collection.get", call, options);
  return { ...records, metadatas: records.metadatas?.map(withoutHiddenJson) ?? null };
}

/** The passages of these documents, also those that a shorter text left behind. */
export async function readParts(
  { engine, address }: RecordSource,
  documents: string[],
  wanted: Wanted,
  options: CallOptions,
): Promise<Records> {
  const none = documents.length === 0;
  const where = none ? null : JSON.stringify({ "#of": { $in: documents } });
  const filter = { ids: none ? [] : null, where, whereDocument: null };
  const call = { ...address, ...filter, offset: 0, limit: null, wanted };
  return engine.call("db.collection.get", call, options);
}

/** The records that a search looks at, of the documents that meet the filter. */
export async function searchable(
  source: RecordSource,
  filter: RecordFilter,
  options: CallOptions,
): Promise<RecordFilter> {
  const { ids, where, whereDocument } = filter;
  const everything = { ids: null, where: JSON.stringify(FOUND), whereDocument: null };
  if (ids === null && where === null && whereDocument === null) return everything;
  const wanted = { documents: false, metadatas: false, embeddings: false };
  const all = { ...filter, offset: 0, limit: null, wanted };
  const documents = await readListed(source, all, options);
  const parts = await readParts(source, documents.ids, wanted, options);
  return { ...everything, ids: [...documents.ids, ...parts.ids] };
}

/** A record that was found. */
export interface FoundRecord {
  id: string;
  document: string | null;
  marks: Marks;
}

export interface FoundDocument {
  id: string;
  /** Its place among `records`. */
  place: number;
  passage: Passage | null;
}

/**
 * The documents that were found with these records. A passage that its document does not have (any
 * more) is undefined: it was written between two calls, or left behind.
 */
export async function documentsOf(
  { engine, address }: RecordSource,
  found: readonly FoundRecord[],
  wanted: Wanted,
  options: CallOptions,
): Promise<{ documents: (FoundDocument | undefined)[]; records: Records }> {
  const idOf = ({ id, marks }: FoundRecord) => marks["#of"] ?? id;
  const ids = [...new Set(found.map(idOf))];
  const filter = { ids, where: null, whereDocument: null };
  const columns = { ...wanted, documents: true };
  const call = { ...address, ...filter, offset: 0, limit: null, wanted: columns };
  const records = await engine.call("db.collection.get", call, options);
  const places = new Map(records.ids.map((id, place) => [id, place]));
  const documents = found.map((record) => {
    const id = idOf(record);
    const place = places.get(id);
    if (place === undefined) return undefined;
    const text = records.documents?.[place] ?? null;
    const { "#begin": begin = 0, "#end": end = text?.length ?? 0 } = record.marks;
    if ((text?.slice(begin, end) ?? null) !== record.document) return undefined;
    return {
      id,
      place,
      passage: text === null ? null : { text: text.slice(begin, end), begin, end },
    };
  });
  return {
    documents,
    records: { ...records, metadatas: records.metadatas?.map(withoutHiddenJson) ?? null },
  };
}
