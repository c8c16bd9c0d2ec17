import { findModel } from "../models/manifest.js";
import { resolveEngine } from "./engines.js";
import { type LocalEmbeddingFunction, LocalModel, type ModelOptions } from "./local-model.js";
import { ManifestSource } from "./model-source.js";

/** Options of miniLM(). */
export type MiniLMOptions = ModelOptions;

/**
 * all-MiniLM-L6-v2 in the page: 384 dimensions, English, 256 tokens. Chroma's default model.
 * Nothing is loaded before the first call.
 */
export function miniLM(options: MiniLMOptions = {}): LocalEmbeddingFunction {
  const source = new ManifestSource(findModel("all-MiniLM-L6-v2"));
  return new LocalModel("pagevec-minilm", source, resolveEngine(options), options);
}
