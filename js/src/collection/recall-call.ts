// Loaded with the first recall().
import type { RecallOptions } from "./params.js";
import type { Call } from "./read-calls.js";
import { checkCount, checkEfSearch, checkParams } from "./validate.js";

/** Checks what to measure. asked: 0 for the collection's efSearch, which is `usual`. */
export function toRecallCall(
  params: RecallOptions,
  usual: number,
): { asked: number; call: Call<"db.collection.recall"> } {
  checkParams(params);
  const asked = checkEfSearch(params.efSearch ?? 0, 0);
  const sample = checkCount(params.sample ?? 100, "sample", 1);
  const k = checkCount(params.k ?? 10, "k", 1);
  return { asked, call: { sample, k, efSearch: asked || usual, target: params.target } };
}
