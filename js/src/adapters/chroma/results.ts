import type { ExpressionResult } from "../../collection/search/expression-types.js";
import type { Include, Metadata } from "./types.js";

// chromadb's answers: as it gives them, with empty lists for what was not asked for.

export enum IncludeEnum {
  distances = "distances",
  documents = "documents",
  embeddings = "embeddings",
  metadatas = "metadatas",
  uris = "uris",
}

interface GetColumns<TMeta> {
  documents: (string | null)[];
  embeddings: number[][];
  ids: string[];
  include: Include[];
  metadatas: (TMeta | null)[];
  uris: (string | null)[];
}

export class GetResult<TMeta extends Metadata = Metadata> {
  readonly documents: (string | null)[];
  readonly embeddings: number[][];
  readonly ids: string[];
  readonly include: Include[];
  readonly metadatas: (TMeta | null)[];
  readonly uris: (string | null)[];

  constructor({ documents, embeddings, ids, include, metadatas, uris }: GetColumns<TMeta>) {
    this.documents = documents;
    this.embeddings = embeddings;
    this.ids = ids;
    this.include = include;
    this.metadatas = metadatas;
    this.uris = uris;
  }

  /** One object a record; undefined for what was not included. */
  rows() {
    const asked = (name: Include) => this.include.includes(name);
    return this.ids.map((id, i) => ({
      id,
      document: asked("documents") ? this.documents[i] : undefined,
      embedding: asked("embeddings") ? this.embeddings[i] : undefined,
      metadata: asked("metadatas") ? this.metadatas[i] : undefined,
      uri: asked("uris") ? this.uris[i] : undefined,
    }));
  }
}

export interface QueryRowResult<TMeta extends Metadata = Metadata> {
  distance?: number | null;
  document?: string | null;
  embedding?: number[] | null;
  id: string;
  metadata?: TMeta | null;
  uri?: string | null;
}

interface QueryColumns<TMeta> {
  distances: (number | null)[][];
  documents: (string | null)[][];
  embeddings: (number[] | null)[][];
  ids: string[][];
  include: Include[];
  metadatas: (TMeta | null)[][];
  uris: (string | null)[][];
}

/** One list a query, nearest first. */
export class QueryResult<TMeta extends Metadata = Metadata> {
  readonly distances: (number | null)[][];
  readonly documents: (string | null)[][];
  readonly embeddings: (number[] | null)[][];
  readonly ids: string[][];
  readonly include: Include[];
  readonly metadatas: (TMeta | null)[][];
  readonly uris: (string | null)[][];

  constructor(columns: QueryColumns<TMeta>) {
    this.distances = columns.distances;
    this.documents = columns.documents;
    this.embeddings = columns.embeddings;
    this.ids = columns.ids;
    this.include = columns.include;
    this.metadatas = columns.metadatas;
    this.uris = columns.uris;
  }

  /** One list of objects a query; undefined for what was not included. */
  rows(): QueryRowResult<TMeta>[][] {
    const asked = (name: Include) => this.include.includes(name);
    return this.ids.map((ids, q) =>
      ids.map((id, i) => ({
        id,
        document: asked("documents") ? this.documents[q]?.[i] : undefined,
        embedding: asked("embeddings") ? this.embeddings[q]?.[i] : undefined,
        metadata: asked("metadatas") ? this.metadatas[q]?.[i] : undefined,
        uri: asked("uris") ? this.uris[q]?.[i] : undefined,
        distance: asked("distances") ? this.distances[q]?.[i] : undefined,
      })),
    );
  }
}

export interface SearchResultRow {
  id: string;
  document?: string | null;
  embedding?: number[] | null;
  metadata?: Metadata | null;
  score?: number | null;
}

/** A list a search; null for what it did not select. */
export class SearchResult {
  readonly ids: string[][];
  readonly documents: ((string | null)[] | null)[];
  readonly embeddings: ((number[] | null)[] | null)[];
  readonly metadatas: ((Metadata | null)[] | null)[];
  readonly scores: ((number | null)[] | null)[];
  readonly select: string[][];

  constructor(answer: ExpressionResult) {
    this.ids = answer.ids;
    this.documents = answer.documents;
    this.embeddings = answer.embeddings.map(
      (list) => list?.map((vector) => vector && Array.from(vector)) ?? null,
    );
    this.metadatas = answer.metadatas as SearchResult["metadatas"];
    this.scores = answer.scores;
    this.select = answer.select;
  }

  /** One list of objects a search, without what is null. */
  rows(): SearchResultRow[][] {
    return this.ids.map((ids, search) =>
      ids.map((id, i) => {
        const columns = {
          document: this.documents[search]?.[i],
          embedding: this.embeddings[search]?.[i],
          metadata: this.metadatas[search]?.[i],
          score: this.scores[search]?.[i],
        };
        const there = Object.entries(columns).filter(([, value]) => value != null);
        return { id, ...Object.fromEntries(there) };
      }),
    );
  }
}
