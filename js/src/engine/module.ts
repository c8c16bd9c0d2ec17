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

/** Records of CollectionHandle.differing(). */
export interface DifferingRecords {
  next: number;
  records: RecordColumns;
}

/** Hits of several queries, one after another: counts[q] of them belong to query q. */
export interface QueryColumns {
  counts: Uint32Array;
  distances: Float32Array;
  records: RecordColumns;
}

/** Regular expressions, which the core leaves to its host. */
export interface RegexMatcher {
  /** Whether the pattern matches in the document, given as UTF-8. Only valid during the call. */
  matches(pattern: string, document: Uint8Array): boolean;
}

/** The order of the numbers of CollectionHandle.search(). */
export const SEARCH_SETTINGS = [
  /** Of each ranking, and of the answer. */
  "candidates",
  "limit",
  /** 0: the collection's. */
  "efSearch",
  /** 0 by rank, 1 by relative score. */
  "fusion",
  "vectorWeight",
  "keywordWeight",
  /** 0 none, 1 the last word, 2 all words. */
  "prefix",
  /** Edits, or 255 for automatic. */
  "fuzzy",
  "allWords",
  "stems",
  "k1",
  "b",
  /** Of each document, and the length of one in UTF-16 units. */
  "passages",
  "passageLength",
  "explain",
] as const;

/** As searches take them. */
export function settingNumbers(
  settings: Record<(typeof SEARCH_SETTINGS)[number], number>,
): Float32Array {
  return Float32Array.from(SEARCH_SETTINGS, (name) => settings[name]);
}

/** Hits of a search, the best first. */
export interface SearchColumns {
  records: RecordColumns;
  scores: Float32Array;
  /** Six numbers a hit: rank (0: none), score and share, by vector and by keywords. */
  parts: Float32Array;
  /** The terms that matched, with three numbers each: place of the hit, frequency, score. */
  terms: PackedStrings;
  termNumbers: Float32Array;
  /** A hit's: how many; of each begin, end, how many matches; of each begin, end. */
  passages: Uint32Array;
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

/** Numbers of Quantization in src/index/vector_store.h. */
export const QUANTIZATION = { int8: 0, int4: 1, none: 2, binary: 3 } as const;

/** How a collection holds its vectors: the floats can be had again; rescored; nothing else has them. */
export const VECTORS = { kept: 4, rescored: 8, inHeap: 16 } as const;

/** Numbers of VectorPlace::Block in src/collection/vector_places.h. */
export const BLOCK = { part: 1, record: 2 } as const;

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
  /**
   * Links up to maxRows rows into the graph, or moves on with a rebuild; returns the rows left: more
   * than pendingRows() while a rebuild is under way.
   */
  maintain(maxRows: number): number;
  /** Whether maintain() leaves a rebuild that is due, since there is no room for it. */
  cramped(): boolean;
  /** About how many bytes of the heap it takes. Looks at every record. */
  bytes(): number;
  /** Of these the vectors in the forms that searching needs, and the graph. */
  indexBytes(): number;
  /**
   * Distances of the k records nearest to the one at a position (0 to count() - 1), itself left out:
   * as query() finds them, or of all when exact.
   */
  nearestTo(position: number, k: number, efSearch: number, exact: boolean): Outcome<Float32Array>;
  /**
   * The projection of the records with those ids, as they are now; unknown ids are left out.
   * components: 1 to 16; sample: at most so many of them decide.
   */
  project(ids: PackedStrings, components: number, sample: number): ProjectionHandle;
  /** The same for rows that maintain() leaves to be scanned, too. */
  linkAll(maxRows: number): number;
  /**
   * What is linked, for writeHnswlib(): a graph (wasm/graph_block.h), then the copies with how many
   * numbers they are, then the rows of the records in insertion order.
   */
  graph(): Uint32Array;
  /**
   * Takes over a graph of readHnswlib(), after its records were added. wayPoints: the vectors of its
   * other nodes.
   */
  adoptGraph(graph: Uint32Array, wayPoints: Float32Array): Outcome<null>;
  /** The vectors of rows that graph() speaks of, one after another, as precisely as the heap has them. */
  vectors(rows: Uint32Array): Float32Array;
  /**
   * limit 0xFFFFFFFF: all. where and whereDocument: JSON; regex: for $regex, whose patterns it must
   * accept.
   */
  get(
    ids: PackedStrings | null,
    where: string | null,
    whereDocument: string | null,
    regex: RegexMatcher | null,
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
    where: string | null,
    whereDocument: string | null,
    regex: RegexMatcher | null,
    want: number,
  ): Outcome<QueryColumns>;
  /** Where the floats of the records are: read them there, unless they were given up. */
  vectorsIn(): string;
  /** Of each id that exists: kind of block (BLOCK), its number, and the vector's among its vectors. */
  vectorPlaces(ids: PackedStrings): Uint32Array;
  /** The same of rows that graph() speaks of. */
  rowPlaces(rows: Uint32Array): Uint32Array;
  /** The parts of a snapshot of this collection were stored: vectors are read from them now. */
  stored(snapshot: SnapshotWriterHandle): void;
  /** query: a vector, or empty; text: words, or null. settings: SEARCH_SETTINGS. */
  search(
    query: Float32Array,
    text: string | null,
    settings: Float32Array,
    ids: PackedStrings | null,
    where: string | null,
    whereDocument: string | null,
    regex: RegexMatcher | null,
    want: number,
  ): Outcome<SearchColumns>;
  /** Reads up to maxRecords records into the keyword index; returns how many are left. */
  buildKeywords(maxRecords: number): number;
  /** Heap bytes of the keyword index; 0 while there is none. */
  keywordBytes(): number;
  /** Words of the index and of a query without a stem. restart: forget the stems there are. */
  wordsToStem(query: string, restart: boolean): PackedStrings;
  /** What wordsToStem() gave, and a stem of each. */
  addStems(words: PackedStrings, stems: PackedStrings): void;
  /** Places in ids of up to limit records that are relevant and unlike each other. */
  diversify(
    ids: PackedStrings,
    relevance: Float32Array,
    lambda: number,
    limit: number,
  ): Uint32Array;
  /**
   * The records, from place `from` (0: the first) on, that copy lacks or has with another document, at
   * most limit; next: where to go on, 0xFFFFFFFF at the end.
   */
  differing(copy: CollectionHandle, from: number, limit: number, want: number): DifferingRecords;
  /**
   * Takes the records of another collection in place of its own, each with the vector that it has here.
   * lastSequence() is one more than the source's then. Refused when one has none.
   */
  takeRecords(source: CollectionHandle): Outcome<null>;
  /**
   * A snapshot of the state now. Do not write to the collection until it is deleted. keeps: parts of
   * the snapshot that counts may be taken over. graph: without it dead rows go, and whoever loads the
   * snapshot links the rest anew.
   */
  snapshot(generation: number, keeps: boolean, graph: boolean): SnapshotWriterHandle;
}

/** See src/index/projection.h. */
export interface ProjectionHandle extends Handle {
  /** Reads up to maxRows rows; returns how many reads are left at most, 0 at the end. */
  step(maxRows: number): number;
  /** What was found, once nothing is left: mean, components, shares and points, one after another. */
  results(): Float32Array;
}

export interface SnapshotWriterHandle extends Handle {
  /**
   * The next part (about 4 MiB); null after the last, or when a block is wanted. Throws when the
   * collection was written to.
   */
  next(): Uint8Array | null;
  /**
   * The number of the part of the snapshot that counts whose payload belongs to the header that next()
   * gave; -1 when it gave a whole part.
   */
  keptFrom(): number;
  /** The stored block whose vectors next() waits for: its kind (BLOCK) and number; null: none. */
  wanted(): Uint32Array | null;
  /** Hands over the wanted block. Throws when it is damaged. */
  give(block: Uint8Array): void;
}

export interface SnapshotReaderHandle extends Handle {
  /** Checks one part; parts come in the order in which they were written. */
  feed(part: Uint8Array): Outcome<null>;
  /** The collection, if every part was there. The reader is empty afterwards. */
  finish(): Outcome<CollectionHandle>;
  /** Without its graph, which it links anew: needs only the parts before the graph's. */
  finishWithoutGraph(): Outcome<CollectionHandle>;
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
  /** How far the wasm heap has grown, in bytes. It never shrinks, and its memory has some in reserve. */
  heapBytes(): number;
  /** vocabulary: the bytes of vocab.txt. */
  createTokenizer(vocabulary: Uint8Array, lowercase: boolean): Outcome<TokenizerHandle>;
  /** file: a .pvm file. */
  createEncoder(file: Uint8Array): Outcome<EncoderHandle>;
  /** Use through HeapFile. */
  createFileRoom(bytes: number): FileRoomHandle;
  /** file: a .pvm file with a classification head. */
  createCrossEncoder(file: Uint8Array): Outcome<CrossEncoderHandle>;
  /** index: 0 auto, 1 flat, 2 hnsw. vectors: one of QUANTIZATION and a sum of VECTORS. */
  createCollection(
    space: number,
    index: number,
    maxNeighbors: number,
    efConstruction: number,
    efSearch: number,
    vectors: number,
  ): Outcome<CollectionHandle>;
  /** floatsInHeap: as VECTORS.inHeap. */
  createSnapshotReader(floatsInHeap: boolean): SnapshotReaderHandle;
  /** Vectors of a journal record or a vectors part, by their places in it. */
  readVectors(block: Uint8Array, dimension: number, indexes: Uint32Array): Outcome<Float32Array>;
  /** Whether a stored block is what was written, by its checksums. */
  isSound(block: Uint8Array): boolean;
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
