import type { Generator } from "../types/generator.js";
import type { Reranker } from "../types/reranker.js";
import { chatGenerator } from "./client/chat.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
  taskOf,
} from "./client/embedding.js";
import { fields } from "./client/failure.js";
import type { GeneratorOptions } from "./client/generation.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";
import { type RerankerOptions, readRanking, remoteReranker } from "./client/reranking.js";
import { readIndexed } from "./client/vectors.js";

/** https://docs.api.nvidia.com/nim/reference */
export const NVIDIA: Provider = {
  name: "nvidia",
  title: "NVIDIA",
  keyName: "NVIDIA_API_KEY",
  baseURL: "https://integrate.api.nvidia.com/v1",
  fromPage: "whether NVIDIA answers pages is not known; set proxyURL to a server of yours.",
  embeds: { model: "nvidia/nv-embed-v1", texts: 10, sides: true },
  reranks: { model: "nvidia/rerank-qa-mistral-4b" },
  generates: { model: "nvidia/llama-3.1-nemotron-51b-instruct" },
};

/** Rankings have an address of their own. */
const RANKINGS: Provider = {
  ...NVIDIA,
  baseURL: "https://ai.api.nvidia.com/v1/retrieval/nvidia",
};

interface Truncation {
  /** Which end of a text that is too long is cut off; "NONE" makes it an error. */
  truncate?: "NONE" | "START" | "END";
}

export interface NvidiaEmbeddingOptions extends EmbeddingOptions, Truncation {
  /** Default: "passage", for queries "query". */
  task?: "passage" | "query";
  /** "base64" is shorter on the wire. Default "float". */
  encoding?: "float" | "base64";
}

export interface NvidiaRerankerOptions extends RerankerOptions, Truncation {}

export const NVIDIA_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  input_type: "task",
  truncate: "truncate",
  dimensions: "dimensions",
  api_base: "baseURL",
} as const;

/** Texts to vectors by NVIDIA, or by a NIM of your own (baseURL). */
export function nvidiaEmbedding(options: NvidiaEmbeddingOptions = {}): RemoteEmbeddingFunction {
  const { model = NVIDIA.embeds?.model, task, truncate, dimensions, encoding = "float" } = options;
  return remoteEmbedding(new HttpClient(NVIDIA, options), {
    options: { ...options, model },
    config: NVIDIA_CONFIG,
    request: (input, side) => ({
      path: "/embeddings",
      body: {
        input,
        model,
        input_type: taskOf({ document: "passage", query: "query" }, side, task),
        encoding_format: encoding,
        truncate,
        dimensions,
      },
    }),
    read: (answer, count) => readIndexed(NVIDIA, answer, count),
  });
}

/** Documents in the order of what NVIDIA's model thinks of them. Scores are logits. */
export function nvidiaReranker(options: NvidiaRerankerOptions = {}): Reranker {
  const { model = NVIDIA.reranks?.model, truncate } = options;
  return remoteReranker(new HttpClient(RANKINGS, options), {
    options,
    request: (query, documents) => ({
      path: "/reranking",
      body: {
        model,
        query: { text: query },
        passages: documents.map((text) => ({ text })),
        truncate,
      },
    }),
    read: (answer) => readRanking(fields(answer).rankings, "logit"),
  });
}

/** Chat completions by NVIDIA, or by a NIM of your own (baseURL). */
export function nvidiaGenerator(options: GeneratorOptions = {}): Generator {
  return chatGenerator(NVIDIA, options);
}
