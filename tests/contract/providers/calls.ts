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

export const CALLS: Record<string, Calls> = {
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
  return {
    prompt: all.prompt,
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
