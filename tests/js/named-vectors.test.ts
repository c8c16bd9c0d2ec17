import "fake-indexeddb/auto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { Knn, Search } from "chromadb";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { MediaInputs } from "../../js/src/types/media.js";
import type { EmbeddingFunction } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient } from "./support/clients.js";

/** Vectors by the letters of a text, of as many dimensions as wanted. */
class Letters implements EmbeddingFunction {
  asked: string[] = [];
  fails = false;

  constructor(
    readonly name: string,
    readonly dimension: number,
  ) {}

  vector(text: string): number[] {
    const vector = new Array<number>(this.dimension).fill(0.25);
    for (const [place, char] of [...text].entries()) {
      const i = char.charCodeAt(0) % this.dimension;
      vector[i] = (vector[i] as number) + 1 + place / 1024;
    }
    return vector.map(Math.fround);
  }

  async generate(texts: string[]): Promise<number[][]> {
    if (this.fails) throw new Error("no network");
    this.asked.push(...texts);
    return texts.map((text) => this.vector(text));
  }

  async embedMedia({ texts = [], images = [] }: MediaInputs) {
    if (this.fails) throw new Error("no network");
    this.asked.push(...texts, ...(images as string[]));
    return {
      texts: texts.map((text) => this.vector(text)),
      images: (images as string[]).map((image) => this.vector(image)),
    };
  }
}

const VECTORIZER = {
  vectorizeClassName: false,
  propertyConfig: { year: { dataType: "int" as const }, note: { skip: true } },
  vectors: {
    title: { properties: ["title"] },
    plot: { properties: ["title", "plot"], space: "cosine" as const },
  },
};

describe.each(CORES)("named vectors on the %s", (_core, load) => {
  let core: CoreModule;
  let client: Client;
  let names = 0;
  beforeAll(async () => {
    core = await load();
    client = await openTestClient({ core });
  });

  async function films() {
    const title = new Letters("title-model", 5);
    const plot = new Letters("plot-model", 7);
    const collection = await client.createCollection({
      name: `Films${++names}`,
      embeddingFunctions: { title, plot },
      vectorizer: VECTORIZER,
    });
    return { collection, title, plot };
  }

  test("a projection is of the objects that have the vector, at the vectors they have now", async () => {
    const { collection, title } = await films();
    const names = ["heat", "alien", "up", "jaws"];
    await collection.objects.add(names.map((id) => ({ id, properties: { title: id, plot: "x" } })));
    await collection.objects.add([{ id: "untitled", properties: { plot: "no title" } }]);
    await collection.objects.upsert([{ id: "up", properties: { title: "down" } }]);
    const view = collection.vector("title");
    const { ids, points, place } = await view.project();
    expect([...ids].sort()).toEqual([...(await view.get()).ids].sort());
    const titles: Record<string, string> = { up: "down" };
    for (const [i, id] of ids.entries()) {
      const [x, y] = place(title.vector(titles[id] ?? id));
      expect(x).toBeCloseTo(points[2 * i] as number, 4);
      expect(y).toBeCloseTo(points[2 * i + 1] as number, 4);
    }
    expect((await view.project({ ids: [ids[1] as string] })).ids).toEqual([ids[1]]);
    await expect(collection.project()).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("an object has a vector of each kind, and is found by each", async () => {
    const { collection, title, plot } = await films();
    await collection.objects.add([
      { id: "1", properties: { title: "alien", plot: "in space", year: 1979, note: "n" } },
      { id: "2", properties: { title: "heat", plot: "a heist" } },
      { id: "3", properties: { plot: "no title" } },
    ]);
    expect(title.asked).toEqual(["alien", "heat"]);
    expect(plot.asked).toEqual(["in space alien", "a heist heat", "no title"]);
    const byTitle = await collection.query({ queryTexts: ["alien"], targetVector: "title" });
    expect(byTitle.ids).toEqual([["1", "2"]]);
    expect(byTitle.distances[0]?.[0]).toBe(0);
    expect(byTitle.metadatas[0]?.[0]).toEqual({
      title: "alien",
      plot: "in space",
      year: 1979,
      note: "n",
    });
    const byPlot = await collection.query({
      queryTexts: ["a heist heat"],
      targetVector: "plot",
      include: ["embeddings", "distances"],
    });
    expect(byPlot.ids[0]?.[0]).toBe("2");
    expect(byPlot.ids[0]?.length).toBe(3);
    expect([...(byPlot.embeddings[0]?.[0] ?? [])]).toEqual(plot.vector("a heist heat"));
    expect(await collection.count()).toBe(3);
    expect(await collection.vector("title").count()).toBe(2);
    expect((await collection.vector("title").get({ include: ["embeddings"] })).ids).toEqual([
      "1",
      "2",
    ]);
    expect(collection.vector("plot").configuration.hnsw.space).toBe("cosine");
    expect(await collection.objects.get({ ids: ["1"] })).toEqual([
      {
        id: "1",
        properties: { title: "alien", plot: "in space", year: 1979, note: "n" },
        text: "in space alien",
      },
    ]);
    expect((await collection.get({ where: { year: { $gt: 1900 } } })).metadatas).toEqual([
      { title: "alien", plot: "in space", year: 1979, note: "n" },
    ]);
    expect((await client.listCollections()).map(({ name }) => name)).toContain(collection.name);
    expect((await client.listCollections()).some(({ name }) => name.startsWith("/"))).toBe(false);
  });

  test("a vector is made again only when its own text changed", async () => {
    const { collection, title, plot } = await films();
    await collection.objects.add([{ id: "1", properties: { title: "alien", plot: "space" } }]);
    const asked = () => [title.asked.splice(0), plot.asked.splice(0)];
    asked();
    await collection.objects.update([{ id: "1", properties: { year: 1979, note: "x" } }]);
    expect(asked()).toEqual([[], []]);
    await collection.objects.update([{ id: "1", properties: { plot: "deep space" } }]);
    expect(asked()).toEqual([[], ["deep space alien"]]);
    await collection.objects.upsert([
      { id: "1", properties: { title: "aliens" } },
      { id: "2", properties: { title: "heat" } },
    ]);
    expect(asked()).toEqual([
      ["aliens", "heat"],
      ["deep space aliens", "heat"],
    ]);
    await collection.objects.add([{ id: "1", properties: { title: "ignored" } }]);
    await collection.objects.update([{ id: "9", properties: { title: "unknown" } }]);
    expect(asked()).toEqual([[], []]);
    const own = [1, 2, 3, 4, 5];
    await collection.objects.update([{ id: "1", properties: {}, embeddings: { title: own } }]);
    await collection.objects.update([{ id: "1", properties: { year: 2000 } }]);
    expect(asked()).toEqual([[], []]);
    const { embeddings } = await collection.vector("title").get({ include: ["embeddings"] });
    expect([...(embeddings[0] ?? [])]).toEqual(own);
    // Nothing of what was replaced is left.
    const checked = await partsOf(client, collection);
    expect(checked).toEqual({ title: 2, plot: 2 });
  });

  test("one vector alone is as a collection of objects that has no name for it", async () => {
    const model = new Letters("letters", 6);
    const settings = { vectorizeClassName: false, propertyConfig: { note: { skip: true } } };
    const one = await client.createCollection({
      name: `One${++names}`,
      embeddingFunction: model,
      vectorizer: { ...settings, vectors: { all: {} } },
    });
    const twin = await client.createCollection({
      name: `Twin${names}`,
      embeddingFunction: model,
      vectorizer: settings,
    });
    const random = uniform(3);
    const pick = (n: number) => Math.floor(random() * n);
    const words = ["alien", "space", "heat", "heist", "love", "war", "sea", "city"];
    const text = () => Array.from({ length: 1 + pick(4) }, () => words[pick(8)]).join(" ");
    for (let round = 0; round < 40; ++round) {
      const objects = [...new Set([pick(30), pick(30), pick(30)])].map((n) => ({
        id: `id${n}`,
        // No two texts, so no two vectors, are the same: the cores differ in what equal ones are worth.
        properties: {
          title: `${text()} ${round}x${n}`,
          ...(pick(2) && { genre: words[pick(8)] }),
          n: pick(5),
        },
      }));
      const method = (["add", "upsert", "update"] as const)[pick(3)] as "add" | "upsert" | "update";
      for (const each of [one, twin]) await each.objects[method](objects);
      if (round % 7 === 6) {
        const ids = [`id${pick(30)}`, `id${pick(30)}`];
        const deletion = pick(2) ? { ids: [...new Set(ids)] } : { where: { n: pick(5) }, limit: 2 };
        const [a, b] = await Promise.all([one.delete(deletion), twin.delete(deletion)]);
        expect(a).toEqual(b);
      }
      const where = pick(2) ? { n: { $gte: pick(4) } } : undefined;
      const query = {
        queryTexts: [text(), text()],
        nResults: 1 + pick(8),
        ...(where && { where }),
      };
      const answers = await Promise.all([one.query(query), twin.query(query)]);
      for (const answer of answers) answer.timings = { embed: 0, search: 0 };
      expect({ ...answers[0] }).toEqual({ ...answers[1] });
      const mode = (["vector", "keyword", "hybrid"] as const)[pick(3)] ?? "vector";
      const search = {
        text: text(),
        mode,
        limit: 1 + pick(6),
        // The reference core explains fusions alone.
        explain: mode === "hybrid" || core.variant !== undefined,
        include: ["documents", "metadatas", "embeddings"] as ("documents" | "metadatas")[],
        ...(where && { where }),
        ...(pick(2) && { fusion: "relativeScoreFusion" as const }),
        ...(pick(3) === 0 && { diversity: { lambda: 0.5 } }),
        ...(pick(2) && { highlights: { length: 40 } }),
      };
      if (mode === "keyword") search.include = ["documents", "metadatas"];
      const [found, expected] = await Promise.all([one.search(search), twin.search(search)]);
      expect(rounded(found.rows)).toEqual(rounded(expected.rows));
      const moved = {
        nearText: {
          concepts: [text()],
          moveTo: { objects: [(await twin.peek({ limit: 1 })).ids[0] as string], force: 0.5 },
        },
        limit: 5,
      };
      const near = await Promise.all([one.search(moved), twin.search(moved)]);
      expect(rounded(near[0].rows)).toEqual(rounded(near[1].rows));
      const expression = new Search().rank(Knn({ query: text(), limit: 20 })).limit(4);
      const [own, theirs] = await Promise.all([one.search(expression), twin.search(expression)]);
      expect(own.ids).toEqual(theirs.ids);
      expect(own.scores).toEqual(theirs.scores);
      const include = ["documents" as const, "metadatas" as const];
      expect({ ...(await one.get({ include })) }).toEqual({ ...(await twin.get({ include })) });
    }
    expect(await one.count()).toBe(await twin.count());
    expect(await partsOf(client, one)).toEqual({ all: await one.count() });
  });

  test("pictures beside texts, each by its own function", async () => {
    const text = new Letters("text", 4);
    const pictures = new Letters("pictures", 3);
    const shop = await client.createCollection({
      name: `Shop${++names}`,
      embeddingFunctions: { text, look: pictures },
      vectorizer: {
        vectorizeClassName: false,
        vectors: { text: { properties: ["name"] }, look: { imageFields: ["picture"] } },
      },
    });
    await shop.objects.add([
      { id: "1", properties: { name: "chair", picture: "https://x/chair.png" } },
      { id: "2", properties: { name: "table", picture: "https://x/table.png" } },
    ]);
    expect(text.asked).toEqual(["chair", "table"]);
    const look = shop.vector("look");
    const { rows } = await look.search({ nearMedia: { images: ["https://x/table.png"] } });
    expect(rows[0]?.id).toBe("2");
    await shop.objects.update([{ id: "1", properties: { picture: "https://x/other.png" } }]);
    expect(text.asked).toEqual(["chair", "table"]);
    expect(pictures.asked.at(-1)).toBe("https://x/other.png");
    const answer = await shop.generate({
      text: "chair",
      targetVector: "text",
      limit: 1,
      single: "{name} at {picture}",
      model: async ({ messages }: { messages: { content: unknown }[] }) =>
        String(messages.at(-1)?.content),
    } as never);
    expect((answer as { rows: { id: string }[] }).rows[0]?.id).toBe("1");
  });

  test("a write that fails leaves the object as it was, and nothing behind", async () => {
    const { collection, plot } = await films();
    await collection.objects.add([{ id: "1", properties: { title: "alien", plot: "space" } }]);
    const state = async () => ({
      objects: await collection.objects.get(),
      title: (await collection.vector("title").get({ include: ["embeddings"] })).embeddings,
      plot: (await collection.vector("plot").get({ include: ["embeddings"] })).embeddings,
      parts: await partsOf(client, collection),
    });
    const before = await state();
    plot.fails = true;
    const write = collection.objects.upsert([
      { id: "1", properties: { title: "other" } },
      { id: "2", properties: { title: "new" } },
    ]);
    await expect(write).rejects.toMatchObject({ code: "embedding_failed" });
    expect(await state()).toEqual(before);
    plot.fails = false;
    const wrong = collection.objects.update([
      { id: "1", properties: { title: "x" }, embeddings: { plot: [1, 2] } },
    ]);
    await expect(wrong).rejects.toMatchObject({ code: "dimension_mismatch" });
    expect(await state()).toEqual(before);
  });

  test("one of the vectors is moved to another function, the others stay", async () => {
    const { collection, title } = await films();
    await collection.objects.add(
      Array.from({ length: 20 }, (_, i) => ({
        id: `${i}`,
        properties: { title: `title ${i}`, plot: `plot ${i}` },
      })),
    );
    title.asked = [];
    const next = new Letters("next", 9);
    const view = collection.vector("plot");
    await view.reembed(next);
    expect(title.asked).toEqual([]);
    expect(view.embeddingFunction).toBe(next);
    const { ids } = await collection.query({
      queryTexts: ["plot 7 title 7"],
      targetVector: "plot",
    });
    expect(ids[0]?.[0]).toBe("7");
    await collection.objects.update([{ id: "3", properties: { plot: "changed" } }]);
    expect(next.asked.at(-1)).toBe("changed title 3");
    const { embeddings } = await collection.vector("plot").get({ include: ["embeddings"] });
    expect(embeddings.every((vector) => vector.length === 9)).toBe(true);
  });

  test("a vector of texts and titles is moved as it is written, one of pictures is not", async () => {
    const given: [string[], string[]][] = [];
    const titled = (name: string, dimension: number) => {
      const model = new Letters(name, dimension);
      return Object.assign(model, {
        generateWithTitles: async (texts: string[], titles: string[]) => {
          given.push([texts, titles]);
          return texts.map((text, i) => model.vector(`${titles[i]}|${text}`));
        },
      });
    };
    const collection = await client.createCollection({
      name: `Titled${++names}`,
      embeddingFunctions: { text: titled("old", 4), look: new Letters("pictures", 3) },
      vectorizer: {
        vectorizeClassName: false,
        vectors: { text: { titleProperty: "name" }, look: { imageFields: ["picture"] } },
      },
    });
    await collection.objects.add([
      { id: "1", properties: { name: "a name", body: "some body", picture: "https://x/y.png" } },
      { id: "2", properties: { body: "no name" } },
    ]);
    const written = given.splice(0);
    expect(written[0]?.[1]).toEqual(["a name", ""]);
    const next = titled("new", 6);
    await collection.vector("text").reembed(next);
    expect(given).toEqual(written);
    await expect(collection.vector("look").reembed(next)).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  test("refusals say what to do", async () => {
    const { collection, title, plot } = await films();
    const refused = (call: Promise<unknown> | (() => unknown), message: string, code?: string) =>
      expect(
        typeof call === "function" ? Promise.resolve().then(call) : call,
      ).rejects.toMatchObject({
        code: code ?? "invalid_argument",
        message: expect.stringContaining(message),
      });
    await refused(collection.query({ queryTexts: ["x"] }), 'collection.vector("title").query()');
    await refused(collection.search({ text: "x" }), "have the vectors title, plot");
    await refused(() => collection.vector("look"), 'the vectors of "');
    await refused(collection.get({ include: ["embeddings"] }), "say which one");
    await refused(
      collection.add({ ids: ["a"], documents: ["b"] } as never),
      "objects.add()",
      "unsupported",
    );
    await refused(
      collection.vector("title").add({ ids: ["a"], documents: ["b"] }),
      "objects are written by",
      "unsupported",
    );
    await refused(
      collection.objects.add([{ id: "1", properties: {}, embedding: [1] }]),
      "give embeddings: { title",
    );
    await refused(
      collection.objects.add([{ id: "1", properties: {}, embeddings: { look: [1] } }]),
      "objects[0].embeddings.look: the vectors are title, plot",
    );
    await refused(
      collection.objects.add([{ id: "a\u001f1", properties: { title: "x" } }]),
      "U+001F",
    );
    const make = (vectorizer: object, more: object = {}) =>
      client.createCollection({ name: `No${++names}`, vectorizer, ...more });
    await refused(make({ vectors: {} }), "at least one vector");
    await refused(make({ vectors: { "1a": {} } }), "no digit first");
    await refused(make({ vectors: { a: { space: "far" } } }), "vectors.a.space");
    await refused(make({ properties: ["x"], vectors: { a: {} } }), "properties belongs to one");
    await refused(
      make({ vectors: { a: {} } }, { embeddingFunctions: { b: title } }),
      "embeddingFunctions.b: the vectors are a",
    );
    await refused(
      client.getCollection({ name: collection.name, embeddingFunctions: { title: plot } }),
      "vector title",
    );
    const plain = await client.createCollection({
      name: `Plain${++names}`,
      embeddingFunction: title,
    });
    await refused(
      plain.query({ queryTexts: ["x"], targetVector: "title" }),
      "one vector without a name",
    );
    await refused(() => plain.vector("title"), "one vector without a name");
    await refused(
      client.getCollection({ name: plain.name, embeddingFunctions: { title } }),
      "one vector without a name",
    );
  });

  test("are kept, and go with their collection", async () => {
    const name = `named-${core.variant?.() ?? "reference"}`;
    const open = () => openTestClient({ core, name, storage: "indexeddb" });
    const functions = () => ({ title: new Letters("title-model", 5), plot: new Letters("p", 7) });
    const first = await open();
    const params = { name: "Films", vectorizer: VECTORIZER };
    const made = await first.getOrCreateCollection({ ...params, embeddingFunctions: functions() });
    await made.objects.add([{ id: "1", properties: { title: "alien", plot: "space" } }]);
    await first.close();
    const second = await open();
    const again = await second.getOrCreateCollection({
      ...params,
      embeddingFunctions: functions(),
    });
    expect((await again.query({ queryTexts: ["alien"], targetVector: "title" })).ids).toEqual([
      ["1"],
    ]);
    await again.objects.update([{ id: "1", properties: { title: "aliens" } }]);
    expect((await second.check()).length).toBe(3);
    await second.deleteCollection({ name: "Films" });
    expect(await second.check()).toEqual([]);
    await second.close();
  });
});

/** The reference core adds in doubles. */
function rounded(rows: object[]): unknown {
  const toDigits = (_: string, value: unknown) =>
    typeof value === "number" ? Number(value.toPrecision(5)) : value;
  return JSON.parse(JSON.stringify(rows, toDigits));
}

/** How many vectors are stored of each kind, also those that nobody finds. */
async function partsOf(client: Client, collection: Collection): Promise<Record<string, number>> {
  const { engine, database } = client as unknown as {
    engine: { call(method: string, params: object): Promise<never> };
    database: number;
  };
  const parts = (await engine.call("db.parts", { database, collection: collection.id })) as {
    id: string;
    name: string;
  }[];
  const counts = parts.map(async ({ id, name }) => {
    const status = await engine.call("db.collection.status", { database, collection: id });
    return [name.split("/").at(-1), (status as { count: number }).count] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}
