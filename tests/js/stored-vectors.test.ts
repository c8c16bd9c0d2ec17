import "fake-indexeddb/auto";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { createDatabaseService } from "../../js/src/database/service.js";
import { MAX_JOURNAL_BYTES } from "../../js/src/database/snapshot-policy.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { LAYOUT, sourcesOf, unpackLayout } from "../../js/src/storage/kept-parts.js";
import { MemoryStore } from "../../js/src/storage/memory.js";
import type { Manifest, NewParts, SnapshotTarget } from "../../js/src/storage/store.js";
import type { CollectionConfiguration } from "../../js/src/types.js";
import { openTestClient } from "./support/clients.js";
import { settled, withDatabase } from "./support/damage.js";

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

/** A store whose next snapshot is stored, and does not say so before it is told to. */
class HeldStore extends MemoryStore {
  private held: { reach: () => void; released: Promise<void> } | undefined;

  holdNext(): { reached: Promise<void>; release: () => void } {
    let release = () => {};
    let reach = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    this.held = { reach, released };
    return { reached, release };
  }

  override async writeSnapshot(id: string, target: SnapshotTarget, parts: NewParts) {
    const info = await super.writeSnapshot(id, target, parts);
    const held = this.held;
    this.held = undefined;
    held?.reach();
    await held?.released;
    return info;
  }

  override async close(): Promise<void> {}
}

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

  test("stay in the parts of the snapshot before while most of them count", async () => {
    const name = `vectors-${++names}`;
    // More than a part of 4 MiB, and less than half of another.
    const count = 24_000;
    const first = await openClient(name);
    const configuration = { index: "flat" } as const;
    const collection = await first.createCollection({ name: "notes", configuration });
    for (let at = 0; at < count; at += 4000) {
      const ids = range(at, at + 4000);
      await collection.add({ ids, embeddings: ids.map((id) => vectorOf(id)) });
    }
    await first.close();
    const versions: Record<string, number> = {};
    const snapshots: { format: number; kept: number[]; count: number }[] = [];
    let deleted = 0;
    for (const [round, deletions] of [50, 60, 8000].entries()) {
      const client = await openClient(name);
      const notes = await client.getCollection({ name: "notes" });
      await check(notes, count - deleted, versions);
      for (const id of range(15_000, 16_500)) versions[id] = round + 1;
      const ids = range(15_000, 16_500);
      await notes.update({ ids, embeddings: ids.map((id) => vectorOf(id, round + 1)) });
      await notes.delete({ ids: range(deleted, deleted + deletions) });
      deleted += deletions;
      await client.close();
      await withDatabase(name, async (database) => {
        const manifests = database.transaction("meta").objectStore("meta");
        const all = await settled<Manifest[]>(manifests.getAll());
        const { format, snapshot } = all.find((value) => "snapshot" in value) as Manifest;
        const parts = database.transaction("parts").objectStore("parts");
        const layout = await settled<ArrayBuffer | undefined>(
          parts.get([notes.id, snapshot.generation, LAYOUT]),
        );
        const kept = sourcesOf(unpackLayout(layout && new Uint8Array(layout)));
        const { length } = await settled(parts.getAllKeys());
        snapshots.push({ format, kept, count: length - snapshot.parts });
      });
    }
    expect(snapshots).toEqual([
      { format: 3, kept: [expect.any(Number)], count: 1 },
      { format: 3, kept: [expect.any(Number)], count: 1 },
      { format: 1, kept: [], count: 0 },
    ]);
    expect(snapshots[1]?.kept).toEqual(snapshots[0]?.kept);
    const last = await openClient(name);
    await check(await last.getCollection({ name: "notes" }), count - deleted, versions);
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

  // A part has a number in every snapshot, and another vector in each.
  test("are the right ones whenever a snapshot takes over while they are read", async () => {
    const store = new HeldStore();
    const service = createDatabaseService(core, async () => store);
    const context = { signal: new AbortController().signal, progress: () => {} };
    const { database } = await service["db.open"]({ name: "held", storage: "indexeddb" }, context);
    const client = await openTestClient({
      core,
      storage: "indexeddb",
      openStore: async () => store,
    });
    open.push(client);
    const { id: collection } = await client.createCollection({ name: "notes" });
    const write = (operation: "add" | "delete", ids: string[], padding: string | null = null) =>
      service["db.collection.write"](
        {
          database,
          collection,
          operation,
          ids,
          documents: padding === null ? null : ids.map(() => padding),
          metadatas: null,
          embedded: null,
          embeddings: Float32Array.from(
            operation === "add" ? ids.flatMap((each) => [...vectorOf(each)]) : [],
          ),
          dimension: operation === "add" ? DIMENSION : 0,
        },
        context,
      );
    const asked = String(MANY - 100);
    const get = () =>
      service["db.collection.get"](
        {
          database,
          collection,
          ids: [asked],
          where: null,
          whereDocument: null,
          offset: 0,
          limit: null,
          wanted: { documents: false, metadatas: false, embeddings: true },
        },
        context,
      );
    await write("add", range(0, MANY));
    const first = store.holdNext();
    await write("add", [String(MANY)], "x".repeat(MAX_JOURNAL_BYTES));
    await first.reached;
    first.release();
    await write("delete", [String(MANY)]);
    const padding = "x".repeat(MAX_JOURNAL_BYTES / 3); // a journal that is worth a snapshot at once
    for (let turns = 0; turns < 60; ++turns) {
      // The first row goes, so that the next snapshot has all others one place earlier.
      const held = store.holdNext();
      await write("delete", [String(turns), String(MANY + turns)]);
      await write("add", [String(MANY + turns + 1)], padding);
      await held.reached;
      const answer = get();
      for (let turn = 0; turn < turns; ++turn) await Promise.resolve();
      held.release();
      expect((await answer).embeddings).toEqual(vectorOf(asked));
    }
    await service["db.close"]({ database }, context);
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
    ["binary", "int16"],
    ["binary", "none"],
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

  // An older pagevec would take the setting for another one.
  test("only binary codes need a later format", async () => {
    const name = `vectors-${++names}`;
    const client = await openClient(name);
    for (const quantization of ["int8", "binary"] as const) {
      await client.createCollection({ name: quantization, configuration: { quantization } });
    }
    await withDatabase(name, async (database) => {
      const manifests = database.transaction("meta").objectStore("meta");
      const stored = await settled<{ name?: string; format?: number }[]>(manifests.getAll());
      const formats = stored.flatMap(({ name, format }) => (name ? [[name, format]] : []));
      expect(Object.fromEntries(formats)).toEqual({ binary: 2, int8: 1 });
    });
  });

  test("bits that are loaded and saved again and again still find", async () => {
    const name = `vectors-${++names}`;
    const rest = { rescoring: "none", keepVectors: false, hnsw: { space: "cosine" } } as const;
    let client = await openClient(name);
    await fill(client, { quantization: "binary", ...rest });
    const asked = range(0, 200);
    for (let round = 0; round < 4; ++round) {
      await client.close();
      client = await openClient(name);
      const collection = await client.getCollection({ name: "notes" });
      const { ids } = await collection.query({
        queryEmbeddings: asked.map((id) => vectorOf(id)),
        nResults: 1,
      });
      const right = asked.filter((id, i) => ids[i]?.[0] === id);
      expect(right.length).toBeGreaterThan(0.98 * asked.length);
      await collection.update({ ids: ["2400"], embeddings: [vectorOf("2400", round)] });
    }
  });
});
