import "fake-indexeddb/auto";
import { beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import { autocut } from "../../js/src/collection/search/search.js";
import type { SearchParams } from "../../js/src/collection/search/search-types.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { AddParams, Progress } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";
import { diversityModel, fusionModel, keywordModel, type Scored } from "./support/search-model.js";

const ANIMALS: AddParams = {
  ids: ["cat", "dog", "cow", "none"],
  documents: ["The cat sat on the mat.", "A dog and a cat.", "Cows graze; the cow sleeps.", null],
  embeddings: [
    [1, 0],
    [0.8, 0.6],
    [0, 1],
    [-1, 0],
  ],
  metadatas: [{ kind: "pet" }, { kind: "pet" }, { kind: "farm" }, null],
};

let names = 0;
async function collectionOf(client: Client, records: AddParams): Promise<Collection> {
  const collection = await client.createCollection({
    name: `search-${++names}`,
    configuration: { hnsw: { space: "cosine" } },
  });
  await collection.add(records);
  return collection;
}

describe.each(CORES)("search on the %s", (_name, load) => {
  let client: Client;
  let animals: Collection;
  const idsOf = async (params: SearchParams) =>
    (await animals.search(params)).rows.map(({ id }) => id);

  beforeAll(async () => {
    client = await openTestClient({ core: await load() });
    animals = await collectionOf(client, ANIMALS);
  });

  test("by keywords needs no embedding function", async () => {
    const { rows } = await animals.search({ text: "CAT", mode: "keyword" });
    expect(rows.map(({ id }) => id)).toEqual(["dog", "cat"]);
    expect(rows[0]?.document).toBe("A dog and a cat.");
    expect(rows[0]?.metadata).toEqual({ kind: "pet" });
    expect(rows[0]).not.toHaveProperty("distance");
    expect(await idsOf({ text: "cat mat", mode: "keyword" })).toEqual(["cat", "dog"]);
    const all = { operator: "and" } as const;
    expect(await idsOf({ text: "cat mat", mode: "keyword", keyword: all })).toEqual(["cat"]);
    expect(await idsOf({ text: "bird", mode: "keyword" })).toEqual([]);
  });

  test("the time of reranking is 0 without a reranker, whatever the clock says", async () => {
    let now = 0;
    const clock = jest.spyOn(performance, "now").mockImplementation(() => ++now);
    try {
      const { timings } = await animals.search({ text: "cat", mode: "keyword" });
      expect(timings.rerank).toBe(0);
      expect(timings.search).toBeGreaterThan(0);
    } finally {
      clock.mockRestore();
    }
  });

  test("highlights change nothing of what a vector alone finds", async () => {
    const asked = { text: "cat", embedding: [0, 1], explain: true } as const;
    const plain = (await animals.search({ ...asked, mode: "vector" })).rows;
    expect(plain.map(({ id }) => id)).toEqual(["cow", "dog", "cat", "none"]);
    for (const search of [{ mode: "vector" }, { mode: "hybrid", alpha: 1 }] as const) {
      const { rows } = await animals.search({ ...asked, ...search, highlights: true });
      expect(rows.map(({ highlights: _, ...row }) => row)).toEqual(plain);
    }
  });

  test("finds beginnings and misspelled words when asked", async () => {
    expect(await idsOf({ text: "gra", mode: "keyword" })).toEqual([]);
    expect(await idsOf({ text: "gra", mode: "keyword", keyword: { prefix: true } })).toEqual([
      "cow",
    ]);
    const last = { prefix: "last" } as const;
    expect(await idsOf({ text: "gra do", mode: "keyword", keyword: last })).toEqual(["dog"]);
    expect(await idsOf({ text: "sleesp", mode: "keyword", keyword: { fuzzy: 1 } })).toEqual([
      "cow",
    ]);
    expect(await idsOf({ text: "slxxps", mode: "keyword", keyword: { fuzzy: 1 } })).toEqual([]);
    expect(await idsOf({ text: "slxxps", mode: "keyword", keyword: { fuzzy: true } })).toEqual([
      "cow",
    ]);
  });

  test("by vector, of an embedding or of the text", async () => {
    const embedding = [1, 0];
    const { rows } = await animals.search({ embedding, mode: "vector", limit: 2 });
    expect(rows.map(({ id }) => id)).toEqual(["cat", "dog"]);
    expect(rows[1]?.distance).toBeCloseTo(0.2, 5);
    expect(rows[1]?.score).toBeCloseTo(0.8, 5);
    const toy = new ToyEmbedding("toy");
    const notes = await client.createCollection({ name: "toys", embeddingFunction: toy });
    await notes.add({ ids: ["a", "b"], documents: ["aaa", "b b b b"] });
    toy.asked.length = 0;
    expect((await notes.search({ text: "x aa" })).rows[0]?.id).toBe("a");
    await notes.search({ text: "aa", mode: "keyword" });
    await notes.search({ text: "aa", alpha: 0 });
    expect(toy.asked).toEqual(["x aa"]);
  });

  test("hybrid by default, with the share of each part", async () => {
    const { rows } = await animals.search({ text: "cow", embedding: [1, 0], explain: true });
    expect(rows.map(({ id }) => id)).toEqual(["cow", "cat", "dog", "none"]);
    expect(rows[0]?.score).toBeCloseTo(1 / 61 + 1 / 63, 6);
    expect(rows[0]?.explain).toMatchObject({ vector: { rank: 3 }, keyword: { rank: 1 } });
    expect(rows[1]?.explain?.vector?.share).toBeCloseTo(1 / 61, 6);
    expect(rows[1]?.explain).not.toHaveProperty("keyword");
    const weaviate = await animals.search({
      text: "cow",
      embedding: [1, 0],
      fusion: "relativeScoreFusion",
      alpha: 0.75,
    });
    expect(weaviate.rows.map(({ id }) => id)).toEqual(["cat", "dog", "cow", "none"]);
    expect(weaviate.rows[0]?.score).toBeCloseTo(0.75, 6);
    const ranked = { text: "cow", embedding: [1, 0], fusion: "rankedFusion" } as const;
    expect((await animals.search(ranked)).rows[0]?.score).toBeCloseTo((1 / 61 + 1 / 63) / 2, 6);
    const vectors = await animals.search({ text: "cow", embedding: [1, 0], alpha: 1 });
    expect(vectors.rows.map(({ id }) => id)).toEqual(["cat", "dog", "cow", "none"]);
  });

  test("filters apply to both parts", async () => {
    const params = { text: "cat cow", embedding: [1, 0], where: { kind: "pet" } };
    expect(await idsOf(params)).toEqual(["cat", "dog"]);
    expect(await idsOf({ ...params, ids: ["dog", "cow"] })).toEqual(["dog"]);
    expect(
      await idsOf({ ...params, mode: "keyword", whereDocument: { $contains: "mat" } }),
    ).toEqual(["cat"]);
  });

  test("limit, offset and include", async () => {
    const params: SearchParams = { text: "cat", embedding: [1, 0] };
    const all = await idsOf(params);
    expect(await idsOf({ ...params, limit: 2, offset: 1 })).toEqual(all.slice(1, 3));
    expect(await idsOf({ ...params, limit: 0 })).toEqual([]);
    const { rows } = await animals.search({ ...params, include: ["embeddings"], limit: 1 });
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual(["distance", "embedding", "id", "score"]);
  });

  test("groups by a metadata value", async () => {
    const params: SearchParams = { text: "the", embedding: [1, 0], groupBy: { key: "kind" } };
    const { rows, groups } = await animals.search(params);
    expect(groups?.map(({ value }) => value)).toEqual(["pet", "farm", null]);
    expect(rows).toEqual(groups?.flatMap((group) => group.rows));
    expect(rows).toHaveLength(3);
    const two = { key: "kind", perGroup: 2, groups: 1 };
    const pets = await animals.search({ ...params, groupBy: two, include: [] });
    expect(pets.rows.map(({ id }) => id).sort()).toEqual(["cat", "dog"]);
    expect(pets.rows[0]).not.toHaveProperty("metadata");
  });

  test("a reranker reads the best and decides", async () => {
    const seen: unknown[] = [];
    const reranker = {
      name: "by length",
      rerank: async (query: string, documents: readonly string[]) => {
        seen.push(query, documents);
        return documents
          .map((text, index) => ({ index, score: text.length }))
          .sort((a, b) => b.score - a.score);
      },
    };
    const params: SearchParams = { text: "cow", embedding: [1, 0], explain: true, limit: 2 };
    const { rows } = await animals.search({ ...params, rerank: { reranker, limit: 3 } });
    expect(seen).toEqual([
      "cow",
      [ANIMALS.documents?.[2], ANIMALS.documents?.[0], ANIMALS.documents?.[1]],
    ]);
    expect(rows.map(({ id, score }) => [id, score])).toEqual([
      ["cow", 27],
      ["cat", 23],
    ]);
    expect(rows[1]?.explain?.rerank).toEqual({ rank: 2, score: 23 });
    await animals.search({ ...params, rerank: { reranker, query: "other" }, include: [] });
    expect(seen[2]).toBe("other");
  });

  test("what diversity chooses is relevant and unlike the rest", async () => {
    const vectors = [
      [1, 0.02],
      [1, 0],
      [0.6, 0.8],
    ];
    const twins = await collectionOf(client, { ids: ["a", "b", "c"], embeddings: vectors });
    const params: SearchParams = { embedding: [1, 0.02], mode: "vector", limit: 2 };
    const ids = async (lambda: number) =>
      (await twins.search({ ...params, diversity: { lambda } })).rows.map(({ id }) => id);
    expect(await ids(1)).toEqual(["a", "b"]);
    expect(await ids(0.2)).toEqual(["a", "c"]);
  });

  test.each([
    [{ text: 5 }, /text must be a string, got 5/],
    [{}, /needs a text/],
    [{ embedding: [1, 0] }, /needs a text/],
    [{ text: "a", mode: "fuzzy" }, /mode must be one of/],
    [{ text: "a", fusion: "toString" }, /fusion must be one of/],
    [{ text: "a", alpha: 1.5 }, /alpha must be a number from 0 to 1, got 1.5/],
    [{ text: "a", limit: -1 }, /limit must be/],
    [{ text: "a", mode: "keyword", keyword: { fuzzy: 3 } }, /keyword.fuzzy/],
    [{ text: "a", mode: "keyword", keyword: { prefix: 1 } }, /keyword.prefix/],
    [{ text: "a", mode: "keyword", keyword: { operator: "not" } }, /keyword.operator/],
    [{ text: "a", mode: "keyword", keyword: { k1: Number.NaN } }, /keyword.k1/],
    [{ text: "a", mode: "keyword", keyword: { stemmer: "english" } }, /must be a function/],
    [{ text: "a", mode: "keyword", rerank: {} }, /must be a Reranker/],
    [{ text: "a", mode: "keyword", groupBy: {} }, /groupBy.key/],
    [{ text: "a", mode: "keyword", where: { $and: [] } }, /./],
    [{ text: "a", mode: "keyword", include: ["distances"] }, /include may have/],
    [{ text: "a" }, /without an embedding function/],
  ])("refuses %j", async (params, message) => {
    await expect(animals.search(params as SearchParams)).rejects.toThrow(message);
  });
});

function randomOf(seed: number) {
  const random = uniform(seed);
  return (below: number) => Math.floor(random() * below);
}

describe("search on the wasm core alone", () => {
  let client: Client;

  beforeAll(async () => {
    client = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
  });

  // 1,000 queries between writes: the keyword index is built once and kept up.
  test("ranks as a brute-force model of BM25 and RRF does", async () => {
    const random = randomOf(7);
    const word = () => {
      let number = random(random(400) + 1);
      let text = "";
      for (; number >= 0; number = Math.floor(number / 6) - 1) text += "abcdef"[number % 6];
      return text;
    };
    const text = (count: number) => Array.from({ length: count }, word).join(" ");
    const vector = () => Array.from({ length: 4 }, () => random(2000) / 1000 - 1);
    const held = new Map<string, { document: string; embedding: number[] }>();
    const collection = await collectionOf(client, {
      ids: ["first"],
      documents: ["a"],
      embeddings: [[1, 0, 0, 0]],
    });
    held.set("first", { document: "a", embedding: [1, 0, 0, 0] });
    for (let round = 0; round < 100; ++round) {
      const ids = [...new Set(Array.from({ length: 12 }, () => `r${random(200)}`))];
      const documents = ids.map(() => text(random(14)));
      const embeddings = ids.map(vector);
      await collection.upsert({ ids, documents, embeddings });
      ids.forEach((id, i) => {
        held.set(id, { document: documents[i] as string, embedding: embeddings[i] as number[] });
      });
      const gone = `r${random(200)}`;
      await collection.delete({ ids: [gone] });
      held.delete(gone);
      const all = [...held].map(([id, { document }]) => ({ id, document }));
      for (let query = 0; query < 10; ++query) {
        const params = { text: text(1 + random(4)), embedding: vector() };
        const keyword = { prefix: random(2) === 0, fuzzy: random(3) === 0 };
        const hits = await collection.search({
          ...params,
          keyword,
          candidates: 30,
          limit: 60,
          explain: true,
        });
        const settings = {
          k1: 1.2,
          b: 0.75,
          fusion: 0,
          vectorWeight: 1,
          keywordWeight: 1,
          prefix: keyword.prefix ? 2 : 0,
          fuzzy: keyword.fuzzy ? 255 : 0,
          allWords: 0,
        };
        const cosine = (a: number[], b: number[]) => {
          const dot = (x: number[], y: number[]) =>
            x.reduce((sum, each, i) => sum + each * (y[i] as number), 0);
          return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
        };
        const near: Scored[] = [...held].map(([id, { embedding }]) => ({
          id,
          score: cosine(embedding, params.embedding),
        }));
        near.sort((a, b) => b.score - a.score);
        const words = keywordModel(all, new Set(held.keys()), params.text, settings);
        expectFused(hits.rows, near.slice(0, 30), words, settings);
      }
    }
  });

  /**
   * The model's ranking; where doubles differ by less than floats can tell, the ranks of either may
   * be exchanged, so keyword ranks are compared by their scores.
   */
  function expectFused(
    rows: Awaited<ReturnType<Collection["search"]>>["rows"],
    near: Scored[],
    words: Scored[],
    settings: Record<string, number>,
  ) {
    const matching: Scored[] = [];
    for (const { id, explain } of rows) {
      if (explain?.keyword)
        matching[explain.keyword.rank - 1] = { id, score: explain.keyword.score };
    }
    expect(matching).toHaveLength(Math.min(30, words.length));
    const scores = new Map(words.map(({ id, score }) => [id, score]));
    matching.forEach(({ id, score }, i) => {
      expect(score).toBeCloseTo(words[i]?.score as number, 4);
      expect(score).toBeCloseTo(scores.get(id) as number, 4);
    });
    const order = [...new Set([...near, ...matching].map(({ id }) => id))];
    const expected = fusionModel(near, matching, order, settings);
    expect(rows).toHaveLength(expected.length);
    const fused = new Map(expected.map(({ id, score }) => [id, score]));
    rows.forEach(({ id, score }, i) => {
      expect(score).toBeCloseTo(expected[i]?.score as number, 6);
      expect(score).toBeCloseTo(fused.get(id) as number, 6);
    });
  }

  test("shows passages and what matched", async () => {
    const document = `${"filler words. ".repeat(40)}The Caf\u00e9 \u{1F600} opens.${" more filler.".repeat(40)}`;
    const collection = await collectionOf(client, {
      ids: ["a", "b"],
      documents: [document, "tea"],
      embeddings: [[1], [2]],
    });
    const { rows } = await collection.search({
      text: "cafe opening",
      mode: "keyword",
      keyword: { fuzzy: 2, prefix: true },
      highlights: { length: 40 },
      explain: true,
      include: [],
    });
    const [passage] = rows[0]?.highlights ?? [];
    expect(passage?.text).toBe(document.slice(passage?.begin, passage?.end));
    expect(passage?.text.length).toBeLessThanOrEqual(40);
    expect(passage?.matches.map(([begin, end]) => document.slice(begin, end))).toEqual([
      "Caf\u00e9",
    ]);
    expect(rows[0]?.explain?.keyword?.terms).toEqual([
      { term: "cafe", frequency: 1, score: expect.any(Number) },
    ]);
    expect(rows[0]).not.toHaveProperty("document");
    const vectors = await collection.search({ embedding: [1], mode: "vector", highlights: true });
    expect(vectors.rows[0]).not.toHaveProperty("highlights");
  });

  test("shows words of the text in what a vector alone finds", async () => {
    const animals = await collectionOf(client, ANIMALS);
    const asked = { text: "cat", embedding: [0, 1], mode: "vector", highlights: true } as const;
    const matched = (await animals.search(asked)).rows.map(({ document, highlights = [] }) =>
      highlights.flatMap(({ matches }) => matches.map((range) => document?.slice(...range))),
    );
    expect(matched).toEqual([[], ["cat"], ["cat"], []]);
  });

  test("a stemmer finds other forms, also of words that come later", async () => {
    const collection = await collectionOf(client, {
      ids: ["a", "b"],
      documents: ["he connects", "a cable"],
      embeddings: [[1], [2]],
    });
    const stemmed: string[] = [];
    const stemmer = (word: string) => {
      stemmed.push(word);
      return word.replace(/(ions?|ed|s)$/, "");
    };
    const ids = async (text: string, stem = stemmer) =>
      (await collection.search({ text, mode: "keyword", keyword: { stemmer: stem } })).rows.map(
        ({ id }) => id,
      );
    expect(await ids("connections")).toEqual(["a"]);
    expect(stemmed.sort()).toEqual(["a", "cable", "connections", "connects", "he"]);
    await collection.upsert({ ids: ["c"], documents: ["it is connected"], embeddings: [[3]] });
    stemmed.length = 0;
    expect((await ids("connect")).sort()).toEqual(["a", "c"]);
    expect(stemmed.sort()).toEqual(["connect", "connected", "is", "it"]);
    const none = (word: string) => word;
    expect(await ids("connect", none)).toEqual([]);
    expect((await ids("connect")).sort()).toEqual(["a", "c"]);
  });

  test("the index is made in slices, with progress, and a signal stops it", async () => {
    const ids = Array.from({ length: 3000 }, (_, i) => `id${i}`);
    const documents = ids.map((id, i) => `document ${id} ${i % 7}`);
    const collection = await collectionOf(client, {
      ids,
      documents,
      embeddings: ids.map(() => [1]),
    });
    const stop = new AbortController();
    const params: SearchParams = { text: "id2999", mode: "keyword" };
    const stopped = collection.search(params, {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    const seen: Progress[] = [];
    const { rows } = await collection.search(params, {
      onProgress: (progress) => seen.push(progress),
    });
    expect(rows.map(({ id }) => id)).toEqual(["id2999"]);
    expect(seen.length).toBeGreaterThan(1);
    const { done, total } = seen.at(-1) as Progress;
    expect(done).toBe(total);
    expect(total).toBeLessThan(3000);
  });

  test("diversity equals the model", async () => {
    const random = randomOf(3);
    const vector = () => Array.from({ length: 3 }, () => random(20001) / 10000 - 1);
    const vectors = Array.from({ length: 40 }, vector);
    const ids = vectors.map((_, i) => `v${i}`);
    const collection = await collectionOf(client, { ids, embeddings: vectors });
    for (let round = 0; round < 50; ++round) {
      const params: SearchParams = { embedding: vector(), mode: "vector", limit: 40 };
      const lambda = random(11) / 10;
      const { rows } = await collection.search(params);
      const chosen = await collection.search({ ...params, limit: 12, diversity: { lambda } });
      const ranked = rows.map(({ id }) => vectors[ids.indexOf(id)] as number[]);
      const scores = rows.map(({ score }) => score);
      const places = chosen.rows.map(({ id }) => rows.findIndex((row) => row.id === id));
      expect(places).toEqual(diversityModel(ranked, scores, lambda, 12));
    }
  });
});

test("autocut ends before the jumps", () => {
  const rows = [2, 1.95, 1.9, 0.2, 0.1, 0.1, -2].map((score) => ({ score }));
  expect(autocut(rows, 1)).toBe(3);
  expect(autocut(rows, 2)).toBe(6);
  expect(autocut(rows, 9)).toBe(7);
  expect(autocut([{ score: 1 }, { score: 1 }], 1)).toBe(2);
  expect(autocut([], 1)).toBe(0);
  expect(autocut([{ score: 1 }], 1)).toBe(1);
});
