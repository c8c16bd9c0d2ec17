import type { Handle, Outcome } from "./module.js";

/** What the core does for files of collections (docs/snapshot-format.md). */
export interface ArchiveModule {
  createArchiveWriter(): ArchiveWriterHandle;
  createArchiveReader(): ArchiveReaderHandle;
}

/** Kinds of blocks, as ArchiveBlock in src/snapshot/archive.h numbers them. */
export const ARCHIVE = { header: 1, collection: 2, end: 3, part: 4, record: 5 } as const;

/** A block of a file of collections: what it is, and of a collection's own block what that says. */
export interface ArchiveBlock {
  /** One of ARCHIVE. */
  kind: number;
  /** JSON in UTF-8; null for other blocks. */
  manifest: Uint8Array | null;
  parts: number;
  coveredSequence: number;
  lastSequence: number;
}

/** Checks a file of collections block by block. */
export interface ArchiveReaderHandle extends Handle {
  /** How long the block is that begins with these bytes; 0: it takes more of them to tell. */
  length(head: Uint8Array): Outcome<number>;
  take(block: Uint8Array): Outcome<ArchiveBlock>;
  /** Whether all of the file was taken. */
  finish(): Outcome<null>;
}

/** begin(), for each collection its block and add() for each of those stored, end(). */
export interface ArchiveWriterHandle extends Handle {
  begin(): Uint8Array;
  /** manifest: JSON in UTF-8. */
  collection(
    manifest: Uint8Array,
    parts: number,
    coveredSequence: number,
    lastSequence: number,
  ): Outcome<Uint8Array>;
  /** A stored block, which goes into the file as it is, if it is sound and the next. */
  add(block: Uint8Array): Outcome<null>;
  end(): Outcome<Uint8Array>;
}
