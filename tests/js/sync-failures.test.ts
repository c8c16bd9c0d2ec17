import "fake-indexeddb/auto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { SyncParams, SyncSide } from "../../js/src/collection/sync/sync-types.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { serverEngine } from "../../js/src/servers/server-engine.js";
import { EVERYTHING } from "../../js/src/types/capabilities.js";
import type { Progress } from "../../js/src/types.js";
import { openTestClient } from "./support/clients.js";
import { contentOf, FAULTS, Faults, openFaulty, SyncModel, write } from "./support/sync-model.js";

let core: CoreModule;
let names = 0;
beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
});

const freshName = () => `sync-failures-${++names}`;

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

async function openTwo(faults = new Faults()) {
  const clients = [
    await openFaulty(core, freshName(), faults),
    await openFaulty(core, freshName(), faults),
  ] as const;
  const [local, remote] = await Promise.all(
    clients.map((client) => client.createCollection({ name: "notes" })),
  );
  const close = () => Promise.all(clients.map((client) => client.close()));
  return { local: local as Collection, remote: remote as Collection, close };
}

/** Every kind of change on both sides, since a sync. */
async function changed(faults?: Faults) {
  const pair = await openTwo(faults);
  const { local, remote } = pair;
  const model = new SyncModel();
  const look = async () => {
    model.local = await contentOf(local, true);
    model.remote = await contentOf(remote, true);
  };
  await write(local, numbered("r", 12), "text", { kept: "1", gone: "2" });
  await local.sync(remote);
  await look();
  model.merge("sync", {});
  await write(local, ["r0", "new here"], "here");
  await write(remote, ["r1", "new there"], "there");
  await local.delete({ ids: ["r2", "r4"] });
  await remote.delete({ ids: ["r3", "r5", "r6"] });
  await write(local, ["r4"], "replaced", { kept: "1" });
  await write(remote, ["r5"], "replaced", { kept: "1" });
  await write(local, ["r6", "r7"], "mine");
  await write(remote, ["r7"], "theirs");
  for (const side of [local, remote]) await write(side, ["r8", "both"], "the same");
  for (const side of [local, remote]) await side.delete({ ids: ["r9"] });
  await look();
  return { ...pair, model };
}

describe("every call that a sync makes, failing", () => {
  test.each(FAULTS)(
    "%s: the next one ends as if nothing had been",
    async (kind) => {
      const faults = new Faults();
      let calls = 1;
      for (let at = 0; at < calls; ++at) {
        const { local, remote, model, close } = await changed(faults);
        const params: SyncParams = { batchSize: 2 };
        const signal = faults.arm(at, kind);
        const failed = await local.sync(remote, params, { signal }).then(
          () => undefined,
          (error) => error,
        );
        if (kind === "abort") {
          // What followed the last batch was done already.
          if (failed) expect(failed).toMatchObject({ code: "aborted" });
        } else expect(String(failed)).toContain("broke");
        if (at === 0) {
          faults.disarm();
          await local.sync(remote, params);
          const again = await changed(faults);
          faults.arm(-1, kind);
          await again.local.sync(again.remote, params);
          calls = faults.calls;
          await again.close();
        }
        faults.disarm();
        const result = await local.sync(remote, params);
        model.merge("sync", {});
        expect([at, await contentOf(local, true)]).toEqual([at, model.local]);
        expect([at, await contentOf(remote, true)]).toEqual([at, model.remote]);
        expect(result).toMatchObject({ later: 0, left: 0, skipped: [] });
        const last = await local.sync(remote, params);
        expect(last).toMatchObject({ pushed: 0, pulled: 0, conflicts: 0, unchanged: 12 });
        await close();
      }
      expect(calls).toBeGreaterThan(50);
    },
    120_000,
  );
});

/** Runs work before the calls of a method with these numbers. */
function ahead(
  side: Collection,
  method: "get" | "add" | "delete" | "upsert",
  work: (call: number) => Promise<unknown>,
): SyncSide {
  let calls = 0;
  return new Proxy(side, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        if (key === method) await work(++calls);
        return value.apply(target, args);
      };
    },
  });
}

describe("what others write while it runs", () => {
  test("after the comparison: is neither overwritten nor deleted, and found the next time", async () => {
    const { local, remote, close } = await openTwo();
    await write(local, numbered("r", 6));
    await local.sync(remote);
    await write(local, ["r0", "r1", "new"], "here");
    await local.delete({ ids: ["r2", "r3"] });
    await remote.delete({ ids: ["r4", "r5"] });
    // The first get() reads all of it, the second looks again.
    const busy = ahead(remote, "get", async (call) => {
      if (call !== 2) return;
      await write(remote, ["r0", "r2", "r4", "new"], "there");
      await local.delete({ ids: ["r1"] });
      await write(local, ["r3", "r5"], "again");
    });
    expect(await local.sync(busy)).toMatchObject({
      pushed: 0,
      pulled: 0,
      deletedHere: 0,
      deletedThere: 0,
      later: 7,
    });
    const asked: string[] = [];
    const onConflict = (here: { id: string } | null, there: { id: string } | null) => {
      asked.push((here ?? there)?.id as string);
      return here ? ("local" as const) : ("remote" as const);
    };
    await local.sync(remote, { onConflict });
    expect(asked.sort()).toEqual(
      ["new", "r0", "r2", "r3", "r5"].filter((id) => asked.includes(id)),
    );
    expect(asked).toEqual(expect.arrayContaining(["new", "r0", "r2"]));
    expect(await contentOf(local, true)).toEqual(await contentOf(remote, true));
    const { ids, documents } = await local.get();
    expect(Object.fromEntries(ids.map((id, i) => [id, documents[i]]))).toEqual({
      r0: "here r0",
      r2: "there r2",
      r3: "again r3",
      r4: "there r4",
      r5: "again r5",
      new: "here new",
    });
    await close();
  });

  test("in the same moment: what came before the add is a conflict the next time", async () => {
    const { local, remote, close } = await openTwo();
    await write(local, ["a", "b"], "here");
    const busy = ahead(remote, "add", () => write(remote, ["a"], "there"));
    expect(await local.push(busy)).toMatchObject({ pushed: 2, later: 1 });
    expect((await remote.get({ ids: ["a"] })).documents).toEqual(["there a"]);
    const seen: unknown[] = [];
    const onConflict = (here: unknown, there: unknown) => {
      seen.push([here, there]);
      return "remote" as const;
    };
    expect(await local.sync(remote, { onConflict })).toMatchObject({ conflicts: 1, pulled: 1 });
    expect(seen.length).toBe(1);
    await close();
  });

  test("records that a page misses because others delete before it stay", async () => {
    const { local, remote, close } = await openTwo();
    const ids = numbered("r", 10);
    await write(local, ids);
    await local.sync(remote);
    // Behind the first page everything moves up by one.
    const busy = ahead(remote, "get", async (call) => {
      if (call === 2) await remote.delete({ ids: ["r0"] });
    });
    expect(await local.sync(busy, { batchSize: 4 })).toMatchObject({ deletedHere: 0, later: 1 });
    expect(await local.sync(remote)).toMatchObject({ deletedHere: 1, unchanged: 9 });
    expect(await local.count()).toBe(9);
    await close();
  });

  test("two calls at once run one after the other, also the other way round", async () => {
    const { local, remote, close } = await openTwo();
    await write(local, numbered("here", 20), "text", { gone: "1" });
    await write(remote, numbered("there", 20), "text", { gone: "1" });
    await local.sync(remote);
    await local.delete({ ids: numbered("here", 20) });
    await write(local, numbered("here", 20), "replaced");
    const params = { batchSize: 3 };
    const all = await Promise.all([
      local.sync(remote, params),
      remote.sync(local, params),
      local.sync(remote, params),
    ]);
    expect(all.map(({ pushed, pulled, later }) => pushed + pulled + later)).toEqual([20, 0, 0]);
    expect(await remote.count()).toBe(40);
    await close();
  });
});

describe("what is remembered", () => {
  test("outlives the client, is in no list, and goes with the collection", async () => {
    const name = freshName();
    const other = await openTestClient({ core });
    const remote = await other.createCollection({ name: "remote" });
    const open = () => openTestClient({ core, name, storage: "indexeddb" });
    let client = await open();
    let local = await client.createCollection({ name: "notes" });
    await write(local, numbered("r", 5));
    await local.sync(remote);
    await client.close();

    client = await open();
    local = await client.getCollection({ name: "notes" });
    await remote.delete({ ids: ["r1"] });
    await local.delete({ ids: ["r2"] });
    await write(local, ["r3"], "changed");
    expect(await local.sync(remote)).toMatchObject({
      pushed: 1,
      deletedHere: 1,
      deletedThere: 1,
      unchanged: 2,
    });
    expect((await client.listCollections()).map(({ name }) => name)).toEqual(["notes"]);
    expect((await client.check()).map(({ name, problems }) => [name, problems])).toEqual(
      expect.arrayContaining([[`/sync/${local.id}/${remote.id}`, []]]),
    );
    await client.deleteCollection({ name: "notes" });
    expect(await client.check()).toEqual([]);
    await client.close();
    await other.close();
  });

  test("a side that is empty by now: refused, unless it is meant; anew fills it again", async () => {
    const { local, remote, close } = await openTwo();
    await write(local, numbered("r", 5));
    await local.sync(remote);
    await remote.delete({ ids: numbered("r", 5) });
    await expect(local.sync(remote)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("all 5 records"),
    });
    expect(await local.count()).toBe(5);
    expect(await local.push(remote)).toMatchObject({ left: 5 });
    expect(await local.push(remote, { anew: true })).toMatchObject({ pushed: 5 });
    await local.delete({ ids: numbered("r", 5) });
    await expect(local.push(remote)).rejects.toMatchObject({ code: "invalid_argument" });
    expect(await local.push(remote, { allowEmpty: true })).toMatchObject({ deletedThere: 5 });
    expect(await local.sync(remote)).toMatchObject({ unchanged: 0 });
    await close();
  });

  test("several others: each has a memory of its own", async () => {
    const { local: hub, remote: one, close } = await openTwo();
    const client = await openTestClient({ core });
    const two = await client.createCollection({ name: "two" });
    await write(one, ["a", "b"]);
    await one.sync(hub);
    await two.sync(hub);
    await two.delete({ ids: ["a"] });
    await write(two, ["c"]);
    await two.sync(hub);
    await one.sync(hub);
    expect(await contentOf(one, true)).toEqual(await contentOf(two, true));
    expect((await one.get()).ids).toEqual(["b", "c"]);
    await close();
    await client.close();
  });
});

test("progress: all records of both sides, then all that has to be done", async () => {
  const { local, remote, close } = await openTwo();
  await write(local, numbered("here", 7));
  await write(remote, numbered("there", 3));
  const told: Progress[] = [];
  await local.sync(remote, { batchSize: 3 }, { onProgress: (progress) => told.push(progress) });
  const stage = (name: string) => told.filter(({ stage }) => stage === name);
  expect(told).toEqual([...stage("compare"), ...stage("transfer")]);
  expect(stage("compare").at(-1)).toEqual({ stage: "compare", done: 10, total: 10 });
  expect(stage("transfer").map(({ done }) => done)).toEqual([0, 3, 6, 9, 10]);
  expect(stage("transfer").every(({ total }) => total === 10)).toBe(true);
  await close();
});

describe("refused before anything is read", () => {
  test("what is no collection, the same one, bad parameters", async () => {
    const { local, remote, close } = await openTwo();
    const code = "invalid_argument";
    const calls: Promise<unknown>[] = [
      local.sync(local),
      local.sync(undefined as unknown as Collection),
      local.sync({} as Collection),
      local.sync(remote, null as unknown as SyncParams),
      local.sync(remote, { batchSize: 0 }),
      local.sync(remote, { batchSize: 5001 }),
      local.sync(remote, { clock: 5 as unknown as string }),
      local.sync(remote, { onConflict: "local" as unknown as () => "local" }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code });
    await close();
  });

  test("objects, passages and a collection that a server keeps: unsupported", async () => {
    const { local, close } = await openTwo();
    const client = await openTestClient({ core });
    const objects = await client.createCollection({ name: "objects", vectorizer: {} });
    const named = await client.createCollection({
      name: "named",
      vectorizer: { vectors: { one: {} } },
    });
    const long = await client.createCollection({ name: "long", chunking: { maxTokens: 10 } });
    for (const other of [objects, named, named.vector("one"), long]) {
      await expect(local.push(other)).rejects.toMatchObject({ code: "unsupported" });
      await expect(other.pull(local)).rejects.toMatchObject({ code: "unsupported" });
    }
    const info = {
      id: "elsewhere",
      name: "elsewhere",
      metadata: null,
      configuration: local.configuration,
      embeddingFunction: { type: "legacy" } as const,
    };
    const server = serverEngine("chroma", EVERYTHING, async () => ({
      "db.find": async () => info,
      "db.collection.status": async () => ({ count: 0, dimension: 0, pending: 0 }),
      "db.collection.get": async () => ({
        ids: [],
        documents: [],
        metadatas: [],
        embeddings: null,
        dimension: 0,
      }),
    }));
    const far = await (await Client.open({ engine: server })).getCollection({ name: "elsewhere" });
    await expect(far.push(local)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("kept here"),
    });
    await close();
    await client.close();
  });

  test("metadata that cannot be written here is told, and holds up nothing else", async () => {
    const { local, remote, close } = await openTwo();
    await write(remote, ["a", "b"], "text", { n: "1" });
    const odd = new Proxy(remote, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (key !== "get") return typeof value === "function" ? value.bind(target) : value;
        return async (...args: Parameters<Collection["get"]>) => {
          const answer = await target.get(...args);
          const hidden = { "#object": "1" };
          const rows = answer
            .rows()
            .map((row) => (row.id === "a" ? { ...row, metadata: hidden } : row));
          return { ...answer, rows: () => rows };
        };
      },
    });
    const { pulled, skipped } = await local.pull(odd);
    expect(pulled).toBe(1);
    expect(skipped).toEqual([{ id: "a", reason: expect.stringContaining("#object") }]);
    await close();
  });
});
