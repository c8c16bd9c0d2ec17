/** What the page asks of the map's worker. */
export interface MapRequest {
  /** One after another. */
  vectors: Float32Array;
  dimension: number;
  neighbours: Neighbours;
}

/** Of each row its nearest ones, itself among them as the first: row numbers and distances. */
export interface Neighbours {
  indices: number[][];
  distances: number[][];
}

export type MapAnswer =
  | { kind: "progress"; done: number; total: number }
  | { kind: "done"; points: Float32Array }
  | { kind: "failed"; message: string };
