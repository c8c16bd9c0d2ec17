import type { Collection, Metadata, Row } from "pagevec";

const BATCH_SIZE = 500;

/** The vectors of some records, one after another. */
export interface Vectors {
  vectors: Float32Array;
  dimension: number;
}

/** The first records of a collection, a few at a time, so that the page stays smooth. */
export async function readRecords(
  collection: Collection<Metadata>,
  limit: number,
  signal: AbortSignal,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let offset = 0; offset < limit; offset += BATCH_SIZE) {
    const answer = await collection.get(
      { limit: Math.min(BATCH_SIZE, limit - offset), offset },
      { signal },
    );
    rows.push(...answer.rows());
    if (answer.ids.length < BATCH_SIZE) break;
  }
  return rows;
}

/** The vectors of those records, a few at a time. Of records that were deleted meanwhile: zeros. */
export async function embeddingsOf(
  collection: Collection<Metadata>,
  rows: Pick<Row, "id">[],
  signal: AbortSignal,
): Promise<Vectors> {
  let [vectors, dimension] = [new Float32Array(0), 0];
  for (let begin = 0; begin < rows.length; begin += BATCH_SIZE) {
    const ids = rows.slice(begin, begin + BATCH_SIZE).map(({ id }) => id);
    const answer = await collection.get({ ids, include: ["embeddings"] }, { signal });
    const places = new Map(ids.map((id, i) => [id, begin + i]));
    for (const { id, embedding } of answer.rows()) {
      const row = places.get(id);
      if (!embedding || row === undefined) continue;
      dimension ||= embedding.length;
      if (vectors.length === 0) vectors = new Float32Array(rows.length * dimension);
      vectors.set(embedding, row * dimension);
    }
  }
  return { vectors, dimension };
}
