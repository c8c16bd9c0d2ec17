import type { CallOptions } from "../types.js";

/** A document's place in a ranking. */
export interface RankedDocument {
  /** Where the document stood in the list that was given. */
  index: number;
  /** Larger is better. What it means is the model's affair; only its order counts. */
  score: number;
}

export interface RerankOptions extends CallOptions {
  /** How many of the best are returned. Default: all. */
  limit?: number;
}

/** Orders documents by how well they answer a query, by reading each together with it. */
export interface Reranker {
  readonly name: string;
  /** The best first; documents of equal score in the order given. */
  rerank(
    query: string,
    documents: readonly string[],
    options?: RerankOptions,
  ): Promise<RankedDocument[]>;
  /** Frees the model. Later calls reject with code "closed". */
  close?(): Promise<void>;
}
