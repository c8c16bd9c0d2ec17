import "fake-indexeddb/auto";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { CollectionConfiguration } from "../../js/src/types.js";
import { openTestClient } from "./support/clients.js";

const DIMENSION = 48;
/** Above what the core keeps as floats whatever is asked for. */
const MANY = 2500;

/** Not representable in fewer bits: what comes back must be the floats themselves. */
function vectorOf(id: string, version = 0): Float32Array {
  let state = Number(id) * 7919 + version * 104_729 + 1;
  return Float32Array.from({ length: DIMENSION }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => String(from + i));

describe("embeddings that storage keeps", () => {
  let core: CoreModule;
  const open: Client[] = [];
  let names = 0;

  beforeAll(async () => {
    core = await loadCore({ variant: "simd128" });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });

  async function openClient(name: string, storage: "indexeddb" | "memory" = "indexeddb") {
    const client = await openTestClient({ core, name, storage });
    open.push(client);
    return client;
  }

  async function fill(client: Client, configuration: CollectionConfiguration = {}) {
    const collection = await client.createCollection({ name: "notes", configuration });
    const ids = range(0, MANY);
    await collection.add({ ids, embeddings: ids.map((id) => vectorOf(id)) });
    return collection;
  }

  /** versions: of the records that were written again. */
  async function check(collection: Collection, count: number, versions: Record<string, number>) {
    const { ids, embeddings } = await collection.get({ include: ["embeddings"] });
    expect(ids.length).toBe(count);
    const wrong = ids.filter((id, i) => {
      const expected = vectorOf(id, versions[id]);
      return !expected.every((value, d) => value === embeddings[i]?.[d]);
    });
    expect(wrong).toEqual([]);
  }

  test("come back as they were given, from journal and snapshot", async () => {
    const name = `vectors-${++names}`;
    const first = await openClient(name);
    const collection = await fill(first);
    await check(collection, MANY, {});
    const versions: Record<string, number> = {};
    for (const id of range(100, 200)) versions[id] = 1;
    const changed = Object.keys(versions);
    await collection.upsert({
      ids: changed,
      embeddings: changed.map((id) => vectorOf(id, 1)),
    });
    await collection.delete({ ids: range(0, 50) });
    await check(collection, MANY - 50, versions);
    await first.close(); // stores a snapshot

    const second = await openClient(name);
    const again = await second.getCollection({ name: "notes" });
    await check(again, MANY - 50, versions);
    const near = await again.query({
      queryEmbeddings: [vectorOf("150", 1)],
      nResults: 3,
      include: ["embeddings", "distances"],
    });
    expect(near.ids[0]?.[0]).toBe("150");
    expect(near.embeddings[0]?.[0]).toEqual(vectorOf("150", 1));
    expect(near.distances[0]?.[0]).toBeLessThan(1e-6);
    for (const id of range(60, 90)) versions[id] = 2;
    const more = range(60, 90);
    await again.update({ ids: more, embeddings: more.map((id) => vectorOf(id, 2)) });
    await check(again, MANY - 50, versions);
    await second.close();
    const third = await openClient(name);
    await check(await third.getCollection({ name: "notes" }), MANY - 50, versions);
  });

  test("are found after another client stored a snapshot", async () => {
    const name = `vectors-${++names}`;
    const writer = await openClient(name);
    await fill(writer);
    const reader = await openClient(name);
    const collection = await reader.getCollection({ name: "notes" });
    await check(collection, MANY, {});
    await writer.close(); // stores a snapshot and drops the journal
    await check(collection, MANY, {});
  });

  test("that were given up are refused, and everything else works", async () => {
    const name = `vectors-${++names}`;
    const client = await openClient(name);
    const collection = await fill(client, { keepVectors: false, index: "flat" });
    await expect(collection.get({ include: ["embeddings"] })).rejects.toMatchObject({
      code: "unsupported",
    });
    await client.close();
    const again = await (await openClient(name)).getCollection({ name: "notes" });
    expect(again.configuration.keepVectors).toBe(false);
    const { ids, distances } = await again.query({
      queryEmbeddings: [vectorOf("7")],
      nResults: 1,
    });
    expect(ids).toEqual([["7"]]);
    expect(distances[0]?.[0]).toBeLessThan(1e-4);
  });

  test("stay in memory where nothing else keeps them", async () => {
    const collection = await fill(await openClient(`vectors-${++names}`, "memory"));
    await check(collection, MANY, {});
  });

  test.each([
    ["int8", "int16"],
    ["int8", "none"],
    ["int4", "int16"],
    ["none", "int16"],
  ] as const)(
    "with quantization %s and rescoring %s the nearest is found",
    async (quantization, rescoring) => {
      const client = await openClient(`vectors-${++names}`);
      const collection = await fill(client, { quantization, rescoring, hnsw: { space: "cosine" } });
      const asked = range(20, 40);
      const { ids } = await collection.query({
        queryEmbeddings: asked.map((id) => vectorOf(id)),
        nResults: 1,
      });
      expect(ids.flat()).toEqual(asked);
      await check(collection, MANY, {});
    },
  );
});
