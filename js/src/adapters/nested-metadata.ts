import { isReserved } from "../collection/metadata.js";
import { invalid, shown, wellFormed } from "../collection/validate.js";
import { reasonOf } from "../errors.js";
import type { Metadata, MetadataValue } from "../types.js";

// Frameworks let metadata be any JSON; a collection's is scalars and lists of one type.

/** Where a record keeps, as JSON, what of its metadata a collection cannot hold as it is. */
const NESTED = "pagevec:nested";

/**
 * Metadata as a collection holds it: scalars and lists of one type as they are; the rest as JSON, from
 * which unflatten() makes it again, and for filters also each value in it under its path, "loc.lines.from".
 * null when there is nothing. As in JSON, undefined is left out and a Date becomes text.
 * @param where for messages: "documents[3].metadata"
 * @throws invalid_argument for what JSON does not have: NaN, infinity, bigint, cycles
 */
export function flatten(metadata: Record<string, unknown>, where: string): Metadata | null {
  const given = Object.entries(plainJson(metadata, where));
  const plain = given.filter(
    ([key, value]) => isPlain(value) && !isReserved(key) && key !== NESTED,
  );
  const others = given.filter((entry) => !plain.includes(entry));
  const paths = leaves(Object.fromEntries(others));
  const flat = plain.filter(([key]) => !paths.has(key));
  // A key that is spelled as a path: both are in the JSON.
  const nested = Object.fromEntries(others.concat(plain.filter(([key]) => paths.has(key))));
  const more = Object.keys(nested).length === 0 ? [] : [[NESTED, JSON.stringify(nested)]];
  const entries = [...flat, ...leaves(nested), ...more];
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** The metadata that flatten() was given. */
export function unflatten(metadata: Metadata | null | undefined): Record<string, unknown> {
  const { [NESTED]: json, ...flat } = metadata ?? {};
  if (typeof json !== "string") return { ...metadata };
  const nested = JSON.parse(json) as Record<string, unknown>;
  const paths = leaves(nested);
  const own = Object.entries(flat).filter(([key]) => !paths.has(key));
  return Object.fromEntries([...own, ...Object.entries(nested)]);
}

function plainJson(metadata: Record<string, unknown>, where: string): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(metadata, finite));
  } catch (cause) {
    throw invalid(`${where} must be what JSON can say: ${reasonOf(cause)}`);
  }
}

function finite(key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${key} is ${value}`);
  return value;
}

function isPlain(value: unknown): value is MetadataValue {
  if (!Array.isArray(value)) return isScalar(value);
  const [first] = value;
  return value.length > 0 && value.every((item) => isScalar(item) && typeof item === typeof first);
}

function isScalar(value: unknown): boolean {
  if (typeof value === "string") return wellFormed(value) === value;
  return typeof value === "number" || typeof value === "boolean";
}

/** What filters can ask for, by its path. */
function leaves(nested: Record<string, unknown>): Map<string, MetadataValue> {
  const found = new Map<string, MetadataValue>();
  const visit = (path: string, value: unknown) => {
    if (isPlain(value)) found.set(path, value);
    else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) visit(`${path}.${key}`, inner);
    }
  };
  for (const [key, value] of Object.entries(nested)) {
    if (!isReserved(key) && key !== NESTED) visit(key, value);
  }
  return found;
}

/** @throws invalid_argument */
export function checkMetadata(metadata: unknown, where: string): Record<string, unknown> {
  if (metadata === undefined || metadata === null) return {};
  if (typeof metadata === "object" && !Array.isArray(metadata)) {
    return metadata as Record<string, unknown>;
  }
  throw invalid(`${where} must be an object, got ${shown(metadata)}`);
}
