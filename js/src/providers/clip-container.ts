import { type ContainerOptions, containerMedia, NO_CORS } from "./client/container.js";
import type { RemoteMediaFunction } from "./client/media-embedding.js";
import type { Provider } from "./client/provider.js";

/** https://github.com/weaviate/multi2vec-clip-inference */
export const CLIP_CONTAINER: Provider = {
  name: "clip-container",
  title: "Weaviate's CLIP container",
  fromPage: NO_CORS,
  embeds: { media: ["images"] },
};

/** Texts and images to vectors by Weaviate's container for CLIP models. */
export function clipContainerMedia(options: ContainerOptions): RemoteMediaFunction {
  return containerMedia(CLIP_CONTAINER, options);
}
