import type {
  GenerateRequest,
  Generation,
  GenerationStream,
  Generator,
  Message,
  ModelSettings,
  TokenUsage,
} from "../../types/generator.js";
import type { CallOptions } from "../../types.js";
import { estimateTokens } from "./batches.js";
import { badAnswer, errorInBody, excerpt, fields, parsed } from "./failure.js";
import type { HttpClient, WireRequest } from "./http.js";
import { invalid } from "./keys.js";
import type { Provider, ProviderOptions } from "./provider.js";
import { lines, serverEvents } from "./streams.js";

/** Settings given here hold for every request that does not give its own. */
export interface GeneratorOptions extends ProviderOptions, ModelSettings {}

/** A request with the settings it goes by, and its prompt as messages. */
export interface SettledRequest extends ModelSettings {
  messages: Message[];
  system?: string;
  /** Whether the messages are one prompt with its images: some services take it by another path. */
  isPrompt: boolean;
}

/** What one piece of a stream tells; a piece may tell nothing. */
export interface GenerationPiece {
  text?: string | undefined;
  finishReason?: string | undefined;
  usage?: TokenUsage | undefined;
}

/** Texts from a language model over one service: what differs from the others. */
export interface GenerationWire {
  options: GeneratorOptions;
  request: (request: SettledRequest, stream: boolean) => WireRequest | Promise<WireRequest>;
  /** @throws provider_failed, invalid_response */
  read: (answer: unknown, request: SettledRequest) => Generation | Promise<Generation>;
  /** What the pieces of a stream's body tell. */
  pieces: (
    body: AsyncIterable<Uint8Array>,
    request: SettledRequest,
  ) => AsyncIterable<GenerationPiece>;
}

/** See HttpClient.post() for what its calls throw. */
export function remoteGenerator(client: HttpClient, wire: GenerationWire): Generator {
  return {
    name: client.provider.name,
    async generate(request, call = {}) {
      const settled = settle(client.provider, wire.options, request);
      const answer = await client.post(await paced(wire, settled, false), call);
      const generation = await wire.read(answer, settled);
      if (generation.usage) wire.options.onUsage?.(generation.usage);
      return generation;
    },
    stream(request, call = {}) {
      const settled = settle(client.provider, wire.options, request);
      return new PieceStream(remotePieces(client, wire, settled, call), wire.options.onUsage);
    },
  };
}

/** An answer put together from what the pieces of a stream tell. */
export class PieceStream implements GenerationStream {
  private readonly whole: Generation = { text: "" };
  private readonly texts: AsyncGenerator<string>;

  /** @param onUsage is told at the end, when a piece told it. */
  constructor(pieces: AsyncIterable<GenerationPiece>, onUsage?: (usage: TokenUsage) => void) {
    this.texts = this.read(pieces, onUsage);
  }

  [Symbol.asyncIterator](): AsyncGenerator<string> {
    return this.texts;
  }

  async result(): Promise<Generation> {
    for await (const _ of this.texts);
    return this.whole;
  }

  private async *read(
    pieces: AsyncIterable<GenerationPiece>,
    onUsage?: (usage: TokenUsage) => void,
  ): AsyncGenerator<string> {
    const { whole } = this;
    for await (const { text, finishReason, usage } of pieces) {
      if (finishReason !== undefined) whole.finishReason = finishReason;
      if (usage) whole.usage = { ...whole.usage, ...usage };
      if (!text) continue;
      whole.text += text;
      yield text;
    }
    if (whole.usage) onUsage?.(whole.usage);
  }
}

async function* remotePieces(
  client: HttpClient,
  wire: GenerationWire,
  request: SettledRequest,
  call: CallOptions,
): AsyncGenerator<GenerationPiece> {
  const sent = await paced(wire, request, true);
  yield* client.stream(sent, call, (body) => wire.pieces(body, request));
}

async function paced(wire: GenerationWire, request: SettledRequest, stream: boolean) {
  const text = request.messages.map(({ content }) => contentText(content)).join("");
  return { tokens: estimateTokens(text), ...(await wire.request(request, stream)) };
}

/** @throws invalid_argument for neither a prompt nor messages, or both */
export function settle(
  provider: Provider,
  options: GeneratorOptions,
  request: GenerateRequest,
): SettledRequest {
  const { prompt, images = [], messages, ...rest } = request;
  if ((prompt === undefined) === (messages === undefined)) {
    throw invalid(provider, "needs either a prompt or messages");
  }
  const { model, temperature, maxTokens, topP, topK, frequencyPenalty, presencePenalty, stop } =
    options;
  const defaults = {
    model,
    temperature,
    maxTokens,
    topP,
    topK,
    frequencyPenalty,
    presencePenalty,
    stop,
  };
  return {
    ...defined(defaults),
    ...defined(rest),
    messages: messages ?? [userMessage(prompt as string, images)],
    isPrompt: prompt !== undefined,
  };
}

function userMessage(prompt: string, images: NonNullable<GenerateRequest["images"]>): Message {
  if (images.length === 0) return { role: "user", content: prompt };
  const parts = images.map((image) => ({ type: "image" as const, image }));
  return { role: "user", content: [{ type: "text", text: prompt }, ...parts] };
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

/** A message's text, without its images. */
export function contentText(content: Message["content"]): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/**
 * What an answer tells that is a stream's only piece.
 * @throws invalid_response for one without a text
 */
export function wholeOf(provider: Provider, piece: Partial<Generation>): Generation {
  const { text } = piece;
  if (text === undefined) throw badAnswer(provider, "no message");
  return { ...piece, text };
}

/** What of the two is a number. */
export function usageOf(input: unknown, output: unknown): TokenUsage {
  return {
    ...(typeof input === "number" && { input }),
    ...(typeof output === "number" && { output }),
  };
}

/** For services that take what a system message says apart from the conversation. */
export function splitSystem(request: SettledRequest): { system?: string; messages: Message[] } {
  const messages = request.messages.filter(({ role }) => role !== "system");
  const told = request.messages.filter(({ role }) => role === "system");
  const texts = [request.system ?? "", ...told.map(({ content }) => contentText(content))];
  const system = texts.filter((text) => text !== "").join("\n\n");
  return { ...(system && { system }), messages };
}

/** The JSON values in an event stream, up to `[DONE]`. A value with an `error` ends it. */
export async function* eventValues(
  provider: Provider,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown> {
  for await (const { data } of serverEvents(body)) {
    if (data === "[DONE]") return;
    yield checkedValue(provider, data);
  }
}

/** The JSON values in newline-delimited JSON. A value with an `error` ends it. */
export async function* lineValues(
  provider: Provider,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown> {
  for await (const line of lines(body)) yield checkedValue(provider, line);
}

function checkedValue(provider: Provider, text: string): unknown {
  const value = parsed(text);
  if (value === undefined) throw badAnswer(provider, `a part that is no JSON: ${excerpt(text)}`);
  // Google puts an error in a list of one.
  const first = Array.isArray(value) ? value[0] : value;
  if (fields(first).error) throw errorInBody(provider, first);
  return value;
}
