import {
  type CollectionHandle,
  OPERATION,
  type Outcome,
  type RecordColumns,
  type RegexMatcher,
  WANT,
} from "../engine/module.js";
import { packStrings, unpackStrings } from "../engine/packed-strings.js";
import type { RecordFilter, Records, Wanted, WriteParams } from "./methods.js";

/** The core's limit for "all". */
export const NO_LIMIT = 0xffffffff;

export type WriteBatch = Omit<WriteParams, "database" | "collection">;

/** Has the core check a batch and make a journal record of it. */
export function prepareBatch(
  handle: CollectionHandle,
  batch: WriteBatch,
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

function packOptional(strings: (string | null)[] | null): Uint8Array | null {
  return strings === null ? null : packStrings(strings);
}

// Without ignoreBOM a leading U+FEFF would be dropped.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A filter as the core's calls take it. The page has checked the patterns. */
export function filterArguments({
  ids,
  where,
  whereDocument,
}: RecordFilter): [Uint8Array | null, string | null, string | null, RegexMatcher] {
  const compiled = new Map<string, RegExp>();
  const matches = (pattern: string, document: Uint8Array) => {
    let regex = compiled.get(pattern);
    if (!regex) {
      regex = new RegExp(pattern, "u");
      compiled.set(pattern, regex);
    }
    return regex.test(decoder.decode(document));
  };
  return [packOptional(ids), where, whereDocument, { matches }];
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
