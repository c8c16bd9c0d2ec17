import { CoreTokenizer } from "../engine/core-tokenizer.js";
import { loadCore } from "../engine/load.js";
import { unwrap } from "../engine/outcome.js";
import type { CoreOptions } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import { findModel } from "../models/manifest.js";
import { ModelStore } from "../models/store.js";
import type { CallOptions, TokenEncoding } from "../types.js";
import type { SentencePieceSource } from "./sentencepiece-file.js";

export interface TokenizerOptions extends CallOptions, CoreOptions {
  /** Folder, or folders tried in order, that serve the model's files. Default: the hub. */
  modelUrl?: string | readonly string[];
  /** Texts are cut to so many tokens. Default: the model's length, of a sentencepiece file 0; 0: never. */
  maxTokens?: number;
}

/** A model's tokenizer, on the calling thread. */
export interface Tokenizer {
  /** The text's tokens, special tokens included, as the model sees them. */
  encode(text: string): TokenEncoding;
  /** How many tokens the whole text has, special tokens included. */
  count(text: string): number;
  readonly maxTokens: number;
  /** Frees the tokenizer. Later calls throw with code "closed". */
  close(): void;
}

/**
 * Loads a tokenizer: a model's, which is its vocabulary and the wasm core, not its weights; or one
 * over a sentencepiece .model file, which takes a wasm module of its own.
 * @throws not_found for an unknown model; corrupt, limit_exceeded or invalid_argument for what is no
 *   sentencepiece model that can be used; and what downloads throw.
 */
export async function loadTokenizer(
  source: string | SentencePieceSource = "all-MiniLM-L6-v2",
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  if (typeof source === "object") return loadSentencePiece(source, options);
  const { signal, modelUrl, maxTokens, onProgress, ...coreOptions } = options;
  const spec = findModel(source);
  const limit = checkedLimit(maxTokens ?? spec.maxTokens);
  const onBytes = (done: number, total: number) =>
    onProgress?.({ stage: "download", done, total, bytes: done });
  const store = await ModelStore.open();
  const [core, vocabulary] = await Promise.all([
    loadCore(coreOptions),
    store.load(spec, spec.tokenizer.file, { modelUrl, signal, onBytes }),
  ]);
  const handle = unwrap(core.createTokenizer(vocabulary, spec.tokenizer.lowercase));
  return new ModelTokenizer(new CoreTokenizer(handle), limit);
}

async function loadSentencePiece(
  source: SentencePieceSource,
  { maxTokens = 0, ...options }: TokenizerOptions,
): Promise<Tokenizer> {
  const limit = checkedLimit(maxTokens);
  const { openSentencePieceFile } = await import("./sentencepiece-file.js");
  return new ModelTokenizer(await openSentencePieceFile(source, options), limit);
}

function checkedLimit(maxTokens: number): number {
  if (Number.isSafeInteger(maxTokens) && maxTokens >= 0) return maxTokens;
  throw new PagevecError(
    "invalid_argument",
    `maxTokens is ${maxTokens}; it must be an integer from 0`,
  );
}

class ModelTokenizer implements Tokenizer {
  constructor(
    private readonly core: CoreTokenizer,
    readonly maxTokens: number,
  ) {}

  encode(text: string): TokenEncoding {
    return this.core.encode(text, this.maxTokens);
  }

  count(text: string): number {
    return this.core.count(text);
  }

  close(): void {
    this.core.close();
  }
}
