import type { Reranker } from "../types/reranker.js";
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
import { encodeMedia, isAddress } from "./client/media.js";
import { type MediaItem, type RemoteMediaFunction, remoteMedia } from "./client/media-embedding.js";
import type { Provider } from "./client/provider.js";
import { type RerankerOptions, readRanking, remoteReranker } from "./client/reranking.js";
import { readIndexed } from "./client/vectors.js";

/** https://api.jina.ai/docs */
export const JINAAI: Provider = {
  name: "jinaai",
  title: "Jina AI",
  keyName: "JINA_API_KEY",
  baseURL: "https://api.jina.ai/v1",
  fromPage: "whether Jina AI answers pages is not known; set proxyURL to a server of yours.",
  embeds: { model: "jina-embeddings-v4", texts: 512, sides: true, media: ["images"] },
  reranks: { model: "jina-reranker-v2-base-multilingual", documents: 1000 },
};

type Task =
  | "retrieval.query"
  | "retrieval.passage"
  | "text-matching"
  | "classification"
  | "separation"
  | "code.query"
  | "code.passage";

export interface JinaAIEmbeddingOptions extends EmbeddingOptions {
  /**
   * What the vectors are for. Default: "retrieval.passage", for queries "retrieval.query", with
   * models that know them: jina-embeddings from v3 on and jina-clip. "none" sends none.
   */
  task?: Task | "none";
  /** As Chroma has it: another task for queries, which wins over `task`. */
  queryConfig?: { task?: Task };
  /** Whether the vectors get length 1. The service's default: false. */
  normalize?: boolean;
  /** Whether texts that are too long are cut off. The service's default: false. */
  truncate?: boolean;
  /** Whether the texts of a request are read as one, so that each vector knows the others. */
  lateChunking?: boolean;
  /** "base64" is shorter on the wire. Default "float". */
  encoding?: "float" | "base64";
}

export const JINAAI_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  task: "task",
  query_config: "queryConfig",
  late_chunking: "lateChunking",
  truncate: "truncate",
  dimensions: "dimensions",
  embedding_type: "encoding",
  normalized: "normalize",
} as const;

/** Texts to vectors by Jina AI. */
export function jinaAIEmbedding(options: JinaAIEmbeddingOptions = {}): RemoteEmbeddingFunction {
  const settled = { ...options, model: options.model ?? JINAAI.embeds?.model };
  return remoteEmbedding(new HttpClient(JINAAI, options), {
    ...shared(settled),
    request: (input, side) => embedRequest(settled, input, side),
    read: (answer, count) => readIndexed(JINAAI, answer, count),
  });
}

/** Texts and images to vectors by Jina AI, by jina-clip or jina-embeddings from v4 on. */
export function jinaAIMedia(options: JinaAIEmbeddingOptions = {}): RemoteMediaFunction {
  const settled = { ...options, model: options.model ?? "jina-clip-v2" };
  return remoteMedia(new HttpClient(JINAAI, options), {
    ...shared(settled),
    kinds: /embeddings-v[23]/.test(settled.model) ? ["texts"] : ["texts", "images"],
    request: async (items, side) =>
      embedRequest(settled, await Promise.all(items.map(toInput)), side),
    read: (answer, { length }) => readIndexed(JINAAI, answer, length),
  });
}

function shared<O extends JinaAIEmbeddingOptions>(options: O) {
  return { options, name: "jina", config: JINAAI_CONFIG };
}

function embedRequest(options: JinaAIEmbeddingOptions, input: unknown[], side: Side) {
  const { model = "", dimensions, normalize, truncate, lateChunking, encoding } = options;
  const chosen = (side === "query" && options.queryConfig?.task) || options.task;
  const known = /embeddings-v[3-9]|clip/.test(model) || chosen !== undefined;
  const task = known ? taskOf(TASKS, side, chosen) : undefined;
  return {
    path: "/embeddings",
    body: {
      model,
      input,
      task: task === "none" ? undefined : task,
      dimensions,
      normalized: normalize,
      truncate,
      late_chunking: lateChunking,
      embedding_type: encoding,
    },
  };
}

const TASKS = { document: "retrieval.passage", query: "retrieval.query" } as const;

async function toInput({ kind, source, place }: MediaItem): Promise<Record<string, unknown>> {
  if (kind === "texts") return { text: source };
  return { image: isAddress(source) ? source : (await encodeMedia(source, place)).base64 };
}

/** Documents in the order of what Jina AI's model thinks of them. */
export function jinaAIReranker(options: RerankerOptions = {}): Reranker {
  const { model = JINAAI.reranks?.model } = options;
  return remoteReranker(new HttpClient(JINAAI, options), {
    options,
    request: (query, documents, top_n) => ({
      path: "/rerank",
      body: { model, query, documents, top_n },
    }),
    read: (answer) => readRanking(fields(answer).results, "relevance_score"),
  });
}
