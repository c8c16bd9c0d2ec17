import type { Hits, Records, Wanted, WriteParams } from "../../database/methods.js";
import type { Metadata, Vector } from "../../types.js";

/** A record as servers tell it; what was not asked for may be missing. */
export interface Row {
  id: string;
  document?: string | null | undefined;
  metadata?: object | null | undefined;
  vector?: Vector | null | undefined;
}

/** Rows as the columns that were wanted. Their vectors are of one dimension. */
export function toRecords(rows: readonly Row[], wanted: Wanted): Records {
  const dimension = rows[0]?.vector?.length ?? 0;
  const embeddings = wanted.embeddings ? new Float32Array(rows.length * dimension) : null;
  for (const [i, { vector }] of rows.entries()) embeddings?.set(vector ?? [], i * dimension);
  const json = (metadata: Row["metadata"]) =>
    metadata && Object.keys(metadata).length > 0 ? JSON.stringify(metadata) : null;
  return {
    ids: rows.map(({ id }) => id),
    documents: wanted.documents ? rows.map(({ document }) => document ?? null) : null,
    metadatas: wanted.metadatas ? rows.map(({ metadata }) => json(metadata)) : null,
    embeddings,
    dimension,
  };
}

export type FoundRow = Row & { distance: number };

/** A list of rows for each query, the nearest first. */
export function toHits(lists: readonly (readonly FoundRow[])[], wanted: Wanted): Hits {
  const rows = lists.flat();
  return {
    counts: Uint32Array.from(lists, ({ length }) => length),
    distances: Float32Array.from(rows, ({ distance }) => distance),
    records: toRecords(rows, wanted),
  };
}

/** A record to write; null: it has none, or keeps its own. */
export interface WriteRow {
  id: string;
  document: string | null;
  metadata: Metadata | null;
  vector: Float32Array | null;
}

export function toWriteRows(params: WriteParams): WriteRow[] {
  const { ids, documents, metadatas, embedded, embeddings, dimension } = params;
  const vectors = vectorsOf(embeddings, dimension);
  let next = 0;
  return ids.map((id, i) => {
    const metadata = metadatas?.[i];
    const embeds = embedded?.[i] !== 0;
    return {
      id,
      document: documents?.[i] ?? null,
      metadata: metadata ? JSON.parse(metadata) : null,
      vector: (embeds && vectors[next++]) || null,
    };
  });
}

/** Vectors that lie one after another; none where the dimension is 0. */
export function vectorsOf(values: Float32Array, dimension: number): Float32Array[] {
  const count = dimension === 0 ? 0 : values.length / dimension;
  return Array.from({ length: count }, (_, i) =>
    values.subarray(i * dimension, (i + 1) * dimension),
  );
}
