import type { Generation, Generator } from "../types/generator.js";
import type { Reranker } from "../types/reranker.js";
import type { Space } from "../types.js";
import { chatGenerator, textOf } from "./client/chat.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
  type Side,
  taskOf,
} from "./client/embedding.js";
import { errorInBody, fields } from "./client/failure.js";
import { type GeneratorOptions, usageOf } from "./client/generation.js";
import { HttpClient } from "./client/http.js";
import { fileDataURL } from "./client/media.js";
import { type MediaItem, type RemoteMediaFunction, remoteMedia } from "./client/media-embedding.js";
import type { Provider } from "./client/provider.js";
import { type RerankerOptions, readRanking, remoteReranker } from "./client/reranking.js";
import { type EmbeddingAnswer, floats, numberOr } from "./client/vectors.js";

/** https://docs.cohere.com/reference, version 2 */
export const COHERE: Provider = {
  name: "cohere",
  title: "Cohere",
  keyName: "COHERE_API_KEY",
  baseURL: "https://api.cohere.com",
  fromPage: "Cohere is reported not to answer pages; set proxyURL to a server of yours.",
  embeds: { model: "embed-multilingual-v3.0", texts: 96, sides: true, media: ["images"] },
  reranks: { model: "rerank-v3.5", documents: 1000 },
  generates: { model: "command-a-03-2025" },
};

const TASKS = { document: "search_document", query: "search_query" } as const;

type Encoding = "float" | "base64" | "int8" | "uint8";

export interface CohereEmbeddingOptions extends EmbeddingOptions {
  /** What the vectors are for. Default: "search_document", for queries "search_query". */
  task?: "search_document" | "search_query" | "classification" | "clustering";
  /** Which end of a text that is too long is cut off; "NONE" makes it an error. */
  truncate?: "NONE" | "START" | "END";
  /** What is asked for; of several, the first of this list is used. Default "float". */
  encoding?: Encoding | Encoding[];
}

export interface CohereRerankerOptions extends RerankerOptions {
  /** A longer document is cut off. */
  maxTokensPerDocument?: number;
}

/** Chroma's `image` is not among them: here a function embeds both. */
export const COHERE_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  input_type: "task",
  truncate: "truncate",
  embedding_type: "encoding",
  dimensions: "dimensions",
} as const;

/** Texts to vectors by Cohere. */
export function cohereEmbedding(options: CohereEmbeddingOptions = {}): RemoteEmbeddingFunction {
  return remoteEmbedding(new HttpClient(COHERE, options), {
    ...shared(options),
    request: (texts, side) => embedRequest(options, { texts }, side),
  });
}

/** Texts and images to vectors by Cohere, whose models from version 3 on take both. */
export function cohereMedia(options: CohereEmbeddingOptions = {}): RemoteMediaFunction {
  return remoteMedia(new HttpClient(COHERE, options), {
    ...shared(options),
    kinds: /-v2\.0$/.test(options.model ?? "") ? ["texts"] : ["texts", "images"],
    files: 1,
    request: async (items, side) => {
      const { kind, source, place } = items[0] as MediaItem;
      const texts = items.map((item) => item.source);
      if (kind === "texts") return embedRequest(options, { texts }, side);
      return embedRequest(options, { images: [await fileDataURL(source, place)] }, "image");
    },
  });
}

function shared(options: CohereEmbeddingOptions) {
  const { model = COHERE.embeds?.model as string } = options;
  let spaces: Space[] = ["cosine", "l2", "ip"];
  if (model === "embed-multilingual-v2.0") spaces = ["ip"];
  if (/^embed-english-(light-)?v2\.0$/.test(model)) spaces = ["cosine"];
  return { options: { ...options, model }, config: COHERE_CONFIG, spaces, read: readEmbeddings };
}

function embedRequest(options: CohereEmbeddingOptions, inputs: object, side: Side | "image") {
  const { model = COHERE.embeds?.model, encoding = "float", dimensions } = options;
  const { task, truncate } = options;
  const use =
    side === "image" ? { input_type: side } : { input_type: taskOf(TASKS, side, task), truncate };
  const output = { embedding_types: [encoding].flat(), output_dimension: dimensions };
  return { path: "/v2/embed", body: { model, ...inputs, ...use, ...output } };
}

function readEmbeddings(answer: unknown): EmbeddingAnswer {
  const { embeddings, meta } = fields(answer);
  const { float, base64, int8, uint8 } = fields(embeddings);
  const list = [float, base64, int8, uint8].find(Array.isArray) ?? [];
  const { input_tokens: billed } = fields(fields(meta).billed_units);
  return { vectors: list.map(floats), inputTokens: numberOr(billed) };
}

/** Documents in the order of what Cohere's model thinks of them. */
export function cohereReranker(options: CohereRerankerOptions = {}): Reranker {
  const { model = COHERE.reranks?.model, maxTokensPerDocument: max_tokens_per_doc } = options;
  return remoteReranker(new HttpClient(COHERE, options), {
    options,
    request: (query, documents, top_n) => ({
      path: "/v2/rerank",
      body: { model, query, documents, top_n, max_tokens_per_doc },
    }),
    read: (answer) => readRanking(fields(answer).results, "relevance_score"),
  });
}

/** Texts from Cohere's models. */
export function cohereGenerator(options: GeneratorOptions = {}): Generator {
  return chatGenerator(COHERE, options, {
    path: "/v2/chat",
    body: ({ topP: p, topK: k, stop: stop_sequences }) => ({ ...NOT_SENT, p, k, stop_sequences }),
    piece,
  });
}

/** OpenAI's names of what Cohere calls otherwise. */
const NOT_SENT = { top_p: undefined, stop: undefined };

/** @throws provider_failed when the model broke off */
function piece(value: unknown): Partial<Generation> {
  const { message, finish_reason: reason, usage } = fields(fields(value).delta ?? value);
  const { content } = fields(message);
  const text = textOf(content) ?? fields(content).text;
  const told = typeof text === "string" ? { text } : {};
  if (typeof reason !== "string") return told;
  if (reason.startsWith("ERROR")) {
    throw errorInBody(COHERE, { error: { type: reason, message: "the model broke off" } });
  }
  const { tokens, billed_units: billed } = fields(usage);
  const { input_tokens: input, output_tokens: output } = fields(tokens ?? billed);
  return { ...told, finishReason: reason, usage: usageOf(input, output) };
}
