import type { CollectionConfiguration } from "pagevec";

/** Below so many vectors, and so many dimensions, the core compares floats (docs/design.md). */
const FEWEST_CODED = 2_048;
const LEAST_DIMENSIONS = 32;
/** What a row of bits has besides them (src/index/binary_codes.h), and what rows are a multiple of. */
const TERM_BYTES = 12;
const ROW_STEP = 16;

/** Bytes that the core holds of a vector, codes and what rescores them: by the rules, since it does not tell. */
export function heldBytes(
  { quantization = "int8", rescoring = "int16" }: CollectionConfiguration,
  records: number,
  dimension: number,
): number {
  const coded = records >= FEWEST_CODED && dimension >= LEAST_DIMENSIONS;
  if (quantization === "none" || !coded) return 4 * dimension;
  const row = (bytes: number) => Math.ceil(bytes / ROW_STEP) * ROW_STEP;
  const binary = row(dimension / 8) + TERM_BYTES;
  const codes = { int8: dimension, int4: dimension / 2, binary }[quantization];
  return row(codes) + (rescoring === "int16" ? row(2 * dimension) : 0);
}
