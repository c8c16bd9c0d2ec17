import type { SearchData } from "./data.js";

export interface SearchCall {
  /** One vector after another. */
  queries: Float32Array;
  /** efSearch; exact systems ignore it. */
  ef: number;
  /** One query a call, ids as a page gets them; else all in one call, where the system has that. */
  single: boolean;
}

export interface Found {
  seconds: number;
  /** Row numbers of each query's answer, nearest first. */
  rows: number[][];
}

/** An index of vectors as the bench drives it; those of tests/bench/search/peers have this face too. */
export interface SearchSystem {
  /** Indexes all rows of the data, instead of what was there. Returns the seconds of it. */
  build(data: SearchData): Promise<number>;
  search(call: SearchCall): Found | Promise<Found>;
  /** Bytes of heap that the index takes, where it can tell; else the page's wasm memories count. */
  bytes?(): number;
  /** The same with ids and records, where that is more. */
  allBytes?(): number;
  /** Seconds to save and to load, and the bytes saved. */
  store?(): Promise<{ save: number; load: number; bytes: number }>;
}
