import { PagevecError } from "../errors.js";
import { fromConfig } from "../providers/client/config.js";
import type { ProviderOptions } from "../providers/client/provider.js";
import type { StoredEmbeddingFunction } from "../storage/store.js";
import type { EmbeddingFunction } from "../types.js";

// biome-ignore lint/suspicious/noExplicitAny: a configuration's values; each provider checks its own
type Config = Record<string, any>;
type Build = (config: Config, options: ProviderOptions) => Promise<EmbeddingFunction>;

const openAI: Build = async (config, options) => {
  if (config.api_type === "azure" || config.deployment_id) {
    const azure = await import("../providers/azure-openai.js");
    return azure.azureOpenAIEmbedding({
      ...options,
      ...fromConfig(azure.AZURE_OPENAI_CONFIG, config),
    });
  }
  const { OPENAI_CONFIG, openAIEmbedding } = await import("../providers/openai.js");
  return openAIEmbedding({ ...options, ...fromConfig(OPENAI_CONFIG, config) });
};

const googleVertex: Build = async (config, options) => {
  const vertex = await import("../providers/google-vertex.js");
  // Chroma's Python classes have two spellings.
  const { project: project_id, location: region } = config;
  const given = { project_id, region, ...config };
  return vertex.googleVertexEmbedding({
    projectId: "",
    ...options,
    ...fromConfig(vertex.GOOGLE_VERTEX_CONFIG, given),
  });
};

/** Chroma's names, in the spelling of its JavaScript client. */
const FUNCTIONS: Record<string, Build> = {
  openai: openAI,
  "azure-openai": (config, options) => openAI({ ...config, api_type: "azure" }, options),
  async cohere(config, options) {
    const { COHERE_CONFIG, cohereEmbedding, cohereMedia } = await import("../providers/cohere.js");
    const make = config.image ? cohereMedia : cohereEmbedding;
    return make({ ...options, ...fromConfig(COHERE_CONFIG, config) });
  },
  async "google-gemini"(config, options) {
    if (config.vertexai) return googleVertex(config, options);
    const gemini = await import("../providers/google-gemini.js");
    return gemini.googleGeminiEmbedding({
      ...options,
      ...fromConfig(gemini.GOOGLE_GEMINI_CONFIG, config),
    });
  },
  "google-vertex": googleVertex,
  async "huggingface-server"(config, options) {
    const server = await import("../providers/huggingface-server.js");
    return server.huggingFaceServerEmbedding({
      url: config.url,
      ...options,
      ...fromConfig(server.HUGGINGFACE_SERVER_CONFIG, config),
    });
  },
  async huggingface(config, options) {
    const hub = await import("../providers/huggingface.js");
    return hub.huggingFaceEmbedding({ ...options, ...fromConfig(hub.HUGGINGFACE_CONFIG, config) });
  },
  async jina(config, options) {
    const { JINAAI_CONFIG, jinaAIEmbedding, jinaAIMedia } = await import("../providers/jinaai.js");
    const make = /clip|v4/.test(config.model_name) ? jinaAIMedia : jinaAIEmbedding;
    return make({ ...options, ...fromConfig(JINAAI_CONFIG, config) });
  },
  async mistral(config, options) {
    const { MISTRAL_CONFIG, mistralEmbedding } = await import("../providers/mistral.js");
    return mistralEmbedding({ ...options, ...fromConfig(MISTRAL_CONFIG, config) });
  },
  async ollama(config, options) {
    const { OLLAMA_CONFIG, ollamaEmbedding } = await import("../providers/ollama.js");
    return ollamaEmbedding({ ...options, ...fromConfig(OLLAMA_CONFIG, config) });
  },
  async "together-ai"(config, options) {
    const together = await import("../providers/together-ai.js");
    return together.togetherAIEmbedding({
      model: config.model_name,
      ...options,
      ...fromConfig(together.TOGETHER_AI_CONFIG, config),
    });
  },
  async voyageai(config, options) {
    const voyage = await import("../providers/voyageai.js");
    const { model_name: model = "" } = config;
    let make: (options: object) => EmbeddingFunction = voyage.voyageAIEmbedding;
    if (/multimodal/.test(model)) make = voyage.voyageAIMedia;
    if (/context/.test(model)) make = voyage.voyageAIContextual;
    return make({ ...options, ...fromConfig(voyage.VOYAGEAI_CONFIG, config) });
  },
  async "amazon-bedrock"(config, options) {
    const bedrock = await import("../providers/aws-bedrock.js");
    return bedrock.awsBedrockEmbedding({
      region: "us-east-1",
      ...options,
      ...fromConfig(bedrock.AWS_BEDROCK_CONFIG, config),
    });
  },
  async nvidia(config, options) {
    const { NVIDIA_CONFIG, nvidiaEmbedding } = await import("../providers/nvidia.js");
    return nvidiaEmbedding({ ...options, ...fromConfig(NVIDIA_CONFIG, config) });
  },
  async databricks(config, options) {
    const databricks = await import("../providers/databricks.js");
    return databricks.databricksEmbedding({
      endpoint: config.endpoint,
      ...options,
      ...fromConfig(databricks.DATABRICKS_CONFIG, config),
    });
  },
  async instructor({ model_name: model, instruction }) {
    const { instructor } = await import("../embedding/instructor.js");
    return instructor({ ...(model && { model }), ...(instruction && { instruction }) });
  },
  async "sentence-transformer"({ model_name: model }) {
    const { localModel } = await import("../embedding/named-model.js");
    return localModel(model.includes("/") ? model : `sentence-transformers/${model}`);
  },
  /** Chroma's own, which runs here: all-MiniLM-L6-v2. */
  async default() {
    const { miniLM } = await import("../embedding/minilm.js");
    return miniLM();
  },
};

/** Other names for them, Chroma's older ones and ours. */
const ALIASES: Record<string, string> = {
  "google-generative-ai": "google-gemini",
  "google-palm": "google-gemini",
  "hugging-face": "huggingface",
  jinaai: "jina",
  "aws-bedrock": "amazon-bedrock",
  "onnx-mini-lm-l6-v2": "default",
};

/**
 * The embedding function that a collection's configuration describes, by Chroma's names; both
 * spellings are read, - and _. Keys that we do not know stay in its getConfig().
 * @param stored `configuration.embedding_function` of a collection, ours or Chroma's
 * @param options what a configuration never holds: a key or a proxy
 * @throws not_found for a name that we do not know, and for a collection without a function
 */
export async function embeddingFunctionFrom(
  stored: StoredEmbeddingFunction | { type?: string; name?: string; config?: object },
  options: ProviderOptions = {},
): Promise<EmbeddingFunction> {
  const { name, config = {} } = stored as { name?: string; config?: object };
  const spelled = name?.replaceAll("_", "-") ?? "";
  const build = FUNCTIONS[ALIASES[spelled] ?? spelled];
  if (!build) {
    const known = Object.keys(FUNCTIONS).join(", ");
    throw new PagevecError(
      "not_found",
      `there is no embedding function "${name}"; known: ${known}`,
    );
  }
  const made = await build(config as Config, options);
  return remembering(made, name as string, config);
}

/** The function under the name and with the keys that it was stored with. */
function remembering(made: EmbeddingFunction, name: string, config: object): EmbeddingFunction {
  return Object.assign(Object.create(made) as EmbeddingFunction, {
    name,
    getConfig: () => ({ ...config }),
  });
}
