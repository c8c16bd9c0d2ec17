// The package's subpath `ai-sdk`: embedding functions and rerankers as models of the AI SDK
// (https://ai-sdk.dev), by the interfaces of @ai-sdk/provider 4. Its models as ours: providers/ai-sdk.

import {
  type EmbeddingModelV4,
  type EmbeddingModelV4CallOptions,
  NoSuchModelError,
  type ProviderV4,
  type RerankingModelV4,
  type SharedV4Warning,
} from "@ai-sdk/provider";
import { checkEmbeddingFunction } from "../collection/configuration.js";
import { invalid, shown } from "../collection/validate.js";
import { localModel } from "../embedding/named-model.js";
import { localReranker } from "../rerank/local-reranker.js";
import type { Reranker } from "../types/reranker.js";
import type { EmbeddingFunction } from "../types.js";
import { embed } from "./embeddings.js";

export interface PagevecProviderOptions {
  /** By model id. */
  embeddingFunctions?: Record<string, EmbeddingFunction>;
  rerankers?: Record<string, Reranker>;
}

export interface PagevecProvider extends ProviderV4 {
  /**
   * An embedding function as a model, or one by its id: of `embeddingFunctions`, else a name for
   * localModel(), such as "all-MiniLM-L6-v2". `providerOptions: { pagevec: { input: "query" } }` embeds
   * as for queries, which some models tell from documents.
   */
  embeddingModel(model: string | EmbeddingFunction): EmbeddingModelV4;
  /** A reranker as a model, or one by its id: of `rerankers`, else a name for localReranker(). */
  rerankingModel(model: string | Reranker): RerankingModelV4;
}

/** Models that run in the page, for embed(), embedMany() and rerank(). Each id is one model, loaded once. */
export function createPagevec(options: PagevecProviderOptions = {}): PagevecProvider {
  const functions = new Map(Object.entries(options.embeddingFunctions ?? {}));
  const rerankers = new Map(Object.entries(options.rerankers ?? {}));
  const none = (modelType: "languageModel" | "imageModel") => (modelId: string) => {
    throw new NoSuchModelError({ modelId, modelType });
  };
  return {
    specificationVersion: "v4",
    embeddingModel(model) {
      if (typeof model !== "string") return toEmbeddingModel(model);
      return toEmbeddingModel(made(functions, model, localModel), model);
    },
    rerankingModel(model) {
      if (typeof model !== "string") return toRerankingModel(model);
      return toRerankingModel(made(rerankers, model, localReranker), model);
    },
    languageModel: none("languageModel"),
    imageModel: none("imageModel"),
  };
}

/** createPagevec() without options. */
export const pagevec: PagevecProvider = createPagevec();

function made<T>(models: Map<string, T>, id: string, make: (id: string) => T): T {
  const model = models.get(id) ?? make(id);
  models.set(id, model);
  return model;
}

function toEmbeddingModel(
  embeddingFunction: EmbeddingFunction,
  modelId = embeddingFunction.name ?? "custom",
): EmbeddingModelV4 {
  checkEmbeddingFunction(embeddingFunction);
  return {
    specificationVersion: "v4",
    provider: "pagevec",
    modelId,
    // It makes batches by itself.
    maxEmbeddingsPerCall: undefined,
    supportsParallelCalls: false,
    async doEmbed(call) {
      const { values, abortSignal: signal, dimensions } = call;
      const embeddings = await embed(embeddingFunction, values, roleOf(call), { signal });
      const details = "the model's own number of dimensions was used";
      const warnings: SharedV4Warning[] =
        dimensions === undefined || dimensions === embeddings[0]?.length
          ? []
          : [{ type: "unsupported", feature: "dimensions", details }];
      return { embeddings, warnings };
    },
  };
}

function roleOf({ providerOptions }: EmbeddingModelV4CallOptions): "documents" | "queries" {
  const input = providerOptions?.pagevec?.input ?? "document";
  if (input === "document") return "documents";
  if (input === "query") return "queries";
  throw invalid(`providerOptions.pagevec.input must be "query" or "document", got ${shown(input)}`);
}

function toRerankingModel(reranker: Reranker, modelId = reranker.name): RerankingModelV4 {
  return {
    specificationVersion: "v4",
    provider: "pagevec",
    modelId,
    async doRerank({ documents, query, topN, abortSignal: signal }) {
      const ofObjects = documents.type === "object";
      const texts = ofObjects
        ? documents.values.map((value) => JSON.stringify(value))
        : documents.values;
      const ranked = await reranker.rerank(query, texts, { limit: topN, signal });
      const details = "objects were read as JSON texts";
      const warnings: SharedV4Warning[] = ofObjects
        ? [{ type: "compatibility", feature: "object documents", details }]
        : [];
      const ranking = ranked.map(({ index, score }) => ({ index, relevanceScore: score }));
      return { ranking, warnings };
    },
  };
}
