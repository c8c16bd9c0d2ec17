import type { Generator } from "../types/generator.js";
import { chatGenerator } from "./client/chat.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import type { GeneratorOptions } from "./client/generation.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";
import { readIndexed } from "./client/vectors.js";

/** https://docs.mistral.ai/api */
export const MISTRAL: Provider = {
  name: "mistral",
  title: "Mistral",
  keyName: "MISTRAL_API_KEY",
  baseURL: "https://api.mistral.ai/v1",
  fromPage: "whether Mistral answers pages is not known; set proxyURL to a server of yours.",
  embeds: { model: "mistral-embed", tokens: 8192 },
  generates: { model: "open-mistral-7b" },
};

export interface MistralEmbeddingOptions extends EmbeddingOptions {
  /** "base64" is shorter on the wire; "int8" and "uint8" are rounded. Default "float". */
  encoding?: "float" | "base64" | "int8" | "uint8";
}

export interface MistralGeneratorOptions extends GeneratorOptions {
  /** The same seed gives the same answer. */
  seed?: number;
  /** Whether Mistral puts its own words for safety in front. */
  safePrompt?: boolean;
}

export const MISTRAL_CONFIG = {
  ...KEY_NAME,
  model: "model",
  dimensions: "dimensions",
  encoding: "encoding",
} as const;

/** Texts to vectors by Mistral. */
export function mistralEmbedding(options: MistralEmbeddingOptions = {}): RemoteEmbeddingFunction {
  const { model = MISTRAL.embeds?.model, dimensions, encoding = "float" } = options;
  const format =
    encoding === "base64"
      ? { encoding_format: encoding }
      : { output_dtype: encoding === "float" ? undefined : encoding };
  return remoteEmbedding(new HttpClient(MISTRAL, options), {
    options: { ...options, model },
    config: MISTRAL_CONFIG,
    request: (input) => ({
      path: "/embeddings",
      body: { model, input, output_dimension: dimensions, ...format },
    }),
    read: (answer, count) => readIndexed(MISTRAL, answer, count),
  });
}

/** Chat completions by Mistral. */
export function mistralGenerator(options: MistralGeneratorOptions = {}): Generator {
  const { seed, safePrompt } = options;
  return chatGenerator(MISTRAL, options, {
    body: () => ({ random_seed: seed, safe_prompt: safePrompt }),
  });
}
