import type { Projection } from "./pca.js";

/** What the page asks of the map's worker. */
export type MapRequest =
  | { kind: "pca"; vectors: Float32Array; dimension: number }
  | { kind: "umap"; vectors: Float32Array; dimension: number; neighbours: Neighbours };

/** Of each row its nearest ones, itself among them as the first: row numbers and distances. */
export interface Neighbours {
  indices: number[][];
  distances: number[][];
}

export type MapAnswer =
  | { kind: "progress"; done: number; total: number }
  | ({ kind: "pca" } & Projection)
  | { kind: "umap"; points: Float32Array }
  | { kind: "failed"; message: string };
