import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { buildStatic } from "../../js/src/cli/build/build-static.js";
import type { SitePage } from "../../js/src/cli/pages/site-page.js";
import type { Collection } from "../../js/src/collection.js";
import type { PagevecSearchElement } from "../../js/src/element/search-element.js";
import { loadCore } from "../../js/src/engine/load.js";
import { PagevecError } from "../../js/src/errors.js";
import { FILE_KINDS } from "../../js/src/static/format.js";
import { openStatic } from "../../js/src/static/index.js";
import type { StaticIndex } from "../../js/src/static/static-index.js";
import { LiveSearch } from "../../js/src/ui/live-search.js";
import { uniform } from "../support/mulberry32.mjs";
import { openTestClient } from "./support/clients.js";
import {
  forge,
  pagesOf,
  randomTexts,
  temporaryFolder,
  WordEmbedding,
} from "./support/static-sites.js";

const TEXTS = randomTexts(1500, 1);
const SUGGESTIONS = ["Salt and iron", "river stone", "café", "Café au lait", "winter"];

let folder: string;
let remove: () => Promise<void>;
let collection: Collection;
let index: StaticIndex;
const embedding = new WordEmbedding();

beforeAll(async () => {
  [folder, remove] = await temporaryFolder();
  await buildStatic({
    pages: pagesOf(TEXTS),
    out: folder,
    embeddingFunction: embedding,
    suggestions: SUGGESTIONS,
    name: "Random",
    language: "en",
    maxTokens: 1000,
  });
  index = await openStatic(folder, { model: () => embedding });
  const client = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
  collection = await client.createCollection({
    name: "the-same-texts",
    configuration: { hnsw: { space: "cosine" } },
  });
  await collection.add({
    ids: TEXTS.map((_, i) => String(i)),
    documents: TEXTS,
    embeddings: await embedding.generate(TEXTS),
  });
});
afterAll(async () => {
  await index.close();
  await remove();
});

function randomQuery(random: () => number): string {
  const words = (TEXTS[Math.floor(random() * TEXTS.length)] as string).split(" ");
  const begin = Math.floor(random() * words.length);
  const some = words.slice(begin, begin + 1 + Math.floor(random() * 4));
  return some.map((word) => (random() < 0.3 ? word.slice(0, 3) : word)).join(" ");
}

const ranking = ({ rows }: { rows: { id: string; score: number }[] }) =>
  rows.map(({ id, score }) => [id, score]);

describe("a static index", () => {
  test("ranks by keywords as a collection of the same texts, on 1,000 random queries", async () => {
    const random = uniform(7);
    const prefixes = [false, "last", true] as const;
    let found = 0;
    for (let round = 0; round < 1000; round++) {
      const text = randomQuery(random);
      const operator = round % 5 === 0 ? "and" : "or";
      const keyword = { prefix: prefixes[round % 3] ?? false, operator } as const;
      // Sometimes an index of which nothing is there yet.
      const fresh = round % 100 === 0 ? await openStatic(folder) : index;
      const own = await fresh.search({ text, mode: "keyword", keyword, onePerPage: false });
      const theirs = await collection.search({ text, mode: "keyword", keyword });
      expect(ranking(own)).toEqual(ranking(theirs));
      if (fresh !== index) await fresh.close();
      found += own.rows.length;
    }
    expect(found).toBeGreaterThan(5000);
  });

  test("fuses both rankings by their ranks", async () => {
    const limits = { limit: 100, onePerPage: false };
    for (const text of SUGGESTIONS) {
      const words = await index.search({ text, mode: "keyword", ...limits });
      const vectors = await index.search({ text, mode: "vector", ...limits });
      const scores = new Map<string, number>();
      for (const { rows } of [vectors, words]) {
        for (const [i, { id }] of rows.entries()) {
          scores.set(id, (scores.get(id) ?? 0) + 1 / (61 + i));
        }
      }
      const both = await index.search({ text, limit: 20, explain: true, onePerPage: false });
      expect(both.mode).toBe("hybrid");
      const best = [...scores.values()].sort((a, b) => b - a).slice(0, 20);
      for (const [i, row] of both.rows.entries()) {
        expect(row.score).toBeCloseTo(best[i] as number, 6);
        expect(scores.get(row.id)).toBeCloseTo(row.score, 6);
        expect(row.explain?.keyword ?? row.explain?.vector).toBeDefined();
      }
    }
  });

  test("explains one ranking as a collection does", async () => {
    const params = { text: "sugar iron glass12", explain: true, limit: 20 } as const;
    const own = await index.search({ ...params, mode: "keyword", onePerPage: false });
    const theirs = await collection.search({ ...params, mode: "keyword" });
    const numbers = ({ explain }: (typeof theirs.rows)[number]) => ({
      ...explain,
      keyword: { ...explain?.keyword, terms: [] },
    });
    expect(own.rows).toHaveLength(20);
    expect(own.rows.map((row) => row.explain)).toEqual(theirs.rows.map(numbers));
    const near = await index.search({ text: "winter", mode: "vector", explain: true });
    for (const [i, { score, distance, explain }] of near.rows.entries()) {
      expect(distance).toBe(1 - score);
      expect(explain?.vector).toMatchObject({ rank: i + 1, score, distance });
    }
  });

  test("finds at least 95 of 100 of the nearest in the clusters that the build chose", async () => {
    let found = 0;
    for (const vector of await embedding.generate(randomTexts(100, 9))) {
      const own = await index.search({ embedding: vector, mode: "vector", onePerPage: false });
      const theirs = await collection.query({ queryEmbeddings: [vector], nResults: 10 });
      const ids = new Set(theirs.ids[0]);
      found += own.rows.filter(({ id }) => ids.has(id)).length;
    }
    expect(found).toBeGreaterThanOrEqual(950);
  });

  test("highlights as a collection does", async () => {
    const params = {
      text: "sugar iron glass12",
      mode: "keyword",
      highlights: { length: 60 },
    } as const;
    const own = await index.search({ ...params, onePerPage: false });
    const theirs = await collection.search(params);
    expect(own.rows.map(({ highlights }) => highlights)).toEqual(
      theirs.rows.map(({ highlights }) => highlights),
    );
    expect(own.rows[0]?.highlights?.[0]?.matches.length).toBeGreaterThan(0);
  });

  test("highlights what only the vector finds, as a collection does", async () => {
    const text = "sugar iron glass12";
    const [vector = new Float32Array()] = await embedding.generate(["river stone"]);
    for (const mode of [{ mode: "vector" }, { alpha: 1 }] as const) {
      // One of which nothing is there yet.
      const own = await openStatic(folder);
      const params = { text, embedding: vector, limit: 20, highlights: { length: 60 }, ...mode };
      const { rows } = await own.search({ ...params, probes: 1000, onePerPage: false });
      const theirs = await collection.search(params);
      const expected = new Map(theirs.rows.map(({ id, highlights }) => [id, highlights]));
      const both = rows.filter(({ id }) => expected.has(id));
      expect(both.length).toBeGreaterThan(15);
      for (const { id, highlights } of both) expect(highlights).toEqual(expected.get(id));
      expect(both.some(({ highlights }) => highlights?.[0]?.matches.length)).toBe(true);
      await own.close();
    }
  });

  test("suggests what begins so, whatever its case and accents", async () => {
    const texts = async (prefix: string, limit?: number) =>
      (await index.suggest(prefix, limit === undefined ? {} : { limit })).map(({ text }) => text);
    expect(await texts("CAFE")).toEqual(["café", "Café au lait"]);
    expect(await texts("cafe", 1)).toEqual(["café"]);
    expect(await texts("")).toEqual([
      "café",
      "Café au lait",
      "river stone",
      "Salt and iron",
      "winter",
    ]);
    expect(await texts("zzz")).toEqual([]);
  });

  test("has a vector for a suggestion, and for any text once it has the model", async () => {
    const own = await openStatic(folder, { model: () => embedding });
    const before = embedding.seen.length;
    expect((await own.search({ text: "SALT and iron!", mode: "vector" })).mode).toBe("vector");
    expect((await own.search({ text: "some other text" })).mode).toBe("keyword");
    const refused = own.search({ text: "some other text", mode: "vector" });
    await expect(refused).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/loadModel\(\)/),
    });
    expect(embedding.seen.length).toBe(before);
    await own.loadModel();
    expect((await own.search({ text: "some other text" })).mode).toBe("hybrid");
    await own.close();
  });

  test("refuses a model with other vectors", async () => {
    const other = new WordEmbedding(2);
    const own = await openStatic(folder, { model: () => other });
    await expect(own.loadModel()).rejects.toMatchObject({ code: "model_changed" });
    await own.close();
  });

  test("finds what is like a passage, without it", async () => {
    const vectors = await embedding.generate(TEXTS);
    const nearness = (i: number) =>
      (vectors[i] as Float32Array).reduce(
        (sum, x, d) => sum + x * ((vectors[3] as Float32Array)[d] as number),
        0,
      );
    const { rows } = await index.similar("3", { limit: 5 });
    expect(rows).toHaveLength(5);
    const nearest = [...TEXTS.keys()]
      .filter((i) => i !== 3)
      .sort((a, b) => nearness(b) - nearness(a));
    expect(nearest.slice(0, 10).map(String)).toEqual(
      expect.arrayContaining(rows.slice(0, 3).map(({ id }) => id)),
    );
    await expect(index.similar("999999")).rejects.toMatchObject({ code: "not_found" });
    await expect(index.similar("x")).rejects.toMatchObject({ code: "not_found" });
  });

  test("refuses what needs a whole collection, and says so", async () => {
    const refused = (params: object) =>
      expect(index.search({ text: "salt", ...params })).rejects.toMatchObject({
        code: "unsupported",
      });
    await refused({ where: { a: 1 } });
    await refused({ keyword: { fuzzy: true } });
    await refused({ rerank: {} });
    const wrong = index.search({ embedding: [1, 2], mode: "vector" });
    await expect(wrong).rejects.toMatchObject({ code: "dimension_mismatch" });
    await expect(index.search({})).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("refuses what is no vector of its own, as a collection does", async () => {
    const some = TEXTS[0] as string;
    const [vector = new Float32Array()] = await embedding.generate([some]);
    const withValue = (value: unknown) => [value, ...vector.slice(1)];
    const wrong = [
      "abc",
      null,
      5,
      [],
      [1, 2],
      [...vector, 0],
      withValue(Number.NaN),
      withValue(Infinity),
      withValue(1e30),
      withValue("1"),
      withValue(null),
    ];
    for (const given of wrong) {
      for (const mode of ["vector", "hybrid"] as const) {
        const params = { text: "salt", embedding: given as number[], mode };
        const refusal = await collection.search(params).catch((error) => error);
        expect(refusal).toBeInstanceOf(PagevecError);
        await expect(index.search(params)).rejects.toMatchObject({ code: refusal.code });
      }
    }
  });

  test("refuses a model's vector that is none", async () => {
    const broken = new WordEmbedding();
    const own = await openStatic(folder, { model: () => broken });
    await own.loadModel();
    const failing = jest.spyOn(broken, "generate");
    const answers = [[], [[]], [[Number.NaN]], [null], "text"] as unknown as Float32Array[][];
    for (const answer of answers) {
      failing.mockResolvedValueOnce(answer);
      const search = own.search({ text: "some other text" });
      await expect(search).rejects.toMatchObject({ code: "embedding_failed" });
    }
    failing.mockRejectedValueOnce(new Error("out of tokens"));
    await expect(own.search({ text: "some other text" })).rejects.toMatchObject({
      code: "embedding_failed",
      message: expect.stringMatching(/words failed: out of tokens/),
    });
    await own.close();
  });

  test("refuses other values that are none, and names them", async () => {
    // biome-ignore lint/suspicious/noExplicitAny: values that the types forbid
    const call = (make: (index: any) => Promise<unknown>) => make(index);
    const refused = async (make: Parameters<typeof call>[0], message: RegExp) =>
      expect(await call(make).catch((error) => error)).toMatchObject({
        name: "PagevecError",
        code: "invalid_argument",
        message: expect.stringMatching(message),
      });
    await refused((own) => own.search("salt"), /must be an object of parameters, got "salt"/);
    await refused((own) => own.search(null), /must be an object of parameters, got null/);
    await refused((own) => own.search({ text: 5 }), /text must be a string, got 5/);
    const search = (params: object, message: RegExp) =>
      refused((own) => own.search({ text: "salt", ...params }), message);
    await search({ limit: -1 }, /limit must be a whole number .* got -1/);
    await search({ limit: Number.NaN }, /limit .* got NaN/);
    await search({ limit: "5" }, /limit .* got "5"/);
    await search({ offset: 0.5 }, /offset .* got 0.5/);
    await search({ candidates: -1 }, /candidates .* got -1/);
    await search({ probes: 1.5 }, /probes .* got 1.5/);
    await search({ mode: "words" }, /mode must be one of vector,keyword,hybrid, got "words"/);
    await search({ fusion: "sum" }, /fusion .* got "sum"/);
    await search({ alpha: 2 }, /alpha .* got 2/);
    await search({ keyword: { prefix: "first" } }, /keyword.prefix .* got "first"/);
    await search({ keyword: { k1: Number.NaN } }, /keyword.k1 .* got NaN/);
    await search({ highlights: { length: 0 } }, /highlights.length .* got 0/);
    await refused((own) => own.similar(3), /id must be a string, got 3/);
    await refused((own) => own.similar(), /id must be a string, got undefined/);
    await refused((own) => own.similar("3", { limit: 1.5 }), /limit .* got 1.5/);
    await refused((own) => own.similar("3", { offset: "1" }), /offset .* got "1"/);
    await refused((own) => own.similar("3", 5), /must be an object of parameters, got 5/);
    await refused((own) => own.suggest(5), /prefix must be a string, got 5/);
    await refused((own) => own.suggest("s", { limit: 0.5 }), /limit .* got 0.5/);
    await refused((own) => own.suggest("s", null), /must be an object of parameters, got null/);
    const open = (options: object) => openStatic(folder, options);
    await refused(
      () => open({ model: "all-MiniLM-L6-v2" }),
      /model must be a function .* got "all/,
    );
    await refused(() => openStatic(5 as never), /address of a folder, got 5/);
  });

  test("ends with the signal and after close()", async () => {
    const aborted = index.search({ text: "salt" }, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    const own = await openStatic(folder);
    const running = own.search({ text: "salt iron", mode: "keyword" });
    await own.close();
    await expect(running).rejects.toMatchObject({ code: "closed" });
    await expect(own.search({ text: "salt" })).rejects.toMatchObject({ code: "closed" });
    await expect(own.suggest("s")).rejects.toMatchObject({ code: "closed" });
  });

  test("is a source of live searches, as a collection is", async () => {
    const search = new LiveSearch();
    const answered = new Promise<void>((resolve) => {
      search.subscribe(() => search.getSnapshot().status === "ready" && resolve());
    });
    const source: PagevecSearchElement["collection"] = index;
    search.ask(source as StaticIndex, "salt", { keyword: { prefix: "last" }, debounceMs: 0 });
    await answered;
    expect(search.getSnapshot().rows.length).toBe(10);
  });

  test("reports the bytes that came", async () => {
    const seen: number[] = [];
    const own = await openStatic(folder, { onProgress: ({ bytes = 0 }) => seen.push(bytes) });
    await own.search({ text: "salt", mode: "keyword" });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(own.received);
    expect(await own.count()).toBe(TEXTS.length);
    await own.close();
  });
});

describe("pages", () => {
  const PAGES: SitePage[] = [
    {
      url: "../a/",
      title: "Alpha",
      language: "de",
      metadata: { kind: "guide" },
      sections: [
        { anchor: "", heading: "", text: "Bread and salt." },
        { anchor: "über", heading: "Über Salz", text: "More salt and iron." },
      ],
    },
    {
      url: "https://elsewhere.example/b",
      title: "Beta",
      sections: [{ anchor: "", heading: "", text: "Salt." }],
    },
  ];

  test("are answered once, by title, heading and text, with absolute addresses", async () => {
    const [out, removeIt] = await temporaryFolder();
    await buildStatic({ pages: PAGES, out });
    const own = await openStatic(out);
    const { rows } = await own.search({ text: "salt" });
    expect(rows.map(({ metadata }) => metadata?.title)).toEqual(
      expect.arrayContaining(["Alpha", "Beta"]),
    );
    expect(rows).toHaveLength(2);
    expect((await own.search({ text: "salt", onePerPage: false })).rows).toHaveLength(3);
    const [found] = (await own.search({ text: "UBER" })).rows;
    expect(found?.document).toBe("More salt and iron.");
    expect(found?.metadata).toMatchObject({ title: "Alpha", heading: "Über Salz", kind: "guide" });
    expect(found?.metadata?.url).toMatch(/^file:.*\/a\/#%C3%BCber$/);
    expect((await own.search({ text: "alpha" })).rows).toHaveLength(1);
    await expect(own.search({ text: "salt", mode: "vector" })).rejects.toMatchObject({
      code: "unsupported",
    });
    await own.close();
    await removeIt();
  });

  test("whose address is a script are refused", async () => {
    const [out, removeIt] = await temporaryFolder();
    await buildStatic({ pages: [{ ...(PAGES[1] as SitePage), url: "javascript:alert(1)" }], out });
    const own = await openStatic(out);
    await expect(own.search({ text: "salt" })).rejects.toMatchObject({ code: "corrupt" });
    await own.close();
    await removeIt();
  });
});

describe("what a server sends", () => {
  let copy: string;
  let removeCopy: () => Promise<void>;
  beforeAll(async () => {
    [copy, removeCopy] = await temporaryFolder();
  });
  afterAll(() => removeCopy());

  const restore = async () => {
    await rm(copy, { recursive: true });
    await cp(folder, copy, { recursive: true });
  };
  /** Those that askAll() reads. */
  const KINDS = FILE_KINDS.filter((kind) => kind !== "check");
  const askAll = async () => {
    const own = await openStatic(copy);
    try {
      await own.search({ text: "salt iron river", limit: 100, keyword: { prefix: true } });
      await own.search({ text: "winter", mode: "vector", probes: 1000, limit: 100 });
      await own.suggest("", { limit: 100 });
      await own.similar("5");
    } finally {
      await own.close();
    }
  };

  test.each(KINDS)("is refused where it is damaged: %s", async (kind) => {
    await restore();
    await askAll();
    for (const name of await readdir(copy)) {
      if (!name.startsWith(`${kind}.`)) continue;
      const bytes = await readFile(join(copy, name));
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] as number) ^ 0x10;
      await writeFile(join(copy, name), bytes);
    }
    await expect(askAll()).rejects.toMatchObject({ code: "corrupt" });
  });

  test.each(KINDS)("is a PagevecError or an answer where somebody forged it: %s", async (kind) => {
    const random = uniform(kind.length);
    let refused = 0;
    for (let round = 0; round < 25; round++) {
      await restore();
      const change = (bytes: Buffer) => {
        const cut =
          round % 3 === 0 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
        const place = Math.floor(random() * cut.length);
        if (cut.length > 0) cut[place] = Math.floor(random() * 256);
        return cut;
      };
      await forge(copy, kind, change, Math.floor(random() * 100));
      try {
        await askAll();
      } catch (error) {
        expect(error).toBeInstanceOf(PagevecError);
        expect((error as PagevecError).code).toMatch(
          /corrupt|not_found|dimension_mismatch|unsupported/,
        );
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(3);
  });

  test("is not unpacked beyond the length that the tables say", async () => {
    await restore();
    await forge(copy, "lengths", (bytes) => bytes);
    const manifest = JSON.parse(await readFile(join(copy, "manifest.json"), "utf8"));
    manifest.tables[1] -= 1;
    await writeFile(join(copy, "manifest.json"), JSON.stringify(manifest));
    await expect(openStatic(copy)).rejects.toMatchObject({ code: "corrupt" });
  });

  test("of another format is told apart", async () => {
    await restore();
    const path = join(copy, "manifest.json");
    const manifest = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...manifest, format: 2 }));
    await expect(openStatic(copy)).rejects.toMatchObject({ code: "format_too_new" });
    await writeFile(path, JSON.stringify({ ...manifest, format: 0 }));
    await expect(openStatic(copy)).rejects.toMatchObject({ code: "corrupt" });
    await writeFile(path, "<!doctype html>");
    await expect(openStatic(copy)).rejects.toMatchObject({ code: "corrupt" });
    await expect(openStatic(join(copy, "none"))).rejects.toMatchObject({ code: "not_found" });
  });
});
