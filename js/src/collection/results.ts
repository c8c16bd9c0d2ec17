import type { Hits, Records, Wanted } from "../database/methods.js";
import type { GetResult, Include, Metadata, QueryResult, Row } from "../types.js";

/** Columns as callers see them: those that were not asked for are empty. */
interface Columns<M extends Metadata> {
  ids: string[];
  documents: (string | null)[];
  metadatas: (M | null)[];
  embeddings: Float32Array[];
}

export class GetAnswer<M extends Metadata> implements GetResult<M> {
  readonly ids: string[];
  readonly documents: (string | null)[];
  readonly metadatas: (M | null)[];
  readonly embeddings: Float32Array[];

  constructor(
    records: Records,
    readonly include: Include[],
  ) {
    const { ids, documents, metadatas, embeddings } = columns<M>(records, 0, records.ids.length);
    this.ids = ids;
    this.documents = documents;
    this.metadatas = metadatas;
    this.embeddings = embeddings;
  }

  /** The same as one object per record, with what was included. */
  rows(): Row<M>[] {
    return toRows(this, this.include);
  }
}

export class QueryAnswer<M extends Metadata> implements QueryResult<M> {
  readonly ids: string[][] = [];
  readonly documents: (string | null)[][] = [];
  readonly metadatas: (M | null)[][] = [];
  readonly embeddings: Float32Array[][] = [];
  readonly distances: number[][] = [];

  constructor(
    hits: Hits,
    readonly include: Include[],
    readonly timings: { embed: number; search: number },
  ) {
    let begin = 0;
    for (const count of hits.counts) {
      const end = begin + count;
      const found = columns<M>(hits.records, begin, end);
      this.ids.push(found.ids);
      if (include.includes("documents")) this.documents.push(found.documents);
      if (include.includes("metadatas")) this.metadatas.push(found.metadatas);
      if (include.includes("embeddings")) this.embeddings.push(found.embeddings);
      if (include.includes("distances")) {
        this.distances.push(Array.from(hits.distances.subarray(begin, end)));
      }
      begin = end;
    }
  }

  /** The same as one list of objects per query, with what was included. */
  rows(): Row<M>[][] {
    return this.ids.map((ids, q) =>
      toRows(
        {
          ids,
          documents: this.documents[q] ?? [],
          metadatas: this.metadatas[q] ?? [],
          embeddings: this.embeddings[q] ?? [],
          distances: this.distances[q] ?? [],
        },
        this.include,
      ),
    );
  }
}

function columns<M extends Metadata>(records: Records, begin: number, end: number): Columns<M> {
  const { ids, documents, metadatas, embeddings, dimension } = records;
  const vectors: Float32Array[] = [];
  if (embeddings) {
    for (let i = begin; i < end; ++i) {
      vectors.push(embeddings.slice(i * dimension, (i + 1) * dimension));
    }
  }
  return {
    ids: ids.slice(begin, end),
    documents: documents?.slice(begin, end) ?? [],
    metadatas: metadatas?.slice(begin, end).map((json) => json && JSON.parse(json)) ?? [],
    embeddings: vectors,
  };
}

function toRows<M extends Metadata>(
  columns: Columns<M> & { distances?: number[] },
  include: Include[],
): Row<M>[] {
  const { ids, documents, metadatas, embeddings, distances } = columns;
  const asked = new Set(include);
  return ids.map((id, i) => {
    const row: Row<M> = { id };
    if (asked.has("documents")) row.document = documents[i] ?? null;
    if (asked.has("metadatas")) row.metadata = metadatas[i] ?? null;
    const embedding = embeddings[i];
    if (embedding) row.embedding = embedding;
    const distance = distances?.[i];
    if (distance !== undefined) row.distance = distance;
    return row;
  });
}

export function wanted(include: readonly Include[]): Wanted {
  return {
    documents: include.includes("documents"),
    metadatas: include.includes("metadatas"),
    embeddings: include.includes("embeddings"),
  };
}
