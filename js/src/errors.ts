/**
 * The codes of the C++ core, in the order of StatusCode in src/base/status.h: the core reports a
 * number, STATUS_CODES[number] is the code. Append only; a test compares the two lists.
 */
export const STATUS_CODES = [
  "ok",
  "invalid_argument",
  "dimension_mismatch",
  "not_finite",
  "duplicate_id",
  "corrupt",
  "format_too_new",
  "limit_exceeded",
] as const;

/** The codes that only the TypeScript side raises. */
export const HOST_CODES = [
  /** A collection, model or file that does not exist. */
  "not_found",
  /** A collection name that is taken. */
  "already_exists",
  /** The call's AbortSignal fired; `cause` is the signal's reason. */
  "aborted",
  /** The client, engine or handle was closed before or during the call. */
  "closed",
  /** Asked for something that this version or this browser cannot do. */
  "unsupported",
  /** The browser refused to store more; nothing of the call was kept. */
  "quota_exceeded",
  /** IndexedDB or the Cache API failed in another way. */
  "storage_failed",
  /** Another tab wrote to the same collection; the next call sees what it wrote: repeat this one. */
  "conflict",
  /** reembed() moved the collection to another embedding function: get it again, with that one. */
  "model_changed",
  /** A download or a request to a provider failed, or broke off. */
  "network",
  /** A downloaded file's SHA-256 is not the one in the manifest; it was thrown away. */
  "hash_mismatch",
  /** The wasm module, the worker or ONNX Runtime could not be loaded. */
  "engine_failed",
  /** An embedding function failed or returned something that is not one vector per text. */
  "embedding_failed",
  /** A provider did not take the key, or has forbidden what was asked: HTTP 401 and 403. */
  "unauthorized",
  /** A provider was asked too often: HTTP 429. `provider.retryAfterMs` says when to come back. */
  "rate_limited",
  /** A provider refused or failed a call in another way. */
  "provider_failed",
  /** A provider's answer is not what its interface promises; nothing of it was used. */
  "invalid_response",
  /** A provider did not answer within the time limit. */
  "timeout",
  /** A bug in pagevec. */
  "internal",
] as const;

export type PagevecErrorCode =
  | Exclude<(typeof STATUS_CODES)[number], "ok">
  | (typeof HOST_CODES)[number];

/** What is known of a call that a provider refused or failed. */
export interface ProviderFailure {
  /** The provider's name, e.g. "openai". */
  provider: string;
  /** HTTP status; absent when there was no answer. */
  status?: number;
  /** The provider's own name for the error, e.g. "insufficient_quota". */
  type?: string;
  /** Whether the same call may succeed later. */
  retryable: boolean;
  /** How long the provider asked to wait. */
  retryAfterMs?: number;
}

/** The one error class that pagevec throws. Branch on `code`, show `message`. */
export class PagevecError extends Error {
  override readonly name = "PagevecError";
  readonly code: PagevecErrorCode;
  /** Set when a provider's service was asked. */
  readonly provider?: ProviderFailure;

  /** @param message says what, which value and what to do; "pagevec: " is put in front. */
  constructor(
    code: PagevecErrorCode,
    message: string,
    options?: { cause?: unknown; provider?: ProviderFailure },
  ) {
    super(message.startsWith("pagevec: ") ? message : `pagevec: ${message}`, options);
    this.code = code;
    if (options?.provider) this.provider = options.provider;
  }
}

/** What any thrown value says. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Throws `aborted` when the signal has fired. Call it between the steps of a long operation. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new PagevecError("aborted", "the call was aborted by its AbortSignal", {
      cause: signal.reason,
    });
  }
}

/** The value of work that others wait for too, or `aborted` as soon as the signal fires. */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let leave = () => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal?.reason);
  });
  signal?.addEventListener("abort", leave, { once: true });
  if (signal?.aborted) leave();
  try {
    return await Promise.race([work, left]);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}
