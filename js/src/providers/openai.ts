import type { Generation, Generator } from "../types/generator.js";
import { chatBody, chatPieces, outputLimit, readChat } from "./client/chat.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import {
  type GeneratorOptions,
  remoteGenerator,
  type SettledRequest,
} from "./client/generation.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";
import { readIndexed } from "./client/vectors.js";

/** https://platform.openai.com/docs/api-reference */
export const OPENAI: Provider = {
  name: "openai",
  title: "OpenAI",
  keyName: "OPENAI_API_KEY",
  baseURL: "https://api.openai.com/v1",
  fromPage: "OpenAI answers pages; check the connection.",
  retriedStatuses: [409],
  embeds: { model: "text-embedding-3-small", texts: 2048, tokens: 300_000 },
  generates: { model: "gpt-5-mini" },
};

interface Account {
  organization?: string;
  project?: string;
}

export interface OpenAIEmbeddingOptions extends EmbeddingOptions, Account {
  /** "base64" is shorter on the wire. Default "float". */
  encoding?: "float" | "base64";
  user?: string;
}

export interface OpenAIGeneratorOptions extends GeneratorOptions, Account {
  reasoningEffort?: string;
  verbosity?: string;
}

export const OPENAI_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  dimensions: "dimensions",
  organization_id: "organization",
  api_base: "baseURL",
} as const;

/** Texts to vectors by OpenAI, or by any server that speaks its wire (baseURL). */
export function openAIEmbedding(options: OpenAIEmbeddingOptions = {}): RemoteEmbeddingFunction {
  const { model = OPENAI.embeds?.model, dimensions, encoding = "float", user } = options;
  return remoteEmbedding(new HttpClient(OPENAI, options), {
    options: { ...options, model },
    config: OPENAI_CONFIG,
    request: (input) => ({
      path: "/embeddings",
      headers: accountHeaders(options),
      body: { input, model, dimensions, encoding_format: encoding, user },
    }),
    read: (answer, count) => readIndexed(OPENAI, answer, count),
  });
}

/** Chat completions by OpenAI, or by any server that speaks its wire (baseURL). */
export function openAIGenerator(options: OpenAIGeneratorOptions = {}): Generator {
  const { reasoningEffort: reasoning_effort, verbosity } = options;
  return remoteGenerator(new HttpClient(OPENAI, options), {
    options: { ...options, model: options.model ?? OPENAI.generates?.model },
    request: async (request: SettledRequest, stream) => ({
      path: "/chat/completions",
      headers: accountHeaders(options),
      body: {
        ...(await chatBody(request, stream)),
        ...outputLimit(request),
        ...(stream && { stream_options: { include_usage: true } }),
        reasoning_effort,
        verbosity,
      },
    }),
    read: (answer): Generation => readChat(OPENAI, answer),
    pieces: (body) => chatPieces(OPENAI, body),
  });
}

function accountHeaders({ organization, project }: Account): Record<string, string> {
  return {
    ...(organization && { "openai-organization": organization }),
    ...(project && { "openai-project": project }),
  };
}
