import type { AddParams, UpdateParams } from "../types.js";
import { metadataToJson } from "./metadata.js";
import {
  checkDocuments,
  checkIds,
  checkLength,
  checkParams,
  checkUnique,
  flattenVectors,
  invalid,
  reading,
  type Vectors,
} from "./validate.js";

export type WriteOperation = "add" | "upsert" | "update";

/** Checked records side by side. What nobody has is null. */
export interface Batch {
  ids: string[];
  documents: (string | null)[] | null;
  /** JSON texts. */
  metadatas: (string | null)[] | null;
  embeddings: Vectors | null;
}

/**
 * Checks what can be checked without the collection, and copies: what the caller changes later has
 * no effect.
 * @throws invalid_argument, duplicate_id, dimension_mismatch, unsupported
 */
export function toBatch(operation: WriteOperation, params: AddParams | UpdateParams): Batch {
  return reading(`what ${operation} was given`, () => readBatch(operation, params));
}

function readBatch(operation: WriteOperation, params: AddParams | UpdateParams): Batch {
  checkParams(params);
  const ids = checkIds(params.ids, false);
  checkUnique(ids);
  const documents = column(params.documents, "documents", ids, checkDocuments);
  const metadatas = column(params.metadatas, "metadatas", ids, (list) =>
    list.map((metadata, i) => metadataToJson(metadata, `metadatas[${i}]`)),
  );
  const embeddings = column(params.embeddings, "embeddings", ids, (list) =>
    flattenVectors(list, "embeddings"),
  );
  if (operation !== "update" && embeddings === null) checkDocumentsSuffice(operation, documents);
  return { ids, documents, metadatas, embeddings };
}

function column<T>(
  list: unknown,
  name: string,
  ids: string[],
  check: (list: unknown[]) => T,
): T | null {
  if (list === undefined || list === null) return null;
  checkLength(list, name, ids);
  return check(list);
}

function checkDocumentsSuffice(operation: string, documents: (string | null)[] | null): void {
  if (documents === null)
    throw invalid(`${operation} needs documents or embeddings; give one of them`);
  const missing = documents.indexOf(null);
  if (missing === -1) return;
  throw invalid(`documents[${missing}] is null and there are no embeddings; give one of them`);
}

/** The records for which keep has a 1. Only for batches without embeddings. */
export function pickRecords(batch: Batch, keep: Uint8Array): Batch {
  const kept = <T>(list: T[]) => list.filter((_, i) => keep[i] === 1);
  return {
    ids: kept(batch.ids),
    documents: batch.documents && kept(batch.documents),
    metadatas: batch.metadatas && kept(batch.metadatas),
    embeddings: null,
  };
}

/** What is given by label of an hnswlib file: an empty list comes with an empty index. */
export function toLabelled(params: Partial<Pick<AddParams, "ids" | "documents" | "metadatas">>) {
  const list = params.ids ?? params.documents ?? params.metadatas;
  const ids = params.ids ?? list?.map((_, label) => String(label));
  if (ids === undefined || ids.length === 0) {
    return { ids: ids ?? null, documents: null, metadatas: null };
  }
  return toBatch("update", { ...params, ids });
}
