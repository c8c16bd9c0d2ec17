import { anyscaleGenerator } from "../../../js/src/providers/anyscale.js";
import type { ContainerOptions } from "../../../js/src/providers/client/container.js";
import type { RemoteEmbeddingFunction } from "../../../js/src/providers/client/embedding.js";
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
  /** Vectors of the chunks of documents. */
  chunks?: (call: Call, options: ProviderOptions) => Promise<number[][][]>;
  rerank?: (call: Call, options: ProviderOptions) => Reranker;
  generate?: (call: Call, options: ProviderOptions) => Generator;
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
  return /query$/i.test(task ?? "");
}

export function mediaInputs(call: Call): MediaInputs {
  const { texts, images, audio, video, imu, thermal, depth } = call;
  const all = { texts, images, audio, video, imu, thermal, depth };
  const given = Object.entries(all).filter(([, list]) => list?.length);
  return Object.fromEntries(given);
}

export function generateRequest(call: Call): GenerateRequest {
  const all = withDefaults(call);
  return {
    prompt: all.prompt,
    images: all.images,
    messages: all.messages,
    system: all.system,
    temperature: all.temperature,
    maxTokens: all.max_tokens ?? all.settings?.maxTokens,
    topP: all.top_p,
    topK: all.top_k ?? all.k,
    frequencyPenalty: all.frequency_penalty,
    presencePenalty: all.presence_penalty,
    stop: all.stop,
  } as GenerateRequest;
}
