import type { Generation, MessagePart, TokenUsage } from "../../types/generator.js";
import { badAnswer, fields, withheld } from "./failure.js";
import { type GenerationPiece, type SettledRequest, splitSystem } from "./generation.js";
import { encodeMedia, isAddress } from "./media.js";
import type { Provider } from "./provider.js";
import { numberOr } from "./vectors.js";

// Anthropic's messages, which Bedrock speaks too.

/** The service refuses a request that does not say it. */
const MAX_TOKENS = 4096;

/** @param direct Anthropic's own service also takes bare texts, and the addresses of images. */
export async function claudeBody(
  request: SettledRequest,
  direct: boolean,
): Promise<Record<string, unknown>> {
  const { temperature, maxTokens = MAX_TOKENS, topP, topK, stop } = request;
  const { system, messages } = splitSystem(request);
  const rest = messages.map(async ({ role, content }) => ({
    role,
    content: direct && typeof content === "string" ? content : await toBlocks(content, direct),
  }));
  return {
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    top_k: topK,
    stop_sequences: stop,
    system,
    messages: await Promise.all(rest),
  };
}

/** The images of a prompt go before its text, each with a name that the text can use. */
function toBlocks(content: string | MessagePart[], direct: boolean): Promise<unknown[]> {
  if (typeof content === "string") return Promise.all([{ type: "text", text: content }]);
  const [first, ...rest] = content;
  const isPrompt = first?.type === "text" && rest.every(({ type }) => type === "image");
  if (!isPrompt) return Promise.all(content.map((part) => toBlock(part, direct)));
  const named = rest.flatMap((image, i): MessagePart[] => [
    { type: "text", text: `Image ${i + 1}:` },
    image,
  ]);
  return Promise.all([...named, first].map((part) => toBlock(part, direct)));
}

async function toBlock(part: MessagePart, direct: boolean): Promise<unknown> {
  if (part.type === "text") return part;
  if (direct && isAddress(part.image)) {
    return { type: "image", source: { type: "url", url: part.image } };
  }
  const { base64, mediaType } = await encodeMedia(part.image, "an image", "image/jpeg");
  return { type: "image", source: { type: "base64", media_type: mediaType, data: base64 } };
}

/** @throws provider_failed when the model refused to answer */
export function readClaude(provider: Provider, answer: unknown): Generation {
  const { content, stop_reason: reason, usage } = fields(answer);
  if (!Array.isArray(content)) throw badAnswer(provider, "no content");
  const text = content.map((block) => fields(block).text ?? "").join("");
  if (reason === "refusal") throw withheld(provider, reason);
  return {
    text,
    ...(typeof reason === "string" && { finishReason: reason }),
    ...(usage !== undefined && { usage: claudeUsage(usage) }),
  };
}

/** What one event of a stream tells. */
export function claudePiece(provider: Provider, event: unknown): GenerationPiece {
  const { message, delta, usage } = fields(event);
  const { text, stop_reason: reason } = fields(delta);
  const billed = usage ?? fields(message).usage;
  if (reason === "refusal") throw withheld(provider, reason);
  return {
    ...(typeof text === "string" && { text }),
    ...(typeof reason === "string" && { finishReason: reason }),
    ...(billed !== undefined && { usage: claudeUsage(billed) }),
  };
}

function claudeUsage(usage: unknown): TokenUsage {
  const input = numberOr(fields(usage).input_tokens);
  const output = numberOr(fields(usage).output_tokens);
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
}
