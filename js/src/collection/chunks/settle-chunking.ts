import type { ChunkingSettings, StoredChunking } from "../../types/chunking.js";
import type { VectorizerSettings } from "../../types/vectorizer.js";
import { checkCount, invalid, shown } from "../validate.js";

/**
 * What a collection remembers of how it cuts documents.
 * @throws invalid_argument
 */
export function settleChunking(
  settings: ChunkingSettings,
  vectorizer: VectorizerSettings | undefined,
): StoredChunking {
  const { maxTokens, overlap = 0, locale } = settings;
  checkCount(maxTokens, "chunking.maxTokens", 1);
  checkCount(overlap, "chunking.overlap", 0, maxTokens - 1);
  if (locale !== undefined && typeof locale !== "string") {
    throw invalid(`chunking.locale must be a language such as "de", got ${shown(locale)}`);
  }
  if (vectorizer) {
    throw invalid(
      "chunking cuts documents and a vectorizer makes one vector an object; give one of them",
    );
  }
  return { maxTokens, overlap, ...(locale !== undefined && { locale }) };
}
