import { PagevecError, type PagevecErrorCode } from "../../errors.js";

/** chromadb's errors, told from each other by their classes and names. */
export class ChromaError extends Error {
  /** What it comes from: a PagevecError with a code and more. */
  override readonly cause?: unknown;

  constructor(name: string, message: string, cause?: unknown) {
    super(message);
    this.name = name;
    this.cause = cause;
  }
}

class NamedError extends Error {
  override readonly cause?: unknown;

  constructor(message: string, cause?: unknown) {
    super(message);
    this.cause = cause;
  }
}

export class ChromaConnectionError extends NamedError {
  override name = "ChromaConnectionError";
}
export class ChromaServerError extends NamedError {
  override name = "ChromaServerError";
}
/** What the server would refuse; also what pagevec does not have. */
export class ChromaClientError extends NamedError {
  override name = "ChromaClientError";
}
export class ChromaUnauthorizedError extends NamedError {
  override name = "ChromaAuthError";
}
export class ChromaForbiddenError extends NamedError {
  override name = "ChromaForbiddenError";
}
export class ChromaNotFoundError extends NamedError {
  override name = "ChromaNotFoundError";
}
/** What chromadb's client refuses before it asks a server. */
export class ChromaValueError extends NamedError {
  override name = "ChromaValueError";
}
export class InvalidCollectionError extends NamedError {
  override name = "InvalidCollectionError";
}
export class InvalidArgumentError extends NamedError {
  override name = "InvalidArgumentError";
}
export class ChromaUniqueError extends NamedError {
  override name = "ChromaUniqueError";
}
export class ChromaQuotaExceededError extends NamedError {
  override name = "ChromaQuotaExceededError";
}
export class ChromaRateLimitError extends NamedError {
  override name = "ChromaRateLimitError";
}

export function createErrorByType(
  type: string,
  message: string,
): InvalidCollectionError | InvalidArgumentError | undefined {
  if (type === "InvalidCollection") return new InvalidCollectionError(message);
  if (type === "InvalidArgumentError") return new InvalidArgumentError(message);
  return undefined;
}

type ErrorClass = new (message: string, cause?: unknown) => Error;

/** Codes without an entry are a ChromaServerError. */
const CLASSES: Partial<Record<PagevecErrorCode, ErrorClass>> = {
  already_exists: ChromaUniqueError,
  not_found: ChromaNotFoundError,
  invalid_argument: ChromaValueError,
  duplicate_id: ChromaValueError,
  not_finite: ChromaValueError,
  dimension_mismatch: ChromaClientError,
  limit_exceeded: ChromaClientError,
  model_changed: ChromaClientError,
  unsupported: ChromaClientError,
  quota_exceeded: ChromaQuotaExceededError,
  network: ChromaConnectionError,
  timeout: ChromaConnectionError,
  unauthorized: ChromaUnauthorizedError,
  rate_limited: ChromaRateLimitError,
};

/** What chromadb throws in that case. What an embedding function has thrown stays as it is. */
export function toChromaError(error: unknown): unknown {
  if (!(error instanceof PagevecError)) return error;
  const { code, message, cause } = error;
  if (code === "embedding_failed" && cause !== undefined) return cause;
  return new (CLASSES[code] ?? ChromaServerError)(message, error);
}

/** Runs work with pagevec and has it fail as chromadb does. */
export async function asChroma<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toChromaError(error);
  }
}

/** A check's result, whose refusal is chromadb's. */
export function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw toChromaError(error);
  }
}

/** Runs a check of what chromadb's client takes and Chroma's server refuses. */
export function refusedByServer(check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw new ChromaClientError((error as PagevecError).message, error);
  }
}

/** For what a page cannot do. */
export function unsupported(what: string): ChromaClientError {
  const error = new PagevecError("unsupported", what);
  return new ChromaClientError(error.message, error);
}
