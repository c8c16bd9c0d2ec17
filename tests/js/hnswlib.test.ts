import "fake-indexeddb/auto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { IndexedDbStore } from "../../js/src/storage/indexeddb.js";
import { MemoryStore } from "../../js/src/storage/memory.js";
import type { CollectionConfiguration } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import { openTestClient } from "./support/clients.js";

/** Not as a Buffer, whose slice() is a view of it. */
const fixture = async (name: string) =>
  new Uint8Array(
    await readFile(fileURLToPath(new URL(`../fixtures/hnswlib/${name}`, import.meta.url))),
  );

interface Expected {
  queries: number[][];
  labels: string[][];
  distances: number[][];
}

const L2: CollectionConfiguration = { index: "hnsw", hnsw: { space: "l2", max_neighbors: 6 } };
const COSINE: CollectionConfiguration = { hnsw: { space: "cosine", max_neighbors: 8 } };

describe("files of Python's hnswlib", () => {
  let core: CoreModule;
  let expected: Record<"l2" | "cosine", Expected>;
  let files: Record<"l2" | "cosine", Uint8Array>;
  const open: Client[] = [];

  beforeAll(async () => {
    core = await loadCore({ variant: "simd128" });
    expected = JSON.parse(new TextDecoder().decode(await fixture("queries.json")));
    files = { l2: await fixture("l2.bin"), cosine: await fixture("cosine.bin") };
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });

  async function client(options: Partial<Parameters<typeof openTestClient>[0]> = {}) {
    const opened = await openTestClient({ core, ...options });
    open.push(opened);
    return opened;
  }
  const empty = async (configuration: CollectionConfiguration) =>
    (await client()).createCollection({ name: "imported", configuration });

  test.each([
    ["l2", L2, 190],
    ["cosine", COSINE, 40],
  ] as const)(
    "%s: finds what hnswlib finds, and exports what reads the same",
    async (name, configuration, count) => {
      const collection = await empty(configuration);
      expect(await collection.importHnswlib(files[name])).toBe(count);
      expect(await collection.count()).toBe(count);
      const { queries, labels, distances } = expected[name];
      const params = { queryEmbeddings: queries, nResults: 10, efSearch: 300 };
      const found = await collection.query(params);
      expect(found.ids).toEqual(labels);
      for (const [q, row] of found.distances.entries()) {
        for (const [i, distance] of row.entries()) {
          expect(distance).toBeCloseTo(distances[q]?.[i] as number, 4);
        }
      }

      const exported = await collection.exportHnswlib();
      expect(exported.ids).toHaveLength(count);
      const again = await (await client()).createCollection({ name: "again", configuration });
      expect(await again.importHnswlib(exported.file, { ids: exported.ids })).toBe(count);
      const include = ["embeddings" as const];
      expect((await again.get({ include })).embeddings).toEqual(
        (await collection.get({ include })).embeddings,
      );
      expect((await again.query(params)).ids).toEqual(labels);
      // Way points and links are the same as well.
      const third = await again.exportHnswlib();
      expect(third.ids).toEqual(exported.ids);
      expect(Buffer.compare(third.file, exported.file)).toBe(0);
    },
  );

  test("a graph of binary codes is exported as its floats, and read the same", async () => {
    const configuration = { ...L2, quantization: "binary" } as const;
    const random = uniform(11);
    const embeddings = Array.from({ length: 2_200 }, () =>
      Float32Array.from({ length: 40 }, () => random() - 0.5),
    );
    const ids = embeddings.map((_, i) => String(i));
    const collection = await empty(configuration);
    await collection.add({ ids, embeddings });
    while ((await collection.getIndexingStatus()).numUnindexedOps > 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const exported = await collection.exportHnswlib();
    const again = await (await client()).createCollection({ name: "again", configuration });
    await again.importHnswlib(exported.file, { ids: exported.ids });
    const asked = { queryEmbeddings: embeddings.slice(0, 50), nResults: 10 };
    const found = await again.query(asked);
    expect(found.ids.map(([nearest]) => nearest)).toEqual(ids.slice(0, 50));
    expect(found.ids).toEqual((await collection.query(asked)).ids);
  });

  test("the graph is kept: nothing is left to link, and a snapshot has it", async () => {
    const store = new MemoryStore();
    store.close = async () => {};
    const options = { openStore: async () => store, storage: "indexeddb" as const };
    const first = await client(options);
    const collection = await first.createCollection({ name: "kept", configuration: L2 });
    await collection.importHnswlib(new Blob([files.l2 as Uint8Array<ArrayBuffer>]));
    expect((await collection.getIndexingStatus()).numUnindexedOps).toBe(0);
    const before = await collection.exportHnswlib();
    await first.close();
    const [manifest] = await store.listCollections();
    expect(manifest?.snapshot.generation).toBeGreaterThan(0);

    const reopened = await (await client(options)).getCollection({ name: "kept" });
    const after = await reopened.exportHnswlib();
    expect(Buffer.compare(after.file, before.file)).toBe(0);
  });

  test("lists are by label", async () => {
    const collection = await empty(L2);
    const labels = Array.from({ length: 200 }, (_, i) => i);
    await collection.importHnswlib(files.l2.slice().buffer as ArrayBuffer, {
      ids: labels.map((i) => `note ${i}`),
      documents: labels.map((i) => `text ${i}`),
      metadatas: labels.map((i) => ({ page: i })),
    });
    const { documents, metadatas } = await collection.get({ ids: ["note 41", "note 40"] });
    expect(documents).toEqual(["text 41"]); // 40 was deleted
    expect(metadatas).toEqual([{ page: 41 }]);
    const other = await (await client()).createCollection({ name: "docs", configuration: L2 });
    await other.importHnswlib(files.l2, { documents: labels.map((i) => `text ${i}`) });
    expect((await other.get({ ids: ["199"] })).documents).toEqual(["text 199"]);
  });

  test("refuses what is damaged, and leaves the collection empty", async () => {
    const collection = await empty(L2);
    const refused = (file: unknown, params = {}) =>
      expect(collection.importHnswlib(file as Uint8Array, params)).rejects;
    const link = files.l2.slice();
    link.set([0xff, 0xff], 96 + 4); // the first link of element 0
    await refused(link).toMatchObject({
      code: "corrupt",
      message: expect.stringMatching(/links to node/),
    });
    const count = files.l2.slice();
    count[20] = 0x10;
    await refused(count).toMatchObject({
      code: "corrupt",
      message: expect.stringMatching(/has room for/),
    });
    await refused(files.l2.slice(0, -1)).toMatchObject({ code: "corrupt" });
    await refused(new Uint8Array(0)).toMatchObject({ code: "corrupt" });
    await refused(undefined).toMatchObject({ code: "invalid_argument" });
    await refused(files.l2, { ids: ["a", "b"] }).toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/the label 2/),
    });
    await refused(files.l2, { ids: [] }).toMatchObject({ code: "invalid_argument" });
    expect(await collection.count()).toBe(0);
    await collection.importHnswlib(files.l2);
    await refused(files.l2).toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/190 records/),
    });
  });

  test("refuses collections that cannot hold the graph", async () => {
    const few = await empty({ hnsw: { max_neighbors: 5 } });
    await expect(few.importHnswlib(files.l2)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/M of 6.*max_neighbors of 5/),
    });
    const flat = await (await client()).createCollection({
      name: "flat",
      configuration: { index: "flat" },
    });
    expect(await flat.importHnswlib(files.l2)).toBe(190);
    await expect(flat.exportHnswlib()).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("a failed write takes back what was written before it", async () => {
    class Full extends MemoryStore {
      left = 2;
      override async append(id: string, sequence: number, record: Uint8Array) {
        if (this.left-- === 0) throw new Error("the disk is full");
        await super.append(id, sequence, record);
      }
    }
    const store = new Full();
    const stored = await client({ openStore: async () => store, storage: "indexeddb" });
    const wide: CollectionConfiguration = { index: "hnsw", hnsw: { max_neighbors: 4 } };
    const source = await (await client()).createCollection({ name: "wide", configuration: wide });
    // Each record takes half of a batch of the import.
    const embeddings = Array.from({ length: 80 }, (_, i) => new Float32Array(2 ** 16).fill(i));
    for (let i = 0; i < 80; i += 16) {
      const ids = embeddings.slice(i, i + 16).map((_, j) => `${i + j}`);
      await source.add({ ids, embeddings: embeddings.slice(i, i + 16) });
    }
    const { file } = await source.exportHnswlib();
    const target = await stored.createCollection({ name: "target", configuration: wide });
    await expect(target.importHnswlib(file)).rejects.toThrow(/the disk is full/);
    expect(await target.count()).toBe(0);
    store.left = -1;
    expect(await target.importHnswlib(file)).toBe(80);
  });

  test("is journalled: IndexedDB has the records before any snapshot", async () => {
    const name = `hnswlib-${Date.now()}`;
    const options = { openStore: () => IndexedDbStore.open(name), storage: "indexeddb" as const };
    const first = await client(options);
    const collection = await first.createCollection({ name: "durable", configuration: COSINE });
    await collection.importHnswlib(files.cosine);
    const reader = await (await client(options)).getCollection({ name: "durable" });
    expect((await reader.get()).ids).toEqual((await collection.get()).ids);
  });
});
