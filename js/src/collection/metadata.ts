import type { Metadata, MetadataValue } from "../types.js";
import { invalid, reading, shown, wellFormed } from "./validate.js";

/**
 * Metadata as JSON text for the core. Keys with null have no effect, as in chromadb's JS client;
 * null when nothing is left.
 * @param where for messages: "metadatas[3]".
 * @throws invalid_argument for an empty object, and for keys and values that metadata cannot have.
 */
export function metadataToJson(metadata: unknown, where: string): string | null {
  if (metadata === null || metadata === undefined) return null;
  if (typeof metadata !== "object" || Array.isArray(metadata)) {
    throw invalid(`${where} must be an object, got ${shown(metadata)}`);
  }
  const given = Object.entries(metadata);
  if (given.length === 0) throw invalid(`${where} is empty; leave it out or give null`);
  const odd = given.find(([key]) => isReserved(key));
  if (odd) {
    throw invalid(
      `${where} has the key ${shown(odd[0])}, which is Chroma's own; take one without # or $ at its beginning`,
    );
  }
  const fields = given
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => [wellFormed(key), checkValue(value, `${where}.${key}`)] as const);
  // fromEntries defines keys, so "__proto__" is a key like any other.
  return fields.length === 0 ? null : JSON.stringify(Object.fromEntries(fields));
}

/** Whether a key of metadata is Chroma's own. */
export function isReserved(key: string): boolean {
  return /^([#$]|chroma:document$)/.test(key);
}

/** A collection's own metadata: checked and copied, null when there is none. */
export function copyMetadata(metadata: unknown, where: string): Metadata | null {
  const json = reading(where, () => metadataToJson(metadata, where));
  if (json !== null) return JSON.parse(json);
  if (metadata === null || metadata === undefined) return null;
  throw invalid(`${where} has only values of null; leave it out or give null`);
}

function checkValue(value: unknown, where: string): MetadataValue {
  if (!Array.isArray(value)) return checkScalar(value, where);
  if (value.length === 0) throw invalid(`${where} is an empty list; leave it out`);
  const items = value.map((item, i) => checkScalar(item, `${where}[${i}]`));
  const odd = items.findIndex((item) => typeof item !== typeof items[0]);
  if (odd === -1) return items as MetadataValue;
  throw invalid(`${where} mixes ${typeof items[0]} and ${typeof items[odd]}; use one type`);
}

function checkScalar(value: unknown, where: string): string | number | boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw invalid(
    `${where} must be a string, a finite number, a boolean or a list of these, got ${shown(value)}`,
  );
}
