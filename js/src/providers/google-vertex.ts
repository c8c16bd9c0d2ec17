import type { Generator } from "../types/generator.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import { fields } from "./client/failure.js";
import { remoteGenerator } from "./client/generation.js";
import {
  contentPieces,
  contentRequest,
  type GoogleGeneratorOptions,
  type GoogleTask,
  readContent,
  taskOf,
} from "./client/google.js";
import { type RemoteMediaFunction, remoteMedia } from "./client/media-embedding.js";
import { unitLength } from "./client/vectors.js";
import {
  GOOGLE_VERTEX,
  modelsPath,
  predictions,
  predictRequest,
  type VertexProject,
  vertexClient,
} from "./client/vertex.js";
import { instanceOf, predictedVector, toInstances } from "./client/vertex-media.js";

export { GOOGLE_VERTEX };

/** `apiKey` is an OAuth access token, which lives an hour: best given by a function. */
export interface GoogleVertexEmbeddingOptions extends EmbeddingOptions, VertexProject {
  /** As of googleGeminiEmbedding(). */
  task?: GoogleTask;
  /** The documents' title; it is sent with RETRIEVAL_DOCUMENT only. */
  title?: string;
  /** False: a text that is too long is an error. Default: the service cuts it. */
  truncate?: boolean;
  /** Scales vectors to length 1. Default false. */
  normalize?: boolean;
}

export interface GoogleVertexMediaOptions extends EmbeddingOptions, VertexProject {
  /** A film is embedded in segments of so many seconds, 4 to 120, whose vectors are averaged. */
  videoIntervalSeconds?: number;
}

export interface GoogleVertexGeneratorOptions extends GoogleGeneratorOptions, VertexProject {}

const PROJECT_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  project_id: "projectId",
  region: "location",
  api_base: "baseURL",
  dimension: "dimensions",
} as const;

export const GOOGLE_VERTEX_CONFIG = {
  ...PROJECT_CONFIG,
  task_type: "task",
  title: "title",
  truncate: "truncate",
  normalize: "normalize",
} as const;

export const GOOGLE_VERTEX_MEDIA_CONFIG = {
  ...PROJECT_CONFIG,
  video_interval_seconds: "videoIntervalSeconds",
} as const;

/** Texts to vectors by Vertex AI. */
export function googleVertexEmbedding(
  options: GoogleVertexEmbeddingOptions,
): RemoteEmbeddingFunction {
  const { model = GOOGLE_VERTEX.embeds?.model as string, dimensions, task, normalize } = options;
  const { title, truncate } = options;
  // The one text model that takes no lists.
  const { batchSize = /^gemini-/.test(model) ? 1 : undefined } = options;
  return remoteEmbedding(vertexClient(options), {
    options: { ...options, model, ...(batchSize && { batchSize }) },
    config: GOOGLE_VERTEX_CONFIG,
    request: (texts, side) => {
      const task_type = taskOf(task, side);
      const settings = { task_type, ...(task_type === "RETRIEVAL_DOCUMENT" && { title }) };
      const instances = texts.map((content) => ({ content, ...settings }));
      const parameters = { outputDimensionality: dimensions, autoTruncate: truncate };
      return predictRequest(options, model, instances, parameters);
    },
    read: (answer) => {
      const embeddings = predictions(answer).map((item) => fields(fields(item).embeddings));
      const vectors = embeddings.map(({ values }) => (normalize ? unitLength(values) : values));
      const counts = embeddings.map(({ statistics }) => Number(fields(statistics).token_count));
      const inputTokens = counts.reduce((sum, count) => sum + count, 0);
      return { vectors, ...(Number.isFinite(inputTokens) && { inputTokens }) };
    },
  });
}

/** Texts, images and films to vectors by multimodalembedding@001. */
export function googleVertexMedia(options: GoogleVertexMediaOptions): RemoteMediaFunction {
  const { model = "multimodalembedding@001", dimensions, videoIntervalSeconds } = options;
  return remoteMedia(vertexClient(options), {
    options: { ...options, model },
    config: GOOGLE_VERTEX_MEDIA_CONFIG,
    kinds: ["texts", "images", "video"],
    split: (items) => toInstances(GOOGLE_VERTEX, items, dimensions),
    request: async (items) => {
      const instance = await instanceOf(items, videoIntervalSeconds);
      // A film has one length only, and the service wants none named.
      const parameters = { dimension: instance.video ? undefined : dimensions };
      return predictRequest(options, model, [instance], parameters);
    },
    read: (answer, kinds) => {
      const [prediction] = predictions(answer);
      return { vectors: kinds.map((kind) => predictedVector(GOOGLE_VERTEX, kind, prediction)) };
    },
  });
}

/** Answers by a Gemini model of Vertex AI. */
export function googleVertexGenerator(options: GoogleVertexGeneratorOptions): Generator {
  return remoteGenerator(vertexClient(options), {
    options: { ...options, model: options.model ?? GOOGLE_VERTEX.generates?.model },
    request: (request, stream) => contentRequest(modelsPath(options), request, options, stream),
    read: (answer) => readContent(GOOGLE_VERTEX, answer),
    pieces: (body) => contentPieces(GOOGLE_VERTEX, body),
  });
}
