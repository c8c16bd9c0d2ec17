import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import { fields } from "./client/failure.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";

/** https://huggingface.co/docs/inference-providers/tasks/feature-extraction */
export const HUGGINGFACE: Provider = {
  name: "huggingface",
  title: "Hugging Face",
  keyName: "HUGGINGFACE_API_KEY",
  keyIsOptional: true,
  baseURL: "https://router.huggingface.co/hf-inference",
  fromPage: "whether Hugging Face answers pages is not known; set proxyURL to a server of yours.",
  embeds: { model: "sentence-transformers/all-MiniLM-L6-v2", texts: 100 },
};

export interface HuggingFaceEmbeddingOptions extends EmbeddingOptions {
  /** The address of an inference endpoint of your own, which has its model. */
  endpoint?: string;
  normalize?: boolean;
  /** Whether texts that are too long are cut off, and at which end. */
  truncate?: boolean;
  truncationDirection?: "Left" | "Right";
  /** Names of prompts that the model's configuration has; that of queries defaults to the other. */
  promptName?: string;
  queryPromptName?: string;
  /** Options of older endpoints. */
  waitForModel?: boolean;
  useGPU?: boolean;
  useCache?: boolean;
}

export const HUGGINGFACE_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  endpoint: "endpoint",
  normalize: "normalize",
  truncate: "truncate",
  truncation_direction: "truncationDirection",
  prompt_name: "promptName",
  query_prompt_name: "queryPromptName",
} as const;

/** Texts to vectors by a model on Hugging Face, or by an inference endpoint. */
export function huggingFaceEmbedding(
  options: HuggingFaceEmbeddingOptions = {},
): RemoteEmbeddingFunction {
  const { endpoint, truncationDirection, promptName, queryPromptName = promptName } = options;
  const { normalize, truncate } = options;
  const model = endpoint ? options.model : (options.model ?? HUGGINGFACE.embeds?.model);
  return remoteEmbedding(new HttpClient(HUGGINGFACE, options), {
    options: { ...options, model },
    config: HUGGINGFACE_CONFIG,
    request: (inputs, side) => ({
      path: endpoint ?? `/models/${model}/pipeline/feature-extraction`,
      body: {
        inputs,
        normalize,
        truncate,
        truncation_direction: truncationDirection,
        prompt_name: side === "query" ? queryPromptName : promptName,
        ...olderOptions(options),
      },
    }),
    read: (answer, count) => ({ vectors: readVectors(answer, count) }),
  });
}

function olderOptions(options: HuggingFaceEmbeddingOptions): Record<string, unknown> {
  const { waitForModel: wait_for_model, useGPU: use_gpu, useCache: use_cache } = options;
  const given = [wait_for_model, use_gpu, use_cache].some((value) => value !== undefined);
  return given ? { options: { wait_for_model, use_gpu, use_cache } } : {};
}

/**
 * Vectors as they are, in `embeddings` or a single one; vectors of tokens, [input][token][dimension],
 * become their mean. Some endpoints have a list of one around that, or around each input's.
 */
function readVectors(answer: unknown, count: number): unknown[] {
  const value = fields(answer).embeddings ?? answer;
  const list = Array.isArray(value) ? value : [];
  switch (depthOf(list)) {
    case 1:
      return count === 1 ? [list] : list;
    case 3:
      return list.map(meanOf);
    case 4:
      return list.flat().map(meanOf);
    default:
      return list;
  }
}

function depthOf(value: unknown): number {
  return Array.isArray(value) ? 1 + depthOf(value[0]) : 0;
}

/** What is no number makes a number of the mean that checkVectors() refuses. */
function meanOf(tokens: unknown): unknown {
  if (!Array.isArray(tokens) || !tokens.every(Array.isArray)) return undefined;
  const sums = tokens[0]?.map((_: unknown, d: number) =>
    tokens.reduce((sum, token) => sum + token[d], 0),
  );
  return sums?.map((sum: number) => sum / tokens.length);
}
