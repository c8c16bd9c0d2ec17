import type { AddParams, FilterParams, Metadata } from "../types.js";
import type { UpdateCollectionConfiguration } from "./modify.js";

export interface DeleteParams extends FilterParams {
  /** At most so many of the records that where and whereDocument find. */
  limit?: number;
}

export interface ModifyParams {
  name?: string;
  /** Takes the place of the old metadata as a whole. */
  metadata?: Metadata | null;
  configuration?: UpdateCollectionConfiguration;
}

/** Lists by label; each may be missing. */
export type ImportHnswlibParams<M extends Metadata = Metadata> = Partial<
  Pick<AddParams<M>, "ids" | "documents" | "metadatas">
>;

/** How much of a collection is searched through the graph; names as in chromadb. */
export interface IndexingStatus {
  numIndexedOps: number;
  numUnindexedOps: number;
  totalOps: number;
  /** 0 to 1. */
  opIndexingProgress: number;
}

export interface RecallOptions {
  /** How many records to ask about, 100 unless told. */
  sample?: number;
  /** How many of the nearest to compare, 10 unless told. */
  k?: number;
  /** As query() takes it. */
  efSearch?: number;
  /** A recall, e.g. 0.98: the answer proposes the least efSearch that reaches it. */
  target?: number;
}
