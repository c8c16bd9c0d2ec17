import { throwIfAborted } from "../../errors.js";

const RETRIED = [408, 425, 429, 500, 502, 503, 504, 529];
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** Whether a request that got this status may succeed later. */
export function isRetryable(status: number, also: readonly number[] = []): boolean {
  return RETRIED.includes(status) || also.includes(status);
}

/** Exponential, with jitter, so that many clients do not come back at once. */
export function backoffMs(retries: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** retries, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
}

/**
 * How long a service asked to wait: retry-after-ms, retry-after (seconds or a date), Google's
 * RetryInfo, Hugging Face's estimated_time. In a page the headers are there only when the service
 * exposes them.
 */
export function retryAfterMs(headers: Headers, body: unknown): number | undefined {
  const milliseconds = number(headers.get("retry-after-ms"));
  if (milliseconds !== undefined) return milliseconds;
  const after = headers.get("retry-after");
  const seconds = number(after);
  if (seconds !== undefined) return seconds * 1000;
  const date = after ? Date.parse(after) : Number.NaN;
  if (Number.isFinite(date)) return Math.max(0, date - Date.now());
  return fromBody(body);
}

function fromBody(body: unknown): number | undefined {
  const { error, estimated_time: estimated } = (body ?? {}) as {
    error?: { details?: unknown };
    estimated_time?: unknown;
  };
  if (typeof estimated === "number") return estimated * 1000;
  if (!Array.isArray(error?.details)) return undefined;
  for (const detail of error.details) {
    const delay = number(/^([\d.]+)s$/.exec(detail?.retryDelay)?.[1]);
    if (delay !== undefined) return delay * 1000;
  }
  return undefined;
}

function number(text: string | null | undefined): number | undefined {
  return text && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

/** @throws aborted as soon as the signal fires */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
  throwIfAborted(signal);
}
