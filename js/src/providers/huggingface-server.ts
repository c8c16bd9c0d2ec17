import type { Reranker } from "../types/reranker.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";
import { type RerankerOptions, readRanking, remoteReranker } from "./client/reranking.js";

/** https://huggingface.github.io/text-embeddings-inference */
export const HUGGINGFACE_SERVER: Provider = {
  name: "huggingface-server",
  title: "Hugging Face Text Embeddings Inference",
  baseURL: "http://localhost:8080",
  fromPage: "start the server with --cors-allow-origin and the page's origin.",
  embeds: { texts: 32 },
  reranks: { documents: 32 },
};

interface Address {
  /** The full address, with /embed or /rerank at its end, as Chroma has it. Default: by baseURL. */
  url?: string;
  /** Whether texts that are too long are cut off. The server's default: false. */
  truncate?: boolean;
  truncationDirection?: "Left" | "Right";
}

export interface HuggingFaceServerEmbeddingOptions extends EmbeddingOptions, Address {
  /** Whether the vectors get length 1. The server's default: true. */
  normalize?: boolean;
  /** Names of prompts that the model's configuration has; that of queries defaults to the other. */
  promptName?: string;
  queryPromptName?: string;
}

export interface HuggingFaceServerRerankerOptions extends RerankerOptions, Address {
  /** Whether scores stay as the model gives them. The server's default: false, between 0 and 1. */
  rawScores?: boolean;
}

export const HUGGINGFACE_SERVER_CONFIG = {
  ...KEY_NAME,
  url: "url",
  base_url: "baseURL",
  dimensions: "dimensions",
  normalize: "normalize",
  truncate: "truncate",
  truncation_direction: "truncationDirection",
  prompt_name: "promptName",
  query_prompt_name: "queryPromptName",
} as const;

/** Texts to vectors by a server of Text Embeddings Inference. */
export function huggingFaceServerEmbedding(
  options: HuggingFaceServerEmbeddingOptions = {},
): RemoteEmbeddingFunction {
  const { url = "/embed", normalize, dimensions } = options;
  const { promptName, queryPromptName = promptName } = options;
  return remoteEmbedding(new HttpClient(HUGGINGFACE_SERVER, options), {
    options,
    config: HUGGINGFACE_SERVER_CONFIG,
    request: (inputs, side) => ({
      path: url,
      body: {
        inputs,
        normalize,
        dimensions,
        prompt_name: side === "query" ? queryPromptName : promptName,
        ...cutting(options),
      },
    }),
    read: (answer) => ({ vectors: Array.isArray(answer) ? answer : [] }),
  });
}

/** Documents in the order of what the model of a Text Embeddings Inference server thinks of them. */
export function huggingFaceServerReranker(
  options: HuggingFaceServerRerankerOptions = {},
): Reranker {
  const { url = "/rerank", rawScores } = options;
  return remoteReranker(new HttpClient(HUGGINGFACE_SERVER, options), {
    options,
    request: (query, texts) => ({
      path: url,
      body: { query, texts, raw_scores: rawScores, ...cutting(options) },
    }),
    read: (answer) => readRanking(answer, "score"),
  });
}

function cutting({ truncate, truncationDirection }: Address): Record<string, unknown> {
  return { truncate, truncation_direction: truncationDirection };
}
