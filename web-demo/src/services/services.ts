import type { EmbeddingFunction } from "pagevec";
import type { AnswerParams } from "pagevec/generate";

export type Purpose = "embed" | "generate";
type Made = { embed: EmbeddingFunction; generate: AnswerParams["model"] };

/** What the visitor has said of a service. It lives in the page's memory and is stored nowhere. */
export interface ServiceSettings {
  baseURL: string;
  model: string;
  /** Empty: none. */
  key: string;
}

export interface Service {
  id: string;
  title: string;
  baseURL: string;
  key: "needed" | "none" | "perhaps";
  /** The models that are proposed; absent: it does nothing of the kind. */
  models: Partial<Record<Purpose, string>>;
  /** What a page must know of it. */
  note?: string;
  embed?(options: Options): Promise<Made["embed"]>;
  generate?(options: Options): Promise<Made["generate"]>;
}

type Options = ReturnType<typeof optionsOf>;

/** Each is a module of pagevec's, loaded when it is used. */
export const SERVICES: readonly Service[] = [
  {
    id: "ollama",
    title: "Ollama, on your machine",
    baseURL: "http://localhost:11434",
    key: "none",
    models: { embed: "nomic-embed-text", generate: "llama3.2" },
    note: "Start it with OLLAMA_ORIGINS set to the address of this page.",
    embed: async (options) => (await import("pagevec/providers/ollama")).ollamaEmbedding(options),
    generate: async (options) =>
      (await import("pagevec/providers/ollama")).ollamaGenerator(options),
  },
  {
    id: "compatible",
    title: "Any server that speaks as OpenAI does",
    baseURL: "http://localhost:1234/v1",
    key: "perhaps",
    models: { embed: "text-embedding-nomic-embed-text-v1.5", generate: "local-model" },
    note: "LM Studio, vLLM, llama.cpp, LiteLLM: let the server answer pages (CORS).",
    embed: async (options) => (await import("pagevec/providers/openai")).openAIEmbedding(options),
    generate: async (options) =>
      (await import("pagevec/providers/openai")).openAIGenerator(options),
  },
  {
    id: "openai",
    title: "OpenAI",
    baseURL: "https://api.openai.com/v1",
    key: "needed",
    models: { embed: "text-embedding-3-small", generate: "gpt-5-mini" },
    embed: async (options) => (await import("pagevec/providers/openai")).openAIEmbedding(options),
    generate: async (options) =>
      (await import("pagevec/providers/openai")).openAIGenerator(options),
  },
  {
    id: "anthropic",
    title: "Anthropic",
    baseURL: "https://api.anthropic.com/v1",
    key: "needed",
    models: { generate: "claude-haiku-4-5" },
    generate: async (options) =>
      (await import("pagevec/providers/anthropic")).anthropicGenerator(options),
  },
  {
    id: "gemini",
    title: "Google Gemini",
    baseURL: "https://generativelanguage.googleapis.com/v1beta",
    key: "needed",
    models: { embed: "gemini-embedding-001", generate: "gemini-2.5-flash" },
    embed: async (options) =>
      (await import("pagevec/providers/google-gemini")).googleGeminiEmbedding(options),
    generate: async (options) =>
      (await import("pagevec/providers/google-gemini")).googleGeminiGenerator(options),
  },
  {
    id: "mistral",
    title: "Mistral",
    baseURL: "https://api.mistral.ai/v1",
    key: "needed",
    models: { embed: "mistral-embed", generate: "mistral-small-latest" },
    embed: async (options) => (await import("pagevec/providers/mistral")).mistralEmbedding(options),
    generate: async (options) =>
      (await import("pagevec/providers/mistral")).mistralGenerator(options),
  },
  {
    id: "cohere",
    title: "Cohere",
    baseURL: "https://api.cohere.com",
    key: "needed",
    models: { embed: "embed-multilingual-v3.0", generate: "command-a-03-2025" },
    note: "Cohere is reported not to answer pages; give the address of a proxy of yours.",
    embed: async (options) => (await import("pagevec/providers/cohere")).cohereEmbedding(options),
    generate: async (options) =>
      (await import("pagevec/providers/cohere")).cohereGenerator(options),
  },
  {
    id: "jina",
    title: "Jina AI",
    baseURL: "https://api.jina.ai/v1",
    key: "needed",
    models: { embed: "jina-embeddings-v4" },
    embed: async (options) => (await import("pagevec/providers/jinaai")).jinaAIEmbedding(options),
  },
  {
    id: "voyage",
    title: "Voyage AI",
    baseURL: "https://api.voyageai.com/v1",
    key: "needed",
    models: { embed: "voyage-3" },
    embed: async (options) =>
      (await import("pagevec/providers/voyageai")).voyageAIEmbedding(options),
  },
];

export function optionsOf({ baseURL, model, key }: ServiceSettings) {
  // The visitor's own key, held in memory, is what the option is for: docs/providers.md.
  const account = key === "" ? {} : { apiKey: key, dangerouslyAllowBrowser: true };
  return { ...account, baseURL, model, maxRetries: 1 };
}
