import { loadModule } from "./load.js";
import type { Outcome, PackedStrings } from "./module.js";
import type { CoreOptions } from "./protocol.js";

/** Rows by number, the best first; parts as those of SearchColumns. */
export interface StaticHits {
  numbers: Uint32Array;
  scores: Float32Array;
  parts: Float32Array;
}

/** A static index of which some parts are there: src/static/static_reader.h. Freed by delete(). */
export interface StaticHandle {
  termShards(text: string, prefix: number): Uint32Array;
  addTermShard(shard: number, bytes: Uint8Array): Outcome<null>;
  addCentroids(bytes: Uint8Array): Outcome<null>;
  clusters(query: Float32Array, probes: number): Outcome<Uint32Array>;
  addCluster(cluster: number, bytes: Uint8Array): Outcome<null>;
  /** query: a vector, or empty; text: words, or null. settings: SEARCH_SETTINGS. */
  search(
    query: Float32Array,
    text: string | null,
    settings: Float32Array,
    probes: number,
  ): Outcome<StaticHits>;
  /** Of each document, as SearchColumns has them. */
  passages(text: string, settings: Float32Array, documents: PackedStrings): Outcome<Uint32Array>;
  vectorOf(cluster: number, document: number): Float32Array;
  fold(text: string): string;
  delete(): void;
}

/** The module that pages load for a static index (wasm/static/reader.cpp). */
export interface StaticModule {
  openStatic(lengths: Uint8Array, firsts: PackedStrings): Outcome<StaticHandle>;
}

/** The words of a site that is being built. Freed by delete(). */
export interface StaticWordsHandle {
  /** Texts of the next numbers; null keeps a number free. */
  add(texts: PackedStrings): Outcome<null>;
  lengths(): Uint8Array;
  shards(targetBytes: number): { first: string; bytes: Uint8Array }[];
  delete(): void;
}

/** The module that builds static indexes, in Node (wasm/static/builder.cpp). Rows: src/static/coded_rows.h. */
export interface StaticBuilderModule {
  StaticWordsHandle: new () => StaticWordsHandle;
  clipOf(vectors: Float32Array, dimension: number): number;
  encode(vectors: Float32Array, dimension: number, clip: number): Uint8Array;
  train(rows: Uint8Array, dimension: number, clusters: number): Outcome<Uint8Array>;
  assign(rows: Uint8Array, centroids: Uint8Array, dimension: number): Outcome<Uint32Array>;
  probe(
    rows: Uint8Array,
    centroids: Uint8Array,
    clusters: Uint32Array,
    dimension: number,
    k: number,
    target: number,
  ): Outcome<{ count: number; recall: number }>;
}

const READER = {
  glue: () => import("../../wasm/static.mjs"),
  wasm: () => new URL("../../wasm/static.wasm", import.meta.url),
};

/**
 * Loads what reads a static index: one module, for every browser with SIMD.
 * @throws engine_failed when it cannot be had or started, with the reason.
 */
export function loadStatic(wasmUrl?: CoreOptions["wasmUrl"]): Promise<StaticModule> {
  return loadModule("static", READER, wasmUrl);
}
