import { type ContainerOptions, containerMedia, NO_CORS } from "./client/container.js";
import type { RemoteMediaFunction } from "./client/media-embedding.js";
import type { Provider } from "./client/provider.js";

/** https://github.com/weaviate/multi2vec-bind-inference */
export const IMAGEBIND_CONTAINER: Provider = {
  name: "imagebind-container",
  title: "Weaviate's ImageBind container",
  fromPage: NO_CORS,
  embeds: { media: ["images", "audio", "video", "imu", "thermal", "depth"] },
};

/** Texts and files of six kinds to vectors by Weaviate's container for ImageBind. */
export function imageBindContainerMedia(options: ContainerOptions): RemoteMediaFunction {
  return containerMedia(IMAGEBIND_CONTAINER, options);
}
