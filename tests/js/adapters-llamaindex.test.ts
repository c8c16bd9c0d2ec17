import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { BaseEmbedding } from "@llamaindex/core/embeddings";
import { Settings } from "@llamaindex/core/global";
import { BaseLLM } from "@llamaindex/core/llms";
import {
  Document,
  IndexNode,
  MetadataMode,
  NodeRelationship,
  TextNode,
} from "@llamaindex/core/schema";
import { type MetadataFilter, VectorStoreQueryMode } from "@llamaindex/core/vector-store";
import { VectorStoreIndex } from "llamaindex";
import { SimpleVectorStore } from "llamaindex/vector-store";
import {
  fromEmbedding,
  PagevecEmbedding,
  PagevecVectorStore,
} from "../../js/src/adapters/llamaindex.js";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";

// The real classes of LlamaIndex.TS: its index, retrievers, query engine and its own vector store.

const { DEFAULT, HYBRID, MMR, SPARSE, SVM } = VectorStoreQueryMode;

describe.each(CORES)("%s", (_name, load) => {
  let core: CoreModule;
  let client: Client;
  let collection: Collection;
  let store: PagevecVectorStore;

  beforeEach(async () => {
    core ??= await load();
    client = await openTestClient({ core });
    const embeddingFunction = Object.assign(new ToyEmbedding(), { defaultSpace: () => "cosine" });
    collection = await client.createCollection({ name: "nodes", embeddingFunction } as never);
    store = new PagevecVectorStore({ collection });
    Settings.embedModel = store.embedModel;
  });
  afterEach(() => client.close());

  test("nodes come back as they were", async () => {
    const node = new TextNode({
      id_: "n1",
      text: "The text",
      metadata: { source: "a.pdf", loc: { page: 3, lines: [1, 2] }, nothing: null, tags: ["x"] },
      startCharIdx: 5,
      embedding: [1, 0, 0],
      relationships: { [NodeRelationship.SOURCE]: { nodeId: "doc1", metadata: {} } },
    });
    const reference = new IndexNode({ id_: "n2", text: "i", indexId: "x", embedding: [0, 1, 0] });
    expect(await store.add([node, reference])).toEqual(["n1", "n2"]);
    const query = { queryEmbedding: [1, 0.1, 0], similarityTopK: 2, mode: DEFAULT };
    const { nodes = [], ids, similarities } = await store.query(query);
    expect(ids).toEqual(["n1", "n2"]);
    expect(similarities[0]).toBeCloseTo(1 / Math.hypot(1, 0.1), 5);
    expect(nodes[0]).toBeInstanceOf(TextNode);
    expect(nodes[1]).toBeInstanceOf(IndexNode);
    expect(nodes[0]?.toJSON()).toEqual({ ...node.toJSON(), embedding: undefined });
    expect(nodes[0]?.getContent(MetadataMode.NONE)).toBe("The text");
  });

  test("a node that is added again is replaced, a document's nodes are deleted together", async () => {
    const made = (text: string, metadata: object, nodeId: string, id_: string) =>
      new TextNode({
        id_,
        text,
        metadata,
        embedding: [1, 1, 1],
        relationships: { [NodeRelationship.SOURCE]: { nodeId, metadata: {} } },
      });
    await store.add([made("one", { old: 1 }, "doc1", "a"), made("two", {}, "doc2", "b")]);
    await store.add([made("changed", { fresh: 1 }, "doc1", "a")]);
    const query = { queryEmbedding: [1, 1, 1], similarityTopK: 9, mode: DEFAULT };
    const all = await store.query(query);
    expect(all.nodes?.map(({ metadata }) => metadata)).toContainEqual({ fresh: 1 });
    const ofOne = await store.query({ ...query, docIds: ["doc1"] });
    expect(ofOne.ids).toEqual(["a"]);
    await store.delete("doc1");
    expect((await store.query(query)).ids).toEqual(["b"]);
    const bare = store.add([new TextNode({ text: "not embedded" })]);
    await expect(bare).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("filters and both searches agree with LlamaIndex's own vector store", async () => {
    const random = uniform(11);
    const one = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
    const vector = () => Array.from({ length: 3 }, () => 2 * random() - 1);
    const nodes = Array.from(
      { length: 60 },
      (_, i) =>
        new TextNode({
          id_: `n${i}`,
          text: `text ${i}`,
          metadata: {
            n: Math.floor(random() * 8),
            s: one(["a", "b", "c"]),
            tags: [one([..."xyz"]), "t"],
          },
          embedding: vector(),
          relationships: { [NodeRelationship.SOURCE]: { nodeId: `d${i % 7}`, metadata: {} } },
        }),
    );
    const theirs = new SimpleVectorStore();
    await theirs.add(nodes);
    await store.add(nodes);
    const filter = (): MetadataFilter =>
      one<() => MetadataFilter>([
        () => ({
          key: "n",
          value: Math.floor(random() * 8),
          operator: one(["==", "!=", ">", ">=", "<", "<="]),
        }),
        () => ({ key: "s", value: [one(["a", "b"]), "c"], operator: one(["in", "nin"]) }),
        () => ({ key: "tags", value: one(["x", "t", "q"]), operator: "contains" }),
        () => ({ key: "tags", value: [one(["x", "y"]), "z"], operator: one(["any", "all"]) }),
      ])();
    let found = 0;
    for (let i = 0; i < 200; ++i) {
      const filters = Array.from({ length: Math.floor(random() * 4) }, filter);
      const query = {
        queryEmbedding: vector(),
        similarityTopK: 5,
        mode: one([DEFAULT, MMR]),
        filters: {
          filters,
          condition: filters.length > 0 ? one(["and", "or"] as const) : ("and" as const),
        },
      };
      // MMR: ours chooses among the 20 nearest, theirs among all.
      if (query.mode === MMR && filters.length < 2) continue;
      const expected = await theirs.query(query);
      if (
        query.mode === MMR &&
        (await theirs.query({ ...query, mode: DEFAULT, similarityTopK: 21 })).ids.length > 20
      )
        continue;
      const got = await store.query(query);
      expect([i, got.ids]).toEqual([i, expected.ids]);
      for (const [at, similarity] of expected.similarities.entries()) {
        expect(got.similarities[at]).toBeCloseTo(similarity, 4);
      }
      found += got.ids.length;
    }
    expect(found).toBeGreaterThan(300);
  });

  test("searches by keywords and by both; what there is not is refused", async () => {
    const texts = ["a green tea", "a cat and a dog", "bond prices"];
    const embeddings = await collection.embeddingFunction?.generate(texts);
    const nodes = texts.map(
      (text, i) => new TextNode({ id_: text, text, embedding: embeddings?.[i] as number[] }),
    );
    await store.add(nodes);
    const query = { queryEmbedding: [11, 3, 2], similarityTopK: 1, queryStr: "bond" };
    expect((await store.query({ ...query, mode: SPARSE })).ids).toEqual(["bond prices"]);
    expect((await store.query({ ...query, mode: HYBRID, alpha: 0 })).ids).toEqual(["bond prices"]);
    expect((await store.query({ ...query, mode: HYBRID, alpha: 1 })).ids).toEqual(["a green tea"]);
    const refused = store.query({ ...query, mode: SVM });
    await expect(refused).rejects.toMatchObject({ code: "unsupported" });
    const filters = { filters: [{ key: "s", operator: "is_empty" as const }] };
    const odd = store.query({ ...query, mode: DEFAULT, filters });
    await expect(odd).rejects.toMatchObject({ code: "unsupported" });
    const bare = store.query({ similarityTopK: 1, mode: DEFAULT });
    await expect(bare).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("an index over it retrieves, answers and forgets documents", async () => {
    const index = await VectorStoreIndex.fromVectorStore(store);
    const documents = [
      new Document({ id_: "cats", text: "a cat and a cat and a cat", metadata: { page: 7 } }),
      new Document({ id_: "rates", text: "bond", metadata: { page: 8 } }),
    ];
    await index.insertNodes(
      documents.map(
        (document) =>
          new TextNode({
            text: document.text,
            metadata: document.metadata,
            relationships: {
              [NodeRelationship.SOURCE]: { nodeId: document.id_, metadata: document.metadata },
            },
          }),
      ),
    );
    const retriever = index.asRetriever({ similarityTopK: 1 });
    const [best] = await retriever.retrieve("a cat and a cat and a dog");
    expect(best?.node.metadata).toEqual({ page: 7 });
    const llm = new EchoModel();
    Settings.llm = llm;
    const engine = index.asQueryEngine({ similarityTopK: 1 });
    const { message } = await engine.query({ query: "what of the bond?" });
    expect(message.content).toContain("bond");
    expect(llm.asked[0]).toContain("what of the bond?");
    await index.deleteRefDoc("rates", false);
    expect(await collection.count()).toBe(1);
  });
});

describe("models", () => {
  test("our embedding function is LlamaIndex's embedding", async () => {
    const toy = Object.assign(new ToyEmbedding(), {
      generateForQueries: async (texts: string[]) => texts.map(({ length }) => [length]),
    });
    const model = new PagevecEmbedding({ embeddingFunction: toy, embedBatchSize: 2 });
    expect(await model.getTextEmbedding("a cat")).toEqual([5, 2, 2]);
    const told: number[] = [];
    const progressCallback = (done: number) => told.push(done);
    const vectors = await model.getTextEmbeddingsBatch(["a", "bb", "ccc"], { progressCallback });
    expect(vectors.map(([length]) => length)).toEqual([1, 2, 3]);
    expect(told.length).toBeGreaterThan(1);
    expect(await model.getQueryEmbedding({ type: "text", text: "query" })).toEqual([5]);
    const picture = { type: "image_url", image_url: { url: "x" } } as const;
    expect(await model.getQueryEmbedding(picture)).toBeNull();
    expect(fromEmbedding(model)).toBe(toy);
  });

  test("LlamaIndex's embedding is our embedding function", async () => {
    class Lengths extends BaseEmbedding {
      // biome-ignore lint/complexity/noUselessConstructor: the base class's is protected
      constructor() {
        super();
      }
      async getTextEmbedding(text: string) {
        return [text.length, 1];
      }
    }
    const theirs = fromEmbedding(new Lengths(), { name: "lengths" });
    expect(theirs.name).toBe("lengths");
    expect(await theirs.generate(["a", "bb"])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(await theirs.generateForQueries?.(["ccc"])).toEqual([[3, 1]]);
  });
});

/** Answers with what it was asked. */
class EchoModel extends BaseLLM {
  readonly asked: string[] = [];
  metadata = {
    model: "echo",
    temperature: 0,
    topP: 1,
    contextWindow: 4096,
    tokenizer: undefined,
    structuredOutput: false,
  };

  // biome-ignore lint/suspicious/noExplicitAny: one body for both overloads
  async chat({ messages }: any): Promise<any> {
    const text = messages
      .map(({ content }: { content: unknown }) => JSON.stringify(content))
      .join();
    this.asked.push(text);
    return { message: { role: "assistant", content: text }, raw: null };
  }
}
