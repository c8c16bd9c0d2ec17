// Loaded with a model: its vectors, and whether they are the index's.
import { embedTexts } from "../collection/embed.js";
import { PagevecError } from "../errors.js";
import type { CallOptions, EmbeddingFunction } from "../types.js";
import { decodeRow } from "./coded-rows.js";
import { MODEL_PROBE } from "./format.js";

/** Engines and precisions of one model stay above, other models far below. */
const LEAST_COSINE = 0.97;

/**
 * @param row of MODEL_PROBE, as the build embedded it
 * @throws model_changed; embedding_failed, and what the model throws
 */
export async function checkModel(
  model: EmbeddingFunction,
  row: Uint8Array,
  options: CallOptions,
): Promise<void> {
  const known = decodeRow(row, 0, 1);
  const { data: vector } = await embedTexts(model, [MODEL_PROBE], "documents", options);
  if (vector.length === known.length && cosine(known, vector) >= LEAST_COSINE) return;
  throw new PagevecError(
    "model_changed",
    "the model gives other vectors than the one that the static index was built with; pass that one as `model`, or build the index anew",
  );
}

/**
 * The vector of what is searched for, of as many finite numbers as the model gives.
 * @throws embedding_failed, and what the model throws
 */
export async function embedQuery(
  model: EmbeddingFunction,
  text: string,
  options: CallOptions,
): Promise<Float32Array> {
  return (await embedTexts(model, [text], "queries", options)).data;
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    product += x * y;
    aa += x * x;
    bb += y * y;
  }
  return product / Math.sqrt(aa * bb);
}
