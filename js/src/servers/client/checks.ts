import type { WriteParams } from "../../database/methods.js";
import { PagevecError } from "../../errors.js";
import type { SettledConfiguration } from "../../storage/store.js";
import { unsupportedBy } from "../server-engine.js";
import type { WriteRow } from "./rows.js";

/** What the core takes, see src/collection/collection.cpp. */
const LIMITS = {
  ef_construction: [1, 4096],
  max_neighbors: [2, 128],
  ef_search: [1, 10_000],
} as const;

/** Of settings that are about the core's memory, the values that ask for something. */
const ASKED_FOR: Partial<Record<keyof SettledConfiguration, readonly unknown[]>> = {
  index: ["flat"],
  quantization: ["int4", "binary"],
  rescoring: ["none"],
  keepVectors: [false],
};

/**
 * Refuses what a server does not do for a new collection.
 * @param does settings that this one does all the same
 * @throws unsupported; invalid_argument for settings of hnsw that are out of range
 */
export function checkSettings(
  server: string,
  configuration: SettledConfiguration,
  does: readonly (keyof SettledConfiguration)[] = [],
): void {
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value = configuration.hnsw[name as keyof typeof LIMITS];
    if (value >= least && value <= most) continue;
    throw new PagevecError("invalid_argument", `${name} must be ${least} to ${most}, got ${value}`);
  }
  for (const [name, values] of Object.entries(ASKED_FOR)) {
    const setting = name as keyof SettledConfiguration;
    const value = configuration[setting];
    if (!values.includes(value) || does.includes(setting)) continue;
    throw unsupportedBy(server, `${name}: ${JSON.stringify(value)}`);
  }
  if (configuration.chunking && !does.includes("chunking")) throw unsupportedBy(server, "chunking");
  const { vectorizer } = configuration;
  if (vectorizer?.vectors) throw unsupportedBy(server, "several vectors an object");
  if (vectorizer && !does.includes("vectorizer")) throw unsupportedBy(server, "a vectorizer");
}

/** The largest magnitude in a vector, as a float: src/distance/vector_limits.h. */
const MOST = Math.fround(1e16);

/**
 * Refuses rows that the core refuses, in its order (src/collection/batch_check.cpp). What JSON has no
 * numbers for, servers would be sent as null.
 * @param expected dimension of the collection's vectors; 0: there is none yet, or it is not known here
 * @throws invalid_argument, dimension_mismatch, not_finite
 */
export function checkRows(
  operation: WriteParams["operation"],
  rows: readonly WriteRow[],
  expected: number,
): void {
  const without = rows.findIndex(({ vector }) => !vector);
  if (without >= 0 && (operation === "add" || operation === "upsert")) {
    throw new PagevecError(
      "invalid_argument",
      `document ${without} has no embedding; add and upsert need one for every id`,
    );
  }
  checkDimension(rows, expected);
  for (const [i, { vector }] of rows.entries()) if (vector) checkValues(vector, `document ${i}`);
}

/**
 * @param rows their vectors are of one dimension
 * @throws dimension_mismatch
 */
export function checkDimension(rows: readonly WriteRow[], expected: number): void {
  const first = rows.findIndex(({ vector }) => vector);
  const given = rows[first]?.vector?.length ?? expected;
  if (expected !== 0 && given !== expected) {
    throw wrongDimension(`document ${first}`, given, expected);
  }
}

/**
 * Refuses vectors to search for that the core refuses, in its order (src/collection/collection.cpp).
 * @param expected as for checkRows()
 * @throws invalid_argument, not_finite, dimension_mismatch
 */
export function checkQueries(vectors: readonly Float32Array[], expected: number): void {
  for (const vector of vectors) {
    checkValues(vector, "the query");
    if (expected !== 0 && vector.length !== expected) {
      throw wrongDimension("the query", vector.length, expected);
    }
  }
}

/** @param owner e.g. "document 3" */
function checkValues(vector: Float32Array, owner: string): void {
  const place = vector.findIndex((value) => !(Math.abs(value) <= MOST));
  if (place === -1) return;
  const bad = vector[place] as number;
  if (Number.isFinite(bad)) {
    // Of that size all are whole numbers; written as the core does.
    throw new PagevecError(
      "invalid_argument",
      `${owner} has ${BigInt(bad)}.000000 at position ${place}; values beyond 1e16 overflow a distance, scale the vector`,
    );
  }
  const what = Number.isNaN(bad) ? "NaN" : "an infinity";
  throw new PagevecError(
    "not_finite",
    `${owner} has ${what} at position ${place}; embeddings must be finite numbers`,
  );
}

export function wrongDimension(owner: string, given: number, expected: number): PagevecError {
  return new PagevecError(
    "dimension_mismatch",
    `${owner} has ${given} dimensions, the collection has ${expected}`,
  );
}
