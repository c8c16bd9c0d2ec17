import { badAnswer, fields } from "./failure.js";
import type { Provider } from "./provider.js";

/** A service's answer to one request for vectors. */
export interface EmbeddingAnswer {
  /** As they came: checkVectors() says whether they are vectors. */
  vectors: unknown[];
  /** Tokens that were billed. */
  inputTokens?: number | undefined;
}

/**
 * What each input got: one vector for each, all of one length, every number finite.
 * @throws invalid_response
 */
export function checkVectors(
  provider: Provider,
  vectors: readonly unknown[],
  count: number,
  dimensions?: number,
): number[][] {
  if (vectors.length !== count) {
    throw badAnswer(provider, `${vectors.length} vectors for ${count} inputs`);
  }
  const [first] = vectors;
  const length = dimensions ?? (Array.isArray(first) ? first.length : 0);
  for (const [i, vector] of vectors.entries()) {
    if (!Array.isArray(vector) || vector.length === 0) {
      throw badAnswer(provider, `no vector for input ${i}`);
    }
    if (vector.length !== length) {
      throw badAnswer(
        provider,
        `${vector.length} dimensions for input ${i} where ${length} were expected`,
      );
    }
    const bad = vector.find((value) => typeof value !== "number" || !Number.isFinite(value));
    if (bad !== undefined) throw badAnswer(provider, `a number that is not finite for input ${i}`);
  }
  return vectors as number[][];
}

/**
 * OpenAI's `data: [{index, embedding}]`, which many services share: the index says which input a
 * vector belongs to.
 * @throws invalid_response when an input has no vector, or two
 */
export function readIndexed(provider: Provider, body: unknown, count: number): EmbeddingAnswer {
  const items = inOrder(provider, fields(body).data, count);
  const vectors = items.map((item) => floats(fields(item).embedding));
  return { vectors, inputTokens: billedTokens(body) };
}

/** OpenAI's `usage`, for answers that are no texts. */
export function billedTokens(body: unknown): number | undefined {
  const { prompt_tokens: prompt, total_tokens: total } = fields(fields(body).usage);
  return numberOr(prompt ?? total);
}

/** The items of a list by their `index`, or where they stand when they have none. */
export function inOrder(provider: Provider, list: unknown, count: number): unknown[] {
  if (!Array.isArray(list)) throw badAnswer(provider, "no list of results");
  if (list.length !== count)
    throw badAnswer(provider, `${list.length} results for ${count} inputs`);
  const items: unknown[] = new Array(count).fill(undefined);
  for (const [position, item] of list.entries()) {
    const { index = position } = fields(item);
    const free = Number.isInteger(index) && items[index as number] === undefined;
    if (!free || !((index as number) >= 0 && (index as number) < count)) {
      throw badAnswer(provider, `a result with the index ${index}, for ${count} inputs`);
    }
    items[index as number] = item;
  }
  return items;
}

/** A list as it is; base64 of little-endian float32, as OpenAI sends on request, decoded. */
export function floats(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const bytes = Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Scaled to length 1; a zero vector stays what it is, and what is no vector is for checkVectors(). */
export function unitLength(vector: unknown): unknown {
  if (!Array.isArray(vector)) return vector;
  const length = Math.hypot(...vector);
  return length ? vector.map((value) => value / length) : vector;
}

export function numberOr(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
