import type { Message } from "../../../js/src/types/generator.js";
import type { Media } from "../../../js/src/types/media.js";
import { sha256, signatureOf } from "./sigv4.js";

// The form of tests/fixtures/providers, whose README gives the rules that are applied here.

/** What was asked, in terms of no provider. Providers have settings besides. */
export interface Call {
  texts?: string[];
  images?: Media[];
  audio?: Media[];
  video?: Media[];
  model?: string | null;
  task?: string;
  dimensions?: number;
  truncate?: unknown;
  normalize?: boolean;
  baseURL?: string;
  query?: string;
  documents?: string[];
  prompt?: string;
  messages?: Message[];
  system?: string;
  temperature?: number;
  max_tokens?: number;
  top_p?: number;
  top_k?: number;
  stop?: string[];
  stream?: boolean;
  /** Added by the sender itself. */
  defaults?: Record<string, unknown>;
  settings?: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever else a provider's cases name
  [setting: string]: any;
}

export interface WireRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
  body_text?: string;
  sdk_headers?: Record<string, string>;
  sigv4?: {
    scope: string;
    canonical_request: string;
    string_to_sign: string;
    signed_headers: string;
    signature: string;
    minimal: { headers: Record<string, string>; signature: string; signed_headers: string };
  };
}

export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body?: unknown;
  body_text?: string;
  body_base64?: string;
}

export interface Expected {
  vectors?: number[][];
  nested_vectors?: number[][][];
  results?: { index: number; score: number }[];
  text?: string;
  deltas?: string[];
  finish_reason?: string;
  usage?: Record<string, number>;
  requests?: number;
  first_request_documents?: number;
  scores_first?: number[];
  partial_text?: string;
  error?: {
    status?: number;
    type?: string;
    retryable?: boolean;
    retry_after_ms?: number;
    estimated_time_s?: number;
    message_contains?: string;
    invalid_response?: boolean;
    in_stream?: boolean;
    no_request?: boolean;
    finish_reason?: string;
  };
  text_vectors?: number[][];
  image_vectors?: number[][];
}

export interface Exchange {
  id: string;
  provider: string;
  kind: "embed" | "embed-multimodal" | "rerank" | "generate";
  case: string;
  call: Call;
  request: WireRequest | null;
  response: WireResponse | null;
  expect: Expected;
}

/** A request as it arrived. */
export interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  bodyText: string;
}

/** Headers that HTTP clients add by themselves, or that only name the sender. */
const OF_THE_CLIENT = new Set(
  (
    "accept accept-encoding accept-language connection content-length host user-agent sec-fetch-mode " +
    "request-source x-header-vectordb-source"
  ).split(" "),
);

/** How the request differs from the recorded one; empty when it matches. */
export async function requestProblems(exchange: Exchange, seen: Seen): Promise<string[]> {
  const { provider, request, kind } = exchange;
  if (!request) return [`sent ${seen.url}, where nothing may be sent`];
  const problems: string[] = [];
  const compare = (what: string, got: unknown, expected: unknown) => {
    const [a, b] = [JSON.stringify(sorted(got)), JSON.stringify(sorted(expected))];
    if (a !== b) problems.push(`${what}: sent ${a}, recorded ${b}`);
  };
  compare("method", seen.method, request.method);
  compare("url", neutralUrl(provider, seen.url), neutralUrl(provider, request.url));
  const signed = request.sigv4?.minimal;
  const headers = neutralHeaders(signed ? signed.headers : request.headers);
  const got = neutralHeaders(seen.headers);
  if (signed) {
    problems.push(...(await signatureProblems(exchange, seen)));
    for (const list of [headers, got]) {
      delete list.authorization;
      delete list["x-amz-content-sha256"];
    }
  }
  // Recorded without one: any is right.
  if (!headers["content-type"]) delete got["content-type"];
  compare("headers", got, headers);
  const body = (value: unknown) => neutralBody(provider, kind, value);
  compare("body", body(JSON.parse(seen.bodyText)), body(request.body));
  return problems;
}

/**
 * The order of a body's keys is free, but the signature is over its bytes: the recorded one is right for
 * the recorded bytes, for others it is computed.
 */
async function signatureProblems({ request, call }: Exchange, seen: Seen): Promise<string[]> {
  const { method, url, bodyText, headers } = seen;
  const problems: string[] = [];
  const compare = (what: string, got: unknown, expected: unknown) => {
    if (got !== expected) problems.push(`${what}: sent ${got}, expected ${expected}`);
  };
  const { credentials } = call;
  const minimal = request?.sigv4?.minimal;
  const recorded = bodyText === request?.body_text;
  const computed = await signatureOf(
    { method, url, headers, bodyText },
    credentials.secretAccessKey,
  );
  const signature = recorded ? minimal?.signature : computed.signature;
  const scope = `${credentials.accessKeyId}/${request?.sigv4?.scope}`;
  compare("hash of the body", headers["x-amz-content-sha256"], await sha256(bodyText));
  compare(
    "authorization",
    headers.authorization,
    `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${minimal?.signed_headers}, Signature=${signature}`,
  );
  return problems;
}

function neutralUrl(provider: string, text: string): string {
  const url = new URL(text);
  // Two names of one machine: Ollama's documents say localhost.
  if (url.hostname === "localhost") url.hostname = "127.0.0.1";
  if (provider === "google-vertex") url.pathname = url.pathname.replace("/v1beta1/", "/v1/");
  if (provider === "cohere") url.hostname = url.hostname.replace("api.cohere.ai", "api.cohere.com");
  return url.href;
}

function neutralHeaders(headers: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (OF_THE_CLIENT.has(key)) continue;
    if (key === "content-type") kept[key] = (value.split(";")[0] as string).trim();
    else kept[key] = key === "authorization" ? value.replace(/^bearer /i, "Bearer ") : value;
  }
  return kept;
}

/** What a service takes for granted when it is absent. */
const DEFAULTS: Record<string, Record<string, unknown>> = {
  openai: { encoding_format: "float", model: undefined },
  "azure-openai": { encoding_format: "float" },
  // Weaviate sends what the service takes for granted; its case names it nowhere.
  jinaai: { embedding_type: "float", normalized: false },
  voyageai: { truncation: true, return_documents: false },
  cohere: { stream: false, return_documents: false },
  mistral: { stream: false },
};

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
function neutralBody(provider: string, kind: string, value: any): any {
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  const body: any = withoutNull(value);
  if (typeof body !== "object" || Array.isArray(body)) return body;
  for (const [name, absent] of Object.entries(DEFAULTS[provider] ?? {})) {
    if (body[name] === absent) delete body[name];
  }
  if (provider === "azure-openai") delete body.model;
  // One text may stand for a list of one.
  for (const name of ["input", "inputs"]) {
    if (typeof body[name] === "string") body[name] = [body[name]];
  }
  if (kind === "generate") neutralChat(provider, body);
  if (provider === "transformers-container") {
    for (const leftover of ["dims", "vector", "error", "property"]) delete body[leftover];
  }
  if (provider.startsWith("google-")) neutralGoogle(body);
  return body;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
function neutralChat(provider: string, body: any): void {
  if (provider === "openai" && body.max_completion_tokens !== undefined) {
    body.max_tokens = body.max_completion_tokens;
    delete body.max_completion_tokens;
  }
  // We always ask for the usage; a recorded caller may not have.
  if (provider === "openai") delete body.stream_options;
  if (provider !== "cohere") return;
  for (const message of body.messages ?? []) {
    if (typeof message.content === "string") {
      message.content = [{ type: "text", text: message.content }];
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
function neutralGoogle(body: any): void {
  for (const content of [...(body.contents ?? []), body.systemInstruction]) delete content?.role;
  for (const request of body.requests ?? []) delete request.content.role;
  if (JSON.stringify(body.generationConfig) === "{}") delete body.generationConfig;
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNull(item)]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** The key that the recorded request carries. */
export function keyOf({ request }: Exchange): string | undefined {
  const headers = request?.headers ?? {};
  const { authorization } = headers;
  if (authorization && /^bearer /i.test(authorization)) return authorization.slice(7);
  return headers["x-api-key"] ?? headers["api-key"] ?? headers["x-goog-api-key"];
}

/** The body of a recorded answer as bytes. */
export function responseBytes({ body, body_text, body_base64 }: WireResponse): Uint8Array {
  if (body_base64 !== undefined) return Uint8Array.from(atob(body_base64), (c) => c.charCodeAt(0));
  return new TextEncoder().encode(body_text ?? JSON.stringify(body));
}
