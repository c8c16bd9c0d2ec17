import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { AddParams, EmbeddingFunction, QueryParams, Space } from "../../js/src/types.js";
import { toyVector } from "../contract/collection-replay.js";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";

describe.each(CORES)("a client on the %s", (_name, load) => {
  let core: CoreModule;
  let client: Client;
  let toy: ToyEmbedding;
  let names = 0;

  beforeAll(async () => {
    core = await load();
    client = await openTestClient({ core });
  });

  async function collectionOf(records: AddParams, fn?: EmbeddingFunction): Promise<Collection> {
    toy = new ToyEmbedding("toy");
    const name = `collection-${++names}`;
    const collection = await client.createCollection({ name, embeddingFunction: fn ?? toy });
    await collection.add(records);
    toy.asked.length = 0;
    return collection;
  }

  describe("embedding", () => {
    const records = { ids: ["1", "2"], documents: ["a cat", "dog"] };

    test("add embeds only documents of new ids", async () => {
      const collection = await collectionOf(records);
      await collection.add({ ids: ["2", "3"], documents: ["changed", "new"] });
      expect(toy.asked).toEqual(["new"]);
      await collection.add(records);
      expect(toy.asked).toEqual(["new"]);
      expect((await collection.get()).documents).toEqual(["a cat", "dog", "new"]);
    });

    test("update embeds only documents of known ids, and only those given", async () => {
      const collection = await collectionOf(records);
      await collection.update({
        ids: ["9", "2", "1"],
        documents: ["unknown", "cow", null],
        metadatas: [{ n: 9 }, null, { n: 1 }],
      });
      expect(toy.asked).toEqual(["cow"]);
      const { documents, metadatas, embeddings } = await collection.get({
        include: ["documents", "metadatas", "embeddings"],
      });
      expect(documents).toEqual(["a cat", "cow"]);
      expect(metadatas).toEqual([{ n: 1 }, null]);
      expect(embeddings.map((vector) => [...vector])).toEqual([
        toyVector("a cat"),
        toyVector("cow"),
      ]);
    });

    test("given embeddings are taken as they are, in any form", async () => {
      const collection = await collectionOf(records);
      const embeddings = [[1, 2, 3], Float32Array.of(4, 5, 6)];
      await collection.upsert({ ids: ["1", "2"], documents: ["x", "y"], embeddings });
      expect(toy.asked).toEqual([]);
      const got = await collection.get({ include: ["embeddings"] });
      expect(got.embeddings.map((vector) => [...vector])).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
    });

    test("query texts go to generateForQueries when there is one", async () => {
      const calls: string[] = [];
      const collection = await collectionOf(records, {
        generate: async (texts) => texts.map(toyVector),
        generateForQueries: async (texts) => {
          calls.push(...texts);
          return texts.map(() => toyVector("dog"));
        },
      });
      const { ids } = await collection.query({ queryTexts: ["?"], nResults: 1 });
      expect(calls).toEqual(["?"]);
      expect(ids).toEqual([["2"]]);
    });

    test("the caller's signal and progress reach the function", async () => {
      const collection = await collectionOf(records);
      const progress: unknown[] = [];
      await collection.upsert(
        { ids: ["1", "3"], documents: ["x", "y"] },
        { onProgress: (step) => progress.push(step) },
      );
      expect(progress).toContainEqual({ stage: "embed", done: 2, total: 2 });
    });

    test.each<[string, unknown]>([
      ["too few vectors", [[1, 2, 3]]],
      ["no list", { data: [] }],
      [
        "unequal lengths",
        [
          [1, 2, 3],
          [1, 2],
        ],
      ],
      ["an empty vector", [[], []]],
      [
        "NaN",
        [
          [1, 2, 3],
          [1, Number.NaN, 3],
        ],
      ],
      [
        "infinity in 32 bits",
        [
          [1, 2, 3],
          [1, 1e300, 3],
        ],
      ],
      ["null in a vector's place", [[1, 2, 3], null]],
    ])("a function that returns %s is refused", async (_what, answer) => {
      const collection = await collectionOf(records);
      const broken = await client.getCollection({
        name: collection.name,
        embeddingFunction: { name: "toy", generate: async () => answer as number[][] },
      });
      const documents = ["one", "two"];
      await expect(broken.upsert({ ids: ["1", "5"], documents })).rejects.toMatchObject({
        code: "embedding_failed",
      });
      expect((await collection.get()).documents).toEqual(records.documents);
    });

    test("a function's own failure is the cause", async () => {
      const cause = new Error("the model is gone");
      const collection = await collectionOf(
        { ids: ["1"], embeddings: [[1, 2, 3]] },
        {
          name: "lost",
          generate: () => Promise.reject(cause),
        },
      );
      const add = collection.add({ ids: ["2"], documents: ["x"] });
      await expect(add).rejects.toMatchObject({
        code: "embedding_failed",
        message: expect.stringContaining("the model is gone"),
        cause,
      });
    });

    test("a signal that fires while embedding stops the call", async () => {
      const controller = new AbortController();
      const collection = await collectionOf(
        { ids: ["1"], embeddings: [[1, 2, 3]] },
        {
          generate: async (texts) => {
            controller.abort();
            return texts.map(toyVector);
          },
        },
      );
      const { signal } = controller;
      const add = collection.add({ ids: ["2"], documents: ["x"] }, { signal });
      await expect(add).rejects.toMatchObject({ code: "aborted" });
      expect(await collection.count()).toBe(1);
    });

    test("without a function texts are refused with advice", async () => {
      const { name } = await collectionOf(records);
      const collection = await client.getCollection({ name });
      const message = expect.stringContaining('"toy"');
      const code = "invalid_argument";
      await expect(collection.query({ queryTexts: ["x"] })).rejects.toMatchObject({
        code,
        message,
      });
      const add = collection.add({ ids: ["7"], documents: ["x"] });
      await expect(add).rejects.toMatchObject({ code, message });
    });
  });

  describe("what is refused before anything changes", () => {
    const add: [string, string, unknown][] = [
      ["nothing at all", "invalid_argument", undefined],
      ["no ids", "invalid_argument", { documents: ["x"] }],
      ["an empty list", "invalid_argument", { ids: [], documents: [] }],
      ["an empty id", "invalid_argument", { ids: [""], documents: ["x"] }],
      ["an id that is no string", "invalid_argument", { ids: [1], documents: ["x"] }],
      ["half a character as id", "invalid_argument", { ids: ["a\ud800"], documents: ["x"] }],
      ["ids twice", "duplicate_id", { ids: ["d", "d"], documents: ["x", "y"] }],
      ["unequal lengths", "invalid_argument", { ids: ["d"], documents: ["x", "y"] }],
      ["unequal metadata", "invalid_argument", { ids: ["d"], documents: ["x"], metadatas: [] }],
      ["neither documents nor embeddings", "invalid_argument", { ids: ["d"] }],
      ["a null document", "invalid_argument", { ids: ["c", "d"], documents: ["x", null] }],
      ["a number as document", "invalid_argument", { ids: ["d"], documents: [1] }],
      ["another dimension", "dimension_mismatch", { ids: ["d"], embeddings: [[1, 2]] }],
      ["mixed dimensions", "dimension_mismatch", { ids: ["c", "d"], embeddings: [[1, 2, 3], [1]] }],
      ["NaN", "not_finite", { ids: ["d"], embeddings: [[1, 2, Number.NaN]] }],
      ["Infinity", "not_finite", { ids: ["d"], embeddings: [[1, 2, Number.POSITIVE_INFINITY]] }],
      ["an empty vector", "invalid_argument", { ids: ["d"], embeddings: [[]] }],
      ["a string as vector", "invalid_argument", { ids: ["d"], embeddings: ["123"] }],
      ["empty metadata", "invalid_argument", metadata({})],
      ["nested metadata", "invalid_argument", metadata({ a: { b: 1 } })],
      ["an empty list in metadata", "invalid_argument", metadata({ a: [] })],
      ["a mixed list in metadata", "invalid_argument", metadata({ a: [1, "x"] })],
      ["NaN in metadata", "invalid_argument", metadata({ a: Number.NaN })],
      ["a list as metadata", "invalid_argument", metadata([1])],
      ["a metadata key of Chroma's", "invalid_argument", metadata({ "#document": "x" })],
      ["an operator as metadata key", "invalid_argument", metadata({ $and: "x" })],
      ["uris", "unsupported", { ids: ["d"], documents: ["x"], uris: ["u"] }],
    ];
    test.each(add)("add: %s", async (_what, code, params) => {
      const collection = await collectionOf({ ids: ["1"], documents: ["a cat"] });
      for (const operation of ["add", "upsert"] as const) {
        await expect(collection[operation](params as AddParams)).rejects.toMatchObject({ code });
      }
      expect((await collection.get()).ids).toEqual(["1"]);
      expect(toy.asked).toEqual([]);
    });

    const query: [string, string, unknown][] = [
      ["nothing at all", "invalid_argument", undefined],
      ["neither texts nor embeddings", "invalid_argument", {}],
      ["no query", "invalid_argument", { queryEmbeddings: [] }],
      ["a negative number of results", "invalid_argument", { queryTexts: ["x"], nResults: -1 }],
      ["half a result", "invalid_argument", { queryTexts: ["x"], nResults: 1.5 }],
      ["another dimension", "dimension_mismatch", { queryEmbeddings: [[1]] }],
      ["NaN", "not_finite", { queryEmbeddings: [[1, 2, Number.NaN]] }],
      ["an unknown column", "invalid_argument", { queryTexts: ["x"], include: ["bogus"] }],
      ["efSearch 0", "invalid_argument", { queryTexts: ["x"], efSearch: 0 }],
      ["a filter of no condition", "invalid_argument", { queryTexts: ["x"], where: {} }],
      ["a document filter of none", "invalid_argument", { queryTexts: ["x"], whereDocument: {} }],
      ["an id of another type", "invalid_argument", { queryTexts: ["x"], ids: [1] }],
    ];
    test.each(query)("query: %s", async (_what, code, params) => {
      const collection = await collectionOf({ ids: ["1"], documents: ["a cat"] });
      await expect(collection.query(params as QueryParams)).rejects.toMatchObject({ code });
    });

    test("get: distances, negative limits and filters", async () => {
      const collection = await collectionOf({ ids: ["1"], documents: ["a cat"] });
      const wrong: [string, object][] = [
        ["invalid_argument", { include: ["distances"] }],
        ["invalid_argument", { limit: -1 }],
        ["invalid_argument", { offset: -1 }],
        ["invalid_argument", { where: { a: 1, b: 2 } }],
        ["invalid_argument", { where: "a" }],
        ["duplicate_id", { ids: ["1", "1"] }],
        ["unsupported", { uris: ["file:a"] }],
      ];
      for (const [code, params] of wrong) {
        await expect(collection.get(params)).rejects.toMatchObject({ code });
      }
      await expect(collection.peek({ limit: -1 })).rejects.toMatchObject({
        code: "invalid_argument",
      });
    });

    test.each(["ab", "", "a b", "-ab", "ab-", "é-é", "a".repeat(513), 7])(
      "the collection name %j",
      async (name) => {
        const params = { name: name as string };
        for (const call of [
          client.createCollection(params),
          client.getCollection(params),
          client.deleteCollection(params),
        ]) {
          await expect(call).rejects.toMatchObject({ code: "invalid_argument" });
        }
      },
    );
  });

  describe("results", () => {
    const records = {
      ids: ["\ufeffa", "b", "日本 🙂"],
      documents: ["a cat", "\ufeffdog", "lone \ud800 half"],
      metadatas: [
        JSON.parse('{"__proto__":"x","constructor":[1,2]}'),
        null,
        { "k\udc00": "\ud800" },
      ],
    };

    test("odd strings survive; half characters become U+FFFD", async () => {
      const collection = await collectionOf(records);
      const { ids, documents, metadatas } = await collection.get();
      expect(ids).toEqual(records.ids);
      expect(documents).toEqual(["a cat", "\ufeffdog", "lone \ufffd half"]);
      expect(JSON.stringify(metadatas[0])).toBe('{"__proto__":"x","constructor":[1,2]}');
      expect(metadatas.slice(1)).toEqual([null, { "k\ufffd": "\ufffd" }]);
    });

    test("columns that were not asked for are empty, rows leave them out", async () => {
      const collection = await collectionOf(records);
      const got = await collection.get({ ids: ["b"], include: ["documents"] });
      expect({ ...got }).toEqual({
        ids: ["b"],
        documents: ["\ufeffdog"],
        metadatas: [],
        embeddings: [],
        include: ["documents"],
      });
      expect(got.rows()).toEqual([{ id: "b", document: "\ufeffdog" }]);
      const found = await collection.query({
        queryEmbeddings: [toyVector("a cat"), [0, 0, 0]],
        nResults: 2,
        include: ["distances", "embeddings", "metadatas"],
      });
      expect(found.documents).toEqual([]);
      expect(found.distances.map((list) => list.length)).toEqual([2, 2]);
      const [[first] = []] = found.rows();
      expect(first).toEqual({
        id: "\ufeffa",
        metadata: records.metadatas[0],
        embedding: Float32Array.from(toyVector("a cat")),
        distance: 0,
      });
      expect(found.timings.embed).toBeGreaterThanOrEqual(0);
      expect(found.timings.search).toBeGreaterThan(0);
    });

    test("ids narrow a query and a read; unknown ones are dropped", async () => {
      const collection = await collectionOf(records);
      const near = await collection.query({ queryTexts: ["a cat"], ids: ["b", "none"] });
      expect(near.ids).toEqual([["b"]]);
      expect((await collection.query({ queryTexts: ["a cat"], ids: [] })).ids).toEqual([[]]);
      expect((await collection.get({ ids: ["none", "b", "\ufeffa"] })).ids).toEqual([
        "\ufeffa",
        "b",
      ]);
      expect((await collection.get({ ids: [] })).ids).toEqual([]);
      expect((await collection.get({ limit: 0 })).ids).toEqual([]);
      expect((await collection.get({ offset: 2, limit: 9 })).ids).toEqual(["日本 🙂"]);
    });

    test("an empty collection answers with empty lists", async () => {
      const { name } = await client.createCollection({ name: "empty-one" });
      const collection = await client.getCollection({ name });
      const { ids, distances } = await collection.query({
        queryEmbeddings: [
          [1, 2],
          [3, 4],
        ],
      });
      expect({ ids, distances }).toEqual({ ids: [[], []], distances: [[], []] });
      expect((await collection.peek()).rows()).toEqual([]);
      expect(await collection.delete({ ids: ["x"] })).toEqual({ deleted: 1 });
    });

    test("what a caller changes afterwards has no effect", async () => {
      const params = { ids: ["1"], embeddings: [Float32Array.of(1, 2, 3)], metadatas: [{ n: 1 }] };
      const name = `collection-${++names}`;
      const collection = await client.createCollection<{ n: number }>({ name });
      const adding = collection.add(params);
      params.ids[0] = "2";
      params.embeddings[0]?.fill(9);
      Object.assign(params.metadatas[0] ?? {}, { n: 2 });
      await adding;
      const got = await collection.get({ include: ["embeddings", "metadatas"] });
      expect(got.rows()).toEqual([
        { id: "1", embedding: Float32Array.of(1, 2, 3), metadata: { n: 1 } },
      ]);
      // Typed metadata: this line would not compile with another type.
      const n: number | undefined = got.metadatas[0]?.n;
      expect(n).toBe(1);
    });
  });

  describe("collections", () => {
    const cosine = (supported: Space[]): EmbeddingFunction => ({
      name: "cos",
      generate: async (texts) => texts.map(toyVector),
      defaultSpace: () => "cosine",
      supportedSpaces: () => supported,
      getConfig: () => ({ model: "m", unset: undefined }),
    });

    test("space and stored function come from the embedding function", async () => {
      const embeddingFunction = cosine(["cosine"]);
      const made = await client.createCollection({ name: "spaces", embeddingFunction });
      expect(made.configuration).toEqual({
        hnsw: { space: "cosine", ef_construction: 100, max_neighbors: 16, ef_search: 100 },
        index: "auto",
        quantization: "int8",
        rescoring: "int16",
        keepVectors: true,
        embedding_function: { type: "known", name: "cos", config: { model: "m" } },
      });
      const wrong = {
        name: "spaces2",
        embeddingFunction,
        configuration: { hnsw: { space: "ip" as const } },
      };
      await expect(client.createCollection(wrong)).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining("cosine"),
      });
      const space = "manhattan" as Space;
      await expect(
        client.createCollection({ name: "spaces3", configuration: { hnsw: { space } } }),
      ).rejects.toMatchObject({ code: "invalid_argument" });
      await expect(
        client.createCollection({
          name: "spaces4",
          configuration: { hnsw: { max_neighbors: 4000 } },
        }),
      ).rejects.toMatchObject({ code: "invalid_argument" });
      await expect(client.getCollection({ name: "spaces4" })).rejects.toMatchObject({
        code: "not_found",
      });
    });

    test("another embedding function than the stored one is refused by name", async () => {
      await client.createCollection({
        name: "functions",
        embeddingFunction: new ToyEmbedding("my_toy"),
      });
      const open = (embeddingFunction: EmbeddingFunction) =>
        client.getOrCreateCollection({ name: "functions", embeddingFunction });
      await expect(open(new ToyEmbedding("other"))).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringMatching(/"my_toy".*"other"/),
      });
      // Python's and JavaScript's spelling of one name.
      expect((await open(new ToyEmbedding("my-toy"))).name).toBe("functions");
    });

    test("refuses another model of the same function, whose vectors would mean something else", async () => {
      const withConfig = (config: object) =>
        Object.assign(new ToyEmbedding("configured"), { getConfig: () => config });
      const name = "fingerprints";
      const made = { model_name: "small", dimensions: 3, url: "http://here" };
      await client.createCollection({ name, embeddingFunction: withConfig(made) });
      const open = (config: object) =>
        client.getCollection({ name, embeddingFunction: withConfig(config) });
      for (const [other, told] of [
        [{ ...made, model_name: "large" }, 'model_name is "small", not "large"'],
        [{ ...made, dimensions: 2 }, "dimensions is 3, not 2"],
      ] as const) {
        await expect(open(other)).rejects.toMatchObject({
          code: "invalid_argument",
          message: expect.stringContaining(told),
        });
      }
      // Where the model runs does not matter, nor what only one of them knows of.
      expect((await open({ ...made, url: "http://there" })).name).toBe(name);
      expect((await open({ model_name: "small" })).name).toBe(name);
    });

    test("what cannot embed is refused before a collection is made", async () => {
      const create = (embeddingFunction: unknown) =>
        client.createCollection({ name: "no-function", embeddingFunction } as never);
      await expect(create(ToyEmbedding)).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining("got the function ToyEmbedding; call it"),
      });
      await expect(create("all-MiniLM-L6-v2")).rejects.toMatchObject({ code: "invalid_argument" });
      await expect(client.createCollection("notes" as never)).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining('got "notes"'),
      });
      await expect(client.getCollection({ name: "no-function" })).rejects.toMatchObject({
        code: "not_found",
      });
    });

    test("getOrCreate returns what is there; modify replaces metadata", async () => {
      const name = "get-or-create";
      const [first, second] = await Promise.all([
        client.getOrCreateCollection({ name, metadata: { a: 1 } }),
        client.getOrCreateCollection({ name, metadata: { b: 2 } }),
      ]);
      expect(second.id).toBe(first.id);
      expect(second.metadata).toEqual({ a: 1 });
      await first.modify({ metadata: { c: [1, 2] } });
      await first.modify({ name: "get-or-create-2" });
      const again = await client.getCollection({ name: "get-or-create-2" });
      expect(again.metadata).toEqual({ c: [1, 2] });
      await client.createCollection({ name });
      await expect(first.modify({ name })).rejects.toMatchObject({ code: "already_exists" });
      expect(first.name).toBe("get-or-create-2");
    });

    test("modify changes ef_search, and the function for one of the same name", async () => {
      const collection = await collectionOf({ ids: ["1"], documents: ["a cat"] });
      const { hnsw } = collection.configuration;
      await collection.modify({ configuration: { hnsw: { ef_search: 7, batch_size: 9 } } });
      expect(collection.configuration.hnsw).toEqual({ ...hnsw, ef_search: 7 });
      const again = await client.getCollection({ name: collection.name });
      expect(again.configuration.hnsw.ef_search).toBe(7);
      expect((await collection.query({ queryTexts: ["a cat"] })).ids).toEqual([["1"]]);

      const next = {
        ...toy,
        name: "toy",
        getConfig: () => ({ size: 2 }),
        generate: async () => [],
      };
      await collection.modify({ configuration: { embeddingFunction: next } });
      expect(collection.embeddingFunction).toBe(next);
      const stored = { type: "known", name: "toy", config: { size: 2 } };
      expect(collection.configuration.embedding_function).toEqual(stored);
      expect(collection.configuration.hnsw.ef_search).toBe(7);
    });

    test("what modify cannot change stays as it is", async () => {
      const collection = await collectionOf({ ids: ["1"], documents: ["a cat"] });
      const before = collection.configuration;
      const refusal = new Error("the model may not change");
      const strict = Object.assign(new ToyEmbedding("toy"), {
        validateConfigUpdate() {
          throw refusal;
        },
      });
      const wrong: object[] = [
        { hnsw: { space: "ip" } },
        { hnsw: { max_neighbors: 3 } },
        { hnsw: { ef_search: 0 } },
        { hnsw: { ef_search: "5" } },
        { embeddingFunction: new ToyEmbedding("another") },
        { embeddingFunction: {} },
      ];
      for (const configuration of wrong) {
        const change = collection.modify({ name: "not-taken", configuration });
        await expect(change).rejects.toMatchObject({ code: "invalid_argument" });
      }
      const own = await collectionOf({ ids: ["1"], documents: ["a cat"] }, strict);
      const embeddingFunction = new ToyEmbedding("toy");
      await expect(own.modify({ configuration: { embeddingFunction } })).rejects.toMatchObject({
        code: "invalid_argument",
        cause: refusal,
      });
      expect(own.embeddingFunction).toBe(strict);
      expect(collection.configuration).toEqual(before);
      await expect(client.getCollection({ name: "not-taken" })).rejects.toMatchObject({
        code: "not_found",
      });
    });

    test("settings of hnsw may come in the metadata, and the function in the configuration", async () => {
      const metadata = { "hnsw:space": "ip", "hnsw:M": 8, "hnsw:search_ef": 20, topic: "x" };
      const old = await client.createCollection({ name: "hnsw-in-metadata", metadata });
      expect(old.metadata).toEqual(metadata);
      const hnsw = { space: "ip", max_neighbors: 8, ef_search: 20, ef_construction: 100 };
      expect(old.configuration.hnsw).toEqual(hnsw);
      const both = await client.createCollection({
        name: "hnsw-in-both",
        metadata,
        configuration: { hnsw: { ef_search: 5 }, embeddingFunction: new ToyEmbedding("toy") },
      });
      expect(both.configuration.hnsw).toMatchObject({ space: "l2", max_neighbors: 16 });
      expect(both.embeddingFunction).toBeInstanceOf(ToyEmbedding);
      const wrong: object[] = [
        { metadata: { "hnsw:space": "xx" } },
        { metadata: { "hnsw:M": "xx" } },
        { metadata: { a: null } },
        { metadata: { "#a": 1 } },
        { configuration: { hnsw: { bogus: 1 } } },
      ];
      for (const params of wrong) {
        const made = client.createCollection({ name: "hnsw-wrong", ...params });
        await expect(made).rejects.toMatchObject({ code: "invalid_argument" });
      }
    });

    test("listCollections pages", async () => {
      const own = await openTestClient({ core });
      for (const name of ["one", "two", "three"]) await own.createCollection({ name });
      const names = (await own.listCollections({ offset: 1, limit: 1 })).map(({ name }) => name);
      expect(names).toEqual(["two"]);
      expect(await own.countCollections()).toBe(3);
      await own.close();
    });

    test("heartbeat, version and storage", async () => {
      const now = await client.heartbeat();
      expect(Math.abs(now / 1e6 - Date.now())).toBeLessThan(1000);
      const packageJson = readFileSync(new URL("../../js/package.json", import.meta.url), "utf8");
      expect(await client.version()).toBe(JSON.parse(packageJson).version);
      expect(await client.storage()).toEqual({
        usage: 0,
        persisted: false,
        persistence: "not asked",
        copy: "none",
        copyProblem: null,
        problem: null,
        reports: [],
      });
    });
  });
});

/** Parameters of an add whose only fault is this metadata. */
function metadata(value: unknown) {
  return { ids: ["d"], documents: ["x"], metadatas: [value] };
}
