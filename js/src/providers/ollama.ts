import type { Generation, Generator, Message } from "../types/generator.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import { fields } from "./client/failure.js";
import {
  contentText,
  type GenerationPiece,
  type GeneratorOptions,
  lineValues,
  remoteGenerator,
  type SettledRequest,
  usageOf,
  wholeOf,
} from "./client/generation.js";
import { HttpClient } from "./client/http.js";
import { encodeMedia } from "./client/media.js";
import type { Provider } from "./client/provider.js";
import { numberOr } from "./client/vectors.js";

/** https://docs.ollama.com/api */
export const OLLAMA: Provider = {
  name: "ollama",
  title: "Ollama",
  baseURL: "http://localhost:11434",
  fromPage: "set OLLAMA_ORIGINS to the page's origin where the server runs.",
  embeds: { model: "nomic-embed-text" },
  generates: { model: "llama3" },
};

interface Runner {
  /** How long the model stays in memory, e.g. "5m"; a number is seconds, -1 for ever. */
  keepAlive?: string | number;
  /** Settings of the model besides, by Ollama's names, e.g. { num_ctx: 8192 }. */
  modelOptions?: Record<string, unknown>;
}

export interface OllamaEmbeddingOptions extends EmbeddingOptions, Runner {
  /** Whether texts that are too long are cut off. The server's default: true. */
  truncate?: boolean;
}

export interface OllamaGeneratorOptions extends GeneratorOptions, Runner {}

export const OLLAMA_CONFIG = {
  ...KEY_NAME,
  url: "baseURL",
  model_name: "model",
  dimensions: "dimensions",
  truncate: "truncate",
} as const;

/** Texts to vectors by an Ollama server. */
export function ollamaEmbedding(options: OllamaEmbeddingOptions = {}): RemoteEmbeddingFunction {
  const { model = OLLAMA.embeds?.model, baseURL = OLLAMA.baseURL as string } = options;
  const { truncate, dimensions, keepAlive: keep_alive, modelOptions } = options;
  return remoteEmbedding(new HttpClient(OLLAMA, options), {
    options: { ...options, model, baseURL },
    config: OLLAMA_CONFIG,
    request: (input) => ({
      path: "/api/embed",
      body: { model, input, truncate, dimensions, keep_alive, options: modelOptions },
    }),
    read: (answer) => {
      const { embeddings, prompt_eval_count: tokens } = fields(answer);
      return {
        vectors: Array.isArray(embeddings) ? embeddings : [],
        inputTokens: numberOr(tokens),
      };
    },
  });
}

/** Texts from a model on an Ollama server: prompts by /api/generate, conversations by /api/chat. */
export function ollamaGenerator(options: OllamaGeneratorOptions = {}): Generator {
  return remoteGenerator(new HttpClient(OLLAMA, options), {
    options: { ...options, model: options.model ?? OLLAMA.generates?.model },
    request: async (request, stream) => ({
      path: request.isPrompt ? "/api/generate" : "/api/chat",
      body: {
        model: request.model,
        ...(request.isPrompt ? await promptOf(request) : await messagesOf(request)),
        stream,
        keep_alive: options.keepAlive,
        options: settingsOf(request, options),
      },
    }),
    read: (answer) => wholeOf(OLLAMA, piece(answer)),
    pieces,
  });
}

async function promptOf({ messages, system }: SettledRequest): Promise<Record<string, unknown>> {
  const { content, images } = await toMessage(messages[0] as Message);
  return { prompt: content, system, images };
}

async function messagesOf({ messages, system }: SettledRequest): Promise<Record<string, unknown>> {
  const first = system === undefined ? [] : [{ role: "system", content: system }];
  return { messages: [...first, ...(await Promise.all(messages.map(toMessage)))] };
}

async function toMessage({ role, content }: Message) {
  const parts = typeof content === "string" ? [] : content;
  const files = parts.flatMap((part) => (part.type === "image" ? [part.image] : []));
  const encoded = await Promise.all(files.map((file) => encodeMedia(file, "an image")));
  const images = encoded.length ? encoded.map(({ base64 }) => base64) : undefined;
  return { role, content: contentText(content), images };
}

/** Undefined when nothing was asked for: the model's own hold. */
function settingsOf(request: SettledRequest, { modelOptions }: Runner): object | undefined {
  const settings = {
    temperature: request.temperature,
    num_predict: request.maxTokens,
    top_p: request.topP,
    top_k: request.topK,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    stop: request.stop,
    ...modelOptions,
  };
  return Object.values(settings).some((value) => value !== undefined) ? settings : undefined;
}

async function* pieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<GenerationPiece> {
  for await (const value of lineValues(OLLAMA, body)) yield piece(value);
}

/** An answer, or a line of one: the last has the counts. */
function piece(value: unknown): Partial<Generation> {
  const { response, message, done_reason: reason, prompt_eval_count, eval_count } = fields(value);
  const text = response ?? fields(message).content;
  return {
    ...(typeof text === "string" && { text }),
    ...(typeof reason === "string" && { finishReason: reason }),
    ...(eval_count !== undefined && { usage: usageOf(prompt_eval_count, eval_count) }),
  };
}
