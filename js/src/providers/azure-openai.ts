import type { Generator } from "../types/generator.js";
import { chatBody, chatPieces, outputLimit, readChat } from "./client/chat.js";
import { KEY_NAME } from "./client/config.js";
import {
  type EmbeddingOptions,
  type RemoteEmbeddingFunction,
  remoteEmbedding,
} from "./client/embedding.js";
import { type GeneratorOptions, remoteGenerator } from "./client/generation.js";
import { bearer, HttpClient, keyHeader } from "./client/http.js";
import { invalid } from "./client/keys.js";
import type { Provider, ProviderOptions } from "./client/provider.js";
import { readIndexed } from "./client/vectors.js";

/** https://learn.microsoft.com/azure/ai-services/openai/reference */
export const AZURE_OPENAI: Provider = {
  name: "azure-openai",
  title: "Azure OpenAI",
  keyName: "AZURE_OPENAI_API_KEY",
  fromPage: "Whether Azure OpenAI answers pages is not known; give proxyURL.",
  retriedStatuses: [409],
  embeds: { texts: 2048, tokens: 300_000 },
  generates: {},
};

interface Deployment {
  /** The resource's name: the service is at https://NAME.openai.azure.com. Or give baseURL. */
  resourceName?: string;
  /** The deployment's name. With baseURL it may be part of that. */
  deploymentId?: string;
  /** The interface's version, a date. Default "2024-02-01" to embed, "2024-06-01" to generate. */
  apiVersion?: string;
  /** "bearer": apiKey gives a token of Microsoft Entra ID, not the resource's key. */
  auth?: "key" | "bearer";
}

export interface AzureOpenAIEmbeddingOptions extends EmbeddingOptions, Deployment {
  /** "base64" is shorter on the wire. Default "float". */
  encoding?: "float" | "base64";
  user?: string;
}

/** `model` is only told: the deployment has its own. By it the limit of tokens gets its name. */
export interface AzureOpenAIGeneratorOptions extends GeneratorOptions, Deployment {
  reasoningEffort?: string;
  verbosity?: string;
}

export const AZURE_OPENAI_CONFIG = {
  ...KEY_NAME,
  model_name: "model",
  dimensions: "dimensions",
  api_base: "baseURL",
  api_version: "apiVersion",
  deployment_id: "deploymentId",
  resource_name: "resourceName",
  auth: "auth",
} as const;

/**
 * Texts to vectors by a deployment of Azure OpenAI.
 * @throws invalid_argument without baseURL, or resourceName and deploymentId
 */
export function azureOpenAIEmbedding(
  options: AzureOpenAIEmbeddingOptions,
): RemoteEmbeddingFunction {
  const { model, dimensions, encoding, user, apiVersion = "2024-02-01" } = options;
  const path = deploymentPath(options, "embeddings", apiVersion);
  return remoteEmbedding(azureClient(options), {
    options,
    config: AZURE_OPENAI_CONFIG,
    request: (input) => ({
      path,
      body: { input, model, dimensions, encoding_format: encoding, user },
    }),
    read: (answer, count) => readIndexed(AZURE_OPENAI, answer, count),
  });
}

/**
 * Chat completions by a deployment of Azure OpenAI.
 * @throws invalid_argument without baseURL, or resourceName and deploymentId
 */
export function azureOpenAIGenerator(options: AzureOpenAIGeneratorOptions): Generator {
  const { reasoningEffort: reasoning_effort, verbosity, apiVersion = "2024-06-01" } = options;
  const path = deploymentPath(options, "chat/completions", apiVersion);
  return remoteGenerator(azureClient(options), {
    options,
    request: async (request, stream) => ({
      path,
      body: {
        ...(await chatBody(request, stream)),
        // Versions before 2024-09 know max_tokens only; so it is where no model is named.
        ...(request.model && outputLimit(request)),
        reasoning_effort,
        verbosity,
      },
    }),
    read: (answer) => readChat(AZURE_OPENAI, answer),
    pieces: (body) => chatPieces(AZURE_OPENAI, body),
  });
}

function azureClient(options: Deployment & ProviderOptions): HttpClient {
  const baseURL = `https://${options.resourceName}.openai.azure.com`;
  const authorize = options.auth === "bearer" ? bearer : keyHeader("api-key");
  return new HttpClient({ ...AZURE_OPENAI, baseURL }, options, authorize);
}

function deploymentPath(
  { resourceName, deploymentId, baseURL }: Deployment & ProviderOptions,
  operation: string,
  version: string,
): string {
  if (!baseURL && !(resourceName && deploymentId)) {
    throw invalid(AZURE_OPENAI, "needs resourceName and deploymentId, or baseURL");
  }
  const deployment = deploymentId && `/openai/deployments/${encodeURIComponent(deploymentId)}`;
  return `${deployment ?? ""}/${operation}?api-version=${encodeURIComponent(version)}`;
}
