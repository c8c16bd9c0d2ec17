import "fake-indexeddb/auto";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { IndexedDbStore } from "../../js/src/storage/indexeddb.js";
import { CORES, openTestClient } from "./support/clients.js";
import { type Damage, damageJournal, damageSnapshot } from "./support/damage.js";

/** More than a journal may have before an idle collection gets a snapshot. */
const LONG = "x".repeat(300 * 1024);
const DAMAGES: Damage[] = ["altered", "missing"];

describe.each(CORES)("damaged data on the %s", (coreName, load) => {
  let core: CoreModule;
  const open: Client[] = [];
  let names = 0;

  beforeAll(async () => {
    core = await load();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });

  const freshName = () => `recovery-${++names}-${coreName}`;

  async function openClient(name: string): Promise<Client> {
    const client = await openTestClient({ core, name, storage: "indexeddb" });
    open.push(client);
    return client;
  }

  async function reopen(name: string): Promise<{ client: Client; notes: Collection }> {
    await Promise.all(open.splice(0).map((client) => client.close()));
    const client = await openClient(name);
    return { client, notes: await client.getCollection({ name: "notes" }) };
  }

  /** Batches 1 to 4, an id each; the last with much text where a snapshot is wanted. */
  async function write(name: string, index: "auto" | "hnsw", text: string): Promise<string> {
    const client = await openClient(name);
    const configuration = { index };
    const notes = await client.createCollection({ name: "notes", configuration });
    for (let i = 1; i <= 4; ++i) {
      await notes.add({ ids: [`${i}`], embeddings: [[i, 1]], documents: [i === 4 ? text : "x"] });
    }
    await client.close();
    open.length = 0;
    return notes.id;
  }

  test.each(DAMAGES)(
    "a journal is read up to a batch that is %s, and the rest told",
    async (damage) => {
      const name = freshName();
      const id = await write(name, "auto", "x");
      await damageJournal(name, id, 2, damage);
      const { client, notes } = await reopen(name);
      expect((await notes.get()).ids).toEqual(["1"]);
      const { reports } = await client.storage();
      expect(reports).toHaveLength(1);
      expect(reports[0]).toMatchObject({
        kind: "lost",
        collection: "notes",
        message: expect.stringMatching(/batch 2 of "notes".*set aside/),
        batches: damage === "altered" ? 3 : 2,
      });
      expect(Math.abs(Date.now() - (reports[0]?.time ?? 0))).toBeLessThan(60_000);
      // Writing goes on where the clean prefix ends.
      await notes.add({ ids: ["new"], embeddings: [[9, 9]] });
      const again = await reopen(name);
      expect((await again.notes.get()).ids).toEqual(["1", "new"]);
      expect((await again.client.storage()).reports).toEqual([]);
    },
  );

  test("what was set aside stays stored until the collection is deleted", async () => {
    const name = freshName();
    const id = await write(name, "auto", "x");
    await damageJournal(name, id, 2, "altered");
    const { client, notes } = await reopen(name);
    await notes.count();
    const store = await IndexedDbStore.open(name);
    const kept: number[] = [];
    for await (const { sequence } of store.readJournal(`aside/${id}`, 0)) kept.push(sequence);
    expect(kept).toEqual([2, 3, 4]);
    expect(await store.setAside(id, 0, 1)).toBe(0);
    expect((await store.readRecord(`aside/${id}`, 2))?.byteLength).toBeGreaterThan(0);
    await client.deleteCollection({ name: "notes" });
    for await (const { sequence } of store.readJournal(`aside/${id}`, 0)) kept.push(sequence);
    expect(kept).toHaveLength(3);
    await store.close();
  });

  test("listeners are told of damage as it is found", async () => {
    const name = freshName();
    const id = await write(name, "auto", "x");
    await damageJournal(name, id, 4, "altered");
    const told: string[] = [];
    const client = await openTestClient({
      core,
      name,
      storage: "indexeddb",
      onStorageReport: ({ kind, collection, batches }) =>
        told.push(`${kind} ${collection} ${batches}`),
    });
    open.push(client);
    const notes = await client.getCollection({ name: "notes" });
    expect(await notes.count()).toBe(3);
    await notes.get();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(told).toEqual(["lost notes 1"]);
  });

  test.each(DAMAGES)(
    "a snapshot whose records are %s is an error and no empty answer",
    async (damage) => {
      const name = freshName();
      const id = await write(name, "auto", LONG);
      await damageSnapshot(name, id, 0, damage);
      const { client, notes } = await reopen(name);
      for (let i = 0; i < 2; ++i)
        await expect(notes.count()).rejects.toMatchObject({ code: "corrupt" });
      await expect(notes.add({ ids: ["new"], embeddings: [[9, 9]] })).rejects.toMatchObject({
        code: "corrupt",
      });
      const { reports } = await client.storage();
      expect(reports).toHaveLength(1);
      expect(reports[0]).toMatchObject({ kind: "lost", collection: "notes" });
      expect((await client.check()).map(({ problems }) => problems.length)).toEqual([1]);
    },
  );

  test("check() finds nothing wrong with what is whole, and changes nothing", async () => {
    const name = freshName();
    await write(name, "auto", LONG);
    const { client, notes } = await reopen(name);
    await notes.add({ ids: ["new"], embeddings: [[9, 9]] });
    const checked = await client.check();
    expect(checked).toMatchObject([{ name: "notes", copy: "first", batches: 1, problems: [] }]);
    expect(checked[0]?.parts).toBeGreaterThan(1);
    expect(await notes.count()).toBe(5);
  });

  test("check() finds every damaged and missing block", async () => {
    const name = freshName();
    const id = await write(name, "auto", "x");
    await damageJournal(name, id, 1, "altered");
    await damageJournal(name, id, 3, "missing");
    const { client } = await reopen(name);
    const [checked] = await client.check();
    expect(checked?.problems).toEqual(["batch 1 is damaged", "batch 3 is missing"]);
  });

  // The slow twin has neither graph nor parts of their own.
  const withGraph = coreName === "wasm core" ? test : test.skip;

  withGraph.each(DAMAGES)("a graph that is %s is built anew from the vectors", async (damage) => {
    const name = freshName();
    const id = await write(name, "hnsw", LONG);
    // The last part ends the snapshot, the graph is before it.
    await damageSnapshot(name, id, -2, damage);
    const { client, notes } = await reopen(name);
    expect((await notes.get()).ids).toEqual(["1", "2", "3", "4"]);
    const near = await notes.query({ queryEmbeddings: [[3, 1]], nResults: 1 });
    expect(near.ids).toEqual([["3"]]);
    const { embeddings } = await notes.get({ ids: ["2"], include: ["embeddings"] });
    expect([...(embeddings[0] ?? [])]).toEqual([2, 1]);
    expect((await client.storage()).reports).toMatchObject([
      { kind: "recovered", collection: "notes", message: expect.stringContaining("graph") },
    ]);
    // The next snapshot, when the client is closed, has a graph again.
    const again = await reopen(name);
    expect((await again.notes.get()).ids).toEqual(["1", "2", "3", "4"]);
    expect((await again.client.storage()).reports).toEqual([]);
  });

  withGraph("a damaged graph and a damaged journal are both told", async () => {
    const name = freshName();
    const id = await write(name, "hnsw", LONG);
    const { notes } = await reopen(name);
    await notes.add({ ids: ["5"], embeddings: [[5, 1]] });
    await notes.add({ ids: ["6"], embeddings: [[6, 1]] });
    await open.pop()?.close();
    await damageSnapshot(name, id, -1, "missing");
    await damageJournal(name, id, 6, "altered");
    const again = await reopen(name);
    expect((await again.notes.get()).ids).toEqual(["1", "2", "3", "4", "5"]);
    const { reports } = await again.client.storage();
    expect(reports.map(({ kind }) => kind)).toEqual(["recovered", "lost"]);
  });
});
