import type { LocalEmbeddingFunction } from "../embedding/local-model.js";
import { type MiniLMOptions, miniLM as miniLMHere } from "../embedding/minilm.js";
import { type LocalModelOptions, localModel as localModelHere } from "../embedding/named-model.js";

/** miniLM() of pagevec, in a thread unless told; with `concurrency` in several. */
export function miniLM(options: MiniLMOptions = {}): LocalEmbeddingFunction {
  return miniLMHere({ worker: true, ...options });
}

/** localModel() of pagevec, in a thread unless told; with `concurrency` in several. */
export function localModel(name: string, options: LocalModelOptions = {}): LocalEmbeddingFunction {
  return localModelHere(name, { worker: true, ...options });
}
