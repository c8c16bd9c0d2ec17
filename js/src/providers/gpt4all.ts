import {
  CONTAINER_CONFIG,
  type ContainerOptions,
  NO_CORS,
  readVector,
} from "./client/container.js";
import { type RemoteEmbeddingFunction, remoteEmbedding } from "./client/embedding.js";
import { HttpClient } from "./client/http.js";
import type { Provider } from "./client/provider.js";

/** https://github.com/weaviate/t2v-gpt4all-models */
export const GPT4ALL: Provider = {
  name: "gpt4all",
  title: "Weaviate's GPT4All container",
  fromPage: NO_CORS,
  embeds: { texts: 1 },
};

/** Texts to vectors by Weaviate's container for GPT4All, one text a request. */
export function gpt4AllEmbedding(options: ContainerOptions): RemoteEmbeddingFunction {
  return remoteEmbedding(new HttpClient(GPT4ALL, options), {
    options: { ...options, batchSize: 1 },
    config: CONTAINER_CONFIG,
    request: ([text]) => ({ path: "/vectorize", body: { text } }),
    read: readVector,
  });
}
