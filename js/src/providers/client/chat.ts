import type { Generation, Generator, MessagePart, TokenUsage } from "../../types/generator.js";
import { badAnswer, fields } from "./failure.js";
import {
  eventValues,
  type GenerationPiece,
  type GeneratorOptions,
  remoteGenerator,
  type SettledRequest,
  usageOf,
  wholeOf,
} from "./generation.js";
import { HttpClient } from "./http.js";
import { toDataURL } from "./media.js";
import type { Provider } from "./provider.js";

// OpenAI's chat completions, which many services speak.

/** What a service that speaks them has of its own. */
export interface ChatDialect {
  /** Default "/chat/completions". */
  path?: string;
  /** The first message, where a request has none of the system's. */
  system?: string;
  /** Fields besides; one that is undefined is not sent. */
  body?: (request: SettledRequest) => Record<string, unknown>;
  /** What an answer, or an event of a stream, tells. Default: as OpenAI's do. */
  piece?: (value: unknown) => Partial<Generation>;
}

/** A generator over a service that speaks them. */
export function chatGenerator(
  provider: Provider,
  options: GeneratorOptions,
  { path = "/chat/completions", system, body, piece }: ChatDialect = {},
): Generator {
  return remoteGenerator(new HttpClient(provider, options), {
    options: { ...options, model: options.model ?? provider.generates?.model },
    request: async (request, stream) => ({
      path,
      body: { ...(await chatBody(withSystem(request, system), stream)), ...body?.(request) },
    }),
    read: (answer) => (piece ? wholeOf(provider, piece(answer)) : readChat(provider, answer)),
    async *pieces(bytes) {
      if (!piece) return yield* chatPieces(provider, bytes);
      for await (const value of eventValues(provider, bytes)) yield piece(value);
    },
  });
}

function withSystem(request: SettledRequest, system: string | undefined): SettledRequest {
  const has = request.system !== undefined || request.messages[0]?.role === "system";
  return has || system === undefined ? request : { ...request, system };
}

/** The body of a request; what a service calls otherwise it overwrites. */
export async function chatBody(
  request: SettledRequest,
  stream: boolean,
): Promise<Record<string, unknown>> {
  const { model, system, messages, temperature, maxTokens, topP, stop } = request;
  const { frequencyPenalty, presencePenalty } = request;
  const first = system === undefined ? [] : [{ role: "system", content: system }];
  const rest = messages.map(async ({ role, content }) => ({
    role,
    content: typeof content === "string" ? content : await Promise.all(content.map(toPart)),
  }));
  return {
    model,
    messages: [...first, ...(await Promise.all(rest))],
    temperature,
    max_tokens: maxTokens,
    top_p: topP,
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    stop,
    ...(stream && { stream: true }),
  };
}

/** OpenAI's older models know max_tokens only, newer ones (o1 and later) max_completion_tokens only. */
export function outputLimit({ model = "", maxTokens }: SettledRequest): Record<string, unknown> {
  const old = /^gpt-(4o|4-|4$|3\.5)/.test(model);
  return old
    ? { max_tokens: maxTokens }
    : { max_tokens: undefined, max_completion_tokens: maxTokens };
}

async function toPart(part: MessagePart): Promise<unknown> {
  if (part.type === "text") return part;
  return { type: "image_url", image_url: { url: await toDataURL(part.image, "an image") } };
}

export function readChat(provider: Provider, answer: unknown): Generation {
  const { choices, usage } = fields(answer);
  const choice = fields(Array.isArray(choices) ? choices[0] : undefined);
  const text = textOf(fields(choice.message).content ?? choice.text);
  if (text === undefined) throw badAnswer(provider, "no message");
  return {
    text,
    ...(typeof choice.finish_reason === "string" && { finishReason: choice.finish_reason }),
    ...(usage !== undefined && { usage: chatUsage(usage) }),
  };
}

export async function* chatPieces(
  provider: Provider,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<GenerationPiece> {
  for await (const value of eventValues(provider, body)) {
    const { choices, usage } = fields(value);
    // Azure's first event, and the one with the usage, have no choices.
    const choice = fields(Array.isArray(choices) ? choices[0] : undefined);
    yield {
      text: textOf(fields(choice.delta).content),
      ...(typeof choice.finish_reason === "string" && { finishReason: choice.finish_reason }),
      ...(usage ? { usage: chatUsage(usage) } : {}),
    };
  }
}

/** A text, or the text parts of a list. */
export function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  return content.map((part) => fields(part).text ?? "").join("");
}

function chatUsage(usage: unknown): TokenUsage {
  const { prompt_tokens: input, completion_tokens: output } = fields(usage);
  return usageOf(input, output);
}
