import type { Generation, MessagePart, TokenUsage } from "../../types/generator.js";
import type { Side } from "./embedding.js";
import { badAnswer, fields, withheld } from "./failure.js";
import {
  eventValues,
  type GenerationPiece,
  type GeneratorOptions,
  type SettledRequest,
  splitSystem,
} from "./generation.js";
import type { WireRequest } from "./http.js";
import { encodeMedia } from "./media.js";
import type { Provider } from "./provider.js";
import { numberOr } from "./vectors.js";

// What the Gemini API and Vertex AI have in common.

/** https://ai.google.dev/gemini-api/docs/embeddings#supported-task-types */
export type GoogleTask =
  | "RETRIEVAL_DOCUMENT"
  | "RETRIEVAL_QUERY"
  | "QUESTION_ANSWERING"
  | "FACT_VERIFICATION"
  | "CODE_RETRIEVAL_QUERY"
  | "CLASSIFICATION"
  | "CLUSTERING"
  | "SEMANTIC_SIMILARITY"
  | "none";

/** What only queries are embedded for: the documents they look for are RETRIEVAL_DOCUMENT. */
const QUERY_TASKS: readonly string[] = [
  "RETRIEVAL_QUERY",
  "QUESTION_ANSWERING",
  "FACT_VERIFICATION",
  "CODE_RETRIEVAL_QUERY",
];

/** The task to send; as Weaviate's modules choose it. */
export function taskOf(task: GoogleTask = "RETRIEVAL_QUERY", side: Side): string | undefined {
  if (task === "none") return undefined;
  return side === "document" && QUERY_TASKS.includes(task) ? "RETRIEVAL_DOCUMENT" : task;
}

export interface GoogleGeneratorOptions extends GeneratorOptions {
  /** Further settings by Google's names, e.g. `{ thinkingConfig: { thinkingBudget: 0 } }`. */
  generationConfig?: Record<string, unknown>;
  /** What is blocked: `[{ category, threshold }]`. */
  safetySettings?: Record<string, unknown>[];
}

/** @param models the path up to the model's name. */
export async function contentRequest(
  models: string,
  request: SettledRequest,
  options: GoogleGeneratorOptions,
  stream: boolean,
): Promise<WireRequest> {
  const { system, messages } = splitSystem(request);
  const contents = messages.map(async ({ role, content }) => ({
    role: role === "assistant" ? "model" : "user",
    parts: await toParts(content),
  }));
  const config = generationConfig(request, options);
  const operation = stream ? "streamGenerateContent?alt=sse" : "generateContent";
  return {
    path: `${models}/${request.model}:${operation}`,
    body: {
      contents: await Promise.all(contents),
      ...(system && { systemInstruction: { parts: [{ text: system }] } }),
      ...(config && { generationConfig: config }),
      safetySettings: options.safetySettings,
    },
  };
}

function generationConfig(request: SettledRequest, options: GoogleGeneratorOptions) {
  const { temperature, topP, topK, maxTokens, stop, presencePenalty, frequencyPenalty } = request;
  const config = {
    temperature,
    topP,
    topK,
    maxOutputTokens: maxTokens,
    stopSequences: stop,
    presencePenalty,
    frequencyPenalty,
    ...options.generationConfig,
  };
  return Object.values(config).some((value) => value !== undefined) ? config : undefined;
}

function toParts(content: string | MessagePart[]): Promise<unknown[]> {
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  return Promise.all(
    parts.map(async (part) => {
      if (part.type === "text") return { text: part.text };
      const { base64, mediaType } = await encodeMedia(part.image, "an image", "image/jpeg");
      return { inlineData: { mimeType: mediaType, data: base64 } };
    }),
  );
}

/** @throws provider_failed for an answer without text, which the service blocked */
export function readContent(provider: Provider, answer: unknown): Generation {
  const { text, finishReason, usage } = contentPiece(provider, answer);
  if (text === undefined) throw noText(provider, finishReason);
  return { text, ...(finishReason && { finishReason }), ...(usage && { usage }) };
}

/** As readContent(): an error when all the pieces had no text. */
export async function* contentPieces(
  provider: Provider,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<GenerationPiece> {
  let answered = false;
  let reason: string | undefined;
  for await (const value of eventValues(provider, body)) {
    const piece = contentPiece(provider, value);
    answered ||= piece.text !== undefined;
    reason = piece.finishReason ?? reason;
    yield piece;
  }
  if (!answered) throw noText(provider, reason);
}

/** A blocked prompt has no candidates; a blocked answer has a candidate without parts. */
function contentPiece(provider: Provider, value: unknown): GenerationPiece {
  const { candidates, promptFeedback, usageMetadata: usage } = fields(value);
  const { blockReason } = fields(promptFeedback);
  if (typeof blockReason === "string") throw withheld(provider, blockReason);
  const candidate = fields(Array.isArray(candidates) ? candidates[0] : undefined);
  const { parts } = fields(candidate.content);
  // A thinking model's thoughts are no part of its answer.
  const told = Array.isArray(parts) ? parts.filter((part) => !fields(part).thought) : [];
  return {
    ...(told.length && { text: told.map((part) => fields(part).text ?? "").join("") }),
    ...(typeof candidate.finishReason === "string" && { finishReason: candidate.finishReason }),
    ...(usage !== undefined && { usage: contentUsage(usage) }),
  };
}

function noText(provider: Provider, reason: string | undefined) {
  return reason === undefined ? badAnswer(provider, "no text") : withheld(provider, reason);
}

function contentUsage(usage: unknown): TokenUsage {
  const input = numberOr(fields(usage).promptTokenCount);
  const output = numberOr(fields(usage).candidatesTokenCount);
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
}
