import { CoreTokenizer } from "../../engine/core-tokenizer.js";
import type { CoreModule } from "../../engine/module.js";
import { unwrap } from "../../engine/outcome.js";
import type { ModelSpec } from "../../models/manifest.js";
import { readDense } from "../dense.js";
import { LocalEmbedder } from "../local-embedder.js";
import type { RuntimeOptions } from "./runtime-options.js";
import { openOnnxEncoder } from "./session.js";

export { requireWebGpu } from "./runtime-options.js";

export interface OnnxOptions extends RuntimeOptions {
  /** Absolute, of the folder of sentencepiece.wasm, if it is not beside the script. */
  wasmUrl?: string | undefined;
}

/**
 * A model on ONNX Runtime Web.
 * @param files as filesOf() names them: vocabulary, weights, and dense layers where the model has any.
 * @throws what openOnnxEncoder() and openSentencePiece() throw; corrupt for files that do not fit.
 */
export async function openOnnx(
  core: CoreModule,
  spec: ModelSpec,
  files: readonly Uint8Array[],
  options: OnnxOptions,
): Promise<LocalEmbedder> {
  const [vocabulary, weights, dense] = files as [Uint8Array, Uint8Array, Uint8Array?];
  const layers = readDense(spec.dense ?? [], dense ?? new Uint8Array(0));
  const tokenizer = await openTokenizer(core, spec, vocabulary, options.wasmUrl);
  try {
    const leftOut = tokensLeftOut(spec, tokenizer);
    const encoder = await openOnnxEncoder(weights, { ...spec, layers }, options);
    return new LocalEmbedder(tokenizer, encoder, spec.dimensions, spec.maxTokens, leftOut);
  } catch (error) {
    tokenizer.close();
    throw error;
  }
}

async function openTokenizer(
  core: CoreModule,
  { tokenizer }: ModelSpec,
  vocabulary: Uint8Array,
  wasmUrl: string | undefined,
): Promise<CoreTokenizer> {
  if (tokenizer.type === "wordpiece") {
    return new CoreTokenizer(unwrap(core.createTokenizer(vocabulary, tokenizer.lowercase)));
  }
  const { openSentencePiece } = await import("../sentencepiece-file.js");
  return openSentencePiece(vocabulary, tokenizer.mapping, wasmUrl);
}

/**
 * As Sentence Transformers (include_prompt) and InstructorEmbedding do: a prefix's tokens alone,
 * cut like a text, without the last, the end token.
 */
function tokensLeftOut(
  { includePrompt = true, prefixes, maxTokens }: ModelSpec,
  tokenizer: CoreTokenizer,
) {
  const count = (prefix: string) =>
    includePrompt || prefix === "" ? 0 : tokenizer.ids(prefix, maxTokens).ids.length - 1;
  return { query: count(prefixes.query), bulk: count(prefixes.document) };
}
