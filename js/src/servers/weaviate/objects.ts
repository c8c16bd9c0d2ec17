import type { Metadata } from "../../types.js";
import type { Scalar } from "../client/conditions.js";
import type { Row } from "../client/rows.js";
import { exactText } from "./exact-text.js";
import { numberProperty, objectId } from "./names.js";
import type { FoundObject } from "./wire.js";

/** Of one type by the collection's metadata; those of numbers come as keys with numbers do. */
export const PROPERTIES = [
  /** The record's id; the object's is made of it. */
  text("key"),
  /** Records in this order: the microsecond in which each was added, or one later than the one before. */
  // Of GraphQL's Int only 32 bits are told.
  { name: "place", dataType: ["number"], indexFilterable: true, indexRangeFilters: true },
  { ...text("document"), tokenization: "word", indexSearchable: true },
  /** The document for Like, see exact-text.ts. */
  { ...text("exact"), indexFilterable: true },
  /** JSON. */
  text("metadata"),
  /** What single values and items of lists are equal to. */
  { ...text("terms"), dataType: ["text[]"], indexFilterable: true },
];

function text(name: string) {
  const indexes = { indexFilterable: false, indexSearchable: false };
  return { name, dataType: ["text"], tokenization: "field", ...indexes };
}

export function numbersOf(name: string) {
  const indexes = { indexFilterable: false, indexRangeFilters: true, indexSearchable: false };
  return { name, dataType: ["number"], ...indexes };
}

/** A record with all that it has. */
export interface StoredRecord {
  id: string;
  place: number;
  document: string | null;
  metadata: Metadata | null;
  vector: ArrayLike<number> | null;
}

/** A term of every record. */
export const RECORD = "record";

/** A value of a key as one text: types are strict, and an item of a list is no single value. */
export function termOf(key: string, value: Scalar, inList: boolean): string {
  return JSON.stringify([key, inList ? [value] : value]);
}

function termsOf(metadata: Metadata): string[] {
  return Object.entries(metadata).flatMap(([key, value]) =>
    Array.isArray(value)
      ? value.map((item) => termOf(key, item, true))
      : [termOf(key, value as Scalar, false)],
  );
}

/** The properties with the single numbers of the metadata. */
export function numberProperties(metadata: Metadata | null): Record<string, number> {
  const numbers = Object.entries(metadata ?? {}).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(numbers.map(([key, value]) => [numberProperty(key), value as number]));
}

/** An object of /v1/batch/objects. */
export function toObject(className: string, record: StoredRecord) {
  const { id, place, document, metadata, vector } = record;
  const properties = {
    key: id,
    place,
    ...(document !== null && { document, exact: exactText(document) }),
    terms: [RECORD, ...termsOf(metadata ?? {})],
    ...(metadata && { metadata: JSON.stringify(metadata) }),
    ...numberProperties(metadata),
  };
  return {
    class: className,
    id: objectId(id),
    properties,
    ...(vector && { vector: Array.from(vector) }),
  };
}

export function toRow({ key, document, metadata, _additional }: FoundObject): Row {
  return {
    id: key,
    document,
    metadata: metadata ? (JSON.parse(metadata) as object) : null,
    vector: _additional?.vector,
  };
}
