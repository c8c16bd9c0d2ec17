// Loaded with the first modify() of a configuration.
import type { CollectionInfo } from "../database/methods.js";
import { PagevecError } from "../errors.js";
import type { ManifestChanges } from "../storage/store.js";
import type { CollectionConfiguration, EmbeddingFunction } from "../types.js";
import {
  checkEmbeddingFunction,
  checkKeys,
  checkSameFunction,
  SERVER_SETTINGS,
  storedForm,
} from "./configuration.js";
import { checkCount } from "./validate.js";

/** What of a configuration can be changed, as in chromadb. */
export interface UpdateCollectionConfiguration {
  hnsw?: Omit<
    NonNullable<CollectionConfiguration["hnsw"]>,
    "space" | "ef_construction" | "max_neighbors"
  >;
  /** Of the same name; its validateConfigUpdate may refuse. */
  embeddingFunction?: EmbeddingFunction;
}

/** @throws invalid_argument */
export function changesOf(
  { hnsw = {}, embeddingFunction }: UpdateCollectionConfiguration,
  info: CollectionInfo,
  current: EmbeddingFunction | undefined,
): ManifestChanges {
  checkKeys(hnsw, ["ef_search", ...SERVER_SETTINGS]);
  const { configuration } = info;
  const ef_search = checkCount(hnsw.ef_search ?? configuration.hnsw.ef_search, "ef_search", 1, 1e4);
  const changes: ManifestChanges = {
    configuration: { ...configuration, hnsw: { ...configuration.hnsw, ef_search } },
  };
  if (!embeddingFunction) return changes;
  checkEmbeddingFunction(embeddingFunction);
  checkSameFunction(info.name, info.embeddingFunction, embeddingFunction);
  checkUpdate(current, embeddingFunction);
  return { ...changes, embeddingFunction: storedForm(embeddingFunction) };
}

function checkUpdate(current: EmbeddingFunction | undefined, next: EmbeddingFunction): void {
  try {
    current?.validateConfigUpdate?.(next.getConfig?.() ?? {});
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${current?.name} cannot become the new embeddingFunction: ${reason}`;
    throw new PagevecError("invalid_argument", message, { cause });
  }
}
