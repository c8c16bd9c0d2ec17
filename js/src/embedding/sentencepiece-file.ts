// Loaded on demand: most pages tokenize with WordPiece.
import type { CoreTokenizer } from "../engine/core-tokenizer.js";
import type { CoreOptions } from "../engine/protocol.js";
import {
  type IdMapping,
  MAX_SENTENCEPIECE_BYTES,
  openSentencePiece,
} from "../engine/sentencepiece.js";
import { loadPlainFile } from "../models/plain-file.js";
import type { CallOptions } from "../types.js";

/** A sentencepiece tokenizer instead of a model's own. */
export interface SentencePieceSource {
  /** A .model file, Unigram or BPE: its address or its bytes. */
  sentencepiece: string | URL | Uint8Array;
  /** How the network numbers the pieces. Default: "plain". */
  mapping?: IdMapping;
}

/** @throws as openSentencePiece(), and what downloads throw. */
export async function openSentencePieceFile(
  { sentencepiece, mapping = "plain" }: SentencePieceSource,
  { signal, onProgress, wasmUrl }: CallOptions & CoreOptions,
): Promise<CoreTokenizer> {
  const onBytes = (done: number) =>
    onProgress?.({ stage: "download", done, total: done, bytes: done });
  const model = ArrayBuffer.isView(sentencepiece)
    ? sentencepiece
    : await loadPlainFile(sentencepiece, { maxBytes: MAX_SENTENCEPIECE_BYTES, signal, onBytes });
  return openSentencePiece(model, mapping, wasmUrl);
}

/** Where a repository in the hub's layout keeps its sentencepiece model. */
export interface SentencePieceLayout {
  path: string;
  mapping: IdMapping;
}

const LAYOUTS: Record<string, SentencePieceLayout> = {
  XLMRobertaTokenizer: { path: "sentencepiece.bpe.model", mapping: "xlm-r" },
  T5Tokenizer: { path: "spiece.model", mapping: "t5" },
};

/**
 * The sentencepiece model behind `tokenizer_class` of tokenizer_config.json, "Fast" or not: also
 * multilingual MiniLM and e5, whose networks are BERT's, have XLM-RoBERTa's tokenizer. Undefined for
 * a tokenizer of another kind.
 */
export function sentencePieceLayout(tokenizerClass: string): SentencePieceLayout | undefined {
  const name = tokenizerClass.replace(/Fast$/, "");
  return Object.hasOwn(LAYOUTS, name) ? LAYOUTS[name] : undefined;
}
