import { CoreTokenizer } from "../engine/core-tokenizer.js";
import { loadCore } from "../engine/load.js";
import { unwrap } from "../engine/outcome.js";
import type { CoreOptions } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import { findModel } from "../models/manifest.js";
import { ModelStore } from "../models/store.js";
import type { CallOptions, TokenEncoding } from "../types.js";

export interface TokenizerOptions extends CallOptions, CoreOptions {
  /** Folder, or folders tried in order, that serve the model's files. Default: the hub. */
  modelUrl?: string | readonly string[];
  /** Texts are cut to so many tokens. Default: the model's length; 0: never. */
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
 * Loads a model's tokenizer: its vocabulary and the wasm core, not its weights.
 * @throws not_found for an unknown model, and what downloads throw.
 */
export async function loadTokenizer(
  model = "all-MiniLM-L6-v2",
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  const { signal, onProgress, modelUrl, maxTokens, ...coreOptions } = options;
  const spec = findModel(model);
  const limit = maxTokens ?? spec.maxTokens;
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new PagevecError(
      "invalid_argument",
      `maxTokens is ${limit}; it must be an integer from 0`,
    );
  }
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
