import {
  type CollectionHandle,
  OPERATION,
  type Outcome,
  type RecordColumns,
  WANT,
} from "../engine/module.js";
import { packStrings, unpackStrings } from "../engine/packed-strings.js";
import type { Records, Wanted, WriteParams } from "./methods.js";

/** The core's limit for "all". */
export const NO_LIMIT = 0xffffffff;

/** Has the core check a batch and make a journal record of it. */
export function prepareBatch(
  handle: CollectionHandle,
  batch: Omit<WriteParams, "database" | "collection">,
  epoch: number,
): Outcome<Uint8Array> {
  return handle.prepare(
    OPERATION[batch.operation],
    packStrings(batch.ids),
    packOptional(batch.documents),
    packOptional(batch.metadatas),
    batch.embedded,
    batch.embeddings,
    batch.dimension,
    epoch,
  );
}

export function packOptional(strings: (string | null)[] | null): Uint8Array | null {
  return strings === null ? null : packStrings(strings);
}

/** The columns as a sum of the core's bits. */
export function wantBits(wanted: Wanted): number {
  return (
    (wanted.documents ? WANT.documents : 0) +
    (wanted.metadatas ? WANT.metadatas : 0) +
    (wanted.embeddings ? WANT.embeddings : 0)
  );
}

export function unpackRecords(columns: RecordColumns, dimension: number): Records {
  return {
    // The core never stores a null id.
    ids: unpackStrings(columns.ids) as string[],
    documents: columns.documents && unpackStrings(columns.documents),
    metadatas: columns.metadatas && unpackStrings(columns.metadatas),
    embeddings: columns.embeddings,
    dimension,
  };
}
