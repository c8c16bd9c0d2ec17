import type { Generator } from "../types/generator.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import { badAnswer, fields } from "./client/failure.js";
import { remoteGenerator } from "./client/generation.js";
import {
  contentPieces,
  contentRequest,
  type GoogleGeneratorOptions,
  type GoogleTask,
  readContent,
  taskOf,
} from "./client/google.js";
import { HttpClient, keyHeader } from "./client/http.js";
import { encodeMedia } from "./client/media.js";
import { type MediaItem, type RemoteMediaFunction, remoteMedia } from "./client/media-embedding.js";
import type { Provider } from "./client/provider.js";
import { type EmbeddingAnswer, unitLength } from "./client/vectors.js";

/** https://ai.google.dev/api */
export const GOOGLE_GEMINI: Provider = {
  name: "google-gemini",
  title: "Google Gemini API",
  keyName: "GEMINI_API_KEY",
  baseURL: "https://generativelanguage.googleapis.com/v1beta",
  fromPage: "The Gemini API answers pages; check the connection.",
  embeds: { model: "gemini-embedding-001", texts: 100, sides: true },
  generates: { model: "gemini-2.5-flash" },
};

export interface GoogleGeminiEmbeddingOptions extends EmbeddingOptions {
  /**
   * What the vectors are for. Default: finding documents, which are embedded as RETRIEVAL_DOCUMENT and
   * queries as RETRIEVAL_QUERY. A task that is for queries only leaves documents what they are; "none"
   * sends none.
   */
  task?: GoogleTask;
  /** The documents' title; it is sent with RETRIEVAL_DOCUMENT only. */
  title?: string;
  /**
   * Scales vectors to length 1: gemini-embedding-001 does so only at 3072 dimensions. Default false:
   * with the space "cosine" it changes nothing.
   */
  normalize?: boolean;
}

export interface GoogleGeminiMediaOptions extends EmbeddingOptions {
  model: string;
  /** As of googleGeminiEmbedding(), but none by default. */
  task?: GoogleTask;
  normalize?: boolean;
}

export const GOOGLE_GEMINI_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  task_type: "task",
  dimension: "dimensions",
  title: "title",
  normalize: "normalize",
  api_base: "baseURL",
} as const;

/** Texts to vectors by the Gemini API. */
export function googleGeminiEmbedding(
  options: GoogleGeminiEmbeddingOptions = {},
): RemoteEmbeddingFunction {
  const { model = GOOGLE_GEMINI.embeds?.model as string, dimensions, title, task } = options;
  return remoteEmbedding(geminiClient(options), {
    options: { ...options, model },
    config: GOOGLE_GEMINI_CONFIG,
    request: (texts, side) => {
      const taskType = taskOf(task, side);
      const settings = {
        taskType,
        ...(taskType === "RETRIEVAL_DOCUMENT" && { title }),
        outputDimensionality: dimensions,
      };
      const parts = texts.map((text) => ({ text }));
      return batchRequest(model, parts, settings);
    },
    read: (answer) => readEmbeddings(answer, options.normalize),
  });
}

const { title: _, ...MEDIA_CONFIG } = GOOGLE_GEMINI_CONFIG;
export const GOOGLE_GEMINI_MEDIA_CONFIG = MEDIA_CONFIG;

/** Texts, images, films and sounds to vectors by a multi-modal model of the Gemini API. */
export function googleGeminiMedia(options: GoogleGeminiMediaOptions): RemoteMediaFunction {
  const { model, dimensions, task = "none" } = options;
  return remoteMedia(geminiClient(options), {
    options,
    config: GOOGLE_GEMINI_MEDIA_CONFIG,
    kinds: ["texts", "images", "audio", "video"],
    request: async (items, side) => {
      const settings = { taskType: taskOf(task, side), outputDimensionality: dimensions };
      return batchRequest(model, await Promise.all(items.map(toPart)), settings);
    },
    read: (answer) => readEmbeddings(answer, options.normalize),
  });
}

/** Answers by a model of the Gemini API. */
export function googleGeminiGenerator(options: GoogleGeneratorOptions = {}): Generator {
  return remoteGenerator(geminiClient(options), {
    options: { ...options, model: options.model ?? GOOGLE_GEMINI.generates?.model },
    request: (request, stream) => contentRequest("/models", request, options, stream),
    read: (answer) => readContent(GOOGLE_GEMINI, answer),
    pieces: (body) => contentPieces(GOOGLE_GEMINI, body),
  });
}

function geminiClient(options: EmbeddingOptions): HttpClient {
  return new HttpClient(GOOGLE_GEMINI, options, keyHeader("x-goog-api-key"));
}

function batchRequest(model: string, parts: unknown[], settings: Record<string, unknown>) {
  const requests = parts.map((part) => ({
    model: `models/${model}`,
    content: { parts: [part] },
    ...settings,
  }));
  return { path: `/models/${model}:batchEmbedContents`, body: { requests } };
}

/** What a file is taken for that does not show it. */
const UNKNOWN: Record<string, string> = { video: "video/mp4", audio: "audio/mpeg" };

async function toPart({ kind, source }: MediaItem): Promise<unknown> {
  if (kind === "texts") return { text: source };
  const { base64, mediaType } = await encodeMedia(source, kind, UNKNOWN[kind] ?? "image/jpeg");
  return { inline_data: { mime_type: mediaType, data: base64 } };
}

function readEmbeddings(answer: unknown, normalize = false): EmbeddingAnswer {
  const { embeddings } = fields(answer);
  if (!Array.isArray(embeddings)) throw badAnswer(GOOGLE_GEMINI, "no list of embeddings");
  const vectors = embeddings.map((embedding) => fields(embedding).values);
  return { vectors: normalize ? vectors.map(unitLength) : vectors };
}
