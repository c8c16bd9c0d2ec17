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

export { openSentencePiece };

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
