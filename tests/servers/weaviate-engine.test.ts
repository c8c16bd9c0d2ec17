import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import { type WeaviateOptions, weaviate } from "../../js/src/servers/weaviate.js";
import type { GetParams, Metadata } from "../../js/src/types.js";
import { openTestClient } from "../js/support/clients.js";
import { callsInPage } from "./calls-in-page.js";
import { randomFilters, randomSequence } from "./chroma-operations.js";
import { compareSequence } from "./same-answers.js";
import { assertSameOutcome, type Outcome, runSameCalls, SAME_CALLS } from "./same-calls.js";
import type { ServerProcess } from "./server-process.js";
import { ask, startWeaviate } from "./weaviate-server.js";

// A client whose collections a running Weaviate keeps, beside one of the core: the same calls, the same
// answers. PAGEVEC_SEQUENCES: how many random sequences; PAGEVEC_SEED: those of an earlier run.

const SEQUENCES = Number(process.env.PAGEVEC_SEQUENCES ?? 200);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1_000_000_007);
const FILTERS = 1500;
/** The server may have to be built. */
const INSTALL_MS = 1_200_000;

let server: ServerProcess;
let remote: Client;
let core: Client;

const open = (options: Partial<WeaviateOptions> = {}) =>
  Client.open({ engine: weaviate({ url: `http://127.0.0.1:${server.port}`, ...options }) });

beforeAll(async () => {
  server = await startWeaviate();
  remote = await open();
  core = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
}, INSTALL_MS);

afterAll(async () => {
  await remote?.close();
  await core?.close();
  await server?.stop();
});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "an answer",
    ({ code }) => code,
  );

describe("the same calls, the same answers", () => {
  let expected: Outcome[];
  let got: Outcome[];
  /** Of a search whose scores are Weaviate's, over its own words and lengths. */
  const idsAlone = ({ answer, ...outcome }: Outcome): Outcome => {
    const { rows } = answer as { rows: { id: string }[] };
    return { ...outcome, answer: rows.map(({ id }) => id) };
  };

  beforeAll(async () => {
    expected = await runSameCalls(core, "same");
    got = await runSameCalls(remote, "same");
  }, 60_000);

  /** What a function of page.ts answers in Chromium. */
  const inPage = async (name: string, { port }: ServerProcess, ...rest: string[]) => {
    const options = { url: `http://127.0.0.1:${port}`, maxRetries: 0 };
    return (await callsInPage(0, [[name, "weaviate", options, ...rest]]))[0];
  };

  test("in a page that the server does not allow to ask it", async () => {
    const closed = await startWeaviate(undefined, {
      CORS_ALLOW_ORIGIN: "http://elsewhere.example",
    });
    const message = expect.stringMatching(/could not be reached.*CORS_ALLOW_ORIGIN/);
    const refusal = await inPage("refusalOf", closed).finally(closed.stop);
    expect(refusal).toEqual({ code: "network", message });
  }, 120_000);

  test("in a page of another origin", async () => {
    const outcomes: Outcome[] = await inPage("callServer", server, "page");
    expect(outcomes).toHaveLength(got.length);
    for (const [i, outcome] of outcomes.entries()) {
      assertSameOutcome(outcome, got[i] as Outcome, remote.capabilities);
    }
  }, 120_000);

  test.each(SAME_CALLS.map(({ name }, i) => [name, i] as const))("%s", (name, i) => {
    const outcomes = [got[i], expected[i]] as [Outcome, Outcome];
    const [theirs, ours] = name === "main: search by words" ? outcomes.map(idsAlone) : outcomes;
    assertSameOutcome(theirs as Outcome, ours as Outcome, remote.capabilities);
  });
});

describe("collections of objects, and of long documents", () => {
  const LONG = "alpha beta gamma. delta epsilon zeta. eta theta iota kappa. alpha alpha.";
  const words = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split(" ");
  const embeddingFunction = {
    name: "words",
    generate: async (texts: string[]) =>
      texts.map((text) => [...words.map((word) => text.split(word).length), text.length / 64]),
  };

  /** What both clients answer to the same calls. */
  async function both<T>(work: (client: Client) => Promise<T>): Promise<void> {
    expect(await work(remote)).toEqual(await work(core));
  }

  test("objects are written, changed, found and deleted as in the core", () =>
    both(async (client) => {
      const cars = await client.createCollection({
        name: "Cars",
        embeddingFunction,
        vectorizer: { propertyConfig: { sold: { dataType: "date" } } },
      });
      await cars.objects.add([
        { id: "a", properties: { title: "Alpha Beta", year: 1999, tags: ["gamma", "delta"] } },
        { id: "b", properties: { title: "zeta", sold: new Date("2020-01-02T03:04:05.5Z") } },
        { id: "c", properties: { year: 3 } },
      ]);
      await cars.objects.upsert([{ id: "b", properties: { year: 2001 } }]);
      await cars.objects.update([{ id: "a", properties: { title: "eta" } }]);
      const { rows } = await cars.search({ text: "zeta", mode: "vector" });
      const found = rows.map(({ id, metadata }) => ({ id, metadata }));
      const recent = await cars.objects.get({ where: { year: { $gt: 2000 } } });
      await cars.delete({ ids: ["c"] });
      return { found, recent, left: await cars.objects.get() };
    }));

  test("long documents are cut, and found as one", () =>
    both(async (client) => {
      const tokenizer = (text: string) => 2 + text.split(" ").filter(Boolean).length;
      const chunking = { maxTokens: 8, overlap: 2, tokenizer };
      const notes = await client.createCollection({ name: "notes", embeddingFunction, chunking });
      const documents = [LONG, "kappa", LONG.toUpperCase(), `theta ${LONG} ${LONG}`];
      const metadatas = documents.map((_, n) => ({ n }));
      await notes.add({ ids: ["a", "b", "c", "d"], documents, metadatas });
      await notes.update({ ids: ["c"], documents: [`beta. ${LONG}`] });
      await notes.upsert({ ids: ["d"], documents: ["short"], metadatas: [{ more: true }] });
      const query = await notes.query({ queryTexts: ["iota kappa", "alpha"], nResults: 3 });
      const { rows } = await notes.search({
        text: "zeta",
        mode: "vector",
        where: { n: { $lt: 3 } },
      });
      await notes.delete({ where: { n: 0 } });
      const ids = rows.map(({ id }) => id);
      return { got: await notes.get(), count: await notes.count(), found: query.ids, ids };
    }));
});

describe("filters", () => {
  const { records, filters } = randomFilters(SEED, 400, FILTERS);
  const ids = records.map(({ id }) => id);
  let ours: Collection;
  let theirs: Collection;

  beforeAll(async () => {
    const make = async (client: Client) => {
      const collection = await client.createCollection({ name: "filters" });
      await collection.add({
        ids,
        embeddings: records.map(({ embedding }) => embedding),
        documents: records.map(({ document }) => document),
        metadatas: records.map(({ metadata }) => metadata),
      });
      return collection;
    };
    ours = await make(core);
    theirs = await make(remote);
  }, 60_000);

  test(`${FILTERS} random ones of seed ${SEED} give the same ids`, async () => {
    let matched = 0;
    for (const [i, filter] of filters.entries()) {
      const some = i % 10 === 0 ? { ids: ids.slice(i % 200, 120 + (i % 200)) } : {};
      const asked = { ...filter, ...some, include: [] };
      const expected = await ours.get(asked);
      const got = await theirs.get(asked);
      expect({ filter, ids: got.ids }).toEqual({ filter, ids: expected.ids });
      matched += expected.ids.length;
    }
    // Neither everything nor nothing.
    expect(matched / FILTERS / ids.length).toBeGreaterThan(0.05);
    expect(matched / FILTERS / ids.length).toBeLessThan(0.95);
    console.log(`weaviate: ${FILTERS} filters, ${matched} ids are equal`);
  }, 300_000);

  test("narrow down queries to the same records", async () => {
    for (const filter of filters.slice(0, 100)) {
      const query = {
        ...filter,
        queryEmbeddings: [records[0]?.embedding as number[]],
        nResults: 7,
      };
      const [expected, got] = [await ours.query(query), await theirs.query(query)];
      expect({ filter, ids: got.ids }).toEqual({ filter, ids: expected.ids });
    }
  }, 60_000);
});

describe("what is stored", () => {
  /** Every character up to U+2FFF, some beyond, in pieces. */
  const characters = [
    ...Array.from({ length: 0x2fff }, (_, i) => String.fromCharCode(i + 1)),
    ...["\uE000", "\uE001", "\uE002", "\uFEFF", "\uFFFF", "\u{1F600}", "\u{10FFFF}"],
  ];
  const pieces = Array.from({ length: Math.ceil(characters.length / 37) }, (_, i) =>
    characters.slice(37 * i, 37 * i + 37).join(""),
  );

  test("ids, documents, metadata and filters of every character", async () => {
    const collection = await remote.createCollection({ name: "characters" });
    const metadatas = pieces.map((piece) => ({ [piece.slice(3, 20)]: piece, list: [piece] }));
    await collection.add({
      ids: pieces,
      documents: pieces,
      metadatas,
      embeddings: pieces.map((_, i) => [i]),
    });
    expect(await collection.get()).toMatchObject({ ids: pieces, documents: pieces, metadatas });
    for (const [i, piece] of pieces.entries()) {
      const key = piece.slice(3, 20);
      const inside = [...piece].slice(1, -1).join("");
      const filters = [
        { ids: [piece] },
        { where: { [key]: piece } },
        { where: { list: { $contains: piece } } },
        { whereDocument: { $contains: inside } },
      ];
      for (const filter of filters) {
        const { ids } = await collection.get({ ...filter, include: [] });
        expect({ i, filter, ids }).toEqual({ i, filter, ids: [piece] });
      }
    }
  }, 120_000);

  test("numbers of every key are told apart", async () => {
    const collection = await remote.createCollection({ name: "keys" });
    const long = "k".repeat(300);
    const keys = [
      "a",
      "A",
      "a_",
      "_a",
      "a b",
      "a_20_b",
      "é",
      "",
      "日本",
      "__proto__",
      long,
      `${long}k`,
    ];
    await collection.add({
      ids: keys.map((_, i) => `${i}`),
      embeddings: keys.map((_, i) => [i]),
      metadatas: keys.map((key, i) => JSON.parse(JSON.stringify({ [`${key}`]: i }))),
    });
    for (const [i, key] of keys.entries()) {
      const where = JSON.parse(`{${JSON.stringify(key)}:{"$gte":0}}`);
      expect([key, (await collection.get({ where })).ids]).toEqual([key, [`${i}`]]);
    }
  });

  test("numbers to the last bit", async () => {
    const collection = await remote.createCollection({ name: "numbers" });
    const numbers = [
      0.1 + 0.2,
      0.3,
      5e-324,
      -5e-324,
      1.7976931348623157e308,
      2 ** 53,
      2 ** 53 - 1,
      1e21,
    ];
    numbers.sort((a, b) => a - b);
    const ids = numbers.map(String);
    const metadatas = numbers.map((n) => ({ n }));
    await collection.add({ ids, embeddings: ids.map((_, i) => [i]), metadatas });
    expect((await collection.get()).metadatas).toEqual(metadatas);
    for (const [i, n] of numbers.entries()) {
      expect((await collection.get({ where: { n } })).ids).toEqual([ids[i]]);
      expect((await collection.get({ where: { n: { $gt: n } } })).ids).toEqual(ids.slice(i + 1));
      expect((await collection.get({ where: { n: { $lte: n } } })).ids).toEqual(
        ids.slice(0, i + 1),
      );
    }
  });

  test("a class for every name, and its name for every class", async () => {
    const names = [
      "Abc",
      "abc",
      "aBC",
      "a.c",
      "a-c",
      "a_c",
      "x".repeat(512),
      `${"x".repeat(511)}y`,
    ];
    for (const name of names) await remote.createCollection({ name, metadata: { name } });
    for (const name of names) {
      expect((await remote.getCollection({ name })).metadata).toEqual({ name });
      expect(await codeOf(remote.createCollection({ name }))).toBe("already_exists");
    }
    const first = await remote.getCollection({ name: "Abc" });
    await first.modify({ name: "renamed" });
    const second = await remote.createCollection({ name: "Abc" });
    await second.add({ ids: ["second"], embeddings: [[1]] });
    expect(await first.count()).toBe(0);
    expect((await remote.getCollection({ name: "renamed" })).id).toBe(first.id);
    for (const name of [...names, "renamed"]) await remote.deleteCollection({ name });
  }, 60_000);
});

describe("large collections", () => {
  const COUNT = 11_000;
  const ids = Array.from({ length: COUNT }, (_, i) => `record ${i}`);
  let collection: Collection;

  beforeAll(async () => {
    collection = await remote.createCollection({ name: "large" });
    const embeddings = ids.map((_, i) => [i, i % 7, 1]);
    const metadatas = ids.map((_, i) => ({ i, third: i % 3 }));
    const done: number[] = [];
    const onProgress = (progress: { done: number }) => void done.push(progress.done);
    await collection.add({ ids, embeddings, metadatas, documents: ids }, { onProgress });
    expect(done).toEqual(Array.from({ length: 11 }, (_, i) => 1000 * (i + 1)));
  }, 120_000);

  test("are read in order, whole and in parts", async () => {
    expect(await collection.count()).toBe(COUNT);
    expect((await collection.get({ include: ["embeddings"] })).ids).toEqual(ids);
    for (const offset of [0, 8999, 9500, 10_998, COUNT, 50_000]) {
      const found = await collection.get({ offset, limit: 5, include: [] });
      expect([offset, found.ids]).toEqual([offset, ids.slice(offset, offset + 5)]);
    }
    const third = await collection.get({ where: { third: 1 }, offset: 3000, include: [] });
    expect(third.ids).toEqual(ids.filter((_, i) => i % 3 === 1).slice(3000));
  }, 60_000);

  test("many ids at once, many results, and no more than the server gives", async () => {
    const some = ids.filter((_, i) => i % 4 === 0);
    const found = await collection.get({ ids: [...some].reverse(), offset: 2, limit: 2000 });
    expect(found.ids).toEqual(some.slice(2, 2002));
    const asked = { queryEmbeddings: [[0, 0, 1]], include: ["distances" as const] };
    const near = await collection.query({ ...asked, nResults: 3000 });
    expect(new Set(near.ids[0]).size).toBe(3000);
    expect(await codeOf(collection.query({ ...asked, nResults: 10_500 }))).toBe("limit_exceeded");
    const where = { third: 1 };
    expect((await collection.query({ ...asked, where, nResults: 10_500 })).ids[0]).toHaveLength(
      ids.filter((_, i) => i % 3 === 1).length,
    );
  }, 60_000);

  test("patterns are looked for in every document", async () => {
    const whereDocument = { $regex: "99$" };
    const expected = ids.filter((id) => id.endsWith("99"));
    expect((await collection.get({ whereDocument, include: [] })).ids).toEqual(expected);
    const query = { queryEmbeddings: [[0, 0, 1]], whereDocument, nResults: 200 };
    expect((await collection.query(query)).ids[0]?.sort()).toEqual([...expected].sort());
  }, 60_000);

  test("deletions of many", async () => {
    expect(await collection.delete({ where: { third: 1 }, limit: 1500 })).toEqual({
      deleted: 1500,
    });
    const left = ids.filter((_, i) => i % 3 !== 1 || i >= 4500);
    expect((await collection.get({ include: [] })).ids).toEqual(left);
    await collection.delete({ ids });
    expect(await collection.count()).toBe(0);
  }, 60_000);
});

describe("several clients", () => {
  test("of one prefix share their collections, and see what the other writes", async () => {
    const other = await open();
    const mine = await remote.createCollection({ name: "shared" });
    const theirs = await other.getCollection({ name: "shared" });
    expect((await mine.get({ where: { late: { $gt: 1 } } })).ids).toEqual([]);
    await theirs.add({ ids: ["a"], embeddings: [[1, 2]], metadatas: [{ late: 2 }] });
    expect((await mine.get({ where: { late: { $gt: 1 } } })).ids).toEqual(["a"]);
    expect((await mine.query({ queryEmbeddings: [[1, 2]] })).ids).toEqual([["a"]]);
    expect(await codeOf(mine.add({ ids: ["b"], embeddings: [[1]] }))).toBe("dimension_mismatch");
    // Another collection, in a class of the same name.
    await other.deleteCollection({ name: "shared" });
    await other.createCollection({ name: "shared" });
    expect(await codeOf(mine.add({ ids: ["b"], embeddings: [[1]] }))).toBe("not_found");
    await other.deleteCollection({ name: "shared" });
    expect(await codeOf(mine.get())).toBe("not_found");
    await other.close();
  });

  test("make a collection of one name once", async () => {
    const clients = await Promise.all([open(), open(), open()]);
    const make = (client: Client) => client.getOrCreateCollection({ name: "raced" });
    const made = await Promise.all(clients.map(make));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    for (const client of clients) await client.close();
    await remote.deleteCollection({ name: "raced" });
  });

  test("of another prefix see neither them nor classes of others", async () => {
    await ask(server, "POST", "schema", { class: "Other_foreign", description: "{}" });
    const other = await open({ prefix: "Other" });
    const mine = await other.createCollection({ name: "mine" });
    expect((await other.listCollections()).map(({ name }) => name)).toEqual(["mine"]);
    expect(await codeOf(remote.getCollection({ name: "mine" }))).toBe("not_found");
    await other.reset();
    expect(await other.countCollections()).toBe(0);
    expect(await codeOf(mine.count())).toBe("not_found");
    expect((await ask(server, "GET", "schema/Other_foreign")).class).toBe("Other_foreign");
    await other.close();
  });

  test("writes of one client come one after another", async () => {
    const collection = await remote.createCollection({ name: "turns" });
    const ids = Array.from({ length: 20 }, (_, i) => `${i}`);
    await Promise.all(
      ids.map((id, i) =>
        collection.upsert({
          ids: ["all", id],
          embeddings: [[i], [i]],
          metadatas: [{ [id]: i }, null],
        }),
      ),
    );
    const { metadatas } = await collection.get({ ids: ["all"] });
    expect(Object.keys(metadatas[0] ?? {})).toHaveLength(20);
    expect((await collection.get()).ids).toEqual(["all", ...ids]);
  });
});

describe("searches by words and vectors", () => {
  const documents = ["green tea", "tea", "black tea with milk", "milk", "Köln, tea-time", "a TEA"];
  const ids = documents.map((_, i) => `${i}`);
  const embeddings = documents.map((_, i) => [Math.cos(i), Math.sin(i)]);
  const embedding = [0.6, 0.8];
  let ours: Collection;
  let theirs: Collection;

  beforeAll(async () => {
    const make = async (client: Client) => {
      const configuration = { hnsw: { space: "cosine" as const } };
      const collection = await client.createCollection({ name: "words", configuration });
      const metadatas = ids.map((_, i) => ({ even: i % 2 === 0 }));
      await collection.add({ ids, documents, embeddings, metadatas });
      return collection;
    };
    [ours, theirs] = [await make(core), await make(remote)];
  });

  const close = (a = Number.NaN, b = Number.NaN) => Math.abs(a - b) < 1e-5;

  test.each([
    ["rrf", 0.5],
    ["rrf", 0.8],
    ["rankedFusion", 0.3],
    ["relativeScoreFusion", 0.5],
    ["relativeScoreFusion", 0.75],
  ] as const)(
    "hybrid by %s, alpha %d: the lists are fused as in the core",
    async (fusion, alpha) => {
      const params = { text: "tea milk", embedding, fusion, alpha, explain: true, limit: 20 };
      const [expected, { rows }] = [await ours.search(params), await theirs.search(params)];
      expect(rows.map(({ id }) => id)).toEqual(expected.rows.map(({ id }) => id));
      const words = rows.flatMap(({ explain }) => explain?.keyword?.score ?? []);
      const [best, worst] = [Math.max(...words), Math.min(...words)];
      for (const [i, { score, explain, distance }] of rows.entries()) {
        const { vector, keyword } = explain ?? {};
        expect(close(vector?.share, expected.rows[i]?.explain?.vector?.share)).toBe(true);
        expect(close(distance, expected.rows[i]?.distance)).toBe(true);
        expect(keyword?.rank).toBe(expected.rows[i]?.explain?.keyword?.rank);
        // By the formula, with the server's scores.
        const relative = keyword ? (keyword.score - worst) / (best - worst) : 0;
        const ranked = keyword ? (fusion === "rrf" ? 2 : 1) / (60 + keyword.rank) : 0;
        const share = (1 - alpha) * (fusion === "relativeScoreFusion" ? relative : ranked);
        expect(close(keyword?.share ?? 0, share)).toBe(true);
        expect(close(score, (vector?.share ?? 0) + (keyword?.share ?? 0))).toBe(true);
      }
    },
  );

  test("by words alone: any, all, with filters, in the same order", async () => {
    const searches = [
      { text: "tea" },
      { text: "MILK tea", keyword: { operator: "and" as const } },
      { text: "köln" },
      { text: "tea", where: { even: true } },
      { text: "tea", whereDocument: { $contains: "tea" } },
      { text: "nothing" },
      { text: '"{}\\' },
      { text: "tea", limit: 2, offset: 1 },
    ];
    for (const search of searches) {
      const params = { mode: "keyword" as const, ...search };
      const [expected, { rows }] = [await ours.search(params), await theirs.search(params)];
      expect([search, rows.map(({ id }) => id)]).toEqual([
        search,
        expected.rows.map(({ id }) => id),
      ]);
      for (const [i, { score }] of rows.entries()) {
        expect(score / (expected.rows[i]?.score ?? 0)).toBeCloseTo(1, 1);
      }
    }
  });

  test("what is at one distance is in the order in which it was added, also where it is cut", async () => {
    const equals = await remote.createCollection({ name: "equals" });
    const many = Array.from({ length: 60 }, (_, i) => `${i}`);
    await equals.add({ ids: many, embeddings: many.map((_, i) => [i % 3, 1]) });
    const { ids: found } = await equals.query({ queryEmbeddings: [[1, 1]], nResults: 30 });
    const at = (rest: number) => many.filter((_, i) => i % 3 === rest);
    const others = many.filter((_, i) => i % 3 !== 1);
    expect(found[0]).toEqual([...at(1), ...others.slice(0, 10)]);
  });
});

test("what was deleted and added again is there once", async () => {
  const collection = await remote.createCollection({ name: "again" });
  await collection.add({
    ids: ["a", "b"],
    embeddings: [[1], [2]],
    metadatas: [{ n: 1 }, { n: 2 }],
  });
  await collection.delete({ ids: ["a"] });
  await collection.add({ ids: ["a"], embeddings: [[3]] });
  const filters: GetParams[] = [
    { where: { n: { $ne: 1 } } },
    { where: { $or: [{ n: 7 }, { n: { $nin: [3] } }] } },
    { whereDocument: { $not_contains: "x" } },
  ];
  for (const filter of filters) {
    expect((await collection.get(filter)).ids).toEqual(["b", "a"]);
  }
});

describe("refusals", () => {
  test("of single records say how many were written", async () => {
    const collection = await remote.createCollection({ name: "partly" });
    const { classes } = (await ask(server, "GET", "schema")) as { classes: { class: string }[] };
    const made = classes.find((each) => each.class.startsWith("Pagevec_partly"))?.class;
    // What the server then refuses is a number for it.
    const property = { name: "number_odd", dataType: ["text"] };
    await ask(server, "POST", `schema/${made}/properties`, property);
    const ids = ["a", "b", "c"];
    const metadatas: Metadata[] = [{ n: 1 }, { odd: 1 }, { n: 3 }];
    const add = collection.add({ ids, metadatas, embeddings: [[1], [2], [3]] });
    await expect(add).rejects.toMatchObject({
      code: "provider_failed",
      message: expect.stringMatching(/record "b": .*number_odd.*; 2 of 3 records were written$/),
    });
    expect((await collection.get()).ids).toEqual(["a", "c"]);
  });

  test("of what it cannot do", async () => {
    const collection = await remote.createCollection({ name: "plain" });
    await collection.add({ ids: ["a"], embeddings: [[1]], documents: ["tea"] });
    const keyword = (more: object) => collection.search({ text: "tea", mode: "keyword", ...more });
    const refused = {
      recall: () => collection.recall(),
      project: () => collection.project(),
      storage: () => remote.storage(),
      check: () => remote.check(),
      export: async () => (await collection.export()).getReader().read(),
      prefix: () => keyword({ keyword: { prefix: true } }),
      fuzzy: () => keyword({ keyword: { fuzzy: 1 } }),
      k1: () => keyword({ keyword: { k1: 2 } }),
      highlights: () => keyword({ highlights: true }),
      efSearch: () => collection.query({ queryEmbeddings: [[1]], efSearch: 7 }),
      several: () =>
        remote.createCollection({ name: "several", vectorizer: { vectors: { a: {}, b: {} } } }),
    };
    for (const [name, call] of Object.entries(refused)) {
      expect([name, await codeOf(call())]).toEqual([name, "unsupported"]);
    }
    const badly = remote.createCollection({
      name: "badly",
      configuration: { hnsw: { max_neighbors: 1 } },
    });
    expect(await codeOf(badly)).toBe("invalid_argument");
  });

  test("of keys, addresses and servers that are none", async () => {
    expect(() => weaviate({ url: "http://127.0.0.1", prefix: "small" })).toThrow("capital letter");
    const nobody = weaviate({ url: "http://127.0.0.1:1", maxRetries: 0 });
    expect(await codeOf(Client.open({ engine: nobody }))).toBe("network");
    const signal = AbortSignal.abort();
    expect(await codeOf((await remote.getCollection({ name: "plain" })).get({}, { signal }))).toBe(
      "aborted",
    );
  });
});

test("settings are the class's, and come back as they were given", async () => {
  const configuration = {
    hnsw: { space: "ip" as const, ef_construction: 2, max_neighbors: 40, ef_search: 70 },
  };
  const embeddingFunction = {
    name: "known",
    generate: async () => [],
    getConfig: () => ({ a: 1 }),
  };
  const made = await remote.createCollection({
    name: "settings",
    configuration,
    embeddingFunction,
  });
  await made.modify({ configuration: { hnsw: { ef_search: 90 } }, metadata: { é: [1, 2] } });
  const found = await (await open()).getCollection({ name: "settings", embeddingFunction });
  expect(found.metadata).toEqual({ é: [1, 2] });
  expect(found.configuration).toMatchObject({
    hnsw: { ...configuration.hnsw, ef_search: 90 },
    embedding_function: { type: "known", name: "known", config: { a: 1 } },
  });
  const { classes } = (await ask(server, "GET", "schema")) as {
    classes: Record<string, unknown>[];
  };
  const kept = classes.find((each) => String(each.class).startsWith("Pagevec_settings"));
  expect(kept).toMatchObject({
    vectorIndexType: "hnsw",
    vectorIndexConfig: { distance: "dot", ef: 90, efConstruction: 4, maxConnections: 40 },
  });
  const flat = await remote.createCollection({ name: "flat", configuration: { index: "flat" } });
  await flat.add({ ids: ["a", "b"], embeddings: [[1], [5]] });
  expect((await flat.query({ queryEmbeddings: [[4]] })).ids).toEqual([["b", "a"]]);
});

test("a server with keys takes the right one", async () => {
  const keys = {
    AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: "false",
    AUTHENTICATION_APIKEY_ENABLED: "true",
    AUTHENTICATION_APIKEY_ALLOWED_KEYS: "the-right-key",
    AUTHENTICATION_APIKEY_USERS: "somebody",
  };
  const closed = await startWeaviate(undefined, keys);
  const url = `http://127.0.0.1:${closed.port}`;
  try {
    for (const apiKey of [undefined, "another-key"]) {
      const engine = weaviate({ url, ...(apiKey && { apiKey }) });
      expect(await codeOf(Client.open({ engine }))).toBe("unauthorized");
    }
    const client = await Client.open({ engine: weaviate({ url, apiKey: () => "the-right-key" }) });
    const collection = await client.createCollection({ name: "locked" });
    await collection.add({ ids: ["a"], embeddings: [[1]] });
    expect(await collection.count()).toBe(1);
    await client.close();
  } finally {
    await closed.stop();
  }
}, 120_000);

describe(`random sequences of seed ${SEED}`, () => {
  const sum = { calls: 0, refused: 0 };
  afterAll(() => {
    console.log(
      `seed ${SEED}: ${sum.calls} calls compared, ${sum.refused} of them refused by both`,
    );
  });
  // PAGEVEC_SEED of one that fails and PAGEVEC_SEQUENCES=1 run it alone.
  test.each(Array.from({ length: SEQUENCES }, (_, i) => i))(
    `seed ${SEED} + %i`,
    async (i) => {
      const sequence = randomSequence(SEED + i);
      const { calls, refused } = await compareSequence(`sequence-${i}`, sequence, core, remote);
      sum.calls += calls;
      sum.refused += refused;
    },
    60_000,
  );
});
