import { NoSuchModelError } from "@ai-sdk/provider";
import { describe, expect, test } from "@jest/globals";
import { createProviderRegistry, customProvider, embed, embedMany, rerank } from "ai";
import { createPagevec, pagevec } from "../../js/src/adapters/ai-sdk.js";
import { fromEmbeddingModel, fromRerankingModel } from "../../js/src/providers/ai-sdk.js";
import type { Reranker } from "../../js/src/types/reranker.js";
import { ToyEmbedding } from "./support/clients.js";

// The real AI SDK calls what pagevec/ai-sdk gives it.

const byLength: Reranker = {
  name: "by-length",
  async rerank(_query, documents, { limit } = {}) {
    const scored = documents.map((text, index) => ({ index, score: text.length }));
    return scored.sort((a, b) => b.score - a.score).slice(0, limit);
  },
};
const toy = () =>
  Object.assign(new ToyEmbedding("toy"), {
    generateForQueries: async (texts: string[]) => texts.map(({ length }) => [length, 0, 0]),
  });

describe("embedding models", () => {
  test("embed() and embedMany() give what the function gives", async () => {
    const model = pagevec.embeddingModel(toy());
    expect([model.provider, model.modelId]).toEqual(["pagevec", "toy"]);
    const { embedding, warnings } = await embed({ model, value: "a cat" });
    expect([embedding, warnings]).toEqual([[5, 2, 2], []]);
    const { embeddings, values } = await embedMany({ model, values: ["a", "b b"] });
    expect([embeddings, values]).toEqual([
      [
        [1, 1, 1],
        [3, 2, 0],
      ],
      ["a", "b b"],
    ]);
  });

  test("texts are queries where the options say so", async () => {
    const providerOptions = { pagevec: { input: "query" } };
    const model = pagevec.embeddingModel(toy());
    const { embedding } = await embed({ model, value: "a cat", providerOptions });
    expect(embedding).toEqual([5, 0, 0]);
    const wrong = { pagevec: { input: "passage" } };
    await expect(embed({ model, value: "a", providerOptions: wrong })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining('"query" or "document"'),
    });
  });

  test("other dimensions than the model's are warned of", async () => {
    const model = pagevec.embeddingModel(toy());
    const same = await model.doEmbed({ values: ["a"], dimensions: 3 });
    expect(same.warnings).toEqual([]);
    const other = await model.doEmbed({ values: ["a"], dimensions: 2 });
    expect(other.warnings).toMatchObject([{ type: "unsupported", feature: "dimensions" }]);
  });

  test("an abort stops the call, errors keep their code", async () => {
    const model = pagevec.embeddingModel(toy());
    const abortSignal = AbortSignal.abort();
    await expect(embed({ model, value: "a", abortSignal, maxRetries: 0 })).rejects.toThrow();
    const wrong = pagevec.embeddingModel({ generate: async () => [[1], [2]] });
    const failure = embed({ model: wrong, value: "a" });
    await expect(failure).rejects.toMatchObject({ code: "embedding_failed" });
  });

  test("what goes there and back is the same function", async () => {
    const again = fromEmbeddingModel(pagevec.embeddingModel(toy()));
    expect(await again.generate(["a cat", "b"])).toEqual([
      [5, 2, 2],
      [1, 1, 0],
    ]);
  });
});

describe("reranking models", () => {
  test("rerank() gives the reranker's order", async () => {
    const model = pagevec.rerankingModel(byLength);
    const documents = ["a", "ccc", "bb"];
    const { ranking, rerankedDocuments } = await rerank({ model, query: "q", documents, topN: 2 });
    expect(rerankedDocuments).toEqual(["ccc", "bb"]);
    expect(ranking).toMatchObject([
      { originalIndex: 1, score: 3, document: "ccc" },
      { originalIndex: 2, score: 2, document: "bb" },
    ]);
  });

  test("objects are read as JSON", async () => {
    const model = pagevec.rerankingModel(byLength);
    const documents = [{ title: "b" }, { title: "a long one" }];
    const { rerankedDocuments } = await rerank({ model, query: "q", documents });
    expect(rerankedDocuments).toEqual([{ title: "a long one" }, { title: "b" }]);
    const again = fromRerankingModel(model);
    expect(await again.rerank("q", ["a", "bb"], { limit: 1 })).toEqual([{ index: 1, score: 2 }]);
  });
});

describe("the provider", () => {
  test("ids name the models that it was given, others models that are loaded by name", async () => {
    const provider = createPagevec({
      embeddingFunctions: { mine: toy() },
      rerankers: { best: byLength },
    });
    const registry = createProviderRegistry({ pagevec: provider });
    const { embedding } = await embed({
      model: registry.embeddingModel("pagevec:mine"),
      value: "a cat",
    });
    expect(embedding).toEqual([5, 2, 2]);
    const model = registry.rerankingModel("pagevec:best");
    expect((await rerank({ model, query: "q", documents: ["a"] })).ranking).toHaveLength(1);
    // Nothing is loaded before it is called.
    expect(provider.embeddingModel("BAAI/bge-small-en-v1.5").modelId).toBe(
      "BAAI/bge-small-en-v1.5",
    );
    expect(provider.rerankingModel("cross-encoder/ms-marco-MiniLM-L-6-v2").provider).toBe(
      "pagevec",
    );
  });

  test("it stands behind other providers", async () => {
    const provider = customProvider({ fallbackProvider: createPagevec() });
    expect(provider.embeddingModel("all-MiniLM-L6-v2").modelId).toBe("all-MiniLM-L6-v2");
  });

  test("it has no other models", () => {
    for (const make of [pagevec.languageModel, pagevec.imageModel]) {
      let thrown: unknown;
      try {
        make("gpt");
      } catch (error) {
        thrown = error;
      }
      expect(NoSuchModelError.isInstance(thrown)).toBe(true);
    }
    const wrong = () => pagevec.embeddingModel({} as never);
    expect(wrong).toThrow("generate");
  });
});
