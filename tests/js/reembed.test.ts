import "fake-indexeddb/auto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { EmbeddingFunction, Metadata } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient } from "./support/clients.js";

/** A model of its own dimension whose vectors are those of no other. */
class Model implements EmbeddingFunction {
  asked: string[] = [];
  /** Runs before each answer. */
  before: () => Promise<void> | void = () => {};

  constructor(
    readonly name: string,
    readonly dimension: number,
  ) {}

  vector(text: string): number[] {
    return Array.from({ length: this.dimension }, (_, i) => {
      let hash = (i + 1) * 2654435761 + this.dimension;
      for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
      return ((hash >>> 8) % 1000) / 100;
    });
  }

  async generate(texts: string[]): Promise<number[][]> {
    await this.before();
    this.asked.push(...texts);
    return texts.map((text) => this.vector(text));
  }

  getConfig() {
    return { model: this.name, dimensions: this.dimension };
  }
}

const small = () => new Model("small", 3);
const large = () => new Model("large", 5);
const EVERYTHING = ["documents", "metadatas", "embeddings"] as const;

async function expectVectorsOf(collection: Collection, model: Model): Promise<void> {
  const { rows } = await collection.get({ include: [...EVERYTHING] }).then((all) => ({
    rows: all.rows(),
  }));
  for (const { document, embedding } of rows) {
    expect([...(embedding ?? [])]).toEqual(model.vector(document ?? "").map(Math.fround));
  }
}

describe.each(CORES)("reembed() on the %s", (_core, load) => {
  let core: CoreModule;
  let names = 0;
  beforeAll(async () => {
    core = await load();
  });

  describe.each(["memory", "indexeddb"] as const)("in a client of %s", (storage) => {
    const freshName = () => `reembed-${core.variant?.() ?? "reference"}-${storage}-${++names}`;

    async function filled(count: number, name = freshName()) {
      const client = await openTestClient({ core, name, storage });
      const model = small();
      const notes = await client.createCollection({ name: "notes", embeddingFunction: model });
      await notes.add({
        ids: Array.from({ length: count }, (_, i) => `id${i}`),
        documents: Array.from({ length: count }, (_, i) => `text ${i}`),
        metadatas: Array.from({ length: count }, (_, i) => ({ n: i })),
      });
      return { client, notes, model, name };
    }

    test("moves every record, in its order, with its metadata", async () => {
      const { client, notes } = await filled(600);
      await notes.delete({ ids: ["id3", "id599"] });
      await notes.update({ ids: ["id7"], metadatas: [{ more: true }] });
      const before = await notes.get();
      const model = large();
      const told: number[] = [];
      await notes.reembed(model, { onProgress: ({ done }) => told.push(done) });
      const after = await notes.get({ include: [...EVERYTHING] });
      expect(after.ids).toEqual(before.ids);
      expect(after.documents).toEqual(before.documents);
      expect(after.metadatas).toEqual(before.metadatas);
      await expectVectorsOf(notes, model);
      expect(model.asked.length).toBe(598);
      expect(told[0]).toBe(0);
      expect(told.at(-1)).toBe(598);
      expect(told).toEqual([...told].sort((a, b) => a - b));
      expect(notes.embeddingFunction).toBe(model);
      expect(notes.configuration.embedding_function).toMatchObject({ name: "large" });
      const found = await notes.query({ queryTexts: ["text 42"], nResults: 1 });
      expect(found.ids).toEqual([["id42"]]);
      expect((await client.listCollections()).map(({ name }) => name)).toEqual(["notes"]);
      await client.close();
    });

    test("a collection of binary codes stays one", async () => {
      const client = await openTestClient({ core, name: freshName(), storage });
      const notes = await client.createCollection({
        name: "notes",
        embeddingFunction: small(),
        configuration: { quantization: "binary" },
      });
      const ids = Array.from({ length: 2_100 }, (_, i) => `id${i}`);
      await notes.add({ ids, documents: ids.map((id) => `text of ${id}`) });
      await notes.reembed(new Model("wide", 64));
      expect(notes.configuration.quantization).toBe("binary");
      const asked = ids.slice(0, 30);
      const found = await notes.query({
        queryTexts: asked.map((id) => `text of ${id}`),
        nResults: 1,
      });
      expect(found.ids.flat()).toEqual(asked);
      await client.close();
    });

    test("what is written meanwhile is there, and calls answer from the old vectors", async () => {
      const { client, notes, model: old } = await filled(300);
      const model = large();
      let step = 0;
      model.before = async () => {
        if (++step > 3) return;
        await notes.upsert({ ids: ["id1", `new${step}`], documents: [`changed ${step}`, "new"] });
        await notes.delete({ ids: [`id${step + 10}`] });
        await notes.update({ ids: ["id20"], metadatas: [{ step }] });
        const { ids, distances } = await notes.query({ queryTexts: ["text 42"], nResults: 1 });
        expect(ids).toEqual([["id42"]]);
        expect(distances[0]?.[0]).toBeCloseTo(0, 5);
        await expectVectorsOf(notes, old);
      };
      await notes.reembed(model);
      expect(step).toBeGreaterThan(3);
      await expectVectorsOf(notes, model);
      const all = await notes.get();
      expect(all.ids.slice(-3)).toEqual(["new1", "new2", "new3"]);
      expect(all.ids.length).toBe(300);
      expect(all.documents[1]).toBe("changed 3");
      expect(all.metadatas[all.ids.indexOf("id20")]).toEqual({ n: 20, step: 3 });
      await client.close();
    });

    test("an aborted call goes on where it was; resume: false begins anew", async () => {
      const { client, notes } = await filled(600);
      const interrupt = async () => {
        const abort = new AbortController();
        const model = large();
        model.before = () => {
          if (model.asked.length >= 256) abort.abort();
        };
        const call = notes.reembed(model, { signal: abort.signal });
        await expect(call).rejects.toMatchObject({ code: "aborted" });
        return model.asked.length;
      };
      await interrupt();
      const second = large();
      const stopped = await notes.query({ queryTexts: ["text 5"], nResults: 1 });
      expect(stopped.ids).toEqual([["id5"]]);
      await notes.reembed(second);
      expect(second.asked.length).toBe(600 - 256);
      await expectVectorsOf(notes, second);
      await client.close();
    });

    test("another function than the interrupted one, or resume: false, embeds everything", async () => {
      const { client, notes } = await filled(300);
      const abort = new AbortController();
      const first = large();
      first.before = () => {
        if (first.asked.length >= 256) abort.abort();
      };
      await expect(notes.reembed(first, { signal: abort.signal })).rejects.toMatchObject({
        code: "aborted",
      });
      const anew = large();
      await notes.reembed(anew, { resume: false });
      expect(anew.asked.length).toBe(300);
      const other = new Model("other", 4);
      await notes.reembed(other);
      await expectVectorsOf(notes, other);
      await client.close();
    });

    test("null gives an interrupted move up", async () => {
      const { client, notes, model } = await filled(300);
      const abort = new AbortController();
      const next = large();
      next.before = () => {
        if (next.asked.length >= 256) abort.abort();
      };
      await expect(notes.reembed(next, { signal: abort.signal })).rejects.toThrow();
      await notes.reembed(null);
      expect(notes.embeddingFunction).toBe(model);
      await expectVectorsOf(notes, model);
      const again = large();
      await notes.reembed(again);
      expect(again.asked.length).toBe(300);
      await client.close();
    });

    test("another object of the collection is refused vectors of the old function", async () => {
      const { client, notes, model } = await filled(5);
      const other = await client.getCollection({ name: "notes", embeddingFunction: model });
      await notes.reembed(large());
      const refused = { code: "model_changed", message: expect.stringContaining("get it again") };
      await expect(other.add({ ids: ["x"], documents: ["x"] })).rejects.toMatchObject(refused);
      await expect(other.query({ queryTexts: ["x"] })).rejects.toMatchObject(refused);
      await expect(other.search({ text: "x" })).rejects.toMatchObject(refused);
      await expect(other.upsert({ ids: ["x"], embeddings: [[1, 2, 3]] })).rejects.toMatchObject(
        refused,
      );
      // Whatever needs no vector goes on.
      await other.update({ ids: ["id1"], metadatas: [{ seen: true }] });
      expect((await other.search({ text: "text", mode: "keyword" })).rows.length).toBe(5);
      expect(await other.count()).toBe(5);
      await expect(
        client.getCollection({ name: "notes", embeddingFunction: model }),
      ).rejects.toMatchObject({ code: "invalid_argument" });
      await client.close();
    });

    test("calls of the same object under the change are made once more", async () => {
      const { client, notes, model } = await filled(40);
      const next = large();
      // The old function answers only after the change.
      let changed = () => {};
      const change = new Promise<void>((resolve) => {
        changed = resolve;
      });
      model.before = () => change;
      const query = notes.query({ queryTexts: ["text 9"], nResults: 1 });
      const search = notes.search({ text: "text 9", mode: "vector", limit: 1 });
      const add = notes.add({ ids: ["late"], documents: ["late"] });
      await new Promise((resolve) => setTimeout(resolve, 5));
      await notes.reembed(next);
      changed();
      expect((await query).ids).toEqual([["id9"]]);
      expect((await search).rows[0]?.id).toBe("id9");
      await add;
      await expectVectorsOf(notes, next);
      expect(await notes.count()).toBe(41);
      await client.close();
    });

    test("refuses, and changes nothing", async () => {
      const { client, notes, model } = await filled(4);
      const next = large();
      await expect(notes.reembed({} as never)).rejects.toMatchObject({ code: "invalid_argument" });
      await expect(notes.reembed(undefined as never)).rejects.toMatchObject({
        code: "invalid_argument",
      });
      const picky = Object.assign(large(), { supportedSpaces: () => ["cosine" as const] });
      await expect(notes.reembed(picky)).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining("does not support the space l2"),
      });
      const failing = Object.assign(large(), {
        generate: () => Promise.reject(new Error("no network")),
      });
      await expect(notes.reembed(failing)).rejects.toMatchObject({ code: "embedding_failed" });
      await notes.add({ ids: ["bare"], embeddings: [[1, 2, 3]] });
      await expect(notes.reembed(next)).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining('the record "bare" has no document'),
      });
      expect(next.asked).toEqual([]);
      await notes.delete({ ids: ["bare"] });
      await expectVectorsOf(notes, model);
      await notes.reembed(next);
      await expectVectorsOf(notes, next);
      await client.close();
    });

    test("an empty collection changes its function", async () => {
      const { client, notes } = await filled(1);
      await notes.delete({ ids: ["id0"] });
      const next = large();
      await notes.reembed(next);
      await notes.add({ ids: ["a"], documents: ["a"] });
      await expectVectorsOf(notes, next);
      await client.close();
    });

    test("random writes between and after two moves", async () => {
      const { client, notes } = await filled(30);
      const random = uniform(7);
      const pick = (n: number) => Math.floor(random() * n);
      const expected = new Map<string, string>(
        Array.from({ length: 30 }, (_, i) => [`id${i}`, `text ${i}`]),
      );
      const write = async () => {
        const id = `id${pick(50)}`;
        if (pick(3) === 0) {
          await notes.delete({ ids: [id] });
          expected.delete(id);
        } else {
          const text = `text ${pick(1000)}`;
          await notes.upsert({ ids: [id], documents: [text], metadatas: [{ n: pick(9) }] });
          expected.set(id, text);
        }
      };
      for (const model of [large(), new Model("third", 2)]) {
        let calls = 0;
        model.before = async () => {
          if (++calls < 6) for (let i = 0; i < 5; ++i) await write();
        };
        await notes.reembed(model);
        await expectVectorsOf(notes, model);
        model.before = () => {};
        for (let i = 0; i < 10; ++i) await write();
        await expectVectorsOf(notes, model);
        const { ids, documents } = await notes.get();
        expect(new Map(ids.map((id, i) => [id, documents[i]]))).toEqual(expected);
      }
      await client.close();
    });
  });

  describe("kept", () => {
    const open = (name: string): Promise<Client> =>
      openTestClient({ core, name, storage: "indexeddb" });
    const documents = Array.from({ length: 400 }, (_, i) => `text ${i}`);
    const ids = documents.map((_, i) => `id${i}`);
    /** After one step. */
    const interruptMove = async (notes: Collection) => {
      const abort = new AbortController();
      const model = large();
      model.before = () => {
        if (model.asked.length >= 256) abort.abort();
      };
      await expect(notes.reembed(model, { signal: abort.signal })).rejects.toThrow();
    };

    test("what was moved is there after a reload, and what was interrupted goes on", async () => {
      const name = `reembed-kept-${core.variant?.() ?? "reference"}`;
      const first = await open(name);
      const old = small();
      const notes = await first.createCollection({ name: "notes", embeddingFunction: old });
      await notes.add({ ids, documents });
      await interruptMove(notes);
      await first.close();

      const second = await open(name);
      expect(await second.countCollections()).toBe(1);
      const resumed = await second.getCollection({ name: "notes", embeddingFunction: old });
      await expectVectorsOf(resumed, old);
      const rest = large();
      await resumed.reembed(rest, { resume: true });
      expect(rest.asked.length).toBe(400 - 256);
      await second.close();

      const third = await open(name);
      const moved = await third.getCollection({ name: "notes", embeddingFunction: rest });
      await expectVectorsOf(moved, rest);
      expect((await third.check()).flatMap(({ problems }) => problems)).toEqual([]);
      expect((await third.check()).length).toBe(1);
      await third.close();
    });

    test("a collection is deleted with what an interrupted move left", async () => {
      const name = `reembed-deleted-${core.variant?.() ?? "reference"}`;
      const client = await open(name);
      const notes = await client.createCollection({ name: "notes", embeddingFunction: small() });
      await notes.add({ ids, documents });
      await interruptMove(notes);
      expect((await client.check()).length).toBe(2);
      await client.deleteCollection({ name: "notes" });
      expect(await client.check()).toEqual([]);
      await client.close();
    });
  });

  test("long documents: passages and documents have the new function's vectors", async () => {
    const client = await openTestClient({ core });
    const chunking = {
      maxTokens: 8,
      tokenizer: (text: string) => text.split(/\s+/).filter(Boolean).length,
    };
    const docs = await client.createCollection({
      name: "docs",
      embeddingFunction: small(),
      chunking,
    });
    const long = (n: number) =>
      Array.from({ length: 6 }, (_, i) => `Sentence ${i} of text ${n}.`).join(" ");
    const some = Array.from({ length: 50 }, (_, i) => i);
    await docs.add({
      ids: some.map((i) => `d${i}`),
      documents: some.map((i) => (i % 3 === 0 ? `short ${i}` : long(i))),
      metadatas: some.map((i): Metadata => ({ n: i })),
    });
    const next = large();
    await docs.reembed(next);
    const { ids, passages } = (await docs.query({
      queryTexts: ["Sentence 3 of text 20."],
      nResults: 1,
    })) as Awaited<ReturnType<typeof docs.query>> & { passages: ({ text: string } | null)[][] };
    expect(ids).toEqual([["d20"]]);
    expect(passages[0]?.[0]?.text).toContain("Sentence 3 of text 20.");
    const twin = await client.createCollection({
      name: "twin",
      embeddingFunction: large(),
      chunking,
    });
    await twin.add({
      ids: some.map((i) => `d${i}`),
      documents: some.map((i) => (i % 3 === 0 ? `short ${i}` : long(i))),
    });
    const vectors = async (of: Collection) =>
      (await of.get({ include: ["embeddings"] })).embeddings.map((vector) => [...vector]);
    expect(await vectors(docs)).toEqual(await vectors(twin));
    await docs.update({ ids: ["d1"], documents: [long(99)] });
    await client.close();
  });

  test("objects: a title is given apart to a function that takes titles", async () => {
    const client = await openTestClient({ core });
    const cars = await client.createCollection({
      name: "Car",
      embeddingFunction: small(),
      vectorizer: { titleProperty: "brand", vectorizeClassName: false },
    });
    await cars.objects.add([
      { id: "1", properties: { brand: "Best Brand", review: "a very great car" } },
      { id: "2", properties: { brand: "Other", review: "slow" } },
    ]);
    const given: [string[], string[]][] = [];
    const titled = Object.assign(large(), {
      generateWithTitles: async (texts: string[], titles: string[]) => {
        given.push([texts, titles]);
        return texts.map((text, i) => titled.vector(`${titles[i]}|${text}`));
      },
    });
    await cars.reembed(titled);
    expect(given).toEqual([
      [
        ["a very great car", "slow"],
        ["Best Brand", "Other"],
      ],
    ]);
    await cars.objects.update([{ id: "2", properties: { review: "fast" } }]);
    const { embeddings } = await cars.get({ include: ["embeddings"] });
    expect([...(embeddings[1] ?? [])]).toEqual(titled.vector("Other|fast").map(Math.fround));
    const pictures = await client.createCollection({
      name: "Pictures",
      vectorizer: { imageFields: ["picture"] },
    });
    await expect(pictures.reembed(large())).rejects.toMatchObject({ code: "unsupported" });
    await client.close();
  });
});
