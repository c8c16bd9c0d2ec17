import type { Reranker } from "../types/reranker.js";
import { type ChunkEmbeddingFunction, remoteChunks } from "./client/chunk-embedding.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
  type Side,
  taskOf,
} from "./client/embedding.js";
import { fields } from "./client/failure.js";
import { HttpClient } from "./client/http.js";
import { isAddress, toDataURL } from "./client/media.js";
import {
  type MediaItem,
  type MixedMediaFunction,
  remoteMixedMedia,
} from "./client/media-embedding.js";
import type { Provider } from "./client/provider.js";
import { type RerankerOptions, readRanking, remoteReranker } from "./client/reranking.js";
import { billedTokens, inOrder, readIndexed } from "./client/vectors.js";

/** https://docs.voyageai.com/reference */
export const VOYAGEAI: Provider = {
  name: "voyageai",
  title: "Voyage AI",
  keyName: "VOYAGE_API_KEY",
  baseURL: "https://api.voyageai.com/v1",
  fromPage: "whether Voyage AI answers pages is not known; set proxyURL to a server of yours.",
  embeds: {
    model: "voyage-3",
    texts: 1000,
    // What every model takes; the small ones take up to a million.
    tokens: 120_000,
    sides: true,
    media: ["images", "video"],
  },
  reranks: { model: "rerank-lite-1", documents: 1000 },
};

export interface VoyageAIEmbeddingOptions extends EmbeddingOptions {
  /** Default: by the side. "none" leaves the prompt out that Voyage puts in front. */
  task?: "document" | "query" | "none";
  /** Whether texts that are too long are cut off. The service's default: true. */
  truncate?: boolean;
  /** "base64" is shorter on the wire; "int8" and "uint8" are rounded. Default "float". */
  encoding?: "float" | "base64" | "int8" | "uint8";
}

export const VOYAGEAI_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  input_type: "task",
  truncation: "truncate",
  dimensions: "dimensions",
  encoding: "encoding",
} as const;

/** Texts to vectors by Voyage AI. */
export function voyageAIEmbedding(options: VoyageAIEmbeddingOptions = {}): RemoteEmbeddingFunction {
  const settled = { ...options, model: options.model ?? VOYAGEAI.embeds?.model };
  return remoteEmbedding(new HttpClient(VOYAGEAI, options), {
    options: settled,
    config: VOYAGEAI_CONFIG,
    request: (input, side) => ({ path: "/embeddings", body: { input, ...asked(settled, side) } }),
    read: (answer, count) => readIndexed(VOYAGEAI, answer, count),
  });
}

/** Chunks to vectors that know the rest of their document; a text alone is one of one chunk. */
export function voyageAIContextual(options: VoyageAIEmbeddingOptions = {}): ChunkEmbeddingFunction {
  const settled = { ...options, model: options.model ?? "voyage-context-3" };
  return remoteChunks(new HttpClient(VOYAGEAI, options), {
    options: settled,
    config: VOYAGEAI_CONFIG,
    request: (inputs, side) => ({
      path: "/contextualizedembeddings",
      body: { inputs, ...asked(settled, side) },
    }),
    read: (answer, documents) => {
      const items = inOrder(VOYAGEAI, fields(answer).data, documents.length);
      const lists = items.map(
        (item, i) => readIndexed(VOYAGEAI, item, documents[i]?.length ?? 0).vectors,
      );
      return { vectors: lists.flat(), inputTokens: billedTokens(answer) };
    },
  });
}

/** Texts, images and films to vectors by Voyage AI, also several of them to one. */
export function voyageAIMedia(options: VoyageAIEmbeddingOptions = {}): MixedMediaFunction {
  const { model = "voyage-multimodal-3" } = options;
  const settled = { ...options, model };
  return remoteMixedMedia(new HttpClient(VOYAGEAI, options), {
    options: settled,
    config: VOYAGEAI_CONFIG,
    kinds: model === "voyage-multimodal-3" ? ["texts", "images"] : ["texts", "images", "video"],
    request: async (lists, side) => {
      const inputs = lists.map(async (items) => ({
        content: await Promise.all(items.map(toPart)),
      }));
      const body = { inputs: await Promise.all(inputs), ...asked(settled, side) };
      return { path: "/multimodalembeddings", body };
    },
    read: (answer, count) => readIndexed(VOYAGEAI, answer, count),
  });
}

async function toPart({ kind, source, place }: MediaItem): Promise<Record<string, unknown>> {
  if (kind === "texts") return { type: "text", text: source };
  const type = `${kind === "images" ? "image" : "video"}_${isAddress(source) ? "url" : "base64"}`;
  return { type, [type]: await toDataURL(source, place) };
}

/** What all three kinds of requests for vectors share. */
function asked(options: VoyageAIEmbeddingOptions, side: Side): Record<string, unknown> {
  const { model, dimensions, truncate, encoding = "float" } = options;
  const task = taskOf({ document: "document", query: "query" }, side, options.task);
  const base64 = encoding === "base64";
  return {
    model,
    input_type: task === "none" ? undefined : task,
    truncation: truncate,
    output_dimension: dimensions,
    encoding_format: base64 ? encoding : undefined,
    output_dtype: base64 || encoding === "float" ? undefined : encoding,
  };
}

/** Documents in the order of what Voyage AI's model thinks of them. */
export function voyageAIReranker(
  options: RerankerOptions & Pick<VoyageAIEmbeddingOptions, "truncate"> = {},
): Reranker {
  const { model = VOYAGEAI.reranks?.model, truncate: truncation } = options;
  return remoteReranker(new HttpClient(VOYAGEAI, options), {
    options,
    request: (query, documents, top_k) => ({
      path: "/rerank",
      body: { model, query, documents, top_k, truncation },
    }),
    read: (answer) => readRanking(fields(answer).data, "relevance_score"),
  });
}
