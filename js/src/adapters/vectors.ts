import type { EmbeddingFunction } from "../types.js";

/** Vectors of an embedding function as frameworks want them. */
export function toNumbers(vectors: readonly ArrayLike<number>[]): number[][] {
  return vectors.map((vector) => (Array.isArray(vector) ? vector : Array.from(vector)));
}

/** One vector a query text, by the function's own way for queries where it has one. */
export async function embedForQueries(
  embeddingFunction: EmbeddingFunction,
  texts: string[],
  signal?: AbortSignal,
): Promise<number[][]> {
  const { generateForQueries } = embeddingFunction;
  return toNumbers(
    generateForQueries
      ? await generateForQueries.call(embeddingFunction, texts, { signal })
      : await embeddingFunction.generate(texts, { signal }),
  );
}
