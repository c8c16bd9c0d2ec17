import "fake-indexeddb/auto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client, CreateCollectionParams } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { chunk } from "../../js/src/embedding/chunk.js";
import { PagevecError } from "../../js/src/errors.js";
import { MemoryStore } from "../../js/src/storage/memory.js";
import type { CallOptions, EmbeddingFunction } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient } from "./support/clients.js";

const WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split(" ");
const CHUNKING = { maxTokens: 8, overlap: 2 };

let names = 0;

/** Words, and two special tokens. */
function count(text: string): number {
  return 2 + text.split(/\s+/).filter((word) => word !== "").length;
}

/** How often each word is there, and how long the text is: texts of other words are far. */
function vectorOf(text: string): number[] {
  const words = text.split(/\s+/).map((word) => word.replace(/\W/g, ""));
  const counts = WORDS.map((word) => words.filter((each) => each === word).length);
  return [...counts, text.length / 64, 1];
}

class WordEmbedding implements EmbeddingFunction {
  readonly name = "words";
  readonly asked: string[] = [];

  async generate(texts: string[]): Promise<number[][]> {
    this.asked.push(...texts);
    return texts.map(vectorOf);
  }

  /** What is embedded by this work. */
  async during(work: () => Promise<unknown>): Promise<string[]> {
    this.asked.length = 0;
    await work();
    return [...this.asked];
  }
}

function passagesOf(text: string) {
  const tokenizer = { count, maxTokens: CHUNKING.maxTokens };
  const cut = count(text) > CHUNKING.maxTokens ? chunk(text, { ...CHUNKING, tokenizer }) : [];
  return cut.length > 1
    ? cut.map(({ text, begin, end }) => ({ text, begin, end }))
    : [{ text, begin: 0, end: text.length }];
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - (b[i] as number)) ** 2, 0);
}

/** Fails once, after so many writes. */
class FailingStore extends MemoryStore {
  failAfter: number | undefined;
  failures = 0;

  override async append(id: string, sequence: number, record: Uint8Array): Promise<void> {
    if (this.failAfter !== undefined && this.failAfter-- === 0) {
      this.failAfter = undefined;
      this.failures += 1;
      throw new PagevecError("storage_failed", "no room");
    }
    return super.append(id, sequence, record);
  }
}

const LONG = "alpha beta gamma. delta epsilon zeta.\n\n  eta theta iota kappa. alpha alpha.";

describe.each(CORES)("documents that are cut, on the %s", (_name, load) => {
  let client: Client;
  beforeAll(async () => {
    client = await openTestClient({ core: await load() });
  });

  const create = (
    embeddingFunction: EmbeddingFunction,
    more: Partial<CreateCollectionParams> = {},
  ): Promise<Collection> =>
    client.createCollection({
      name: `chunks${++names}`,
      embeddingFunction,
      chunking: { ...CHUNKING, tokenizer: count },
      ...more,
    });
  /** What is stored, in whatever form. */
  const records = async (collection: Collection) => {
    const plain = await openPlain(collection);
    return (await plain.get()).ids.sort();
  };
  /** The same records by the base class, which knows no passages. */
  const openPlain = async ({ name }: Collection) => {
    const found = await client.getCollection({ name });
    const base = Object.getPrototypeOf(Object.getPrototypeOf(found));
    return Object.setPrototypeOf(found, base) as Collection;
  };

  test("are found and shown as one", async () => {
    const words = new WordEmbedding();
    const collection = await create(words);
    const metadatas = [{ lang: "en" }, { lang: "de" }];
    await collection.add({ ids: ["long", "short"], documents: [LONG, "kappa kappa"], metadatas });
    const passages = passagesOf(LONG);
    expect(passages.length).toBeGreaterThan(2);
    expect(words.asked).toEqual([...passages.map(({ text }) => text), "kappa kappa"]);
    expect(await collection.count()).toBe(2);
    expect((await collection.peek()).ids).toEqual(["long", "short"]);
    const { ids, documents, metadatas: stored } = await collection.get();
    expect([ids, documents, stored]).toEqual([["long", "short"], [LONG, "kappa kappa"], metadatas]);
    const result = await collection.query({ queryTexts: ["delta epsilon zeta."], nResults: 2 });
    expect(result.ids).toEqual([["long", "short"]]);
    expect(result.documents).toEqual([[LONG, "kappa kappa"]]);
    expect(result.metadatas).toEqual([metadatas]);
    const [passage, whole] = result.passages?.[0] ?? [];
    expect(passage?.text).toContain("delta epsilon zeta.");
    expect(LONG.slice(passage?.begin, passage?.end)).toBe(passage?.text);
    expect(whole).toEqual({ text: "kappa kappa", begin: 0, end: 11 });
    expect(result.rows()[0]?.[0]).toMatchObject({ id: "long", document: LONG, passage });
  });

  test("are not embedded again where their text stays", async () => {
    const words = new WordEmbedding();
    const collection = await create(words);
    await collection.add({ ids: ["a", "b"], documents: [LONG, "beta"] });
    const again = { ids: ["a", "b"], documents: [LONG, "beta"], metadatas: [{ n: 1 }, { n: 2 }] };
    expect(await words.during(() => collection.upsert(again))).toEqual([]);
    expect(await words.during(() => collection.update(again))).toEqual([]);
    expect(await words.during(() => collection.add(again))).toEqual([]);
    const mixed = { ids: ["a", "c"], documents: [LONG, "gamma"], metadatas: [{ n: 3 }, null] };
    expect(await words.during(() => collection.upsert(mixed))).toEqual(["gamma"]);
    expect((await collection.get()).metadatas).toEqual([{ n: 3 }, { n: 2 }, null]);
    // Of a text that changed, the passages that did.
    const changed = `${LONG} And theta theta at its end.`;
    const known = new Set(passagesOf(LONG).map(({ text }) => text));
    const fresh = passagesOf(changed).filter(({ text }) => !known.has(text));
    expect(fresh.length).toBeLessThan(passagesOf(changed).length);
    const update = { ids: ["a"], documents: [changed] };
    expect(await words.during(() => collection.update(update))).toEqual(
      fresh.map(({ text }) => text),
    );
  });

  test("leave no passage behind", async () => {
    const collection = await create(new WordEmbedding());
    const stored = (id: string, text: string) => {
      const parts = passagesOf(text);
      return [id, ...(parts.length > 1 ? parts.map((_, i) => `${id}\u001f${i}`) : [])];
    };
    await collection.add({ ids: ["a", "b"], documents: [`${LONG} ${LONG}`, LONG] });
    expect(await records(collection)).toEqual(
      [...stored("a", `${LONG} ${LONG}`), ...stored("b", LONG)].sort(),
    );
    await collection.update({ ids: ["a"], documents: [LONG] });
    expect(await records(collection)).toEqual([...stored("a", LONG), ...stored("b", LONG)].sort());
    await collection.upsert({ ids: ["a"], documents: ["alpha"], metadatas: [{ n: 1 }] });
    expect(await records(collection)).toEqual(["a", ...stored("b", LONG)].sort());
    expect((await collection.get({ ids: ["a"] })).metadatas).toEqual([{ n: 1 }]);
    await collection.update({ ids: ["b"], embeddings: [vectorOf("beta")] });
    expect(await records(collection)).toEqual(["a", "b"]);
    await collection.update({ ids: ["a"], documents: [LONG] });
    expect(await collection.delete({ where: { n: 1 } })).toEqual({ deleted: 1 });
    expect(await records(collection)).toEqual(["b"]);
    expect(await collection.delete({ ids: ["b", "unknown"] })).toEqual({ deleted: 2 });
    expect(await records(collection)).toEqual([]);
  });

  test("that a shorter text left behind are not found", async () => {
    const store = new FailingStore();
    const own = await openTestClient({
      core: await load(),
      storage: "indexeddb",
      openStore: async () => store,
    });
    const words = new WordEmbedding();
    const chunking = { ...CHUNKING, tokenizer: count };
    const params = { name: "left", embeddingFunction: words, chunking };
    const collection = await own.createCollection(params);
    await collection.add({ ids: ["a"], documents: [LONG] });
    store.failAfter = 1;
    await collection.update({ ids: ["a"], documents: ["beta"] });
    expect(store.failures).toBe(1);
    expect((await collection.query({ queryTexts: [LONG] })).passages).toEqual([
      [{ text: "beta", begin: 0, end: 4 }],
    ]);
    expect((await collection.search({ text: "kappa", mode: "keyword" })).rows).toEqual([]);
    expect([await collection.count(), (await collection.get()).ids]).toEqual([1, ["a"]]);
    const { totalOps } = await collection.getIndexingStatus();
    expect(totalOps).toBe(1 + passagesOf(LONG).length);
    await collection.update({ ids: ["a"], documents: ["gamma"] });
    expect((await collection.getIndexingStatus()).totalOps).toBe(1);
    // What is refused in the first place leaves everything as it was.
    store.failAfter = 0;
    const refused = collection.update({ ids: ["a"], documents: [LONG] });
    await expect(refused).rejects.toMatchObject({ code: "storage_failed" });
    expect((await collection.get()).documents).toEqual(["gamma"]);
    await own.close();
  });

  test("meet conditions as a whole", async () => {
    const collection = await create(new WordEmbedding());
    await collection.add({
      ids: ["a", "b", "c"],
      documents: [LONG, `${LONG} Omega.`, "alpha beta"],
      metadatas: [{ n: 1 }, { n: 2 }, { n: 3 }],
    });
    const query = async (filter: object) =>
      (await collection.query({ queryTexts: ["alpha beta"], ...filter })).ids[0]?.sort();
    expect(await query({})).toEqual(["a", "b", "c"]);
    expect(await query({ where: { n: { $gte: 2 } } })).toEqual(["b", "c"]);
    expect(await query({ ids: ["a", "unknown"] })).toEqual(["a"]);
    expect(await query({ where: { n: 9 } })).toEqual([]);
    expect(await query({ ids: ["a\u001f0"] })).toEqual([]);
    // No single passage has both, and one of each document lacks the first.
    const both = { $and: [{ $contains: "Omega" }, { $contains: "beta gamma" }] };
    expect(await query({ whereDocument: both })).toEqual(["b"]);
    expect(await query({ whereDocument: { $not_contains: "Omega" } })).toEqual(["a", "c"]);
    expect((await collection.get({ whereDocument: both })).ids).toEqual(["b"]);
    expect((await collection.get({ limit: 1, offset: 1 })).ids).toEqual(["b"]);
    expect((await collection.get({ ids: ["a\u001f0"] })).ids).toEqual([]);
    const { rows } = await collection.search({ text: "alpha", where: { n: 2 } });
    expect(rows.map(({ id, metadata }) => [id, metadata])).toEqual([["b", { n: 2 }]]);
  });

  test("are searched by words and by meaning, each once", async () => {
    const collection = await create(new WordEmbedding());
    await collection.add({
      ids: ["a", "b", "c"],
      documents: [`${LONG} ${LONG}`, "kappa. iota", "beta"],
      metadatas: [{ lang: "en" }, { lang: "en" }, { lang: "de" }],
    });
    for (const mode of ["keyword", "vector", "hybrid"] as const) {
      const { rows } = await collection.search({ text: "eta theta iota", mode, highlights: true });
      const ids = rows.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toContain("a");
      const row = rows.find(({ id }) => id === "a");
      expect(row?.document).toBe(`${LONG} ${LONG}`);
      expect(row?.document?.slice(row.passage?.begin, row.passage?.end)).toBe(row?.passage?.text);
      for (const { text, begin, end, matches } of row?.highlights ?? []) {
        expect(row?.document?.slice(begin, end)).toBe(text);
        expect(matches.length).toBeGreaterThan(0);
        for (const [from, to] of matches) {
          expect(["eta", "theta", "iota"]).toContain(row?.document?.slice(from, to));
        }
      }
    }
    const grouped = await collection.search({ text: "kappa beta", groupBy: { key: "lang" } });
    expect(grouped.groups?.map(({ value }) => value).sort()).toEqual(["de", "en"]);
    const diverse = await collection.search({ text: "kappa", diversity: {}, limit: 3 });
    expect(diverse.rows.map(({ id }) => id).sort()).toEqual(["a", "b", "c"]);
    const read: string[] = [];
    await collection.search({
      text: "eta theta iota kappa",
      mode: "keyword",
      rerank: {
        reranker: {
          name: "reader",
          async rerank(_query, documents) {
            read.push(...documents);
            return documents.map((_, index) => ({ index, score: -index }));
          },
        },
      },
    });
    expect(read.every((text) => count(text) <= CHUNKING.maxTokens)).toBe(true);
  });

  test("give their passages to a model, and are its sources", async () => {
    const collection = await create(new WordEmbedding());
    await collection.add({ ids: ["a", "b"], documents: [`${LONG} ${LONG}`, "beta"] });
    const prompts: string[] = [];
    const { rows } = await collection.generate({
      text: "delta epsilon zeta",
      mode: "vector",
      limit: 1,
      grouped: "Sum up",
      model: (prompt) => {
        prompts.push(prompt);
        return "done";
      },
    });
    expect(rows[0]?.grouped?.citations).toEqual(["a"]);
    expect(prompts[0]).toContain(JSON.stringify(rows[0]?.passage?.text));
    expect(prompts[0]?.length).toBeLessThan(LONG.length);
  });

  test("fill a query although one has nearly all of the best passages", async () => {
    const collection = await create(new WordEmbedding());
    const many = Array.from({ length: 300 }, () => "alpha beta gamma.").join(" ");
    const others = WORDS.slice(3);
    await collection.add({ ids: ["many", ...others], documents: [many, ...others] });
    const { ids } = await collection.query({ queryTexts: ["alpha beta gamma."], nResults: 8 });
    expect(ids[0]?.length).toBe(8);
    expect(ids[0]?.[0]).toBe("many");
    const { rows } = await collection.search({ text: "alpha", mode: "vector", limit: 8 });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(8);
    expect((await collection.query({ queryTexts: ["x"], nResults: 0 })).ids).toEqual([[]]);
  });

  test("of a collection that keeps no vectors are embedded again where they must", async () => {
    const words = new WordEmbedding();
    const collection = await create(words, { configuration: { keepVectors: false } });
    await collection.add({ ids: ["a", "b"], documents: [LONG, "beta"] });
    const merely = { ids: ["a"], documents: [LONG], metadatas: [{ n: 1 }] };
    expect(await words.during(() => collection.upsert(merely))).toEqual([]);
    const mixed = { ids: ["a", "c"], documents: [LONG, "gamma"], metadatas: [{ n: 2 }, null] };
    const texts = [...passagesOf(LONG).map(({ text }) => text), "gamma"];
    expect(await words.during(() => collection.upsert(mixed))).toEqual(texts);
    expect((await collection.query({ queryTexts: ["kappa"] })).ids[0]?.sort()).toEqual([
      "a",
      "b",
      "c",
    ]);
    await collection.update({ ids: ["c"], embeddings: [vectorOf("kappa")] });
    const own = { ids: ["b", "c"], documents: ["iota", null], metadatas: [null, { n: 3 }] };
    await expect(collection.update(own)).rejects.toThrow('"c" has an embedding of yours');
    expect((await collection.get({ ids: ["b", "c"] })).documents).toEqual(["beta", "gamma"]);
    expect(
      await words.during(() => collection.update({ ids: ["c"], documents: ["gamma"] })),
    ).toEqual(["gamma"]);
  });

  test("are kept with how they are cut", async () => {
    const words = new WordEmbedding();
    const { name, configuration } = await create(words);
    expect(configuration.chunking).toEqual(CHUNKING);
    const [listed] = (await client.listCollections()).filter((each) => each.name === name);
    expect(await listed?.count()).toBe(0);
    const again = await client.getCollection({ name, embeddingFunction: words });
    const add = (options?: CallOptions) => again.add({ ids: ["a"], documents: [LONG] }, options);
    await expect(add()).rejects.toThrow(
      "words has no tokenizer; open it with chunking: { tokenizer }",
    );
    expect(await again.count()).toBe(0);
    const params = { name, embeddingFunction: words, chunking: { tokenizer: { count } } };
    const opened = await client.getCollection(params);
    await opened.add({ ids: ["a"], documents: [LONG] });
    expect(await opened.count()).toBe(1);
    await again.delete({ ids: ["a"] });
    expect(await records(opened)).toEqual([]);
  });

  test("are counted by the embedding function's own tokenizer", async () => {
    let loads = 0;
    const words = Object.assign(new WordEmbedding(), {
      async tokenizer() {
        loads += 1;
        if (loads === 1) throw new Error("offline");
        return { count, maxTokens: 100 };
      },
    });
    const collection = await create(words, { chunking: CHUNKING });
    const add = (id: string) => collection.add({ ids: [id], documents: [LONG] });
    await expect(add("a")).rejects.toThrow("offline");
    await add("a");
    await add("b");
    expect(loads).toBe(2);
    expect(await collection.count()).toBe(2);
    const short = { ...CHUNKING, tokenizer: { count, maxTokens: 7 } };
    const narrow = await create(words, { chunking: short });
    await expect(narrow.add({ ids: ["a"], documents: ["x"] })).rejects.toThrow("model reads 7");
  });

  test("refuse what makes no sense, and nothing is half-applied", async () => {
    const words = new WordEmbedding();
    const bad: [Partial<CreateCollectionParams>, string][] = [
      [{ chunking: { maxTokens: 0 } }, "chunking.maxTokens must be a whole number from 1"],
      [{ chunking: { maxTokens: 5, overlap: 5 } }, "chunking.overlap must be a whole number"],
      [{ chunking: { maxTokens: 5, locale: 1 as never } }, "chunking.locale must be a language"],
      [{ vectorizer: {} }, "give one of them"],
    ];
    for (const [params, message] of bad) {
      await expect(create(words, params)).rejects.toThrow(message);
    }
    const collection = await create(words);
    await collection.add({ ids: ["a"], documents: [LONG] });
    const before = await records(collection);
    const taken = { ids: ["b", "a\u001f0"], documents: ["x", "y"] };
    await expect(collection.upsert(taken)).rejects.toThrow("ids[1] has the character U+001F");
    await expect(collection.delete({ ids: ["a\u001f0"] })).rejects.toThrow("U+001F");
    await expect(collection.delete({ ids: ["a"], limit: 1 })).rejects.toThrow("limit is for where");
    const marks = { ids: ["b"], documents: ["x"], metadatas: [{ "#kind": "part" }] };
    await expect(collection.add(marks)).rejects.toThrow("Chroma's own");
    const stop = new AbortController();
    stop.abort();
    const { signal } = stop;
    for (const call of [
      () => collection.update({ ids: ["a"], documents: ["new"] }, { signal }),
      () => collection.delete({ ids: ["a"] }, { signal }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "aborted" });
    }
    const failing: EmbeddingFunction = {
      name: "words",
      generate: async () => Promise.reject(new Error("down")),
    };
    const params = { embeddingFunction: failing, chunking: { tokenizer: count } };
    const broken = await client.getCollection({ name: collection.name, ...params });
    const update = { ids: ["a"], documents: [`${LONG} ${LONG}`] };
    await expect(broken.update(update)).rejects.toMatchObject({ code: "embedding_failed" });
    await expect(collection.exportHnswlib()).rejects.toMatchObject({ code: "unsupported" });
    await expect(collection.search({ filter: {} } as never)).rejects.toMatchObject({
      code: "unsupported",
    });
    expect(await records(collection)).toEqual(before);
    expect((await collection.get()).documents).toEqual([LONG]);
  });

  test.each([1, 2, 3, 4])("behave as a simple model under random calls %i", async (seed) => {
    const random = uniform(seed);
    const keepVectors = seed % 3 !== 0;
    const collection = await create(new WordEmbedding(), { configuration: { keepVectors } });
    const model = new Model(keepVectors);
    const pick = (most: number) => Math.floor(random() * most);
    const text = () => {
      const sentences = Array.from({ length: 1 + pick(7) }, () =>
        Array.from({ length: 1 + pick(6) }, () => WORDS[pick(WORDS.length)]).join(" "),
      );
      return sentences.join(pick(2) === 0 ? ". " : ".\n\n");
    };
    for (let step = 0; step < 80; ++step) {
      const ids = [...new Set(Array.from({ length: 1 + pick(3) }, () => `d${pick(8)}`))];
      const metadatas = ids.map(() => (pick(2) === 0 ? { n: pick(5), [`k${pick(2)}`]: 1 } : null));
      const embeddings = ids.map(() => vectorOf(text()));
      const operation = (["add", "upsert", "update"] as const)[pick(3)] ?? "add";
      const kind = pick(8);
      const documents = ids.map((id) => {
        if (operation === "update" && pick(4) === 0) return null;
        return (pick(3) === 0 && model.rows.get(id)?.text) || text();
      });
      const write = {
        ids,
        ...(kind > 1 && { documents }),
        ...(kind < 6 && { metadatas }),
        ...((kind === 2 || (kind <= 1 && operation !== "update")) && { embeddings }),
      };
      if (kind === 7) {
        const filter = pick(2) === 0 ? { ids } : { where: { n: pick(5) } };
        await collection.delete(filter);
        model.delete(filter);
      } else if (model.refuses(operation, write)) {
        await expect(collection[operation](write)).rejects.toThrow("has an embedding of yours");
      } else {
        await collection[operation](write);
        model.write(operation, write);
      }
      await expectSame(collection, model, text(), pick(3) === 0 ? pick(5) : undefined);
      expect(await records(collection)).toEqual(model.records());
    }
  });
});

/** Compares what is stored, and a query with the slow twin: each document once, best passage first. */
async function expectSame(collection: Collection, model: Model, text: string, n?: number) {
  const rows = [...model.rows];
  const { ids, documents, metadatas } = await collection.get();
  expect(ids).toEqual(rows.map(([id]) => id));
  expect(documents).toEqual(rows.map(([, row]) => row.text));
  expect(metadatas).toEqual(rows.map(([, row]) => row.metadata));
  expect(await collection.count()).toBe(rows.length);
  const where = n === undefined ? {} : { where: { n } };
  const nResults = 3;
  const result = await collection.query({ queryTexts: [text], nResults, ...where });
  const expected = model.query(vectorOf(text), n);
  const found = result.rows()[0] ?? [];
  expect(found.length).toBe(Math.min(nResults, expected.length));
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  for (const [i, row] of found.entries()) {
    // Which of two that are as near comes first is not said.
    expect(row.distance).toBeCloseTo(expected[i]?.distance ?? Number.NaN, 3);
    const twin = expected.find(({ id }) => id === row.id);
    expect(row.distance).toBeCloseTo(twin?.distance ?? Number.NaN, 3);
    expect(twin?.passages).toContainEqual(row.passage);
  }
}

interface ModelRow {
  text: string | null;
  metadata: Record<string, number> | null;
  /** The caller's. */
  vector?: number[] | undefined;
}

interface ModelWrite {
  ids: string[];
  documents?: (string | null)[];
  metadatas?: (Record<string, number> | null)[];
  embeddings?: number[][];
}

/** Documents in a Map, compared passage by passage. */
class Model {
  readonly rows = new Map<string, ModelRow>();

  constructor(private readonly keepVectors: boolean) {}

  write(operation: "add" | "upsert" | "update", write: ModelWrite): void {
    for (const [i, id] of write.ids.entries()) {
      const old = this.rows.get(id);
      if (operation === "add" ? old : operation === "update" && !old) continue;
      const row: ModelRow = { ...(old ?? { text: null, metadata: null }) };
      const text = write.documents?.[i];
      if (text != null) {
        row.text = text;
        row.vector = undefined;
      }
      if (write.embeddings) row.vector = write.embeddings[i];
      const metadata = write.metadatas?.[i];
      if (metadata) row.metadata = { ...row.metadata, ...metadata };
      this.rows.set(id, row);
    }
  }

  /** Whether a batch with new vectors needs one again that nobody has. */
  refuses(operation: string, { ids, documents, metadatas, embeddings }: ModelWrite): boolean {
    if (this.keepVectors || operation !== "update" || embeddings) return false;
    const rows = ids.map((id, i) => ({ old: this.rows.get(id), text: documents?.[i], i }));
    const known = rows.filter(({ old }) => old);
    return (
      known.some(({ old, text }) => text != null && (text !== old?.text || old.vector)) &&
      known.some(({ old, text, i }) => text == null && metadatas?.[i] && old?.vector)
    );
  }

  delete({ ids, where }: { ids?: string[]; where?: { n: number } }): void {
    for (const [id, { metadata }] of this.rows) {
      if (ids ? ids.includes(id) : metadata?.n === where?.n) this.rows.delete(id);
    }
  }

  records(): string[] {
    const all = [...this.rows].flatMap(([id, { text, vector }]) => {
      const parts = vector || text === null ? [] : passagesOf(text);
      return parts.length > 1 ? [id, ...parts.map((_, i) => `${id}\u001f${i}`)] : [id];
    });
    return all.sort();
  }

  query(query: number[], n: number | undefined) {
    const rows = [...this.rows].filter(([, { metadata }]) => n === undefined || metadata?.n === n);
    const found = rows.map(([id, { text, vector }]) => {
      const whole = text === null ? null : { text, begin: 0, end: text.length };
      const passages = vector || text === null ? [whole] : passagesOf(text);
      const distances = passages.map((each) =>
        distance(query, vector ?? vectorOf(each?.text ?? "")),
      );
      const least = Math.min(...distances);
      const best = passages.filter((_, i) => Math.abs((distances[i] ?? 0) - least) < 1e-3);
      return { id, distance: least, passages: best };
    });
    return found.sort((a, b) => a.distance - b.distance);
  }
}
