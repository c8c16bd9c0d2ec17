import type { WriteParams } from "../database/methods.js";
import { PagevecError } from "../errors.js";

// What src/collection/limits.h says of vectors, for servers that take others or refuse them in their
// own words.

const MAX_MAGNITUDE = 1e16;
const MAX_DIMENSION = 65_536;

/**
 * Checks vectors of a batch or a query.
 * @param dimension of one vector
 * @param expected the collection's dimension; 0: none yet
 * @param owner whose the i-th vector is, e.g. "document 3"
 * @throws dimension_mismatch, not_finite, limit_exceeded, invalid_argument
 */
export function checkVectors(
  vectors: Float32Array,
  dimension: number,
  expected: number,
  owner: (i: number) => string,
): void {
  if (expected !== 0 && dimension !== expected) {
    throw new PagevecError(
      "dimension_mismatch",
      `${owner(0)} has ${dimension} dimensions, the collection has ${expected}`,
    );
  }
  if (dimension > MAX_DIMENSION) {
    throw new PagevecError(
      "limit_exceeded",
      `${owner(0)} has ${dimension} dimensions, the limit is ${MAX_DIMENSION}`,
    );
  }
  // Written so that NaN is found.
  const bad = vectors.findIndex((value) => !(Math.abs(value) <= MAX_MAGNITUDE));
  if (bad === -1) return;
  const value = vectors[bad] as number;
  const at = `${owner(Math.floor(bad / dimension))} has ${value} at position ${bad % dimension}`;
  if (Number.isFinite(value)) {
    const advice = "values beyond 1e16 overflow a distance, scale the vector";
    throw new PagevecError("invalid_argument", `${at}; ${advice}`);
  }
  throw new PagevecError("not_finite", `${at}; embeddings must be finite numbers`);
}

/** Of each id of a batch the place of its vector, or -1. */
export function vectorPlaces({ ids, embedded, dimension }: WriteParams): Int32Array {
  let next = 0;
  return Int32Array.from(ids, (_, i) =>
    dimension > 0 && (embedded?.[i] ?? 1) === 1 ? next++ : -1,
  );
}
