import type { StoredChunking } from "../types/chunking.js";
import type { VectorizerSettings } from "../types/vectorizer.js";
import type { CollectionConfiguration, Metadata } from "../types.js";

/** A configuration with every value settled. */
export interface SettledConfiguration {
  hnsw: Required<
    Pick<
      NonNullable<CollectionConfiguration["hnsw"]>,
      "space" | "ef_construction" | "ef_search" | "max_neighbors"
    >
  >;
  index: NonNullable<CollectionConfiguration["index"]>;
  /** Absent in collections that were made before there was a choice. */
  quantization?: NonNullable<CollectionConfiguration["quantization"]>;
  rescoring?: NonNullable<CollectionConfiguration["rescoring"]>;
  keepVectors?: boolean;
  /** How often the records were embedded anew, by another function each time. */
  reembedded?: number;
  /** The collection that this one is a part of, with which it goes; such a one is in no listing. */
  of?: string;
  /** How objects become vectors, of collections of objects. */
  vectorizer?: VectorizerSettings;
  /** How long documents are cut, of collections that do. */
  chunking?: StoredChunking;
}

/** Which function embeds a collection's texts, in Chroma's form; "legacy" when nothing is known. */
export type StoredEmbeddingFunction =
  | { type: "known"; name: string; config: Record<string, unknown> }
  | { type: "legacy" };

/** The snapshot that counts. Generation 0: there is none yet. */
export interface SnapshotInfo {
  generation: number;
  parts: number;
  bytes: number;
  /** Every journal record up to this sequence is in the snapshot. */
  coveredSequence: number;
}

/** Of a collection that has none yet. */
export const NO_SNAPSHOT: Readonly<SnapshotInfo> = {
  generation: 0,
  parts: 0,
  bytes: 0,
  coveredSequence: 0,
};

/**
 * The latest version of manifests and of the stores' layout that this code reads. 2: "binary"; 3: parts
 * that were taken over.
 */
export const MANIFEST_FORMAT = 3;

/** What is known of a collection without opening it. */
export interface Manifest {
  format: number;
  /** A UUID: a collection that is deleted and made again is another one. */
  id: string;
  name: string;
  /** Place in listings: later collections have higher numbers. */
  order: number;
  metadata: Metadata | null;
  configuration: SettledConfiguration;
  embeddingFunction: StoredEmbeddingFunction;
  /** Milliseconds since 1970, for people; no rule depends on it. */
  createdAt: number;
  /** The writer's epoch, part of every journal record. */
  epoch: number;
  snapshot: SnapshotInfo;
}

/** What of a collection can be changed after it was made. */
export type ManifestChanges = Partial<
  Pick<Manifest, "name" | "metadata" | "configuration" | "embeddingFunction">
>;

export type NewManifest = Omit<Manifest, "order" | "snapshot">;

export interface JournalRecord {
  sequence: number;
  record: Uint8Array;
}

/** Which snapshot is written, and which one it takes the place of. */
export interface SnapshotTarget {
  replaces: number;
  generation: number;
  coveredSequence: number;
  /**
   * The snapshot has other vectors: its function becomes the collection's in the same step, provided
   * that nothing was written after that sequence.
   */
  move?: { after: number; embeddingFunction: StoredEmbeddingFunction };
}

export type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A part whose payload is that of a part of the snapshot that is replaced: its own header, and that one's number. */
export interface KeptPart {
  header: Uint8Array;
  from: number;
}

export type NewParts = Parts | AsyncIterable<Uint8Array | KeptPart>;
export type Journal = Iterable<JournalRecord> | AsyncIterable<JournalRecord>;

/** "relaxed": batches survive the browser's end; "strict": also the machine's, once they are answered. */
export type Durability = "relaxed" | "strict";

/** What became of stored data that was damaged or gone. */
export interface StorageReport {
  /** "recovered": everything is there again. "lost": something is not. */
  kind: "recovered" | "lost";
  /** The collection's name; null: of the whole client, or of unknown ones. */
  collection: string | null;
  /** For people: what was found, and what was done. */
  message: string;
  /** Batches that were lost, or that another copy had; 0 where that is unknown. */
  batches: number;
  /** Milliseconds since 1970. */
  time: number;
}

export interface StorageUsage {
  /** Bytes: of the whole origin where the browser tells, else of this store's values. */
  usage: number;
  /** Whether the browser promised not to evict the origin's data. */
  persisted: boolean;
  /**
   * The second copy: "kept", "none", or "elsewhere" in a tab that leaves writing to another, which has
   * it.
   */
  copy: "kept" | "none" | "elsewhere";
  /** Why there is no second copy although the browser could keep one. */
  copyProblem: string | null;
}

/** How a store tells what it found. */
export type Report = (report: Omit<StorageReport, "time">) => void;

/**
 * What another tab did: wrote batches; made, changed or deleted a collection; or put another state in
 * its place, so that it has to be loaded again. id null: deleted everything.
 */
export interface StoreChange {
  kind: "batches" | "collection" | "replaced";
  id: string | null;
}

/** What a store is opened with. */
export interface StoreHooks {
  /** Both of the core. */
  crc32c(bytes: Uint8Array): number;
  isSound(block: Uint8Array): boolean;
  report: Report;
  changed(change: StoreChange): void;
}

/**
 * Where a client keeps its collections. Every method is one transaction or leaves a state that the
 * next open cleans up; all reject with PagevecError, after close() with code "closed".
 */
export interface Store {
  /** False while another tab writes and tidies up: then this one leaves snapshots to it. */
  readonly leads: boolean;
  /** The second copy, where this store keeps one. */
  readonly copy?: Store | undefined;
  /** Undefined in a store that lasts as long as the page, and in second copies. */
  readonly transfers?: Transfers;

  /** In order of creation. */
  listCollections(): Promise<Manifest[]>;
  getCollection(id: string): Promise<Manifest | undefined>;
  /** @throws already_exists when the name is taken. */
  createCollection(manifest: NewManifest): Promise<Manifest>;
  /** @throws not_found; already_exists when the name is taken by another collection. */
  modifyCollection(id: string, changes: ManifestChanges): Promise<Manifest>;
  /** With journal and snapshot. An unknown id is no error. */
  deleteCollection(id: string): Promise<void>;

  /**
   * Resolves when the record is committed. removes: it deletes records, and may take the room of a
   * second copy.
   * @throws conflict when that sequence was written already (by another tab); not_found;
   *   quota_exceeded, nothing of the record is kept.
   */
  append(id: string, sequence: number, record: Uint8Array, removes?: boolean): Promise<void>;
  /** Records after this sequence, in order. */
  readJournal(id: string, afterSequence: number): AsyncIterable<JournalRecord>;
  /** Undefined for a record that is not in the journal (any more). */
  readRecord(id: string, sequence: number): Promise<Uint8Array | undefined>;

  /**
   * Writes the parts beside the snapshot that counts, then switches over and deletes the covered
   * journal in one strictly durable transaction. A failure leaves the old state.
   * @throws conflict when `replaces` is not the generation that counts, when parts disappeared, or
   *   when something was written that a `move` does not know of; corrupt when a part that is kept is
   *   another than its header says, if it is read already.
   */
  writeSnapshot(id: string, target: SnapshotTarget, parts: NewParts): Promise<SnapshotInfo>;
  /** In the order in which they were written; nothing for an unknown generation. */
  readParts(id: string, generation: number): AsyncIterable<Uint8Array>;
  /**
   * The parts of the snapshot that counts out of another copy, where that is read faster; else undefined.
   * Whoever loads a collection from there has not seen the copy that counts, and compares it then.
   */
  partsToLoad?(manifest: Manifest): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** The part of that number, from 0; undefined when the snapshot or the part is not there. */
  readPart(id: string, generation: number, number: number): Promise<Uint8Array | undefined>;

  /** The last sequence that is stored; 0 for a collection without batches or an unknown one. */
  lastSequence(id: string): Promise<number>;
  /**
   * Moves all records after this sequence out of the journal, where nothing reads them any more until
   * the collection is deleted. Returns how many there were.
   * @throws not_found; conflict when another snapshot than this generation counts.
   */
  setAside(id: string, generation: number, afterSequence: number): Promise<number>;
  /**
   * Makes a collection of what another store has of it, in place of what is here under its id. A
   * failure leaves the old state.
   * @throws already_exists when another collection has the name; what the sources throw.
   */
  restore(manifest: Manifest, parts: Parts, journal: Journal): Promise<void>;
  /**
   * Puts a collection that cannot be read back from another copy; false: there is none that is sound and
   * has all batches. after: one will do that lacks the last ones, if it has any after this sequence.
   */
  heal(id: string, after?: number): Promise<boolean>;

  /**
   * Takes over writing: from now on the writes of every store that claimed before reject with code
   * "conflict". Resolves to the epoch, one more than the last.
   */
  claim(): Promise<number>;

  /** false: the page is hidden and may be frozen, so that other tabs must be able to write. */
  visible(visible: boolean): Promise<void>;
  usage(): Promise<StorageUsage>;
  /** Deletes every collection; the store stays open. */
  clear(): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** A store of what another store has: of each batch it says whether that one is known to have it. */
export interface SecondCopy extends Store {
  /**
   * As append(), at once, of the batch after its last; it may be lost until it is confirmed. False: that
   * one is another, and nothing was done. @throws quota_exceeded
   */
  appendBeside(id: string, sequence: number, record: Uint8Array): boolean;
  /** Its last batch, if it was not confirmed. */
  unconfirmed(id: string): number | undefined;
  /** Nothing happens if that is not its last batch. */
  confirm(id: string, sequence: number): void;
  /** Likewise. */
  retract(id: string, sequence: number): void;
}

/** How much of a collection was staged. */
export interface Staged {
  parts: number;
  /** Of the parts. */
  bytes: number;
  batches: number;
}

/** A collection that is to be made of staged blocks. */
export interface StagedCollection {
  manifest: NewManifest;
  blocks: Staged;
  /** Of its snapshot; 0 without one. */
  coveredSequence: number;
}

/** What a store has for collections that come and go as files. */
export interface Transfers {
  /**
   * Stores blocks of a collection that does not exist yet, under its id: first all parts, then the
   * journal. Nothing sees them before adopt(); those of a tab that ended are swept later. A failure
   * leaves nothing.
   */
  stage(id: string, parts: Parts, journal: Journal): Promise<Staged>;
  /**
   * Makes collections of what was staged and deletes those they replace, in one strictly durable
   * transaction: all of it or nothing.
   * @throws already_exists when a name is taken by one that is not replaced; conflict when staged blocks
   *   are gone; quota_exceeded
   */
  adopt(staged: StagedCollection[], replaced: string[]): Promise<Manifest[]>;
  /** Ends the staging of these: what was not adopted is deleted. */
  unstage(ids: string[]): Promise<void>;

  /**
   * Asks all tabs not to put another snapshot of the collection in place while it is read. Ends with the
   * tab, or with the function that it resolves to.
   */
  holdSnapshot(id: string): Promise<() => void>;
  /** Whether a tab asked for that. */
  snapshotHeld(id: string): Promise<boolean>;
}
