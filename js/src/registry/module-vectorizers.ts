import type { EmbeddingFunction } from "../types.js";
import {
  awsSettings,
  googleKeys,
  isAzure,
  isGemini,
  type Module,
  openAIKeys,
  withAzureHeaders,
  withVersion,
} from "./module-settings.js";

// Defaults are Weaviate's where they differ from the providers'; settings keep its names.

/** What Weaviate asks for when a schema names none. */
const OPENAI_DIMENSIONS: Record<string, number> = {
  "text-embedding-3-small": 1536,
  "text-embedding-3-large": 3072,
};

export const VECTORIZERS: Record<string, Module<EmbeddingFunction>> = {
  "text2vec-openai": {
    keys: openAIKeys,
    async open(settings, options, header) {
      const given = withAzureHeaders(settings, header);
      const { model = "text-embedding-3-small", dimensions, apiVersion, baseURL } = settings;
      if (isAzure(given)) {
        const { azureOpenAIEmbedding } = await import("../providers/azure-openai.js");
        const { resourceName, deploymentId } = given;
        return azureOpenAIEmbedding({
          ...options,
          baseURL,
          resourceName,
          deploymentId,
          dimensions,
          apiVersion,
        });
      }
      const { openAIEmbedding } = await import("../providers/openai.js");
      return openAIEmbedding({
        ...options,
        model,
        dimensions: dimensions ?? OPENAI_DIMENSIONS[model],
        organization: header("X-OpenAI-Organization"),
        baseURL: withVersion(header("X-OpenAI-BaseURL") ?? baseURL),
      });
    },
  },
  "text2vec-cohere": {
    keys: ["X-Cohere-Api-Key"],
    async open({ model = "embed-multilingual-v3.0", truncate = "END", ...rest }, options, header) {
      const { cohereEmbedding } = await import("../providers/cohere.js");
      const baseURL = header("X-Cohere-BaseURL") ?? rest.baseURL;
      return cohereEmbedding({ ...options, model, truncate, dimensions: rest.dimensions, baseURL });
    },
  },
  "text2vec-voyageai": {
    keys: ["X-VoyageAI-Api-Key"],
    async open({ model = "voyage-3", truncate = true, ...rest }, options, header) {
      const { voyageAIContextual, voyageAIEmbedding } = await import("../providers/voyageai.js");
      const make = model.includes("context") ? voyageAIContextual : voyageAIEmbedding;
      const baseURL = header("X-VoyageAI-BaseURL") ?? rest.baseURL;
      return make({ ...options, model, truncate, dimensions: rest.dimensions, baseURL });
    },
  },
  "text2vec-jinaai": {
    keys: ["X-JinaAI-Api-Key"],
    async open({ model = "jina-embeddings-v4", dimensions, baseURL }, options) {
      const { jinaAIEmbedding } = await import("../providers/jinaai.js");
      const base = withVersion(baseURL);
      return jinaAIEmbedding({ ...options, model, dimensions, baseURL: base });
    },
  },
  "text2vec-mistral": {
    keys: ["X-Mistral-Api-Key"],
    async open({ model = "mistral-embed", baseURL }, options) {
      const { mistralEmbedding } = await import("../providers/mistral.js");
      // Weaviate's is the whole address.
      const base = baseURL?.replace(/\/embeddings\/?$/, "");
      return mistralEmbedding({ ...options, model, baseURL: base });
    },
  },
  "text2vec-google": {
    keys: googleKeys,
    async open(settings, options) {
      const { modelId = "gemini-embedding-001", dimensions = 768, taskType: task } = settings;
      const model = settings.model ?? modelId;
      const shared = { ...options, model, dimensions, task };
      if (isGemini(settings)) {
        const { googleGeminiEmbedding } = await import("../providers/google-gemini.js");
        return googleGeminiEmbedding(shared);
      }
      const { googleVertexEmbedding } = await import("../providers/google-vertex.js");
      const { projectId, location } = settings;
      return googleVertexEmbedding({ ...shared, projectId, location });
    },
  },
  "text2vec-aws": {
    async open(settings, options, header) {
      const { service = "bedrock", model, endpoint, dimensions } = settings;
      const shared = { ...options, ...awsSettings(settings, header), dimensions };
      if (service === "sagemaker") {
        const { awsSagemakerEmbedding } = await import("../providers/aws-sagemaker.js");
        const { targetModel, targetVariant } = settings;
        return awsSagemakerEmbedding({ ...shared, endpoint, targetModel, targetVariant });
      }
      const { awsBedrockEmbedding } = await import("../providers/aws-bedrock.js");
      return awsBedrockEmbedding({ ...shared, model });
    },
  },
  "text2vec-huggingface": {
    keys: ["X-HuggingFace-Api-Key"],
    async open(settings, options) {
      const { huggingFaceEmbedding } = await import("../providers/huggingface.js");
      const { model, passageModel, endpointURL: endpoint, options: older = {} } = settings;
      return huggingFaceEmbedding({
        ...options,
        model: model ?? passageModel ?? "sentence-transformers/msmarco-bert-base-dot-v5",
        endpoint,
        waitForModel: older.waitForModel,
        useGPU: older.useGPU,
        useCache: older.useCache,
      });
    },
  },
  "text2vec-databricks": {
    keys: ["X-Databricks-Token"],
    async open({ endpoint, instruction }, options, header) {
      const { databricksEmbedding } = await import("../providers/databricks.js");
      const address = header("X-Databricks-Endpoint") ?? endpoint;
      return databricksEmbedding({ ...options, endpoint: address, instruction });
    },
  },
  "text2vec-nvidia": {
    keys: ["X-NVIDIA-Api-Key"],
    async open({ model = "nvidia/nv-embed-v1", truncate = "NONE", baseURL }, options) {
      const { nvidiaEmbedding } = await import("../providers/nvidia.js");
      return nvidiaEmbedding({ ...options, model, truncate, baseURL: withVersion(baseURL) });
    },
  },
  "text2vec-octoai": {
    async open(_, options) {
      const { octoAIEmbedding } = await import("../providers/octoai.js");
      return octoAIEmbedding(options);
    },
  },
  "text2vec-ollama": {
    local: true,
    async open({ apiEndpoint = "http://localhost:11434", model = "nomic-embed-text" }, options) {
      const { ollamaEmbedding } = await import("../providers/ollama.js");
      return ollamaEmbedding({ ...options, baseURL: apiEndpoint, model });
    },
  },
  "text2vec-transformers": {
    local: true,
    async open(settings, options) {
      const { transformersContainerEmbedding } = await import(
        "../providers/transformers-container.js"
      );
      const { inferenceUrl, passageInferenceUrl, queryInferenceUrl: queryURL } = settings;
      return transformersContainerEmbedding({
        ...options,
        baseURL: passageInferenceUrl ?? inferenceUrl,
        queryURL,
        pooling: settings.poolingStrategy,
        dimensions: settings.dimensions,
      });
    },
  },
  "text2vec-gpt4all": {
    local: true,
    async open({ inferenceUrl }, options) {
      const { gpt4AllEmbedding } = await import("../providers/gpt4all.js");
      return gpt4AllEmbedding({ ...options, baseURL: inferenceUrl });
    },
  },
  "multi2vec-clip": {
    local: true,
    async open({ inferenceUrl }, options) {
      const { clipContainerMedia } = await import("../providers/clip-container.js");
      return clipContainerMedia({ ...options, baseURL: inferenceUrl });
    },
  },
  "multi2vec-bind": {
    local: true,
    async open({ inferenceUrl }, options) {
      const { imageBindContainerMedia } = await import("../providers/imagebind-container.js");
      return imageBindContainerMedia({ ...options, baseURL: inferenceUrl });
    },
  },
  "multi2vec-google": {
    keys: googleKeys,
    async open(settings, options) {
      const { projectId, location, videoIntervalSeconds = 120, dimensions } = settings;
      const model = settings.model ?? settings.modelId;
      if (isGemini(settings)) {
        const { googleGeminiMedia } = await import("../providers/google-gemini.js");
        return googleGeminiMedia({ ...options, model, dimensions });
      }
      const { googleVertexMedia } = await import("../providers/google-vertex.js");
      return googleVertexMedia({
        ...options,
        model: model ?? "multimodalembedding@001",
        dimensions: dimensions ?? 1408,
        projectId,
        location,
        videoIntervalSeconds,
      });
    },
  },
  "multi2vec-cohere": {
    keys: ["X-Cohere-Api-Key"],
    async open({ model, truncate = "END", dimensions, baseURL }, options) {
      const { cohereMedia } = await import("../providers/cohere.js");
      return cohereMedia({ ...options, model, truncate, dimensions, baseURL });
    },
  },
  "multi2vec-jinaai": {
    keys: ["X-JinaAI-Api-Key"],
    async open({ model = "jina-clip-v2", dimensions, baseURL }, options) {
      const { jinaAIMedia } = await import("../providers/jinaai.js");
      return jinaAIMedia({ ...options, model, dimensions, baseURL: withVersion(baseURL) });
    },
  },
  "multi2vec-voyageai": {
    keys: ["X-VoyageAI-Api-Key"],
    async open({ model = "voyage-multimodal-3", truncate = true, baseURL }, options) {
      const { voyageAIMedia } = await import("../providers/voyageai.js");
      return voyageAIMedia({ ...options, model, truncate, baseURL });
    },
  },
  "multi2vec-aws": {
    async open(settings, options, header) {
      const { awsBedrockMedia } = await import("../providers/aws-bedrock.js");
      const { model, dimensions } = settings;
      return awsBedrockMedia({ ...options, ...awsSettings(settings, header), model, dimensions });
    },
  },
};
// Weaviate's older name.
VECTORIZERS["text2vec-palm"] = VECTORIZERS["text2vec-google"] as Module<EmbeddingFunction>;
