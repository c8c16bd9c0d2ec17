import { Client, type EmbeddingFunction } from "pagevec";
import type { Outcome } from "./contender.js";

const NEAREST = 5;

/**
 * Embeds the texts and the query, each by itself, and asks a collection in memory for the nearest. The
 * function is no part of the collection, so that nothing of its settings is kept.
 * @throws what the function throws, and aborted
 */
export async function examine(
  client: Client,
  embedding: EmbeddingFunction,
  texts: string[],
  query: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const name = `c-${crypto.randomUUID()}`;
  const [vectors, textsMs] = await timed(() => embedding.generate(texts, { signal }));
  const [queries, queryMs] = await timed(() =>
    embedding.generateForQueries
      ? embedding.generateForQueries([query], { signal })
      : embedding.generate([query], { signal }),
  );
  const configuration = { hnsw: { space: "cosine" } } as const;
  const collection = await client.createCollection({
    name,
    configuration,
    embeddingFunction: null,
  });
  try {
    const ids = texts.map((_, i) => String(i));
    await collection.add({ ids, documents: texts, embeddings: vectors }, { signal });
    const found = await collection.query(
      { queryEmbeddings: queries, nResults: NEAREST },
      { signal },
    );
    return { dimensions: vectors[0]?.length ?? 0, textsMs, queryMs, found };
  } finally {
    await client.deleteCollection({ name });
  }
}

/** A client that keeps nothing. */
export function openMemory(): Promise<Client> {
  return Client.open({ name: "compare", storage: "memory" });
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  return [await work(), performance.now() - began];
}
