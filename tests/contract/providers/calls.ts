import { anthropicGenerator } from "../../../js/src/providers/anthropic.js";
import {
  type AwsBedrockEmbeddingOptions,
  awsBedrockEmbedding,
  awsBedrockGenerator,
  awsBedrockMedia,
} from "../../../js/src/providers/aws-bedrock.js";
import { awsSagemakerEmbedding } from "../../../js/src/providers/aws-sagemaker.js";
import {
  azureOpenAIEmbedding,
  azureOpenAIGenerator,
} from "../../../js/src/providers/azure-openai.js";
import type { RemoteEmbeddingFunction } from "../../../js/src/providers/client/embedding.js";
import type { GoogleTask } from "../../../js/src/providers/client/google.js";
import type { ProviderOptions } from "../../../js/src/providers/client/provider.js";
import {
  googleGeminiEmbedding,
  googleGeminiGenerator,
  googleGeminiMedia,
} from "../../../js/src/providers/google-gemini.js";
import {
  googleVertexEmbedding,
  googleVertexGenerator,
  googleVertexMedia,
} from "../../../js/src/providers/google-vertex.js";
import { openAIEmbedding, openAIGenerator } from "../../../js/src/providers/openai.js";
import type { GenerateRequest, Generator } from "../../../js/src/types/generator.js";
import type { Media, MediaInputs, MediaVectors } from "../../../js/src/types/media.js";
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

function awsAccount({ region, credentials, clock }: Call) {
  return { region, credentials, ...(clock && { clock: () => new Date(clock) }) };
}

/** The sides are not told by name, but by which function is called. */
function awsEmbedding({ task, truncate, normalize }: Call) {
  const side = task === "document" || task === "query";
  return {
    ...(task && !side && { task }),
    truncate: truncate as AwsBedrockEmbeddingOptions["truncate"],
    normalize,
  };
}

function azureDeployment({ settings, resourceName, deploymentId, apiVersion, auth }: Call) {
  return { resourceName, deploymentId, apiVersion, auth, ...settings };
}

/** What was recorded without a task was sent without one. */
function googleTask({ task }: Call) {
  const named: Record<string, GoogleTask> = {
    document: "RETRIEVAL_DOCUMENT",
    query: "RETRIEVAL_QUERY",
  };
  return { task: named[task ?? ""] ?? (task as GoogleTask | undefined) ?? "none" };
}

function googleProject({ projectId, location }: Call) {
  return { projectId, location };
}

/** A caller's `config`, by Google's names. */
function googleSettings({ config = {} }: Call) {
  const { systemInstruction: _, safetySettings, ...generationConfig } = config;
  return { generationConfig, safetySettings };
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
  "aws-bedrock": {
    embed: (call, options) =>
      awsBedrockEmbedding({
        ...options,
        ...common(call),
        ...awsAccount(call),
        ...awsEmbedding(call),
      }),
    media: async (call, options) => {
      const media = awsBedrockMedia({
        ...options,
        ...common(call),
        ...awsAccount(call),
        ...awsEmbedding(call),
        model: call.model ?? "",
      });
      const { texts = [], images = [] } = call;
      // Titan's one vector for both.
      if (!texts.length || !images.length) return media.embedMedia(mediaInputs(call));
      const pairs = texts.map((text, i) => ({ text, image: images[i] as Media }));
      return { vectors: await media.embedPairs(pairs) };
    },
    generate: (call, options) =>
      awsBedrockGenerator({
        ...options,
        ...common(call),
        ...awsAccount(call),
        api: call.op ?? "invoke",
      }),
  },
  "aws-sagemaker": {
    embed: (call, options) =>
      awsSagemakerEmbedding({
        ...options,
        ...common(call),
        ...awsAccount(call),
        endpoint: call.endpoint,
        targetModel: call.targetModel,
        targetVariant: call.targetVariant,
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
  "google-gemini": {
    embed: (call, options) =>
      googleGeminiEmbedding({
        ...options,
        ...common(call),
        ...googleTask(call),
        title: call.title,
      }),
    media: (call, options) =>
      googleGeminiMedia({
        ...options,
        ...common(call),
        ...googleTask(call),
        model: call.model ?? "",
      }).embedMedia(mediaInputs(call)),
    generate: (call, options) =>
      googleGeminiGenerator({ ...options, ...common(call), ...googleSettings(call) }),
  },
  "google-vertex": {
    embed: (call, options) =>
      googleVertexEmbedding({
        ...options,
        ...common(call),
        ...googleTask(call),
        ...googleProject(call),
        title: call.title,
        truncate: call.truncate as boolean | undefined,
      }),
    media: (call, options) =>
      googleVertexMedia({
        ...options,
        ...common(call),
        ...googleProject(call),
        videoIntervalSeconds: call.videoIntervalSeconds,
      }).embedMedia(mediaInputs(call)),
    generate: (call, options) =>
      googleVertexGenerator({
        ...options,
        ...common(call),
        ...googleSettings(call),
        ...googleProject(call),
      }),
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
  return /(query|question_answering|fact_verification)$/i.test(task ?? "");
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
