import type { MediaEmbeddingFunction } from "../../types/media.js";
import type { NamedVectorSettings, VectorizerSettings } from "../../types/vectorizer.js";
import type {
  CallOptions,
  CollectionConfiguration,
  EmbeddingFunction,
  Metadata,
} from "../../types.js";
import { checkVectorizer, isMultiModal, vectorizesClassName } from "../../vectorize/settings.js";
import { checkEmbeddingFunction, settleConfiguration } from "../configuration.js";
import { invalid } from "../validate.js";

/** What a collection is made or got with. */
export interface GivenFunctions {
  embeddingFunction?: EmbeddingFunction | null | undefined;
  embeddingFunctions?: Record<string, EmbeddingFunction> | undefined;
  configuration?: CollectionConfiguration | undefined;
  metadata?: Metadata | null;
}

/**
 * A vectorizer as a collection remembers it: what depends on the collection's name or its embedding
 * function is settled, so that texts stay the same when these are called otherwise.
 * @throws invalid_argument
 */
export function settleVectorizer(
  settings: VectorizerSettings,
  collection: string,
  given: GivenFunctions,
): VectorizerSettings {
  checkVectorizer(settings);
  const { vectors, ...shared } = settings;
  const settled = vectors
    ? { ...shared, vectors: settleVectors(shared, vectors, collection, given) }
    : settle(shared, collection, functionFor(given, undefined));
  return JSON.parse(JSON.stringify(settled));
}

function settle(
  settings: VectorizerSettings,
  collection: string,
  embeddingFunction: EmbeddingFunction | undefined,
): VectorizerSettings {
  if (isMultiModal(settings) && embeddingFunction && !canEmbedMedia(embeddingFunction)) {
    const name = embeddingFunction.name ?? "the embedding function";
    throw invalid(
      `the vectorizer has fields of media, and ${name} embeds texts only; give one with embedMedia()`,
    );
  }
  const module = settings.module ?? embeddingFunction?.name;
  return {
    ...settings,
    ...(module !== undefined && { module }),
    className: settings.className ?? collection,
    vectorizeClassName: settings.vectorizeClassName ?? vectorizesClassName(module),
  };
}

/** Each with everything that it needs, the space too. */
function settleVectors(
  shared: VectorizerSettings,
  vectors: Record<string, NamedVectorSettings>,
  collection: string,
  given: GivenFunctions,
): Record<string, NamedVectorSettings> {
  checkFunctions(given, Object.keys(vectors));
  const entries = Object.entries(vectors).map(([name, { space: own, ...settings }]) => {
    const embeddingFunction = functionFor(given, name);
    const { configuration, metadata } = given;
    const hnsw = own && { ...configuration?.hnsw, space: own };
    const asked = { ...configuration, ...(hnsw && { hnsw }) };
    const { space } = settleConfiguration(asked, embeddingFunction, metadata).hnsw;
    return [name, { ...settle({ ...shared, ...settings }, collection, embeddingFunction), space }];
  });
  return Object.fromEntries(entries);
}

/** @throws invalid_argument for functions of vectors that there are not, and for what is none */
export function checkFunctions({ embeddingFunctions = {} }: GivenFunctions, names: string[]): void {
  for (const [name, embeddingFunction] of Object.entries(embeddingFunctions)) {
    if (!names.includes(name)) {
      throw invalid(`embeddingFunctions.${name}: the vectors are ${names.join(", ") || "none"}`);
    }
    checkEmbeddingFunction(embeddingFunction);
  }
}

export function functionFor(
  { embeddingFunction, embeddingFunctions = {} }: GivenFunctions,
  vector: string | undefined,
): EmbeddingFunction | undefined {
  const own = vector !== undefined && Object.hasOwn(embeddingFunctions, vector);
  return (own ? embeddingFunctions[vector] : embeddingFunction) ?? undefined;
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
