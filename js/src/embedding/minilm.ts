import { findModel } from "../models/manifest.js";
import { type LocalEmbeddingFunction, LocalModel, type LocalModelOptions } from "./local-model.js";

/** Options of miniLM(). */
export type MiniLMOptions = LocalModelOptions;

/**
 * all-MiniLM-L6-v2 in the page: 384 dimensions, English, 256 tokens. Chroma's default model.
 * Nothing is loaded before the first call.
 */
export function miniLM(options: MiniLMOptions = {}): LocalEmbeddingFunction {
  return new LocalModel("pagevec-minilm", findModel("all-MiniLM-L6-v2"), options);
}
