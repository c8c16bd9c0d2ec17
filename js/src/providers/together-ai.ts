import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";
import { readIndexed } from "./client/vectors.js";

/** https://docs.together.ai/reference/embeddings */
export const TOGETHER_AI: Provider = {
  name: "together-ai",
  title: "Together AI",
  keyName: "TOGETHER_API_KEY",
  baseURL: "https://api.together.xyz/v1",
  fromPage: "whether Together AI answers pages is not known; set proxyURL to a server of yours.",
  embeds: {},
};

export interface TogetherAIEmbeddingOptions extends EmbeddingOptions {
  /** Together AI has no default. */
  model: string;
}

export const TOGETHER_AI_CONFIG = { ...KEY_NAME, model_name: "model" } as const;

/** Texts to vectors by Together AI. */
export function togetherAIEmbedding(options: TogetherAIEmbeddingOptions): RemoteEmbeddingFunction {
  const { model } = options;
  return remoteEmbedding(new HttpClient(TOGETHER_AI, options), {
    options,
    config: TOGETHER_AI_CONFIG,
    request: (input) => ({ path: "/embeddings", body: { model, input } }),
    read: (answer, count) => readIndexed(TOGETHER_AI, answer, count),
  });
}
