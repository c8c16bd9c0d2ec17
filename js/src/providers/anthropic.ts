import type { Generator } from "../types/generator.js";
import { claudeBody, claudePiece, readClaude } from "./client/claude.js";
import {
  eventValues,
  type GenerationPiece,
  type GeneratorOptions,
  remoteGenerator,
} from "./client/generation.js";
import { bearer, HttpClient, keyHeader } from "./client/http.js";
import type { Provider } from "./client/provider.js";

/** https://docs.anthropic.com/en/api/messages */
export const ANTHROPIC: Provider = {
  name: "anthropic",
  title: "Anthropic",
  keyName: "ANTHROPIC_API_KEY",
  baseURL: "https://api.anthropic.com/v1",
  fromPage: "Anthropic answers pages when dangerouslyAllowBrowser is set; check the connection.",
  generates: { model: "claude-haiku-4-5" },
};

/** The version whose key has a header of its own. */
const KEY_HEADER_VERSION = "2023-06-01";

export interface AnthropicGeneratorOptions extends GeneratorOptions {
  /**
   * What the service is told in `anthropic-version`. Default "2026-10-21", which takes the key as
   * bearer token; "2023-06-01" takes it in `x-api-key`.
   */
  apiVersion?: string;
}

/**
 * Messages by Anthropic. `maxTokens` is 4096 unless it is given: the service wants one. The images of
 * a prompt are named "Image 1:", "Image 2:" ... before it.
 */
export function anthropicGenerator(options: AnthropicGeneratorOptions = {}): Generator {
  const { apiVersion = "2026-10-21", dangerouslyAllowBrowser } = options;
  const authorize = apiVersion === KEY_HEADER_VERSION ? keyHeader("x-api-key") : bearer;
  const headers = {
    "anthropic-version": apiVersion,
    // Asks for the headers without which a browser keeps the answer from the page (CORS).
    ...(dangerouslyAllowBrowser && { "anthropic-dangerous-direct-browser-access": "true" }),
  };
  return remoteGenerator(new HttpClient(ANTHROPIC, options, authorize), {
    options: { ...options, model: options.model ?? ANTHROPIC.generates?.model },
    request: async (request, stream) => ({
      path: "/messages",
      headers,
      body: {
        model: request.model,
        ...(await claudeBody(request, true)),
        ...(stream && { stream: true }),
      },
    }),
    read: (answer) => readClaude(ANTHROPIC, answer),
    pieces: anthropicPieces,
  });
}

async function* anthropicPieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<GenerationPiece> {
  for await (const event of eventValues(ANTHROPIC, body)) yield claudePiece(ANTHROPIC, event);
}
