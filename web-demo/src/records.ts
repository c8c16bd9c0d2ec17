import type { Collection, Metadata, Row } from "pagevec";

const BATCH_SIZE = 500;

/** A record with its vector. */
export type EmbeddedRow = Row & { embedding: Float32Array };

/**
 * The first records of a collection with their vectors, a few at a time, so that the page stays smooth.
 * Records without a vector are left out.
 */
export async function readRecords(
  collection: Collection<Metadata>,
  limit: number,
  signal: AbortSignal,
): Promise<EmbeddedRow[]> {
  const rows: EmbeddedRow[] = [];
  for (let offset = 0; offset < limit; offset += BATCH_SIZE) {
    const answer = await collection.get(
      {
        limit: Math.min(BATCH_SIZE, limit - offset),
        offset,
        include: ["documents", "metadatas", "embeddings"],
      },
      { signal },
    );
    for (const row of answer.rows()) {
      if (row.embedding && row.embedding.length > 0) rows.push(row as EmbeddedRow);
    }
    if (answer.ids.length < BATCH_SIZE) break;
  }
  return rows;
}
