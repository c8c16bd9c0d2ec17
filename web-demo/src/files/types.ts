import type { Metadata } from "pagevec";

/** A part of a file that is kept as one record. */
export interface Section {
  text: string;
  /** Where in the file it is, and what is known of it: page, row, heading, columns. */
  metadata: Metadata;
}

export type FileKind = "text" | "markdown" | "html" | "pdf" | "csv" | "json";

/** Reads a file to its end, a few sections at a time, in its order. */
export type Parser = (file: File) => AsyncIterable<Section[]>;

/** Why a file cannot be read: what is wrong, in words for its owner. */
export class FileError extends Error {
  override readonly name = "FileError";
}
