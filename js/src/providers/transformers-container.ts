import type { Reranker } from "../types/reranker.js";
import {
  CONTAINER_CONFIG,
  type ContainerOptions,
  NO_CORS,
  readVector,
} from "./client/container.js";
import { type RemoteEmbeddingFunction, remoteEmbedding, taskOf } from "./client/embedding.js";
import { fields } from "./client/failure.js";
import { HttpClient, trimmed } from "./client/http.js";
import type { Provider } from "./client/provider.js";
import { type RerankerOptions, remoteReranker } from "./client/reranking.js";

/** https://github.com/weaviate/t2v-transformers-models and weaviate/reranker-transformers */
export const TRANSFORMERS_CONTAINER: Provider = {
  name: "transformers-container",
  title: "Weaviate's transformers containers",
  fromPage: NO_CORS,
  embeds: { texts: 1, sides: true },
  reranks: { documents: 32 },
};

export interface TransformersContainerOptions extends ContainerOptions {
  /** Another container for queries, for models that come in pairs. Default: the same. */
  queryURL?: string;
  /** How a text's vector comes from those of its tokens. Default "masked_mean". */
  pooling?: "masked_mean" | "cls";
  /** A prefix, where the container was started with prefixes. Default: "passage", "query". */
  task?: "passage" | "query";
}

export interface TransformersContainerRerankerOptions extends RerankerOptions {
  /** The container's address. */
  baseURL: string;
}

export const TRANSFORMERS_CONTAINER_CONFIG = {
  ...CONTAINER_CONFIG,
  query_url: "queryURL",
  pooling_strategy: "pooling",
  task_type: "task",
  dimensions: "dimensions",
} as const;

/** Texts to vectors by Weaviate's container for transformers, one text a request. */
export function transformersContainerEmbedding(
  options: TransformersContainerOptions,
): RemoteEmbeddingFunction {
  const { queryURL = "", pooling = "masked_mean", task, dimensions } = options;
  return remoteEmbedding(new HttpClient(TRANSFORMERS_CONTAINER, options), {
    options: { ...options, batchSize: 1 },
    config: TRANSFORMERS_CONTAINER_CONFIG,
    request: ([text], side) => ({
      path: `${side === "query" ? trimmed(queryURL) : ""}/vectors`,
      body: {
        text,
        config: {
          pooling_strategy: pooling,
          task_type: taskOf({ document: "passage", query: "query" }, side, task),
          dimensions,
        },
      },
    }),
    read: readVector,
  });
}

/** Documents in the order of what the container's cross-encoder thinks of them. */
export function transformersContainerReranker(
  options: TransformersContainerRerankerOptions,
): Reranker {
  return remoteReranker(new HttpClient(TRANSFORMERS_CONTAINER, options), {
    options,
    request: (query, documents) => ({ path: "/rerank", body: { query, documents } }),
    // Scores without indexes, in the order of the documents.
    read: (answer) => {
      const { scores } = fields(answer);
      const list = Array.isArray(scores) ? scores : [];
      return list.map((item, index) => ({ index, score: fields(item).score as number }));
    },
  });
}
