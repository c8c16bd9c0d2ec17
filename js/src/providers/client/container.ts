import type { MediaInputs } from "../../types/media.js";
import { KEY_NAME } from "./config.js";
import type { EmbeddingOptions } from "./embedding.js";
import { badAnswer, fields } from "./failure.js";
import { HttpClient } from "./http.js";
import { encodeMedia } from "./media.js";
import {
  MEDIA_KINDS,
  type MediaItem,
  type MediaKind,
  type RemoteMediaFunction,
  remoteMedia,
} from "./media-embedding.js";
import type { Provider } from "./provider.js";
import type { EmbeddingAnswer } from "./vectors.js";

// The inference containers of Weaviate: https://github.com/weaviate, *-inference and *-models.

export interface ContainerOptions extends EmbeddingOptions {
  /** The container's address. */
  baseURL: string;
}

export const CONTAINER_CONFIG = { ...KEY_NAME, base_url: "baseURL" } as const;

/** A page cannot ask them as they are. */
export const NO_CORS =
  "the container sends no CORS headers: serve it from the page's origin, or set proxyURL.";

/** `{text, vector, dim}`, for the one text of a request. */
export function readVector(answer: unknown): EmbeddingAnswer {
  return { vectors: [fields(answer).vector] };
}

/** Texts and files to vectors by a container with /vectorize: a list for each kind, there and back. */
export function containerMedia(provider: Provider, options: ContainerOptions): RemoteMediaFunction {
  return remoteMedia(new HttpClient(provider, options), {
    options,
    config: CONTAINER_CONFIG,
    kinds: ["texts", ...(provider.embeds?.media ?? [])],
    request: async (items) => ({ path: "/vectorize", body: await byKind(items) }),
    read: (answer, kinds) => readByKind(provider, answer, kinds),
  });
}

async function byKind(items: MediaItem[]): Promise<{ [Kind in keyof MediaInputs]: string[] }> {
  const body: Partial<Record<MediaKind, string[]>> = {};
  for (const { kind, source, place } of items) {
    const text = kind === "texts" ? (source as string) : (await encodeMedia(source, place)).base64;
    body[kind] = [...(body[kind] ?? []), text];
  }
  return body;
}

function readByKind(provider: Provider, answer: unknown, kinds: MediaKind[]): EmbeddingAnswer {
  const lists = MEDIA_KINDS.map((kind) => {
    const list = fields(answer)[`${kind.replace(/s$/, "")}Vectors`] ?? [];
    const count = kinds.filter((asked) => asked === kind).length;
    if (Array.isArray(list) && list.length === count) return list;
    throw badAnswer(provider, `no list of ${count} vectors for ${count} ${kind}`);
  });
  return { vectors: lists.flat() };
}
