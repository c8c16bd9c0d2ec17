import type { Outcome, PackedStrings } from "./module.js";

/** What a model's other files say of its safetensors. */
export interface ConverterOptions {
  heads: number;
  maxTokens: number;
  pooling: "mean" | "cls";
  normalize: boolean;
  lowercase: boolean;
  layerNormEpsilon: number;
  /** A cross-encoder, whose head is wanted too. */
  classifier: boolean;
}

/** Where the vectors of a file of hnswlib are. */
interface HnswlibPlaces {
  vectorOffset: number;
  /** Bytes from one vector to the next. */
  stride: number;
}

/** A file of hnswlib, but for the vectors. */
export interface HnswlibContent extends HnswlibPlaces {
  dimension: number;
  maxNeighbors: number;
  /** In decimal, of the elements that are not marked as deleted. */
  labels: PackedStrings;
  /** Numbers of the elements: those of labels, then those that are way points only. */
  order: Uint32Array;
  /** For adoptGraph(), rows in that order. */
  graph: Uint32Array;
}

/** The module that makes .pvm files, and reads and writes hnswlib's (wasm/converter). */
export interface ConverterModule {
  /**
   * The .pvm file of a BERT-family model. `info` is JSON; `texts` calibrate, or there are none.
   */
  convert(
    safetensors: Uint8Array,
    vocabulary: Uint8Array,
    info: string,
    options: ConverterOptions,
    texts: PackedStrings,
  ): Outcome<Uint8Array>;
  /** Reads and checks a whole file. */
  readHnswlib(file: Uint8Array): Outcome<HnswlibContent>;
  /** A file with room for the vectors of rows. graph: of CollectionHandle.graph(). */
  writeHnswlib(
    graph: Uint32Array,
    dimension: number,
    maxNeighbors: number,
    efConstruction: number,
  ): Outcome<HnswlibPlaces & { file: Uint8Array; rows: Uint32Array }>;
}
