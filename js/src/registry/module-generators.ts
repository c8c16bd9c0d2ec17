import type { Generator, ModelSettings } from "../types/generator.js";
import {
  awsSettings,
  googleKeys,
  isAzure,
  isGemini,
  type Module,
  openAIKeys,
  type Settings,
  withAzureHeaders,
  withVersion,
} from "./module-settings.js";

/** Settings that most modules share, by our names; a module's defaults first. */
function modelSettings(settings: Settings, defaults: ModelSettings = {}): ModelSettings {
  const { model, temperature, maxTokens, topP, topK, frequencyPenalty, presencePenalty } = settings;
  const given = { model, temperature, maxTokens, topP, topK, frequencyPenalty, presencePenalty };
  const kept = Object.entries(given).filter(([, value]) => value !== undefined);
  const { stopSequences: stop } = settings;
  return { ...defaults, ...Object.fromEntries(kept), ...(stop && { stop }) };
}

export const GENERATORS: Record<string, Module<Generator>> = {
  "generative-openai": {
    keys: openAIKeys,
    async open(settings, options, header) {
      const given = withAzureHeaders(settings, header);
      const { reasoningEffort, verbosity, apiVersion, baseURL } = settings;
      const model = modelSettings(settings, { frequencyPenalty: 0, presencePenalty: 0, topP: 1 });
      const shared = { ...options, ...model, reasoningEffort, verbosity };
      if (isAzure(given)) {
        const { azureOpenAIGenerator } = await import("../providers/azure-openai.js");
        const { resourceName, deploymentId } = given;
        return azureOpenAIGenerator({ ...shared, resourceName, deploymentId, apiVersion, baseURL });
      }
      const { openAIGenerator } = await import("../providers/openai.js");
      return openAIGenerator({
        ...shared,
        organization: header("X-OpenAI-Organization"),
        baseURL: withVersion(header("X-OpenAI-BaseURL") ?? baseURL),
      });
    },
  },
  "generative-anthropic": {
    keys: ["X-Anthropic-Api-Key"],
    async open(settings, options, header) {
      const { anthropicGenerator } = await import("../providers/anthropic.js");
      return anthropicGenerator({
        ...options,
        ...modelSettings(settings),
        // The one that Weaviate speaks.
        apiVersion: "2023-06-01",
        baseURL: withVersion(header("X-Anthropic-BaseURL") ?? settings.baseURL),
      });
    },
  },
  "generative-cohere": {
    keys: ["X-Cohere-Api-Key"],
    async open(settings, options, header) {
      const { cohereGenerator } = await import("../providers/cohere.js");
      const defaults = { temperature: 0, maxTokens: 2048, topK: 0 };
      return cohereGenerator({
        ...options,
        ...modelSettings({ ...settings, topK: settings.k }, defaults),
        baseURL: header("X-Cohere-BaseURL") ?? settings.baseURL,
      });
    },
  },
  "generative-mistral": {
    keys: ["X-Mistral-Api-Key"],
    async open(settings, options, header) {
      const { mistralGenerator } = await import("../providers/mistral.js");
      const defaults = { model: "open-mistral-7b", temperature: 0, maxTokens: 2048 };
      return mistralGenerator({
        ...options,
        ...modelSettings(settings, defaults),
        baseURL: withVersion(header("X-Mistral-BaseURL") ?? settings.baseURL),
      });
    },
  },
  "generative-friendliai": {
    keys: ["X-Friendli-Token"],
    async open(settings, options, header) {
      const { friendliAIGenerator } = await import("../providers/friendliai.js");
      return friendliAIGenerator({
        ...options,
        ...modelSettings(settings, { temperature: 0, maxTokens: 2048 }),
        baseURL: withVersion(header("X-Friendli-BaseURL") ?? settings.baseURL),
      });
    },
  },
  "generative-anyscale": {
    keys: ["X-Anyscale-Api-Key"],
    async open(settings, options, header) {
      const { anyscaleGenerator } = await import("../providers/anyscale.js");
      return anyscaleGenerator({
        ...options,
        ...modelSettings(settings, { temperature: 0 }),
        baseURL: withVersion(header("X-Anyscale-BaseURL") ?? settings.baseURL),
      });
    },
  },
  "generative-databricks": {
    keys: ["X-Databricks-Token"],
    async open(settings, options, header) {
      const { databricksGenerator } = await import("../providers/databricks.js");
      const endpoint = header("X-Databricks-Endpoint") ?? settings.endpoint;
      const defaults = { temperature: 1, topP: 1, maxTokens: 8192 };
      return databricksGenerator({ ...options, ...modelSettings(settings, defaults), endpoint });
    },
  },
  "generative-google": {
    keys: googleKeys,
    async open(settings, options) {
      const { modelId, tokenLimit, projectId, location, region } = settings;
      const model = modelSettings({ model: modelId, maxTokens: tokenLimit, ...settings });
      const shared = { ...options, ...model };
      if (isGemini(settings)) {
        const { googleGeminiGenerator } = await import("../providers/google-gemini.js");
        return googleGeminiGenerator(shared);
      }
      const { googleVertexGenerator } = await import("../providers/google-vertex.js");
      return googleVertexGenerator({ ...shared, projectId, location: location ?? region });
    },
  },
  "generative-aws": {
    async open(settings, options, header) {
      const { awsBedrockGenerator } = await import("../providers/aws-bedrock.js");
      return awsBedrockGenerator({
        ...options,
        ...modelSettings(settings),
        ...awsSettings(settings, header),
        api: "invoke",
      });
    },
  },
  "generative-nvidia": {
    keys: ["X-NVIDIA-Api-Key"],
    async open(settings, options, header) {
      const { nvidiaGenerator } = await import("../providers/nvidia.js");
      return nvidiaGenerator({
        ...options,
        ...modelSettings(settings),
        baseURL: withVersion(header("X-NVIDIA-BaseURL") ?? settings.baseURL),
      });
    },
  },
  "generative-octoai": {
    async open(_, options) {
      const { octoAIGenerator } = await import("../providers/octoai.js");
      return octoAIGenerator(options);
    },
  },
  "generative-ollama": {
    local: true,
    async open(settings, options) {
      const { ollamaGenerator } = await import("../providers/ollama.js");
      const { apiEndpoint = "http://localhost:11434" } = settings;
      const model = modelSettings(settings, { model: "llama3" });
      return ollamaGenerator({ ...options, ...model, baseURL: apiEndpoint });
    },
  },
};
// Weaviate's older name.
GENERATORS["generative-palm"] = GENERATORS["generative-google"] as Module<Generator>;
