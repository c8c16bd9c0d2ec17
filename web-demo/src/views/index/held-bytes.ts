import type { CollectionConfiguration } from "pagevec";

/** Below so many vectors, and so many dimensions, the core compares floats (docs/design.md). */
const FEWEST_CODED = 2_048;
const LEAST_DIMENSIONS = 32;

/** Bytes that the core holds of a vector: by the rules, since it does not tell. */
export function heldBytes(
  { quantization = "int8", rescoring = "int16" }: CollectionConfiguration,
  records: number,
  dimension: number,
): number {
  const coded = records >= FEWEST_CODED && dimension >= LEAST_DIMENSIONS;
  if (quantization === "none" || !coded) return 4 * dimension;
  // Bits in blocks of 128, and 12 bytes beside them in a block of 16.
  const binary = 16 * Math.ceil(dimension / 128) + 16;
  const codes = { int8: dimension, int4: dimension / 2, binary }[quantization];
  return codes + (rescoring === "int16" ? 2 * dimension : 0);
}
