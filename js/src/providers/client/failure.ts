import { PagevecError, type PagevecErrorCode } from "../../errors.js";
import type { Provider } from "./provider.js";
import { isRetryable, retryAfterMs } from "./retry.js";

const EXCERPT = 160;

/** An answer as it came, its secrets removed. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** The JSON value of an answer, or undefined. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error for an answer that is none, in the words of the service where it has some. */
export function failureOf(provider: Provider, answer: Answer): PagevecError {
  const { status, headers, text } = answer;
  const value = parsed(text);
  // A stream that fails before it begins may say so in a list of one.
  const body = Array.isArray(value) ? value[0] : value;
  const type = headers.get("x-amzn-errortype")?.split(":")[0] ?? typeOf(body);
  const said = messageOf(body) ?? excerpt(text);
  const wait = retryAfterMs(headers, body);
  return new PagevecError(codeOf(status), `${provider.name} answered ${status}: ${said}`, {
    provider: {
      provider: provider.name,
      status,
      ...(type !== undefined && { type }),
      retryable: mayRetry(provider, answer),
      ...(wait !== undefined && { retryAfterMs: wait }),
    },
  });
}

/** For an answer, or a part of a stream, that says by its body that it is an error. */
export function errorInBody(provider: Provider, body: unknown, status = 200): PagevecError {
  const said = messageOf(body) ?? excerpt(JSON.stringify(body));
  const type = typeOf(body);
  return new PagevecError("provider_failed", `${provider.name} failed: ${said}`, {
    provider: {
      provider: provider.name,
      status,
      ...(type !== undefined && { type }),
      retryable: !/invalid|permission|authenticat|not_found/i.test(type ?? ""),
    },
  });
}

/** For an answer whose text the service kept back. `reason` is its own word for why. */
export function withheld(provider: Provider, reason: string): PagevecError {
  return new PagevecError("provider_failed", `${provider.name} withheld the answer: ${reason}`, {
    provider: { provider: provider.name, status: 200, type: reason, retryable: false },
  });
}

/** For an answer that breaks the interface's promises. `problem` says how. */
export function badAnswer(provider: Provider, problem: string, status = 200): PagevecError {
  return new PagevecError(
    "invalid_response",
    `${provider.name} answered ${problem}; nothing of it was used`,
    { provider: { provider: provider.name, status, retryable: false } },
  );
}

/** One line, short enough for a message. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "an empty body";
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}...` : line;
}

function mayRetry(provider: Provider, { status, headers, text }: Answer): boolean {
  const told = headers.get("x-should-retry");
  if (told === "true" || told === "false") return told === "true";
  // OpenAI's 429 for an account without money: waiting does not help.
  if (status === 429 && text.includes("insufficient_quota")) return false;
  return isRetryable(status, provider.retriedStatuses);
}

function codeOf(status: number): PagevecErrorCode {
  if (status === 401 || status === 403) return "unauthorized";
  return status === 429 ? "rate_limited" : "provider_failed";
}

/** From the fields in which services put their messages. */
function messageOf(body: unknown): string | undefined {
  const { error, message, Message, detail } = fields(body);
  // Where both are texts, `error` is the kind of the message.
  for (const value of [fields(error).message, message, Message, error, detail]) {
    if (typeof value === "string" && value !== "") return excerpt(value);
    // FastAPI's list of what is wrong with a request.
    if (Array.isArray(value) && value.length) return excerpt(JSON.stringify(value));
  }
  return undefined;
}

function typeOf(body: unknown): string | undefined {
  const top = fields(body);
  const inner = fields(top.error);
  const found =
    inner.type ??
    inner.status ??
    inner.code ??
    top.error_type ??
    top.error_code ??
    top.__type ??
    (typeof top.message === "string" && typeof top.error === "string" ? top.error : undefined);
  // AWS puts the name of a namespace in front.
  return found === undefined || found === null ? undefined : String(found).replace(/^.*#/, "");
}

/** The value's fields, if it has any: what a service sends may be anything. */
export function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
