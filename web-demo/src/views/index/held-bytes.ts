import type { CollectionConfiguration } from "pagevec";

/** Below so many vectors, and so many dimensions, the core compares floats (docs/design.md). */
const FEWEST_CODED = 2_048;
const LEAST_DIMENSIONS = 32;

/** Bytes that the core holds of a vector, codes and what rescores them: by the rules, since it does not tell. */
export function heldBytes(
  { quantization = "int8", rescoring = "int16" }: CollectionConfiguration,
  records: number,
  dimension: number,
): number {
  const coded = records >= FEWEST_CODED && dimension >= LEAST_DIMENSIONS;
  if (quantization === "none" || !coded) return 4 * dimension;
  const codes = { int8: dimension, int4: dimension / 2, binary: dimension / 8 }[quantization];
  return codes + (rescoring === "int16" ? 2 * dimension : 0);
}
