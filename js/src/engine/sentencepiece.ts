import { PagevecError } from "../errors.js";
import { CoreTokenizer } from "./core-tokenizer.js";
import { loadModule } from "./load.js";
import { ID_MAPPING } from "./module.js";
import { unwrap } from "./outcome.js";
import type { CoreOptions } from "./protocol.js";

/**
 * How a network numbers the pieces of its sentencepiece model: "plain", as the file does, without
 * special tokens; "xlm-r", XLM-RoBERTa and its kin (multilingual MiniLM and e5), with <s> and </s>
 * around a text; "t5", T5 and its kin, with </s> at the end.
 */
export type IdMapping = keyof typeof ID_MAPPING;

/** The longest .model file: kMaxModelBytes in src/sentencepiece/model_fields.h. */
export const MAX_SENTENCEPIECE_BYTES = 32 * 1024 * 1024;

export const SENTENCEPIECE = {
  glue: () => import("../../wasm/sentencepiece.mjs"),
  wasm: () => new URL("../../wasm/sentencepiece.wasm", import.meta.url),
};

/**
 * A tokenizer over a sentencepiece .model file, Unigram or BPE. Its wasm module, apart from the
 * core, is loaded with the first one.
 * @throws corrupt for a file that is no such model, limit_exceeded for one that is too large,
 *   invalid_argument for one of another type or a mapping that is not its own; engine_failed when
 *   the wasm module cannot be loaded.
 */
export async function openSentencePiece(
  model: Uint8Array,
  mapping: IdMapping,
  wasmUrl?: CoreOptions["wasmUrl"],
): Promise<CoreTokenizer> {
  if (!Object.hasOwn(ID_MAPPING, mapping)) {
    const known = Object.keys(ID_MAPPING).join(", ");
    throw new PagevecError(
      "invalid_argument",
      `mapping is "${mapping}"; it must be one of ${known}`,
    );
  }
  const module = await loadModule("sentencepiece", SENTENCEPIECE, wasmUrl);
  return new CoreTokenizer(unwrap(module.createTokenizer(model, ID_MAPPING[mapping])));
}

/**
 * CLIP's tokenizer, which shares the module with sentencepiece: few pages need either.
 * @param model as SentencePieceModule.createClipTokenizer wants it.
 * @throws invalid_argument for ids that do not fit; limit_exceeded; engine_failed.
 */
export async function openClipTokenizer(
  model: Int32Array,
  wasmUrl?: CoreOptions["wasmUrl"],
): Promise<CoreTokenizer> {
  const module = await loadModule("sentencepiece", SENTENCEPIECE, wasmUrl);
  return new CoreTokenizer(unwrap(module.createClipTokenizer(model)));
}
