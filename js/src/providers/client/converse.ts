import type { Generation, MessagePart, TokenUsage } from "../../types/generator.js";
import { awsEvents } from "./aws-events.js";
import { bedrockImage } from "./bedrock-embeddings.js";
import { badAnswer, fields, withheld } from "./failure.js";
import { type GenerationPiece, type SettledRequest, splitSystem } from "./generation.js";
import type { Provider } from "./provider.js";
import { numberOr } from "./vectors.js";

// Bedrock's Converse: one form for all chat models. Nova speaks it by itself too.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html

/** @param settings more than Converse has names for, e.g. a model's top_k. */
export async function converseBody(
  request: SettledRequest,
  settings: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const { temperature, maxTokens, topP, stop } = request;
  const { system, messages } = splitSystem(request);
  const config = { maxTokens, temperature, topP, stopSequences: stop, ...settings };
  const asked = Object.values(config).some((value) => value !== undefined);
  return {
    messages: await Promise.all(
      messages.map(async ({ role, content }) => ({ role, content: await toContent(content) })),
    ),
    ...(system && { system: [{ text: system }] }),
    ...(asked && { inferenceConfig: config }),
  };
}

function toContent(content: string | MessagePart[]): Promise<unknown[]> {
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  return Promise.all(
    parts.map(async (part) =>
      part.type === "text" ? { text: part.text } : { image: await bedrockImage(part.image) },
    ),
  );
}

/** What a request of Converse holds; top_k goes by each family's own name. */
export async function converseRequest(request: SettledRequest): Promise<Record<string, unknown>> {
  const { model = "", topK } = request;
  const further = /nova/.test(model) ? { inferenceConfig: { topK } } : { [topKName(model)]: topK };
  return {
    ...(await converseBody(request)),
    ...(topK !== undefined && { additionalModelRequestFields: further }),
  };
}

function topKName(model: string): string {
  return /cohere/.test(model) ? "k" : "top_k";
}

export async function* conversePieces(
  provider: Provider,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<GenerationPiece> {
  for await (const { type, value } of awsEvents(provider, body)) {
    yield conversePiece({ [type]: value });
  }
}

/** @throws provider_failed for an answer without text, which a guardrail kept back */
export function readConverse(provider: Provider, answer: unknown): Generation {
  const { output, stopReason, usage } = fields(answer);
  const { content } = fields(fields(output).message);
  const reason = typeof stopReason === "string" ? stopReason : undefined;
  const texts = Array.isArray(content) ? content.map((block) => fields(block).text) : [];
  const told = texts.filter((text) => typeof text === "string");
  if (told.length === 0) {
    throw reason === undefined ? badAnswer(provider, "no message") : withheld(provider, reason);
  }
  return {
    text: told.join(""),
    ...(reason !== undefined && { finishReason: reason }),
    ...(usage !== undefined && { usage: converseUsage(usage) }),
  };
}

/** What one event tells, as `{ [its type]: its value }`. */
export function conversePiece(event: unknown): GenerationPiece {
  const { contentBlockDelta, messageStop, metadata } = fields(event);
  const { text } = fields(fields(contentBlockDelta).delta);
  const { stopReason } = fields(messageStop);
  const { usage } = fields(metadata);
  return {
    ...(typeof text === "string" && { text }),
    ...(typeof stopReason === "string" && { finishReason: stopReason }),
    ...(usage !== undefined && { usage: converseUsage(usage) }),
  };
}

function converseUsage(usage: unknown): TokenUsage {
  const input = numberOr(fields(usage).inputTokens);
  const output = numberOr(fields(usage).outputTokens);
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
}
