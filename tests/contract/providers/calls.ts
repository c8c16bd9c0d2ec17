import { anthropicGenerator } from "../../../js/src/providers/anthropic.js";
import {
  azureOpenAIEmbedding,
  azureOpenAIGenerator,
} from "../../../js/src/providers/azure-openai.js";
import type { RemoteEmbeddingFunction } from "../../../js/src/providers/client/embedding.js";
import type { ProviderOptions } from "../../../js/src/providers/client/provider.js";
import { openAIEmbedding, openAIGenerator } from "../../../js/src/providers/openai.js";
import type { GenerateRequest, Generator } from "../../../js/src/types/generator.js";
import type { MediaInputs, MediaVectors } from "../../../js/src/types/media.js";
import type { Reranker } from "../../../js/src/types/reranker.js";
import type { Call } from "./exchange.js";

/** How the cases of a provider are called in ours. */
export interface Calls {
  embed?: (call: Call, options: ProviderOptions) => RemoteEmbeddingFunction;
  /** Vectors by kind; `vectors` when the recorded answer does not tell them apart. */
  media?: (
    call: Call,
    options: ProviderOptions,
  ) => Promise<MediaVectors & { vectors?: number[][] }>;
  rerank?: (call: Call, options: ProviderOptions) => Reranker;
  generate?: (call: Call, options: ProviderOptions) => Generator;
}

/** The call's settings that have our names, or nearly. */
function common({ model, dimensions, baseURL }: Call) {
  return { ...(model && { model }), dimensions, baseURL };
}

/** Sent by Weaviate itself, with defaults and headers of its own. */
function byWeaviate({ defaults }: Call): boolean {
  return defaults !== undefined;
}

function azureDeployment({ settings, resourceName, deploymentId, apiVersion, auth }: Call) {
  return { resourceName, deploymentId, apiVersion, auth, ...settings };
}

export const CALLS: Record<string, Calls> = {
  anthropic: {
    generate: (call, options) =>
      anthropicGenerator({
        ...options,
        ...common(call),
        ...(byWeaviate(call) && { apiVersion: "2023-06-01" }),
        dangerouslyAllowBrowser: call.browser,
      }),
  },
  "azure-openai": {
    embed: (call, options) =>
      azureOpenAIEmbedding({
        ...options,
        ...common(call),
        ...azureDeployment(call),
        encoding: call.encoding,
      }),
    generate: (call, options) =>
      azureOpenAIGenerator({ ...options, ...common(call), ...azureDeployment(call) }),
  },
  openai: {
    embed: (call, options) =>
      openAIEmbedding({
        ...options,
        ...common(call),
        encoding: call.encoding,
        organization: call.organization,
        project: call.project,
      }),
    generate: (call, options) => openAIGenerator({ ...options, ...common(call) }),
  },
};

/** Whether the texts are queries, by the neutral name or a provider's own. */
export function isQuery({ task }: Call): boolean {
  return /query$/i.test(task ?? "");
}

export function mediaInputs({ texts, images, audio, video }: Call): MediaInputs {
  const given = Object.entries({ texts, images, audio, video }).filter(([, list]) => list?.length);
  return Object.fromEntries(given);
}

export function generateRequest(call: Call): GenerateRequest {
  // What the sender added by itself is asked for here.
  const all: Call = { ...call.defaults, ...call };
  const { settings = {} } = call;
  return {
    prompt: all.prompt,
    messages: all.messages,
    system: all.system ?? all.config?.systemInstruction,
    temperature: all.temperature ?? settings.temperature,
    maxTokens: all.max_tokens ?? settings.maxTokens,
    topP: all.top_p ?? settings.topP,
    topK: all.top_k ?? all.k ?? settings.topK,
    frequencyPenalty: all.frequency_penalty ?? settings.frequencyPenalty,
    presencePenalty: all.presence_penalty ?? settings.presencePenalty,
    stop: all.stop ?? settings.stopSequences,
    images: all.images,
  } as GenerateRequest;
}
