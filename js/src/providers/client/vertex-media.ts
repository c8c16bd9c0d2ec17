import { badAnswer, fields } from "./failure.js";
import { invalid } from "./keys.js";
import { encodeMedia } from "./media.js";
import type { MediaItem, MediaKind } from "./media-embedding.js";
import type { Provider } from "./provider.js";

// multimodalembedding@001: an instance holds at most one text, one image and one film.

/** The one length that films have. */
const FILM_DIMENSIONS = 1408;

/**
 * Inputs that stood at the same place of their lists share an instance.
 * @throws invalid_argument for films together with another number of dimensions
 */
export function toInstances(
  provider: Provider,
  items: readonly MediaItem[],
  dimensions = FILM_DIMENSIONS,
): MediaItem[][] {
  if (dimensions !== FILM_DIMENSIONS && items.some(({ kind }) => kind === "video")) {
    throw invalid(provider, `gives films ${FILM_DIMENSIONS} dimensions, not ${dimensions}`);
  }
  const instances: MediaItem[][] = [];
  for (const item of items) {
    const { [item.index]: instance = [] } = instances;
    instances[item.index] = [...instance, item];
  }
  return instances;
}

export async function instanceOf(
  items: readonly MediaItem[],
  intervalSec: number | undefined,
): Promise<Record<string, unknown>> {
  const instance: Record<string, unknown> = {};
  for (const { kind, source } of items) {
    if (kind === "texts") instance.text = source;
    else {
      const { base64: bytesBase64Encoded } = await encodeMedia(source, kind);
      if (kind === "images") instance.image = { bytesBase64Encoded };
      else {
        const segments = intervalSec && { videoSegmentConfig: { intervalSec } };
        instance.video = { bytesBase64Encoded, ...segments };
      }
    }
  }
  return instance;
}

/** A film's is the mean of its segments'. */
export function predictedVector(provider: Provider, kind: MediaKind, prediction: unknown): unknown {
  const { textEmbedding, imageEmbedding, videoEmbeddings } = fields(prediction);
  if (kind === "texts") return textEmbedding;
  if (kind === "images") return imageEmbedding;
  if (!Array.isArray(videoEmbeddings)) return undefined;
  return mean(
    provider,
    videoEmbeddings.map((segment) => fields(segment).embedding),
  );
}

function mean(provider: Provider, vectors: unknown[]): number[] | undefined {
  const [first] = vectors;
  if (!Array.isArray(first)) return undefined;
  const sum: number[] = new Array(first.length).fill(0);
  for (const vector of vectors) {
    if (!Array.isArray(vector) || vector.length !== sum.length) {
      throw badAnswer(provider, "segments of a film with vectors of different lengths");
    }
    for (const [i, value] of vector.entries()) sum[i] = (sum[i] as number) + value;
  }
  return sum.map((value) => value / vectors.length);
}
