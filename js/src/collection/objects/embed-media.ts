import { PagevecError, throwIfAborted } from "../../errors.js";
import { toDataURL } from "../../providers/client/media.js";
import { MEDIA_KINDS, type Media, type MediaInputs, type MediaVectors } from "../../types/media.js";
import type { VectorizerSettings } from "../../types/vectorizer.js";
import type { CallOptions, EmbeddingFunction } from "../../types.js";
import { type CollectedMedia, combineMedia } from "../../vectorize/media.js";
import { invalid } from "../validate.js";
import { canEmbedMedia, type ImageEmbedding } from "./vectorizer.js";

/**
 * One vector an object: its media are embedded together with those of the others, then combined.
 * @throws embedding_failed, with the function's own error as cause; unsupported for a function that
 *   embeds texts only; aborted
 */
export async function embedObjects(
  embeddingFunction: EmbeddingFunction,
  objects: readonly CollectedMedia[],
  settings: VectorizerSettings,
  options: CallOptions,
): Promise<number[][]> {
  const all: MediaInputs = {};
  for (const kind of MEDIA_KINDS) {
    const inputs = objects.flatMap(({ inputs }) => (inputs[kind] ?? []) as Media[]);
    if (inputs.length > 0) all[kind] = inputs as string[];
  }
  const vectors = await embedInputs(embeddingFunction, all, options);
  const next = new Map<string, number>();
  return objects.map((object) => {
    const mine: MediaVectors = {};
    for (const kind of MEDIA_KINDS) {
      const begin = next.get(kind) ?? 0;
      const end = begin + (object.inputs[kind]?.length ?? 0);
      const part = vectors[kind]?.slice(begin, end);
      if (part) mine[kind] = part;
      next.set(kind, end);
    }
    return combineMedia(object, mine, settings);
  });
}

/** The vector of search()'s nearMedia. Throws as embedObjects(). */
export async function nearMediaVector(
  embeddingFunction: EmbeddingFunction,
  inputs: MediaInputs,
  options: CallOptions,
): Promise<Float32Array> {
  const given = MEDIA_KINDS.filter((kind) => inputs[kind]?.length);
  if (given.length === 0) throw invalid("nearMedia is empty; give texts, images or other media");
  const fields = Object.fromEntries(
    given.map((kind) => [kind, inputs[kind]?.map((_, i) => `${kind}[${i}]`)]),
  );
  const count = Object.values(fields).flat().length;
  const media: CollectedMedia = { inputs, fields, count };
  const [vector = []] = await embedObjects(embeddingFunction, [media], {}, options);
  return Float32Array.from(vector);
}

async function embedInputs(
  embeddingFunction: EmbeddingFunction,
  inputs: MediaInputs,
  options: CallOptions,
): Promise<MediaVectors> {
  const name = embeddingFunction.name ?? "the embedding function";
  if (!canEmbedMedia(embeddingFunction)) {
    throw new PagevecError("unsupported", `${name} embeds texts only; give one with embedMedia()`);
  }
  throwIfAborted(options.signal);
  try {
    return "embedMedia" in embeddingFunction
      ? await embeddingFunction.embedMedia(inputs, options)
      : await embedTextsAndImages(embeddingFunction, inputs, options);
  } catch (cause) {
    throwIfAborted(options.signal);
    if (cause instanceof PagevecError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PagevecError("embedding_failed", `${name} failed: ${reason}`, { cause });
  }
}

async function embedTextsAndImages(
  embeddingFunction: ImageEmbedding,
  { texts, images, ...others }: MediaInputs,
  options: CallOptions,
): Promise<MediaVectors> {
  const [other] = Object.keys(others);
  if (other) {
    const name = embeddingFunction.name ?? "the embedding function";
    throw new PagevecError("unsupported", `${name} embeds texts and images, no ${other}`);
  }
  const vectors: MediaVectors = {};
  if (texts) vectors.texts = toArrays(await embeddingFunction.generate(texts, options));
  if (images) {
    const sources = await Promise.all(images.map((image, i) => toSource(image, `images[${i}]`)));
    vectors.images = toArrays(await embeddingFunction.generateImages(sources, options));
  }
  return vectors;
}

function toArrays(vectors: ArrayLike<number>[]): number[][] {
  return vectors.map((vector) => Array.from(vector));
}

/** Base64 and bytes as the address that generateImages() takes; pictures as they are. */
async function toSource(image: Media, place: string): Promise<string | Blob | ImageBitmap> {
  const isText = typeof image === "string";
  const isBytes = ArrayBuffer.isView(image) || image instanceof ArrayBuffer;
  return isText || isBytes ? toDataURL(image, place) : (image as Blob | ImageBitmap);
}
