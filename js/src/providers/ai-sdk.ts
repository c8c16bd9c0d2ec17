import type {
  EmbeddingModelV4,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4Message,
  LanguageModelV4Usage,
  RerankingModelV4,
} from "@ai-sdk/provider";
import { PagevecError, throwIfAborted } from "../errors.js";
import type { Generator, Message, MessagePart, TokenUsage } from "../types/generator.js";
import type { Reranker } from "../types/reranker.js";
import type { CallOptions, EmbeddingFunction, Space } from "../types.js";
import { runParts, splitBatches } from "./client/batches.js";
import {
  type GenerationPiece,
  type GeneratorOptions,
  PieceStream,
  settle,
} from "./client/generation.js";
import { encodeMedia } from "./client/media.js";
import { checkVectors } from "./client/vectors.js";

// Models of the AI SDK (https://ai-sdk.dev) as ours, by the interfaces of @ai-sdk/provider 4.

const AI_SDK = { name: "ai-sdk", title: "AI SDK", fromPage: "See the provider of the AI SDK." };
const SPACES: Space[] = ["cosine", "l2", "ip"];

/** @throws from its calls: embedding_failed with the model's error as cause; invalid_response */
export function fromEmbeddingModel(model: EmbeddingModelV4): EmbeddingFunction {
  const generate = (texts: string[], call: CallOptions = {}) => embed(model, texts, call);
  return {
    name: `${model.provider}:${model.modelId}`,
    generate,
    generateForQueries: generate,
    defaultSpace: () => "cosine",
    supportedSpaces: () => [...SPACES],
    getConfig: () => ({ model_name: model.modelId }),
  };
}

async function embed(model: EmbeddingModelV4, texts: string[], call: CallOptions) {
  const count = (await model.maxEmbeddingsPerCall) ?? Number.POSITIVE_INFINITY;
  const atOnce = (await model.supportsParallelCalls) ? 4 : 1;
  const batches = splitBatches(texts, { count }, () => 0);
  const parts = await runParts(batches, atOnce, call, async (values, { signal }) => {
    const { embeddings } = await asked(model, call, () =>
      model.doEmbed({ values, abortSignal: signal }),
    );
    return checkVectors(AI_SDK, embeddings, values.length);
  });
  const vectors = parts.flat();
  return checkVectors(AI_SDK, vectors, texts.length, vectors[0]?.length);
}

export function fromRerankingModel(model: RerankingModelV4): Reranker {
  return {
    name: `${model.provider}:${model.modelId}`,
    async rerank(query, documents, call = {}) {
      if (documents.length === 0) return [];
      const { ranking } = await asked(model, call, () =>
        model.doRerank({
          query,
          documents: { type: "text", values: [...documents] },
          topN: call.limit,
          abortSignal: call.signal,
        }),
      );
      const results = ranking.map(({ index, relevanceScore: score }) => ({ index, score }));
      return results.sort((a, b) => b.score - a.score || a.index - b.index);
    },
  };
}

/** Settings given here hold for every request that does not give its own; the model's name does not. */
export function fromLanguageModel(
  model: LanguageModelV4,
  options: GeneratorOptions = {},
): Generator {
  const name = `${model.provider}:${model.modelId}`;
  return {
    name,
    async generate(request, call = {}) {
      const sent = await callOptions(settle(AI_SDK, options, request), call);
      const { content, finishReason, usage } = await asked(model, call, () =>
        model.doGenerate(sent),
      );
      const text = content.map(textOf).join("");
      return {
        text,
        finishReason: finishReason.raw ?? finishReason.unified,
        usage: toUsage(usage),
      };
    },
    stream(request, call = {}) {
      return new PieceStream(
        pieces(model, settle(AI_SDK, options, request), call),
        options.onUsage,
      );
    },
  };
}

async function* pieces(
  model: LanguageModelV4,
  request: ReturnType<typeof settle>,
  call: CallOptions,
): AsyncGenerator<GenerationPiece> {
  const sent = await callOptions(request, call);
  const { stream } = await asked(model, call, () => model.doStream(sent));
  for await (const part of stream) {
    if (part.type === "error") throw failed(model, part.error);
    if (part.type === "text-delta") yield { text: part.delta };
    if (part.type === "finish") {
      const { finishReason, usage } = part;
      yield { finishReason: finishReason.raw ?? finishReason.unified, usage: toUsage(usage) };
    }
  }
}

async function callOptions(
  request: ReturnType<typeof settle>,
  { signal }: CallOptions,
): Promise<LanguageModelV4CallOptions> {
  const { messages, system, maxTokens, stop, ...settings } = request;
  const first: LanguageModelV4Message[] =
    system === undefined ? [] : [{ role: "system", content: system }];
  return {
    ...settings,
    prompt: [...first, ...(await Promise.all(messages.map(toMessage)))],
    maxOutputTokens: maxTokens,
    stopSequences: stop,
    abortSignal: signal,
  };
}

async function toMessage({ role, content }: Message): Promise<LanguageModelV4Message> {
  const parts: MessagePart[] =
    typeof content === "string" ? [{ type: "text", text: content }] : content;
  if (role === "system") {
    return { role, content: parts.map((part) => (part.type === "text" ? part.text : "")).join("") };
  }
  return { role, content: await Promise.all(parts.map(toPart)) };
}

async function toPart(part: MessagePart) {
  if (part.type === "text") return part;
  const { base64, mediaType } = await encodeMedia(part.image, "an image");
  return { type: "file" as const, mediaType, data: { type: "data" as const, data: base64 } };
}

function textOf(content: LanguageModelV4Content): string {
  return content.type === "text" ? content.text : "";
}

function toUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): TokenUsage {
  return { input: inputTokens.total, output: outputTokens.total };
}

/** A model's own errors become ours; what it says stays the message. */
async function asked<T>(
  model: { provider: string; modelId: string },
  { signal }: CallOptions,
  ask: () => PromiseLike<T>,
): Promise<T> {
  throwIfAborted(signal);
  try {
    return await ask();
  } catch (cause) {
    throwIfAborted(signal);
    throw failed(model, cause);
  }
}

function failed(model: { provider: string; modelId: string }, cause: unknown): PagevecError {
  const {
    message = String(cause),
    statusCode,
    isRetryable,
  } = cause as {
    message?: string;
    statusCode?: number;
    isRetryable?: boolean;
  };
  const { provider, modelId } = model;
  return new PagevecError("provider_failed", `${provider} ${modelId} failed: ${message}`, {
    cause,
    provider: { provider, status: statusCode, retryable: isRetryable ?? false },
  });
}
