import { PagevecError } from "../../errors.js";
import type { Generation, TokenUsage } from "../../types/generator.js";
import { awsEvents } from "./aws-events.js";
import { claudeBody, claudePiece, readClaude } from "./claude.js";
import { converseBody, conversePiece, readConverse } from "./converse.js";
import { badAnswer, fields, parsed } from "./failure.js";
import {
  contentText,
  type GenerationPiece,
  type SettledRequest,
  splitSystem,
} from "./generation.js";
import type { Provider } from "./provider.js";
import { numberOr } from "./vectors.js";

// What each family of models takes and gives where Bedrock passes on what it is told (InvokeModel).
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html

export interface ModelFamily {
  /** Part of the model's name. */
  pattern: RegExp;
  body: (request: SettledRequest, stream: boolean) => unknown;
  read: (provider: Provider, answer: unknown) => Generation;
  /** What one event of a stream tells; absent where the family does not stream. */
  piece?: (provider: Provider, event: unknown) => GenerationPiece;
}

const BEDROCK_VERSION = "bedrock-2023-05-31";
/** Claude 2 refuses a request that does not say it. */
const MAX_TOKENS = 4096;

/** In this order: the first whose pattern is in a model's name. */
const FAMILIES: readonly ModelFamily[] = [
  {
    pattern: /amazon\.nova/,
    body: (request) => converseBody(request, { topK: request.topK }),
    read: readConverse,
    piece: (_, event) => conversePiece(event),
  },
  textFamily(/amazon\.titan/, titanBody, (answer) => {
    // A stream's event is one result.
    const { outputText, completionReason } = firstOf(answer.results) ?? answer;
    return [outputText, completionReason];
  }),
  textFamily(/anthropic\.claude-(v\d|instant)/, oldClaudeBody, (answer) => [
    answer.completion,
    answer.stop_reason,
  ]),
  {
    pattern: /anthropic\.claude/,
    body: async (request) => ({
      anthropic_version: BEDROCK_VERSION,
      ...(await claudeBody(request, false)),
    }),
    read: readClaude,
    piece: claudePiece,
  },
  {
    ...textFamily(/ai21\./, jurassicBody, ({ completions }) => {
      const { data, finishReason } = firstOf(completions) ?? {};
      return [fields(data).text, fields(finishReason).reason];
    }),
    piece: undefined,
  },
  textFamily(/cohere\.command-r/, commandRBody, ({ text, finish_reason }) => [text, finish_reason]),
  textFamily(/cohere\.command/, commandBody, (answer) => {
    const { text, finish_reason } = firstOf(answer.generations) ?? answer;
    return [text, finish_reason];
  }),
  textFamily(/mistral\./, mistralBody, ({ outputs }) => {
    const { text, stop_reason } = firstOf(outputs) ?? {};
    return [text, stop_reason];
  }),
  textFamily(/meta\.llama/, llamaBody, ({ generation, stop_reason }) => [generation, stop_reason]),
];

/** @throws unsupported for a model whose requests are not known */
export function modelFamily(provider: Provider, model: string): ModelFamily {
  const family = FAMILIES.find(({ pattern }) => pattern.test(model));
  if (family) return family;
  throw unsupported(`${provider.name} does not know what "${model}" takes`);
}

/** The events of a model, wrapped in those of Bedrock. */
export async function* modelPieces(
  provider: Provider,
  body: AsyncIterable<Uint8Array>,
  model: string,
): AsyncGenerator<GenerationPiece> {
  const { piece } = modelFamily(provider, model);
  for await (const { value } of awsEvents(provider, body)) {
    const { bytes } = fields(value);
    const event = typeof bytes === "string" ? parsed(decoded(bytes)) : undefined;
    if (event === undefined) throw badAnswer(provider, "an event without a model's event");
    const told = piece?.(provider, event);
    yield { ...told, usage: { ...told?.usage, ...invocationUsage(event) } };
  }
}

function decoded(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

/** @throws unsupported for a model that is not known, or does not stream */
export async function modelRequest(
  provider: Provider,
  request: SettledRequest,
  stream: boolean,
): Promise<unknown> {
  const { model = "" } = request;
  const { body, piece } = modelFamily(provider, model);
  if (stream && !piece) throw unsupported(`${model} does not stream`);
  return body(request, stream);
}

/** Bedrock's own count, in the last event of a stream. */
function invocationUsage(event: unknown): TokenUsage {
  const metrics = fields(fields(event)["amazon-bedrock-invocationMetrics"]);
  const input = numberOr(metrics.inputTokenCount);
  const output = numberOr(metrics.outputTokenCount);
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
}

export function unsupported(problem: string): PagevecError {
  return new PagevecError("unsupported", `${problem}; use api: "converse"`);
}

/** Models whose answers and events look alike. `told` finds text and reason in either. */
function textFamily(
  pattern: RegExp,
  body: ModelFamily["body"],
  told: (answer: Record<string, unknown>) => [text: unknown, reason: unknown],
): ModelFamily {
  const piece = (event: unknown): GenerationPiece => {
    const [text, reason] = told(fields(event));
    return {
      ...(typeof text === "string" && { text }),
      ...(typeof reason === "string" && { finishReason: reason }),
    };
  };
  return {
    pattern,
    body,
    read: (provider, answer) => {
      const { text, finishReason } = piece(answer);
      if (text === undefined) throw badAnswer(provider, "no text");
      return { text, ...(finishReason && { finishReason }) };
    },
    piece: (_, event) => piece(event),
  };
}

function titanBody(request: SettledRequest): unknown {
  const { temperature, topP, maxTokens, stop } = request;
  const config = { temperature, topP, maxTokenCount: maxTokens, stopSequences: stop };
  const asked = Object.values(config).some((value) => value !== undefined);
  return { inputText: onePrompt(request), ...(asked && { textGenerationConfig: config }) };
}

function oldClaudeBody(request: SettledRequest): unknown {
  const { temperature, topP, topK, maxTokens = MAX_TOKENS, stop } = request;
  return {
    prompt: `\n\nHuman: ${onePrompt(request)}\n\nAssistant:`,
    max_tokens_to_sample: maxTokens,
    temperature,
    stop_sequences: stop,
    top_k: topK,
    top_p: topP,
    anthropic_version: BEDROCK_VERSION,
  };
}

function jurassicBody(request: SettledRequest): unknown {
  const { temperature, topP, maxTokens, stop } = request;
  return { prompt: onePrompt(request), maxTokens, temperature, topP, stopSequences: stop };
}

function commandRBody(request: SettledRequest): unknown {
  const { temperature, topP, topK, maxTokens, stop, frequencyPenalty, presencePenalty } = request;
  const { system, messages } = splitSystem(request);
  const texts = messages.map((message) => ({
    role: message.role === "user" ? "USER" : "CHATBOT",
    message: textOnly(request, message.content),
  }));
  const last = texts.pop();
  return {
    message: last?.message,
    ...(texts.length && { chat_history: texts }),
    preamble: system,
    temperature,
    max_tokens: maxTokens,
    p: topP,
    k: topK,
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    stop_sequences: stop,
  };
}

function commandBody(request: SettledRequest, stream: boolean): unknown {
  const { temperature, topP, topK, maxTokens, stop } = request;
  return {
    prompt: onePrompt(request),
    temperature,
    max_tokens: maxTokens,
    p: topP,
    k: topK,
    stop_sequences: stop,
    ...(stream && { stream: true }),
  };
}

function mistralBody(request: SettledRequest): unknown {
  const { temperature, topP, topK, maxTokens, stop } = request;
  return {
    prompt: `<s>[INST] ${onePrompt(request)} [/INST]`,
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    top_k: topK,
    stop,
  };
}

function llamaBody(request: SettledRequest): unknown {
  const { temperature, topP, maxTokens } = request;
  return { prompt: onePrompt(request), temperature, top_p: topP, max_gen_len: maxTokens };
}

/** @throws unsupported for a conversation, and for images */
function onePrompt(request: SettledRequest): string {
  const { system, messages } = splitSystem(request);
  const [first, ...rest] = messages;
  if (!first || rest.length)
    throw unsupported(`${request.model} takes one prompt, no conversation`);
  const text = textOnly(request, first.content);
  return system ? `${system}\n\n${text}` : text;
}

function textOnly(
  { model }: SettledRequest,
  content: SettledRequest["messages"][number]["content"],
): string {
  if (typeof content !== "string" && content.some(({ type }) => type === "image")) {
    throw unsupported(`${model} takes no images`);
  }
  return contentText(content);
}

function firstOf(list: unknown): Record<string, unknown> | undefined {
  return Array.isArray(list) ? fields(list[0]) : undefined;
}
