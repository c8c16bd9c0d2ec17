import type { MediaEmbeddingFunction } from "../types/media.js";
import type { VectorizerSettings } from "../types/vectorizer.js";
import type { CallOptions, EmbeddingFunction } from "../types.js";
import { checkVectorizer, isMultiModal, vectorizesClassName } from "../vectorize/settings.js";
import { invalid } from "./validate.js";

/**
 * A vectorizer as a collection remembers it: what depends on the collection's name or its embedding
 * function is settled, so that texts stay the same when these are called otherwise.
 * @throws invalid_argument
 */
export function settleVectorizer(
  settings: VectorizerSettings,
  collection: string,
  embeddingFunction?: EmbeddingFunction,
): VectorizerSettings {
  checkVectorizer(settings);
  if (isMultiModal(settings) && embeddingFunction && !canEmbedMedia(embeddingFunction)) {
    const name = embeddingFunction.name ?? "the embedding function";
    throw invalid(
      `the vectorizer has fields of media, and ${name} embeds texts only; give one with embedMedia()`,
    );
  }
  const module = settings.module ?? embeddingFunction?.name;
  const given = {
    ...settings,
    ...(module !== undefined && { module }),
    className: settings.className ?? collection,
    vectorizeClassName: settings.vectorizeClassName ?? vectorizesClassName(module),
  };
  return JSON.parse(JSON.stringify(given));
}

/** clip()'s face: texts and images one by one. */
export interface ImageEmbedding extends EmbeddingFunction {
  generateImages(
    images: (string | Blob | ImageBitmap)[],
    options?: CallOptions,
  ): Promise<ArrayLike<number>[]>;
}

export function canEmbedMedia(
  embeddingFunction: EmbeddingFunction,
): embeddingFunction is MediaEmbeddingFunction | ImageEmbedding {
  const { embedMedia, generateImages } = embeddingFunction as Partial<
    MediaEmbeddingFunction & ImageEmbedding
  >;
  return typeof embedMedia === "function" || typeof generateImages === "function";
}
