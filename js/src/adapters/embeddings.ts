import { embedTexts } from "../collection/embed.js";
import type { CallOptions, EmbeddingFunction, Space } from "../types.js";

/** What a framework's model does not say of itself. */
export interface AdoptedModelOptions {
  /** Collections remember it, and refuse functions of another name. Default: none is remembered. */
  name?: string;
  /** The space of collections that are made without one. Default "cosine". */
  space?: Space;
}

/**
 * One vector a text, as frameworks want them.
 * @throws what the function throws; embedding_failed when it returns anything else; aborted
 */
export async function embed(
  embeddingFunction: EmbeddingFunction,
  texts: string[],
  role: "documents" | "queries",
  options: CallOptions = {},
): Promise<number[][]> {
  if (texts.length === 0) return [];
  const { data, count, dimension } = await embedTexts(embeddingFunction, texts, role, options);
  return Array.from({ length: count }, (_, i) =>
    Array.from(data.subarray(i * dimension, (i + 1) * dimension)),
  );
}

/** A framework's model as an embedding function. */
export function adopted(
  { name, space = "cosine" }: AdoptedModelOptions,
  generate: (texts: string[]) => Promise<number[][]>,
  forQuery: (text: string) => Promise<number[]>,
): EmbeddingFunction {
  return {
    name,
    generate,
    generateForQueries: (texts) => Promise.all(texts.map(forQuery)),
    defaultSpace: () => space,
  };
}
