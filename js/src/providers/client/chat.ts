import type { Generation, MessagePart, TokenUsage } from "../../types/generator.js";
import { badAnswer, fields } from "./failure.js";
import { eventValues, type GenerationPiece, type SettledRequest } from "./generation.js";
import { toDataURL } from "./media.js";
import type { Provider } from "./provider.js";
import { numberOr } from "./vectors.js";

// OpenAI's chat completions, which many services speak.

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
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  return content.map((part) => fields(part).text ?? "").join("");
}

function chatUsage(usage: unknown): TokenUsage {
  const { prompt_tokens: prompt, completion_tokens: completion } = fields(usage);
  const input = numberOr(prompt);
  const output = numberOr(completion);
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
}
