import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Document } from "@langchain/core/documents";
import { index, RecordManager } from "@langchain/core/indexing";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { RunnablePassthrough, RunnableSequence } from "@langchain/core/runnables";
import { cosineSimilarity, maximalMarginalRelevance } from "@langchain/core/utils/math";
import { FakeListChatModel, SyntheticEmbeddings } from "@langchain/core/utils/testing";
import {
  fromEmbeddings,
  PagevecEmbeddings,
  PagevecRerank,
  PagevecRetriever,
  PagevecVectorStore,
} from "../../js/src/adapters/langchain.js";
import type { Client } from "../../js/src/client.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { Reranker } from "../../js/src/types/reranker.js";
import { VECTOR_STORE_CASES } from "../contract/langchain-vector-store.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";

// The real classes of @langchain/core. Its embeddings are a hash of the letters: equal texts are nearest.

const embeddings = new SyntheticEmbeddings({ vectorSize: 16 });
const document = (pageContent: string, metadata: object = {}, id?: string) =>
  new Document({ id, pageContent, metadata });

describe.each(CORES)("%s", (_name, load) => {
  let core: CoreModule;
  let client: Client;
  let store: PagevecVectorStore;

  beforeEach(async () => {
    core ??= await load();
    client = await openTestClient({ core });
    store = new PagevecVectorStore(embeddings, { client, collectionName: "documents" });
  });
  afterEach(() => client.close());

  describe("what LangChain asks of a vector store", () => {
    for (const [title, run] of Object.entries(VECTOR_STORE_CASES)) test(title, () => run(store));
  });

  test("scores are cosines, filters are Chroma's", async () => {
    const texts = ["green tea", "black tea", "a steam engine"];
    const metadatas = [{ n: 1 }, { n: 2 }, { n: 3 }];
    store = await PagevecVectorStore.fromTexts(texts, metadatas, embeddings, {
      client,
      collectionName: "texts",
    });
    const query = await embeddings.embedQuery("tea");
    const vectors = await embeddings.embedDocuments(texts);
    const cosines = cosineSimilarity([query], vectors)[0] as number[];
    const found = await store.similaritySearchWithScore("tea", 3);
    for (const [{ pageContent }, score] of found) {
      expect(score).toBeCloseTo(cosines[texts.indexOf(pageContent)] as number, 5);
    }
    expect(found.map(([, score]) => score)).toEqual([...cosines].sort((a, b) => b - a).map(near));
    const some = await store.similaritySearch("tea", 3, { n: { $gte: 2 } });
    expect(some.map(({ metadata }) => metadata.n).sort()).toEqual([2, 3]);
    await store.delete({ filter: { n: { $lt: 3 } } });
    expect(await store.similaritySearch("tea", 3)).toMatchObject([{ metadata: { n: 3 } }]);
  });

  test("MMR chooses what LangChain's own function chooses", async () => {
    const random = uniform(7);
    const vectors = Array.from({ length: 40 }, () => Array.from({ length: 16 }, () => random()));
    const ids = vectors.map((_, i) => String(i));
    await store.addVectors(
      vectors,
      ids.map((id) => document(id)),
      { ids },
    );
    for (const lambda of [0, 0.3, 0.5, 1]) {
      const query = await embeddings.embedQuery("what is chosen");
      const nearest = await store.similaritySearchVectorWithScore(query, 20);
      const candidates = nearest.map(([{ id }]) => vectors[Number(id)] as number[]);
      const chosen = maximalMarginalRelevance(query, candidates, lambda, 6);
      const found = await store.maxMarginalRelevanceSearch("what is chosen", { k: 6, lambda });
      expect(found.map(({ id }) => id)).toEqual(chosen.map((i) => nearest[i]?.[0].id));
    }
    const retriever = store.asRetriever({ searchType: "mmr", k: 3, searchKwargs: { fetchK: 10 } });
    expect(await retriever.invoke("what is chosen")).toHaveLength(3);
  });

  test.each([
    ["nested", { source: "a.pdf", loc: { lines: { from: 3, to: 9 }, page: null } }],
    ["lists", { tags: ["x", "y"], mixed: [1, "1", null], empty: [], of: [{ a: 1 }, [2]] }],
    ["nothing", {}],
    ["null", { a: null, b: {} }],
    ["Chroma's own keys", { "#document": "x", $and: [1], "chroma:document": 1, "": 2 }],
    ["our own key", { "pagevec:nested": "x", a: { b: 1 } }],
    ["keys spelled as paths", { a: { b: 1, c: 2 }, "a.b": 3 }],
    ["keys of Object", JSON.parse('{"__proto__": {"x": 1}, "toString": 1, "constructor": [null]}')],
    ["half a surrogate pair", { text: "\ud800" }],
  ])("metadata comes back as it was: %s", async (_what, metadata) => {
    const [id] = await store.addDocuments([document("text", metadata)]);
    const [found] = await store.getByIds([id as string]);
    expect(JSON.stringify(sorted(found?.metadata))).toBe(JSON.stringify(sorted(metadata)));
  });

  test("nested metadata is filtered by its path", async () => {
    const loc = (from: number) => ({ source: "a", loc: { lines: { from } } });
    await store.addDocuments([document("one", loc(1)), document("two", loc(20))]);
    const found = await store.similaritySearch("one", 2, { "loc.lines.from": { $gte: 10 } });
    expect(found.map(({ pageContent }) => pageContent)).toEqual(["two"]);
    const bad = store.addDocuments([document("three", { n: { deep: Number.NaN } })]);
    await expect(bad).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("documents[0].metadata"),
    });
  });

  test("a document that is added again keeps nothing of the old metadata", async () => {
    await store.addDocuments([document("x", { old: 1, deep: { old: 1 } }, "a"), document("y")]);
    await store.addDocuments([document("z", { fresh: 2 }, "a")]);
    expect(await store.getByIds(["a"])).toEqual([document("z", { fresh: 2 }, "a")]);
    expect(await store.similaritySearch("z", 9, { old: 1 })).toEqual([]);
    expect(await store.similaritySearch("z", 9, { "deep.old": 1 })).toEqual([]);
    expect(await (await store.collection()).count()).toBe(2);
  });

  test("a refused call leaves everything as it was", async () => {
    await store.addDocuments([document("x", { n: 1 }, "a")]);
    const vectors = [new Array(16).fill(0.5), [1]];
    const refused = store.addVectors(vectors, [document("y", {}, "a"), document("z")]);
    await expect(refused).rejects.toMatchObject({ code: "dimension_mismatch" });
    expect(await store.getByIds(["a"])).toEqual([document("x", { n: 1 }, "a")]);
    for (const wrong of [
      store.addVectors(vectors, [document("y")]),
      store.addDocuments([document("y")], { ids: [] }),
      store.delete({}),
    ]) {
      await expect(wrong).rejects.toMatchObject({ code: "invalid_argument" });
    }
    expect(() => new PagevecVectorStore(embeddings, {} as never)).toThrow("needs a collection");
  });

  test("an existing collection is found, and a missing one is not made", async () => {
    await store.addDocuments([document("x", {}, "a")]);
    const params = { client, collectionName: "documents" };
    const again = await PagevecVectorStore.fromExistingCollection(embeddings, params);
    expect(await again.getByIds(["a"])).toEqual([document("x", {}, "a")]);
    const missing = { client, collectionName: "missing" };
    const refused = PagevecVectorStore.fromExistingCollection(embeddings, missing);
    await expect(refused).rejects.toMatchObject({ code: "not_found" });
    expect(await client.countCollections()).toBe(1);
  });

  test("index() with a record manager adds, skips, replaces and cleans up", async () => {
    const recordManager = new MemoryRecordManager();
    const run = (docsSource: Document[], cleanup: "incremental" | "full") =>
      index({
        docsSource,
        recordManager,
        vectorStore: store,
        options: { cleanup, sourceIdKey: "source" },
      });
    const pages = ["one", "two"].map((text) => document(text, { source: text, loc: { page: 1 } }));
    const counts = { numAdded: 0, numSkipped: 0, numDeleted: 0, numUpdated: 0 };
    expect(await run(pages, "incremental")).toEqual({ ...counts, numAdded: 2 });
    expect(await run(pages, "incremental")).toEqual({ ...counts, numSkipped: 2 });
    const changed = [document("one, changed", { source: "one", loc: { page: 2 } })];
    expect(await run(changed, "incremental")).toEqual({ ...counts, numAdded: 1, numDeleted: 1 });
    expect(await run(changed, "full")).toEqual({ ...counts, numSkipped: 1, numDeleted: 1 });
    const left = await store.similaritySearch("one", 9);
    expect(left.map(({ pageContent, metadata }) => [pageContent, metadata])).toEqual([
      ["one, changed", { source: "one", loc: { page: 2 } }],
    ]);
  });

  test("a chain retrieves by meaning and words, and a chat model answers from it", async () => {
    await store.addDocuments([
      document("Chlorophyll takes up light", { page: 7 }),
      document("Bond prices fell as rates rose", { page: 8 }),
    ]);
    const collection = await store.collection();
    const retriever = new PagevecRetriever({ collection, mode: "hybrid", limit: 1 });
    const prompts: string[] = [];
    const model = new FakeListChatModel({ responses: ["Light, on page 7."] });
    const chain = RunnableSequence.from([
      {
        context: retriever.pipe((found: Document[]) =>
          found.map(({ pageContent, metadata }) => `${metadata.page}: ${pageContent}`).join("\n"),
        ),
        question: new RunnablePassthrough<string>(),
      },
      ChatPromptTemplate.fromTemplate("Answer from {context}. {question}"),
      (prompt) => {
        prompts.push(prompt.toString());
        return prompt;
      },
      model,
      new StringOutputParser(),
    ]);
    expect(await chain.invoke("what does chlorophyll take up?")).toBe("Light, on page 7.");
    expect(prompts[0]).toContain("Answer from 7: Chlorophyll takes up light. what does");
  });
});

describe("models", () => {
  test("our embedding function is LangChain's Embeddings", async () => {
    const toy = new ToyEmbedding();
    const forQueries = async (texts: string[]) => texts.map((text) => Float32Array.of(text.length));
    const ours = new PagevecEmbeddings({
      embeddingFunction: Object.assign(toy, { generateForQueries: forQueries }),
    });
    expect(await ours.embedDocuments(["a cat", "b"])).toEqual([
      [5, 2, 2],
      [1, 1, 0],
    ]);
    expect(await ours.embedDocuments([])).toEqual([]);
    expect(await ours.embedQuery("query")).toEqual([5]);
    expect(fromEmbeddings(ours)).toBe(toy);
  });

  test("LangChain's Embeddings are our embedding function", async () => {
    const theirs = fromEmbeddings(embeddings, { name: "synthetic", space: "l2" });
    expect(theirs.name).toBe("synthetic");
    expect(theirs.defaultSpace?.()).toBe("l2");
    const expected = await embeddings.embedDocuments(["a", "bc"]);
    expect(await theirs.generate(["a", "bc"])).toEqual(expected);
    expect(await theirs.generateForQueries?.(["bc"])).toEqual(expected.slice(1));
  });

  test("a reranker compresses documents", async () => {
    const reranker: Reranker = {
      name: "by length",
      async rerank(_query, documents, { limit } = {}) {
        const scored = documents.map((text, index) => ({ index, score: text.length }));
        return scored.sort((a, b) => b.score - a.score).slice(0, limit);
      },
    };
    const compressor = new PagevecRerank({ reranker, topN: 2 });
    expect(BaseDocumentCompressor.isBaseDocumentCompressor(compressor)).toBe(true);
    const documents = [document("a", { n: 1 }, "1"), document("ccc", { n: 2 }), document("bb")];
    expect(await compressor.compressDocuments(documents, "query")).toEqual([
      document("ccc", { n: 2, relevanceScore: 3 }),
      document("bb", { relevanceScore: 2 }),
    ]);
    expect(await compressor.compressDocuments([], "query")).toEqual([]);
  });
});

function near(value: number) {
  return expect.closeTo(value, 5);
}

/** Keys in order, so that JSON compares as a whole, "__proto__" among them. */
function sorted(metadata: object | undefined): [string, unknown][] {
  return Object.entries(metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What LangChain's databases of records do, by its interface; the time is a count of calls. */
class MemoryRecordManager extends RecordManager {
  override lc_namespace = ["tests"];
  private readonly records = new Map<string, { at: number; group: string | null }>();
  private now = 0;

  async createSchema() {}
  async getTime() {
    return ++this.now;
  }
  async update(keys: string[], { groupIds }: { groupIds?: (string | null)[] } = {}) {
    const at = ++this.now;
    for (const [i, key] of keys.entries()) {
      this.records.set(key, { at, group: groupIds?.[i] ?? null });
    }
  }
  async exists(keys: string[]) {
    return keys.map((key) => this.records.has(key));
  }
  async listKeys({ before = Number.POSITIVE_INFINITY, groupIds, limit }: ListOptions = {}) {
    const kept = [...this.records].filter(
      ([, { at, group }]) => at < before && (!groupIds || groupIds.includes(group)),
    );
    return kept.map(([key]) => key).slice(0, limit);
  }
  async deleteKeys(keys: string[]) {
    for (const key of keys) this.records.delete(key);
  }
}

interface ListOptions {
  before?: number;
  groupIds?: (string | null)[];
  limit?: number;
}
