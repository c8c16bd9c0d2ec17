import { PagevecError } from "../errors.js";
import type { Include, Vector } from "../types.js";

/** Vectors of one dimension, one after another. */
export interface Vectors {
  data: Float32Array;
  count: number;
  dimension: number;
}

/** Half of a pair: UTF-8 has no form for it, so two different ids could become one. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** kMaxDimension in src/collection/limits.h: nothing larger is made room for. */
const MAX_DIMENSION = 65_536;

const COLLECTION_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$/;
const INCLUDES: readonly string[] = ["documents", "metadatas", "embeddings", "distances"];

/** Parameters of chromadb that this version does not have. */
const UNSUPPORTED = {
  uris: "records have no uris; put them into metadatas",
  queryURIs: "there is no loader for uris; give queryTexts or queryEmbeddings",
} as const;

export function invalid(message: string): PagevecError {
  return new PagevecError("invalid_argument", message);
}

/**
 * @throws invalid_argument when the parameters are no object; unsupported for a parameter of
 *   chromadb that is not here: ignoring it would change the answer.
 */
export function checkParams(params: unknown): void {
  if (typeof params !== "object" || params === null) {
    throw invalid(`the first argument must be an object of parameters, got ${shown(params)}`);
  }
  for (const [name, advice] of Object.entries(UNSUPPORTED)) {
    if ((params as Record<string, unknown>)[name] === undefined) continue;
    throw new PagevecError("unsupported", `${name} is not supported: ${advice}`);
  }
}

export function checkCollectionName(name: unknown): string {
  if (typeof name === "string" && COLLECTION_NAME.test(name)) return name;
  throw invalid(
    `a collection's name has 3 to 512 characters of [a-zA-Z0-9._-], the first and the last a letter or digit; got ${shown(name)}`,
  );
}

/** A copy of any list of ids; empty only where `mayBeEmpty`. */
export function checkIds(given: unknown, mayBeEmpty: boolean): string[] {
  if (!Array.isArray(given)) throw invalid(`ids must be a list of strings, got ${shown(given)}`);
  const ids = [...given];
  if (ids.length === 0 && !mayBeEmpty) throw invalid("ids is empty; give at least one");
  for (const [i, id] of ids.entries()) {
    if (typeof id !== "string") throw invalid(`ids[${i}] must be a string, got ${shown(id)}`);
    if (id === "") throw invalid(`ids[${i}] is empty; an id has at least one character`);
    if (LONE_SURROGATE.test(id)) {
      throw invalid(`ids[${i}] has a lone surrogate (half of a character) and cannot be stored`);
    }
  }
  return ids;
}

/** @throws duplicate_id */
export function checkUnique(ids: string[]): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      throw new PagevecError(
        "duplicate_id",
        `ids must be unique in one call, but ${shown(id)} is there twice`,
      );
    }
    seen.add(id);
  }
}

/**
 * What reading a caller's values gives. Getters and proxies may throw anything, and a BigInt, a list
 * that is only long and deep nesting make the reading itself throw.
 * @throws invalid_argument
 */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof PagevecError) throw cause;
    throw invalid(`${what} cannot be read: ${(cause as Error)?.message ?? String(cause)}`);
  }
}

/** A list with one entry per id. */
export function checkLength(list: unknown, name: string, ids: string[]): asserts list is unknown[] {
  if (!Array.isArray(list)) throw invalid(`${name} must be a list, got ${shown(list)}`);
  if (list.length === ids.length) return;
  throw invalid(`ids has ${ids.length} entries and ${name} has ${list.length}; give one per id`);
}

/** Documents with null for none, as text that UTF-8 can hold. */
export function checkDocuments(list: unknown[]): (string | null)[] {
  return list.map((text, i) => {
    if (text === null || text === undefined) return null;
    if (typeof text !== "string")
      throw invalid(`documents[${i}] must be a string, got ${shown(text)}`);
    return wellFormed(text);
  });
}

export function checkTexts(list: unknown, name: string): string[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw invalid(`${name} must be a list of at least one string, got ${shown(list)}`);
  }
  return list.map((text, i) => {
    if (typeof text !== "string")
      throw invalid(`${name}[${i}] must be a string, got ${shown(text)}`);
    return wellFormed(text);
  });
}

/** Copies vectors into one block. Whether the numbers are finite is for the core to say. */
export function flattenVectors(list: unknown, name: string): Vectors {
  return reading(name, () => flatten(list, name));
}

function flatten(list: unknown, name: string): Vectors {
  if (!Array.isArray(list) || list.length === 0) {
    throw invalid(`${name} must be a list of at least one vector, got ${shown(list)}`);
  }
  const dimension = (list[0] as Vector | undefined)?.length ?? 0;
  if (dimension > MAX_DIMENSION) {
    throw new PagevecError(
      "limit_exceeded",
      `${name}[0] has ${dimension} dimensions, the limit is ${MAX_DIMENSION}`,
    );
  }
  const data = new Float32Array(list.length * dimension || 0);
  for (const [i, vector] of list.entries()) {
    if (!isNumbers(vector)) {
      throw invalid(`${name}[${i}] must be a list of numbers, got ${shown(vector)}`);
    }
    const { length } = vector;
    if (length === 0) throw invalid(`${name}[${i}] is empty (or its buffer is detached)`);
    if (length !== dimension) {
      throw new PagevecError(
        "dimension_mismatch",
        `${name}[${i}] has ${length} dimensions, ${name}[0] has ${dimension}`,
      );
    }
    data.set(vector, i * dimension);
  }
  return { data, count: list.length, dimension };
}

/** Nothing that would be made a number, such as null and "1", and no holes. */
export function isNumbers(vector: unknown): vector is Vector {
  if (Array.isArray(vector)) {
    // Not every(), which leaves holes out.
    for (const value of vector) if (typeof value !== "number") return false;
    return true;
  }
  return (
    ArrayBuffer.isView(vector) &&
    typeof ((vector as Float32Array)[0] ?? 0) === "number" &&
    "length" in vector
  );
}

export function checkInclude(include: unknown, allowed: readonly Include[]): Include[] {
  if (!Array.isArray(include)) throw invalid(`include must be a list, got ${shown(include)}`);
  for (const item of include) {
    if (allowed.includes(item)) continue;
    const reason = INCLUDES.includes(item) ? "there are no distances here" : "unknown";
    throw invalid(`include may have ${allowed.join(", ")}; got ${shown(item)} (${reason})`);
  }
  return include;
}

/** A whole number of at least `least`. */
export function checkCount(value: unknown, name: string, least = 0, most = 0xffffffff): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) {
    return value;
  }
  throw invalid(`${name} must be a whole number from ${least} to ${most}, got ${shown(value)}`);
}

export function checkChoice<T>(value: unknown, name: string, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  throw invalid(`${name} must be one of ${choices.join(", ")}; got ${shown(value)}`);
}

/** 1 to 10,000: what the core takes. */
export function checkEfSearch(value: unknown, least = 1): number {
  return checkCount(value, "efSearch", least, 10_000);
}

/** null counts as absent, as in chromadb. */
export function optionalCount(value: unknown, name: string): number | null {
  return value === undefined || value === null ? null : checkCount(value, name);
}

export function wellFormed(text: string): string {
  // Of 2023; TypeScript's ES2023 does not have it.
  const { toWellFormed } = text as { toWellFormed?: () => string };
  return toWellFormed ? toWellFormed.call(text) : text.replace(LONE_SURROGATES, "\uFFFD");
}

/** A value for a message, cut short. */
export function shown(value: unknown): string {
  const cut = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}...` : text);
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return cut(String(value));
}

/** For collections whose records have one vector. */
export function checkTarget(params: object, collection: string): void {
  const { targetVector } = params as { targetVector?: unknown };
  if (targetVector !== undefined) throw oneVector(collection, targetVector);
}

export function oneVector(collection: string, name: unknown): PagevecError {
  return invalid(
    `the records of "${collection}" have one vector without a name, not ${shown(name)}; give no name, or make a collection with vectorizer: { vectors }`,
  );
}

/** Objects of literals and JSON, of any realm, so not compared with this one's Object.prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
