import { throwIfAborted } from "../../errors.js";
import type { CallOptions } from "../../types.js";

/**
 * Tokens of a text, estimated for limits: a third of its UTF-8 bytes, which is more than English
 * needs (about a quarter) and about what other scripts need.
 */
export function estimateTokens(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit >= 0x800 ? 2 : 1;
  }
  return Math.ceil(bytes / 3);
}

/** Neighbours together, as many as the limits allow; one that is too large alone. */
export function splitBatches<T>(
  inputs: readonly T[],
  limits: { count?: number; tokens?: number },
  tokensOf: (input: T) => number,
): T[][] {
  const { count = Number.POSITIVE_INFINITY, tokens = Number.POSITIVE_INFINITY } = limits;
  const batches: T[][] = [];
  let batch: T[] = [];
  let used = 0;
  for (const input of inputs) {
    const needed = tokensOf(input);
    if (batch.length && (batch.length >= count || used + needed > tokens)) {
      batches.push(batch);
      batch = [];
      used = 0;
    }
    batch.push(input);
    used += needed;
  }
  if (batch.length) batches.push(batch);
  return batches;
}

/**
 * What each part gives, in order. At most `limit` run at once; the first that fails ends the others
 * and fails the call.
 */
export async function runParts<T, R>(
  parts: readonly T[],
  limit: number,
  call: CallOptions,
  run: (part: T, options: { signal: AbortSignal }) => Promise<R>,
): Promise<R[]> {
  throwIfAborted(call.signal);
  const stop = new AbortController();
  const forward = () => stop.abort(call.signal?.reason);
  call.signal?.addEventListener("abort", forward, { once: true });
  const results: R[] = new Array(parts.length);
  let next = 0;
  const worker = async () => {
    while (next < parts.length && !stop.signal.aborted) {
      const i = next++;
      results[i] = await run(parts[i] as T, { signal: stop.signal });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(limit, parts.length) }, worker));
  } catch (error) {
    stop.abort(error);
    throwIfAborted(call.signal);
    throw error;
  } finally {
    call.signal?.removeEventListener("abort", forward);
  }
  throwIfAborted(call.signal);
  return results;
}
