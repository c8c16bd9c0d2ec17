import type { Reranker } from "../types/reranker.js";
import { type Module, withVersion } from "./module-settings.js";

export const RERANKERS: Record<string, Module<Reranker>> = {
  "reranker-cohere": {
    keys: ["X-Cohere-Api-Key"],
    async open({ model, baseURL }, options, header) {
      const { cohereReranker } = await import("../providers/cohere.js");
      return cohereReranker({ ...options, model, baseURL: header("X-Cohere-BaseURL") ?? baseURL });
    },
  },
  "reranker-jinaai": {
    keys: ["X-JinaAI-Api-Key"],
    async open({ model, baseURL }, options) {
      const { jinaAIReranker } = await import("../providers/jinaai.js");
      return jinaAIReranker({ ...options, model, baseURL: withVersion(baseURL) });
    },
  },
  "reranker-voyageai": {
    keys: ["X-VoyageAI-Api-Key"],
    async open({ model, baseURL }, options, header) {
      const { voyageAIReranker } = await import("../providers/voyageai.js");
      return voyageAIReranker({
        ...options,
        model,
        truncate: false,
        baseURL: header("X-VoyageAI-BaseURL") ?? baseURL,
      });
    },
  },
  "reranker-nvidia": {
    keys: ["X-NVIDIA-Api-Key"],
    async open({ model, baseURL }, options) {
      const { nvidiaReranker } = await import("../providers/nvidia.js");
      return nvidiaReranker({ ...options, model, baseURL });
    },
  },
  "reranker-transformers": {
    local: true,
    async open({ inferenceUrl }, options) {
      const { transformersContainerReranker } = await import(
        "../providers/transformers-container.js"
      );
      return transformersContainerReranker({ ...options, baseURL: inferenceUrl });
    },
  },
};
