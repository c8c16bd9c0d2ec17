import { anthropicGenerator } from "../../../js/src/providers/anthropic.js";
import { anyscaleGenerator } from "../../../js/src/providers/anyscale.js";
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
import type { ContainerOptions } from "../../../js/src/providers/client/container.js";
import type { RemoteEmbeddingFunction } from "../../../js/src/providers/client/embedding.js";
import type { GoogleTask } from "../../../js/src/providers/client/google.js";
import type { ProviderOptions } from "../../../js/src/providers/client/provider.js";
import { clipContainerMedia } from "../../../js/src/providers/clip-container.js";
import {
  type CohereEmbeddingOptions,
  cohereEmbedding,
  cohereGenerator,
  cohereMedia,
  cohereReranker,
} from "../../../js/src/providers/cohere.js";
import { databricksEmbedding, databricksGenerator } from "../../../js/src/providers/databricks.js";
import { friendliAIGenerator } from "../../../js/src/providers/friendliai.js";
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
import { gpt4AllEmbedding } from "../../../js/src/providers/gpt4all.js";
import { huggingFaceEmbedding } from "../../../js/src/providers/huggingface.js";
import {
  huggingFaceServerEmbedding,
  huggingFaceServerReranker,
} from "../../../js/src/providers/huggingface-server.js";
import { imageBindContainerMedia } from "../../../js/src/providers/imagebind-container.js";
import {
  type JinaAIEmbeddingOptions,
  jinaAIEmbedding,
  jinaAIMedia,
  jinaAIReranker,
} from "../../../js/src/providers/jinaai.js";
import { mistralEmbedding, mistralGenerator } from "../../../js/src/providers/mistral.js";
import {
  nvidiaEmbedding,
  nvidiaGenerator,
  nvidiaReranker,
} from "../../../js/src/providers/nvidia.js";
import { octoAIEmbedding, octoAIGenerator } from "../../../js/src/providers/octoai.js";
import { ollamaEmbedding, ollamaGenerator } from "../../../js/src/providers/ollama.js";
import { openAIEmbedding, openAIGenerator } from "../../../js/src/providers/openai.js";
import { togetherAIEmbedding } from "../../../js/src/providers/together-ai.js";
import {
  transformersContainerEmbedding,
  transformersContainerReranker,
} from "../../../js/src/providers/transformers-container.js";
import {
  type VoyageAIEmbeddingOptions,
  voyageAIContextual,
  voyageAIEmbedding,
  voyageAIMedia,
  voyageAIReranker,
} from "../../../js/src/providers/voyageai.js";
import type { GenerateRequest, Generator, MessagePart } from "../../../js/src/types/generator.js";
import type { Media, MediaInputs, MediaVectors } from "../../../js/src/types/media.js";
import type { Reranker } from "../../../js/src/types/reranker.js";
import type { Call } from "./exchange.js";

type Awaitable<T> = T | Promise<T>;

/** How the cases of a provider are called in ours. */
export interface Calls {
  embed?: (call: Call, options: ProviderOptions) => Awaitable<RemoteEmbeddingFunction>;
  /** Vectors by kind; `vectors` when the recorded answer does not tell them apart. */
  media?: (
    call: Call,
    options: ProviderOptions,
  ) => Promise<MediaVectors & { vectors?: number[][] }>;
  /** Vectors of the chunks of documents. */
  chunks?: (call: Call, options: ProviderOptions) => Promise<number[][][]>;
  rerank?: (call: Call, options: ProviderOptions) => Awaitable<Reranker>;
  generate?: (call: Call, options: ProviderOptions) => Awaitable<Generator>;
}

/** The call's settings that have our names, or nearly. */
function common({ model, dimensions, baseURL }: Call) {
  return { ...(model && { model }), dimensions, ...(baseURL && { baseURL }) };
}

/** A provider's own task, or "none"; the neutral ones are asked for by side. */
// biome-ignore lint/suspicious/noExplicitAny: of any provider
function taskOf({ task = "none" }: Call): any {
  return /^(document|query)$/.test(task) ? undefined : task;
}

/** What the sender added by itself is asked for here. */
function withDefaults(call: Call): Call {
  return { ...call.defaults, ...call };
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
  anyscale: {
    generate: (call, options) => anyscaleGenerator({ ...options, ...common(call) }),
  },
  "clip-container": {
    media: (call, options) =>
      clipContainerMedia(container(call, options)).embedMedia(mediaInputs(call)),
  },
  cohere: {
    embed: (call, options) => cohereEmbedding(cohereOptions(call, options)),
    media: async (call, options) => {
      const { texts = [], images = [] } = await cohereMedia(
        cohereOptions(call, options),
      ).embedMedia(mediaInputs(call));
      return { vectors: [...texts, ...images] };
    },
    rerank: (call, options) =>
      cohereReranker({
        ...options,
        ...common(call),
        maxTokensPerDocument: call.max_tokens_per_doc,
      }),
    generate: (call, options) => cohereGenerator({ ...options, ...common(call) }),
  },
  databricks: {
    embed: (call, options) => {
      const { endpoint, instruction } = call;
      return databricksEmbedding({ ...options, ...common(call), endpoint, instruction });
    },
    generate: (call, options) =>
      databricksGenerator({ ...options, ...common(call), endpoint: call.endpoint }),
  },
  friendliai: {
    generate: (call, options) => friendliAIGenerator({ ...options, ...common(call) }),
  },
  gpt4all: {
    embed: (call, options) => gpt4AllEmbedding(container(call, options)),
  },
  huggingface: {
    embed: (call, options) =>
      huggingFaceEmbedding({
        ...options,
        ...common(call),
        ...call.options,
        endpoint: call.endpointUrl,
        normalize: call.normalize,
        truncate: call.truncate as boolean,
        truncationDirection: call.truncation_direction,
        promptName: call.prompt_name,
      }),
  },
  "huggingface-server": {
    embed: (call, options) =>
      huggingFaceServerEmbedding({
        ...options,
        ...common(call),
        url: call.url,
        normalize: call.normalize,
        truncate: call.truncate as boolean,
        truncationDirection: call.truncation_direction,
        promptName: call.prompt_name,
      }),
    rerank: (call, options) =>
      huggingFaceServerReranker({
        ...options,
        url: call.url,
        rawScores: call.raw_scores,
        truncate: call.truncate as boolean,
      }),
  },
  "imagebind-container": {
    media: (call, options) =>
      imageBindContainerMedia(container(call, options)).embedMedia(mediaInputs(call)),
  },
  jinaai: {
    embed: (call, options) => jinaAIEmbedding(jinaAIOptions(call, options)),
    media: async (call, options) => {
      const { texts = [], images = [] } = await jinaAIMedia(
        jinaAIOptions(call, options),
      ).embedMedia(mediaInputs(call));
      return { vectors: [...texts, ...images] };
    },
    rerank: (call, options) => jinaAIReranker({ ...options, ...common(call) }),
  },
  mistral: {
    embed: (call, options) => mistralEmbedding({ ...options, ...common(call) }),
    generate: (call, options) =>
      mistralGenerator({
        ...options,
        ...common(call),
        seed: call.random_seed,
        safePrompt: call.safe_prompt,
      }),
  },
  nvidia: {
    embed: (call, options) =>
      nvidiaEmbedding({
        ...options,
        ...common(call),
        task: taskOf(call),
        truncate: withDefaults(call).truncate as "NONE",
      }),
    rerank: (call, options) => nvidiaReranker({ ...options, ...common(call) }),
    generate: (call, options) => nvidiaGenerator({ ...options, ...common(call) }),
  },
  octoai: {
    embed: (call, options) => octoAIEmbedding({ ...options, ...common(call) }),
    generate: (call, options) => octoAIGenerator({ ...options, ...common(call) }),
  },
  ollama: {
    embed: (call, options) =>
      ollamaEmbedding({
        ...options,
        ...common(call),
        truncate: call.truncate as boolean,
        keepAlive: call.keep_alive,
        modelOptions: call.options,
      }),
    generate: (call, options) =>
      ollamaGenerator({ ...options, ...common(call), keepAlive: call.keep_alive }),
  },
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
  "together-ai": {
    embed: (call, options) =>
      togetherAIEmbedding({ ...options, ...common(call), model: call.model ?? "" }),
  },
  "transformers-container": {
    embed: (call, options) =>
      transformersContainerEmbedding({
        ...container(call, options),
        pooling: call.pooling,
        task: taskOf(call),
      }),
    rerank: (call, options) => transformersContainerReranker(container(call, options)),
  },
  voyageai: {
    embed: (call, options) => voyageAIEmbedding(voyageAIOptions(call, options)),
    chunks: (call, options) =>
      voyageAIContextual(voyageAIOptions(call, options)).embedChunks(call.inputs),
    media: async (call, options) => {
      const embed = voyageAIMedia(voyageAIOptions(call, options));
      if (call.inputs) return { vectors: await embed.embedInputs(call.inputs.map(messageParts)) };
      return embed.embedMedia(mediaInputs(call));
    },
    rerank: (call, options) => {
      const { truncate } = voyageAIOptions(call, options);
      return voyageAIReranker({ ...options, ...common(call), truncate });
    },
  },
};

function cohereOptions(call: Call, options: ProviderOptions): CohereEmbeddingOptions {
  return {
    ...options,
    ...common(call),
    // An image has no other task.
    task: call.task === "image" ? undefined : taskOf(call),
    truncate: withDefaults(call).truncate as "END",
    encoding: call.embedding_types,
  };
}

function jinaAIOptions(call: Call, options: ProviderOptions): JinaAIEmbeddingOptions {
  return {
    ...options,
    ...common(call),
    task: taskOf(call),
    normalize: call.normalize,
    truncate: call.truncate as boolean,
    lateChunking: call.late_chunking,
    encoding: call.encoding,
  };
}

function voyageAIOptions(call: Call, options: ProviderOptions): VoyageAIEmbeddingOptions {
  const { truncate, truncation = truncate } = withDefaults(call);
  return {
    ...options,
    ...common(call),
    task: taskOf(call),
    truncate: truncation as boolean,
    encoding: call.output_dtype ?? call.encoding,
  };
}

/** Where the call names no address, the runner has put the recorded one. */
function container(call: Call, options: ProviderOptions): ContainerOptions {
  return { baseURL: "", ...options, ...common(call) };
}

function messageParts({ content }: { content: Record<string, string>[] }): MessagePart[] {
  return content.map(({ text, imageBase64, imageUrl }) =>
    text === undefined
      ? { type: "image", image: (imageBase64 ?? imageUrl) as string }
      : { type: "text", text },
  );
}

/** Whether the texts are queries, by the neutral name or a provider's own. */
export function isQuery({ task }: Call): boolean {
  return /(query|question_answering|fact_verification)$/i.test(task ?? "");
}

export function mediaInputs(call: Call): MediaInputs {
  const { texts, images, audio, video, imu, thermal, depth } = call;
  const all = { texts, images, audio, video, imu, thermal, depth };
  const given = Object.entries(all).filter(([, list]) => list?.length);
  return Object.fromEntries(given);
}

export function generateRequest(call: Call): GenerateRequest {
  const all = withDefaults(call);
  const { settings = {} } = call;
  return {
    prompt: all.prompt,
    images: all.images,
    messages: all.messages,
    system: all.system ?? all.config?.systemInstruction,
    temperature: all.temperature ?? settings.temperature,
    maxTokens: all.max_tokens ?? settings.maxTokens,
    topP: all.top_p ?? settings.topP,
    topK: all.top_k ?? all.k ?? settings.topK,
    frequencyPenalty: all.frequency_penalty ?? settings.frequencyPenalty,
    presencePenalty: all.presence_penalty ?? settings.presencePenalty,
    stop: all.stop ?? settings.stopSequences,
  } as GenerateRequest;
}
