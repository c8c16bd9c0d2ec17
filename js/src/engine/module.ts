/**
 * The face of the wasm module, written by hand and compared with what embind generates
 * (tests/js/module-type.test.ts). Nothing outside engine/ imports this file.
 */

/** What a core call that can fail returns: code 0 and the value, or a StatusCode and a message. */
export interface Outcome<T> {
  code: number;
  message: string;
  value: T;
}

/**
 * Strings as one block: u32 count, then for each a u32 byte length (0xFFFFFFFF for null) and its
 * UTF-8 bytes; little endian. Made and read by packed-strings.ts.
 */
export type PackedStrings = Uint8Array;

/** Which columns a read returns: a sum of these bits. Columns not asked for are null. */
export const WANT = { documents: 1, metadatas: 2, embeddings: 4 } as const;

/** Records side by side. metadatas holds JSON texts; embeddings holds count x dimension floats. */
export interface RecordColumns {
  count: number;
  ids: PackedStrings;
  documents: PackedStrings | null;
  metadatas: PackedStrings | null;
  embeddings: Float32Array | null;
}

/** Hits of several queries, one after another: counts[q] of them belong to query q. */
export interface QueryColumns {
  counts: Uint32Array;
  distances: Float32Array;
  records: RecordColumns;
}

/** An object in the wasm heap. delete() frees it; using it afterwards throws. */
export interface Handle {
  delete(): void;
}

/** Use through CoreTokenizer. The arrays are views of the heap: the next call may end them. */
export interface TokenizerHandle extends Handle {
  /** Where the next text goes, as UTF-8: at least so many bytes. */
  input(bytes: number): Uint8Array;
  /**
   * Tokenizes the first bytes of input() into at most maxTokens tokens (0: no limit). Returns how
   * many there are, as a negative number when the text was cut.
   */
  encode(bytes: number, maxTokens: number): number;
  /** id, begin and end of each token of the last encode(), and room for more. */
  tokens(): Uint32Array;
  /** How many tokens the first bytes of input() have. */
  count(bytes: number): number;
  vocabularySize(): number;
}

/** A BERT-family model of a .pvm file, its weights in the wasm heap. */
export interface EncoderHandle extends Handle {
  /**
   * ids: the texts' ids one after another; lengths: how many are each text's. One vector of
   * dimension() floats a text, the same to the bit whatever the other texts are.
   */
  encode(ids: Int32Array, lengths: Uint32Array): Outcome<Float32Array>;
  /** The tokenizer of the vocabulary that the file holds. */
  createTokenizer(): Outcome<TokenizerHandle>;
  dimension(): number;
  maxTokens(): number;
  /** JSON: name, source, licence. */
  info(): string;
  /** "simd128" or "relaxed". */
  kernel(): string;
}

/** Scores of the documents of one query. */
export interface ScoreColumns {
  /** labels() a document, as the model gives them. */
  logits: Float32Array;
  /** 1 where query and document together were longer than the model takes and were cut. */
  truncated: Uint8Array;
}

/** A BERT-family model with a classification head, of a .pvm file. */
export interface CrossEncoderHandle extends Handle {
  /** The query, then the documents that it is read with. */
  score(queryAndDocuments: PackedStrings): Outcome<ScoreColumns>;
  labels(): number;
  maxTokens(): number;
}

/** Room in the heap for a .pvm file while it arrives, so that it is not held twice. */
export interface FileRoomHandle extends Handle {
  /** The heap itself: another call of the core may end it. */
  view(): Uint8Array;
  /** Opens the first bytes of the room as a .pvm file; the room is empty afterwards. */
  openEncoder(bytes: number): Outcome<EncoderHandle>;
}

/** Operation numbers as in src/collection/batch.h. */
export const OPERATION = { add: 1, upsert: 2, update: 3, delete: 4 } as const;

export interface CollectionHandle extends Handle {
  /**
   * Checks a batch and returns it as a journal record with sequence lastSequence() + 1. Changes
   * nothing: hand the record to apply() once it is stored. embedded: one byte per id, 1 where
   * embeddings holds a vector for it; null where every id has one (or embeddings is empty).
   */
  prepare(
    operation: number,
    ids: PackedStrings,
    documents: PackedStrings | null,
    metadatas: PackedStrings | null,
    embedded: Uint8Array | null,
    embeddings: Float32Array,
    dimension: number,
    epoch: number,
  ): Outcome<Uint8Array>;
  /**
   * Checks and applies a journal record, fresh or replayed; one that is applied already changes
   * nothing, a gap is refused. The value is lastSequence() afterwards.
   */
  apply(record: Uint8Array): Outcome<number>;
  /** One byte per id: 1 where a record exists. Throws on a block that packStrings did not make. */
  contains(ids: PackedStrings): Uint8Array;
  count(): number;
  dimension(): number;
  lastSequence(): number;
  pendingRows(): number;
  /** Links up to maxRows rows into the graph; returns how many are left. */
  maintain(maxRows: number): number;
  /** The same for rows that maintain() leaves to be scanned, too. */
  linkAll(maxRows: number): number;
  /**
   * What is linked, for writeHnswlib(): a graph (wasm/graph_block.h); the copies and the rows of the
   * records in insertion order, each with how many numbers follow; the vectors of the other nodes.
   */
  graph(): Uint8Array;
  /**
   * Takes over a graph of readHnswlib() with the vectors of its way points behind it, after its
   * records were added. The value is count().
   */
  adoptGraph(graph: Uint8Array): Outcome<number>;
  /** limit 0xFFFFFFFF: all. */
  get(
    ids: PackedStrings | null,
    offset: number,
    limit: number,
    want: number,
  ): Outcome<RecordColumns>;
  /** queries: one or more vectors of dimension floats, one after another. efSearch 0: the collection's. */
  query(
    queries: Float32Array,
    dimension: number,
    k: number,
    efSearch: number,
    ids: PackedStrings | null,
    want: number,
  ): Outcome<QueryColumns>;
  /** A snapshot of the state now. Do not write to the collection until it is deleted. */
  snapshot(generation: number): SnapshotWriterHandle;
}

export interface SnapshotWriterHandle extends Handle {
  /** The next part (about 4 MiB), or null after the last. Throws when the collection was written to. */
  next(): Uint8Array | null;
}

export interface SnapshotReaderHandle extends Handle {
  /** Checks one part; parts come in the order in which they were written. */
  feed(part: Uint8Array): Outcome<null>;
  /** The collection, if every part was there. The reader is empty afterwards. */
  finish(): Outcome<CollectionHandle>;
}

export interface CoreModule {
  /** "simd128" or "relaxed". */
  variant(): string;
  /** Names of the distance kernels in this build, scalar first, joined by commas. */
  kernelNames(): string;
  /** StatusCode names in numeric order, joined by commas. */
  statusNames(): string;
  /** space: 0 l2, 1 ip, 2 cosine. kernel: an index into kernelNames(). Lengths must be equal. */
  distance(space: number, kernel: number, a: Float32Array, b: Float32Array): number;
  crc32c(bytes: Uint8Array): number;
  /** vocabulary: the bytes of vocab.txt. */
  createTokenizer(vocabulary: Uint8Array, lowercase: boolean): Outcome<TokenizerHandle>;
  /** file: a .pvm file. */
  createEncoder(file: Uint8Array): Outcome<EncoderHandle>;
  /** Use through HeapFile. */
  createFileRoom(bytes: number): FileRoomHandle;
  /** file: a .pvm file with a classification head. */
  createCrossEncoder(file: Uint8Array): Outcome<CrossEncoderHandle>;
  /** index: 0 auto, 1 flat, 2 hnsw. */
  createCollection(
    space: number,
    index: number,
    maxNeighbors: number,
    efConstruction: number,
    efSearch: number,
  ): Outcome<CollectionHandle>;
  createSnapshotReader(): SnapshotReaderHandle;
}

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
export interface HnswlibPlaces {
  /** Numbers of the elements: those of records, then those that are way points only. */
  order: Uint32Array;
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
  /** For adoptGraph(), rows in that order. */
  graph: Uint8Array;
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
  /**
   * A file with room for the vectors, and those of its way points. graph: of
   * CollectionHandle.graph().
   */
  writeHnswlib(
    graph: Uint8Array,
    dimension: number,
    maxNeighbors: number,
    efConstruction: number,
  ): Outcome<HnswlibPlaces & { file: Uint8Array; wayPoints: Uint8Array }>;
}

/** Numbers of IdMapping in src/sentencepiece/id_mapping.h. */
export const ID_MAPPING = { plain: 0, "xlm-r": 1, t5: 2 } as const;

/** The sentencepiece tokenizer's wasm module, apart from the core. */
export interface SentencePieceModule {
  /** model: the bytes of a .model file. */
  createTokenizer(model: Uint8Array, mapping: number): Outcome<TokenizerHandle>;
  /**
   * CLIP's, for texts in normalization form C. model: how many tokens there are; the ids of
   * <|startoftext|> and <|endoftext|>, of the 256 bytes and of the 256 bytes at a word's end; then of
   * each merge, in the order learned, left, right and merged.
   */
  createClipTokenizer(model: Int32Array): Outcome<TokenizerHandle>;
}
