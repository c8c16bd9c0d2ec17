import "fake-indexeddb/auto";
import { afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { Database } from "../../js/src/database/database.js";
import { runInSlices } from "../../js/src/database/slices.js";
import { IDLE_MS, MAX_JOURNAL_BYTES, snapshotDue } from "../../js/src/database/snapshot-policy.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { nextTurn } from "../../js/src/engine/turns.js";
import { PagevecError } from "../../js/src/errors.js";
import { IndexedDbStore } from "../../js/src/storage/indexeddb.js";
import { MemoryStore } from "../../js/src/storage/memory.js";
import { SerialQueue } from "../../js/src/storage/queue.js";
import type { Parts, SnapshotTarget, Store } from "../../js/src/storage/store.js";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";
import { fragileCore } from "./support/fragile-core.js";

const texts = ["a cat sat", "the big dog", "banana", "café ☕", ""];
const ids = texts.map((_, i) => `id${i}`);
/** More than a journal may have before an idle collection gets a snapshot. */
const LONG = "x".repeat(300 * 1024);

/** Everything that a reader can see. */
async function seen(collection: Collection) {
  const { ids, documents, metadatas, embeddings } = await collection.get({
    include: ["documents", "metadatas", "embeddings"],
  });
  const near = await collection.query({
    queryEmbeddings: [
      [9, 2, 1],
      [1, 1, 1],
    ],
    nResults: 4,
  });
  return {
    records: { ids, documents, metadatas, embeddings: embeddings.map((vector) => [...vector]) },
    near: { ids: near.ids, distances: near.distances },
  };
}

/** A store that fails where a test says so, and otherwise keeps everything. */
class FragileStore extends MemoryStore {
  failAppend: Error | undefined;
  failSnapshot: Error | undefined;
  snapshots = 0;
  /** What a snapshot waits for after its beginning. */
  holdSnapshot: Promise<void> | undefined;
  /** What another tab does between a reader's look at the manifest and at the journal. */
  beforeJournal: (() => Promise<void>) | undefined;

  override async *readJournal(id: string, afterSequence: number) {
    const meanwhile = this.beforeJournal;
    this.beforeJournal = undefined;
    await meanwhile?.();
    yield* super.readJournal(id, afterSequence);
  }

  override async append(id: string, sequence: number, record: Uint8Array): Promise<void> {
    if (this.failAppend) throw this.failAppend;
    await super.append(id, sequence, record);
  }

  override async writeSnapshot(id: string, target: SnapshotTarget, parts: Parts) {
    if (this.failSnapshot) throw this.failSnapshot;
    ++this.snapshots;
    await this.holdSnapshot;
    return super.writeSnapshot(id, target, parts);
  }

  /** A client that is closed leaves this store open for the next. */
  override async close(): Promise<void> {}
}

describe.each(CORES)("a database on the %s", (_name, load) => {
  let core: CoreModule;
  const open: Client[] = [];
  let names = 0;

  beforeAll(async () => {
    core = await load();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });

  async function openClient(name: string, store?: Store): Promise<Client> {
    const options = { core, name, storage: "indexeddb" as const };
    const client = await openTestClient(
      store ? { ...options, openStore: async () => store } : options,
    );
    open.push(client);
    return client;
  }

  const freshName = () => `database-${++names}-${_name}`;

  async function fill(client: Client, embedding = new ToyEmbedding("toy")): Promise<Collection> {
    const collection = await client.createCollection({
      name: "notes",
      embeddingFunction: embedding,
      metadata: JSON.parse('{"__proto__":"odd","k":1}'),
    });
    await collection.add({
      ids,
      documents: texts,
      metadatas: ids.map((_, n) => ({ n, tags: ["a"] })),
    });
    await collection.upsert({ ids: ["id1", "new"], documents: ["dog", "new"] });
    await collection.update({ ids: ["id2"], metadatas: [{ changed: true }] });
    await collection.delete({ ids: ["id3"] });
    return collection;
  }

  test("what was written is there again, and nothing is embedded twice", async () => {
    const name = freshName();
    const first = await openClient(name);
    const before = await seen(await fill(first));
    expect(before.records.ids).toEqual(["id0", "id1", "id2", "id4", "new"]);
    await first.close();

    const embedding = new ToyEmbedding("toy");
    const second = await openClient(name);
    const collection = await second.getCollection({ name: "notes", embeddingFunction: embedding });
    expect(await seen(collection)).toEqual(before);
    expect(JSON.stringify(collection.metadata)).toBe('{"__proto__":"odd","k":1}');
    await collection.add({ ids, documents: texts });
    expect(embedding.asked).toEqual(["café ☕"]);
  });

  test("a snapshot and the journal after it give the same as the journal alone", async () => {
    const store = new FragileStore();
    const first = await openClient("snap", store);
    const collection = await fill(first);
    await collection.add({ ids: ["long"], documents: [LONG], embeddings: [[1, 2, 3]] });
    await first.close();
    expect(store.snapshots).toBe(1);
    const [manifest] = await store.listCollections();
    expect(manifest?.snapshot).toMatchObject({ coveredSequence: 5 });

    const second = await openClient("snap", store);
    const again = await second.getCollection({ name: "notes" });
    await again.delete({ ids: ["id0"] });
    await again.upsert({ ids: ["id1"], embeddings: [[4, 5, 6]], metadatas: [{ later: "é" }] });
    const before = await seen(again);
    await second.close();
    expect(store.snapshots).toBe(1);

    const third = await openClient("snap", store);
    expect(await seen(await third.getCollection({ name: "notes" }))).toEqual(before);
  });

  test("a journal that outgrows the snapshot is replaced while writing goes on", async () => {
    const store = new FragileStore();
    const client = await openClient("grow", store);
    const collection = await client.createCollection({ name: "notes" });
    const documents = ["y".repeat(2 ** 20)];
    for (let i = 0; i < 18; ++i) {
      await collection.add({ ids: [`${i}`], documents, embeddings: [[i, 0]] });
    }
    // The snapshot runs after the write that made it due.
    for (let i = 0; i < 50 && store.snapshots === 0; ++i)
      await new Promise((r) => setTimeout(r, 10));
    expect(store.snapshots).toBe(1);
    await collection.add({ ids: ["last"], embeddings: [[1, 1]] });
    const reopened = await openClient("grow", store);
    expect(await (await reopened.getCollection({ name: "notes" })).count()).toBe(19);
  });

  test("a store that fails leaves everything as it was", async () => {
    const store = new FragileStore();
    const client = await openClient("fragile", store);
    const collection = await fill(client);
    const before = await seen(collection);
    store.failAppend = new PagevecError("quota_exceeded", "no room");
    const writes = [
      collection.add({ ids: ["more"], embeddings: [[1, 2, 3]] }),
      collection.upsert({ ids: ["id1"], documents: ["other"] }),
      collection.update({ ids: ["id1"], metadatas: [{ n: 99 }] }),
      collection.delete({ ids: ["id1"] }),
    ];
    for (const write of writes)
      await expect(write).rejects.toMatchObject({ code: "quota_exceeded" });
    expect(await seen(collection)).toEqual(before);
    store.failAppend = undefined;
    await collection.add({ ids: ["more"], embeddings: [[1, 2, 3]] });
    expect(await collection.count()).toBe(before.records.ids.length + 1);
  });

  test("a snapshot that fails is told and costs nothing", async () => {
    const store = new FragileStore();
    const first = await openClient("degraded", store);
    const big = { documents: [LONG], embeddings: [[1, 2, 3]] };
    await (await fill(first)).add({ ids: ["big"], ...big });
    await first.close();
    expect(store.snapshots).toBe(1);

    // More than a quarter of the snapshot: due at once.
    store.failSnapshot = new PagevecError("quota_exceeded", "no room for a snapshot");
    const second = await openClient("degraded", store);
    const collection = await second.getCollection({ name: "notes" });
    await collection.add({ ids: ["bigger"], ...big });
    let { problem } = await second.storage();
    for (let i = 0; i < 100 && problem === null; ++i) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      ({ problem } = await second.storage());
    }
    expect(problem).toContain("no room for a snapshot");
    const before = await seen(collection);
    await second.close();

    store.failSnapshot = undefined;
    const third = await openClient("degraded", store);
    expect(await seen(await third.getCollection({ name: "notes" }))).toEqual(before);
  });

  test("what a trap of the core left half changed is neither read nor stored", async () => {
    const store = new FragileStore();
    let trapping = false;
    const fragile = fragileCore(core, () => {
      if (trapping) throw new WebAssembly.RuntimeError("memory access out of bounds");
    });
    const database = new Database({ core: fragile, store, durable: true });
    const client = await openClient("trap", store);
    const { id } = await client.createCollection({ name: "notes" });
    const session = database.session(id);
    const context = { signal: new AbortController().signal, progress: () => {} };
    const write = (...ids: string[]) =>
      session.write(
        () => ({
          operation: "add",
          ids,
          documents: ids.map(() => LONG),
          metadatas: null,
          embedded: null,
          embeddings: Float32Array.from(ids, () => 1),
          dimension: 1,
        }),
        context,
      );
    await write("whole");
    trapping = true;
    await expect(write("half")).rejects.toThrow("out of bounds");
    await expect(session.read(context, (handle) => handle.count())).rejects.toMatchObject({
      code: "engine_failed",
    });
    await database.close();
    expect(store.snapshots).toBe(0);
    // The batch was stored before it was applied, so it is there for the next.
    expect((await (await client.getCollection({ name: "notes" })).get()).ids).toEqual([
      "whole",
      "half",
    ]);
  });

  test("an aborted call leaves everything as it was", async () => {
    const client = await openClient(freshName());
    const collection = await fill(client);
    const before = await seen(collection);
    const controller = new AbortController();
    const { signal } = controller;
    // One write holds the queue; the signal fires while the second waits behind it.
    const first = collection.update({ ids: ["id0"], metadatas: [{ n: 0 }] });
    const second = collection.delete({ ids: ["id0"] }, { signal });
    controller.abort("enough");
    await first;
    await expect(second).rejects.toMatchObject({ code: "aborted" });
    await expect(
      collection.add({ ids: ["z"], embeddings: [[1, 2, 3]] }, { signal }),
    ).rejects.toMatchObject({
      code: "aborted",
      cause: "enough",
    });
    await expect(client.createCollection({ name: "late" }, { signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(await seen(collection)).toEqual(before);
    expect(await client.countCollections()).toBe(1);
  });

  test("writes at the same time are done one after another", async () => {
    const client = await openClient(freshName());
    const collection = await client.createCollection({ name: "notes" });
    const all = Array.from({ length: 60 }, (_, i) => `${i}`);
    await Promise.all(
      all.map((id) => collection.add({ ids: [id], embeddings: [[Number(id), 1]] })),
    );
    expect((await collection.get()).ids).toEqual(all);
    const [hit] = (await collection.query({ queryEmbeddings: [[41, 1]], nResults: 1 })).ids;
    expect(hit).toEqual(["41"]);
  });

  test("a write that another tab overtook is made again, after the other's", async () => {
    const name = freshName();
    const mine = await fill(await openClient(name));
    const theirs = await (await openClient(name)).getCollection({ name: "notes" });
    await theirs.add({ ids: ["theirs"], embeddings: [[7, 7, 7]] });
    await mine.add({ ids: ["mine"], embeddings: [[8, 8, 8]] });
    expect((await mine.get()).ids.slice(-2)).toEqual(["theirs", "mine"]);
    // Made again with the rules of what is there now: an id that exists is left as it is.
    await theirs.add({ ids: ["mine"], embeddings: [[9, 9, 9]] });
    const { embeddings } = await theirs.get({ ids: ["mine"], include: ["embeddings"] });
    expect([...(embeddings[0] ?? [])]).toEqual([8, 8, 8]);
  });

  test("tabs that write at the same time lose nothing", async () => {
    const name = freshName();
    const first = await fill(await openClient(name));
    const tabs = [first];
    for (let i = 0; i < 2; ++i) {
      tabs.push(await (await openClient(name)).getCollection({ name: "notes" }));
    }
    const ids = Array.from({ length: 10 }, (_, i) => `x${i}`);
    await Promise.all(
      tabs.map(async (tab, which) => {
        for (const id of ids) await tab.add({ ids: [`${id}-${which}`], embeddings: [[1, 2, 3]] });
      }),
    );
    const expected = ids.flatMap((id) => tabs.map((_, which) => `${id}-${which}`));
    const last = await (await openClient(name)).getCollection({ name: "notes" });
    expect((await last.get()).ids.slice(5).sort()).toEqual(expected.sort());
  });

  test("a batch that is stored already, by a tab that did not live to say so, is stored once", async () => {
    const store = new FragileStore();
    const collection = await fill(await openClient("said-twice", store));
    const append = store.append.bind(store);
    store.append = async (...args) => {
      store.append = append;
      await append(...args);
      throw new PagevecError("conflict", "the sequence is taken");
    };
    await collection.add({ ids: ["once"], embeddings: [[1, 2, 3]] });
    expect(await store.lastSequence(collection.id)).toBe(5);
    expect((await collection.get()).ids.at(-1)).toBe("once");
  });

  test("a snapshot that another tab overtook is no problem", async () => {
    const store = new FragileStore();
    const first = await openClient("two-tabs", store);
    const mine = await first.createCollection({ name: "notes" });
    const big = { documents: [LONG], embeddings: [[1, 2, 3]] };
    await mine.add({ ids: ["mine"], ...big });
    const second = await openClient("two-tabs", store);
    await (await second.getCollection({ name: "notes" })).add({ ids: ["theirs"], ...big });
    await second.close();
    expect(store.snapshots).toBe(1);
    // The first tab is behind: neither its snapshot nor its next batch may take over.
    await mine.delete({ ids: ["mine"] });
    await first.close();
    const third = await openClient("two-tabs", store);
    expect((await (await third.getCollection({ name: "notes" })).get()).ids).toEqual(["theirs"]);
  });

  test("a call that waits for the loading can be aborted, the others go on", async () => {
    const store = new FragileStore();
    const first = await openClient("waiting", store);
    await fill(first);
    const second = await openClient("waiting", store);
    const collection = await second.getCollection({ name: "notes" });
    let release = () => {};
    store.beforeJournal = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const controller = new AbortController();
    const { signal } = controller;
    const staying = collection.count();
    const leaving = [collection.count({ signal }), collection.delete({ ids: ["id0"] }, { signal })];
    setTimeout(() => controller.abort(), 5);
    for (const call of leaving) await expect(call).rejects.toMatchObject({ code: "aborted" });
    release();
    expect(await staying).toBe(5);
  });

  test("a snapshot that another tab stores during the loading hides nothing", async () => {
    const store = new FragileStore();
    const first = await openClient("switched", store);
    const mine = await first.createCollection({ name: "notes" });
    await mine.add({ ids: ["mine"], documents: [LONG], embeddings: [[1, 2, 3]] });
    const second = await openClient("switched", store);
    const theirs = await second.getCollection({ name: "notes" });
    // Stores a snapshot, which takes the place of the journal.
    store.beforeJournal = () => first.close();
    expect((await theirs.get()).ids).toEqual(["mine"]);
    expect(store.snapshots).toBe(1);
  });

  test("a collection that another tab deleted is gone after the first write", async () => {
    const name = freshName();
    const collection = await fill(await openClient(name));
    await (await openClient(name)).deleteCollection({ name: "notes" });
    await expect(collection.delete({ ids: ["id0"] })).rejects.toMatchObject({ code: "not_found" });
    await expect(collection.count()).rejects.toMatchObject({ code: "not_found" });
  });

  test("a collection that was deleted is gone, also for those who hold it", async () => {
    const name = freshName();
    const client = await openClient(name);
    const collection = await fill(client);
    await client.deleteCollection({ name: "notes" });
    await expect(collection.count()).rejects.toMatchObject({ code: "not_found" });
    await expect(collection.delete({ ids: ["id0"] })).rejects.toMatchObject({ code: "not_found" });
    const next = await client.createCollection({ name: "notes" });
    expect(await next.count()).toBe(0);
    expect(next.id).not.toBe(collection.id);
    await client.reset();
    await expect(next.count()).rejects.toMatchObject({ code: "not_found" });
    expect(await client.listCollections()).toEqual([]);
  });

  test("a collection of a newer format is refused", async () => {
    const store = new MemoryStore();
    const client = await openClient("newer", store);
    const { id: _, ...rest } = { ...(await fillManifest(client, store)) };
    await store.createCollection({ ...rest, id: "newer", name: "newer", format: 99 });
    const collection = await client.getCollection({ name: "newer" });
    await expect(collection.count()).rejects.toMatchObject({ code: "format_too_new" });
  });

  async function fillManifest(client: Client, store: Store) {
    await client.createCollection({ name: "template" });
    const [manifest] = await store.listCollections();
    if (!manifest) throw new Error("the collection was not stored");
    return manifest;
  }

  test("loading reports progress", async () => {
    const store = new FragileStore();
    const client = await openClient("progress", store);
    const collection = await fill(client);
    await collection.add({ ids: ["long"], documents: [LONG], embeddings: [[1, 2, 3]] });
    await client.close();
    const stages: string[] = [];
    const again = await (await openClient("progress", store)).getCollection({ name: "notes" });
    await again.count({
      onProgress: ({ stage, done, total }) => stages.push(`${stage} ${done}/${total}`),
    });
    const { parts } = (await store.listCollections())[0]?.snapshot ?? {};
    expect(stages).toHaveLength(parts ?? -1);
    expect(stages.at(-1)).toBe(`load ${parts}/${parts}`);
  });

  test("a call that comes aborted to what was deleted leaves no failure unhandled", async () => {
    const database = new Database({ core, store: new FragileStore(), durable: true });
    const session = database.session("gone");
    await session.discard(new PagevecError("not_found", "deleted"));
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const context = { signal: AbortSignal.abort(), progress: () => {} };
    await expect(session.read(context, () => 1)).rejects.toMatchObject({ name: "PagevecError" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });

  test("listeners hear of changes until they stop, and read what they hear of", async () => {
    const client = await openClient(freshName());
    const collection = await client.createCollection({ name: "notes" });
    const other = await client.createCollection({ name: "other" });
    const heard: string[] = [];
    const errors: unknown[] = [];
    const error = console.error;
    console.error = (thrown) => errors.push(thrown);
    collection.subscribe(() => {
      throw new Error("a listener's own");
    });
    const stop = collection.subscribe(async () => {
      heard.push((await collection.get()).ids.join());
    });
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    await collection.add({ ids: ["a"], embeddings: [[1, 2]] });
    await turn();
    await other.add({ ids: ["x"], embeddings: [[1, 2]] });
    await turn();
    expect(heard).toEqual(["a"]);
    await Promise.all([
      collection.add({ ids: ["b"], embeddings: [[1, 2]] }),
      collection.delete({ ids: ["a"] }),
    ]);
    await turn();
    expect(heard.at(-1)).toBe("b");
    const changes = heard.length;
    await collection.modify({ metadata: { k: 1 } });
    await turn();
    expect(heard).toHaveLength(changes + 1);
    stop();
    const before = heard.length;
    await collection.modify({ name: "renamed" });
    await collection.add({ ids: ["c"], embeddings: [[1, 2]] });
    await turn();
    console.error = error;
    expect(heard).toHaveLength(before);
    expect(errors.length).toBeGreaterThan(before);
    expect((errors[0] as Error).message).toBe("a listener's own");
  });

  test("after close every call rejects with code closed", async () => {
    const client = await openClient(freshName());
    const collection = await fill(client);
    await client.close();
    await client.close();
    await expect(collection.count()).rejects.toMatchObject({ code: "closed" });
    await expect(client.listCollections()).rejects.toMatchObject({ code: "closed" });
  });

  test("in memory neither journal nor snapshot is written", async () => {
    const store = new FragileStore();
    const options = { core, name: "volatile", storage: "memory" as const };
    const client = await openTestClient({ ...options, openStore: async () => store });
    const collection = await fill(client);
    await collection.add({ ids: ["long"], documents: [LONG], embeddings: [[1, 2, 3]] });
    expect(await collection.count()).toBe(6);
    expect(await store.usage()).toMatchObject({ usage: 0 });
    await client.close();
    expect(store.snapshots).toBe(0);
  });

  test("recall is measured on the records there are", async () => {
    const client = await openClient(freshName());
    const collection = await client.createCollection({
      name: "notes",
      configuration: { index: "hnsw" },
    });
    expect(await collection.recall()).toMatchObject({ recall: 1, sample: 0, k: 10, efSearch: 0 });
    const many = Array.from({ length: 300 }, (_, i) => `${i}`);
    await collection.add({ ids: many, embeddings: many.map((_, i) => [i % 23, i % 7, i]) });
    const progress: number[] = [];
    const measured = await collection.recall(
      { sample: 20, k: 5, efSearch: 50 },
      { onProgress: ({ done }) => progress.push(done) },
    );
    expect(measured).toMatchObject({ sample: 20, k: 5, efSearch: 50 });
    expect(measured.recall).toBeGreaterThan(0.9);
    expect(measured.recall).toBeLessThanOrEqual(1);
    expect(measured.exactMs).toBeGreaterThan(0);
    expect(measured.indexMs).toBeGreaterThan(0);
    expect(progress.at(-1)).toBe(20);
    expect(await collection.recall({ sample: 1000 })).toMatchObject({ sample: 300 });
    await expect(collection.recall({ k: 0 })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(collection.recall({ efSearch: 10_001 })).rejects.toThrow("efSearch");
  });

  test("rows of deleted records are dropped in the background", async () => {
    const store = new FragileStore();
    const client = await openClient("compaction", store);
    const collection = await client.createCollection({ name: "notes" });
    const many = Array.from({ length: 1500 }, (_, i) => `${i}`);
    await collection.add({ ids: many, embeddings: many.map((_, i) => [i % 23, i % 7, i]) });
    await collection.delete({ ids: many.slice(0, 1200) });
    await collection.upsert({ ids: ["1400"], embeddings: [[9, 9, 9]] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await collection.count()).toBe(300);
    const { ids } = await collection.query({ queryEmbeddings: [[9, 9, 9]], nResults: 1 });
    expect(ids).toEqual([["1400"]]);
    expect((await client.storage()).problem).toBeNull();
    await client.close();
    const again = await (await openClient("compaction", store)).getCollection({ name: "notes" });
    expect((await again.get()).ids).toEqual(many.slice(1200));
  });

  test("other work has its turn between writes, also where nothing is stored", async () => {
    const client = await openTestClient({ core, name: "write-turns", storage: "memory" });
    const collection = await client.createCollection({ name: "notes" });
    let ticks = 0;
    let going = true;
    const tick = () => {
      ++ticks;
      if (going) setImmediate(tick);
    };
    setImmediate(tick);
    for (let i = 0; i < 10; ++i) await collection.add({ ids: [`${i}`], embeddings: [[i]] });
    going = false;
    expect(ticks).toBeGreaterThanOrEqual(9);
    await client.close();
  });

  test("other work has its turn between the parts of a snapshot", async () => {
    let ticks = 0;
    const turns: number[] = [];
    const ticking = setInterval(() => ++ticks, 0);
    class TurnStore extends FragileStore {
      override async writeSnapshot(id: string, target: SnapshotTarget, parts: Parts) {
        async function* counted() {
          for await (const part of parts) {
            turns.push(ticks);
            // As long as a part takes to make of a large collection, and a timer to come.
            for (const begin = performance.now(); performance.now() - begin < 5; );
            yield part;
          }
        }
        return super.writeSnapshot(id, target, counted());
      }
    }
    const client = await openClient("turns", new TurnStore());
    const collection = await client.createCollection({ name: "notes" });
    const ids = ["a", "b", "c", "d"];
    const documents = ids.map((id) => id.repeat(5 * 2 ** 20));
    await collection.add({ ids, documents, embeddings: ids.map(() => [1]) });
    await client.close();
    clearInterval(ticking);
    expect(turns.length).toBeGreaterThan(1);
    expect(new Set(turns).size).toBe(turns.length);
  });

  test("a snapshot that takes long is no idleness that calls for the next", async () => {
    jest.useFakeTimers({
      doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "performance"],
    });
    try {
      const store = new FragileStore();
      let release = () => {};
      store.holdSnapshot = new Promise((resolve) => {
        release = resolve;
      });
      const collection = await (await openClient("long", store)).createCollection({
        name: "notes",
      });
      const add = (id: string, document: string) =>
        collection.add({ ids: [id], documents: [document], embeddings: [[1]] });
      await add("a", "x".repeat(MAX_JOURNAL_BYTES));
      while (store.snapshots === 0) await nextTurn();
      const waiting = add("b", LONG);
      await collection.count();
      jest.advanceTimersByTime(3 * IDLE_MS);
      release();
      await waiting;
      await add("c", "");
      expect(store.snapshots).toBe(1);
      // While rows are linked nothing is idle either; here none are left after a few turns.
      jest.advanceTimersByTime(2 * IDLE_MS);
      await add("d", "");
      expect(store.snapshots).toBe(1);
      for (let turn = 0; turn < 5; ++turn) await nextTurn();
      jest.advanceTimersByTime(2 * IDLE_MS);
      await add("e", "");
      expect(store.snapshots).toBe(2);
    } finally {
      jest.useRealTimers();
    }
  });

  test("all rows reach the index in the background, and need not again", async () => {
    const store = new FragileStore();
    const client = await openClient("index", store);
    const collection = await client.createCollection({
      name: "notes",
      configuration: { index: "hnsw" },
    });
    const many = Array.from({ length: 600 }, (_, i) => `${i}`);
    await collection.add({ ids: many, embeddings: many.map((_, i) => [i % 23, i % 7, i]) });
    let status = await collection.getIndexingStatus();
    for (let i = 0; i < 400 && status.numUnindexedOps > 0; ++i) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      status = await collection.getIndexingStatus();
    }
    expect(status).toMatchObject({ numUnindexedOps: 0, totalOps: 600, opIndexingProgress: 1 });
    // A journal of this size alone would not pay for a snapshot.
    await client.close();
    expect(store.snapshots).toBe(1);
    const again = await (await openClient("index", store)).getCollection({ name: "notes" });
    expect(await again.getIndexingStatus()).toMatchObject({ numUnindexedOps: 0, totalOps: 600 });
  });
});

test("a store in use survives a second client that opens and closes", async () => {
  const name = "database-shared";
  const first = await IndexedDbStore.open(name);
  const second = await IndexedDbStore.open(name);
  await second.close();
  expect(await first.listCollections()).toEqual([]);
  await first.close();
});

describe("the background", () => {
  test("slices let others run in between and fit their size", async () => {
    const asked: number[] = [];
    let left = 4000;
    let ticks = 0;
    const timer = setInterval(() => ++ticks, 0);
    await runInSlices(
      (rows) => {
        asked.push(rows);
        // About 0.1 ms per row: a slice holds some dozens.
        const end = performance.now() + rows * 0.1;
        while (performance.now() < end);
        left -= Math.min(rows, left);
        return left;
      },
      () => false,
    );
    clearInterval(timer);
    expect(left).toBe(0);
    expect(Math.max(...asked)).toBeLessThanOrEqual(128);
    expect(ticks).toBeGreaterThan(5);
  });

  test("slices stop when told", async () => {
    let steps = 0;
    await runInSlices(
      () => ++steps,
      () => steps === 3,
    );
    expect(steps).toBe(3);
  });

  test("a job that fails does not hold up the queue", async () => {
    const queue = new SerialQueue();
    const order: number[] = [];
    const first = queue.run(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(1);
      throw new Error("failed");
    });
    const second = queue.run(async () => order.push(2));
    await expect(first).rejects.toThrow("failed");
    await second;
    expect(order).toEqual([1, 2]);
  });

  const kib = 2 ** 10;
  const mib = 2 ** 20;
  test.each([
    [100 * kib, 0, 0, true, false],
    [300 * kib, 0, 0, true, true],
    [300 * kib, 0, 0, false, false],
    [300 * kib, 10 * mib, 0, false, false],
    [3 * mib, 10 * mib, 0, false, true],
    [17 * mib, 0, 0, false, true],
    [17 * mib, 900 * mib, 0, false, false],
    [226 * mib, 900 * mib, 0, false, true],
    [0, 900 * mib, 499, true, false],
    [0, 900 * mib, 500, true, true],
    [0, 900 * mib, 500, false, false],
  ])(
    "journal %d, snapshot %d, %d rows linked, idle %s: snapshot %s",
    (journalBytes, snapshotBytes, linkedRows, idle, due) => {
      expect(snapshotDue({ journalBytes, snapshotBytes, linkedRows }, idle)).toBe(due);
    },
  );
});
