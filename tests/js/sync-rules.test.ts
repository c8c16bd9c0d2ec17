import { beforeAll, describe, expect, test } from "@jest/globals";
import type { SyncSide } from "../../js/src/collection/sync/sync-types.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { Row } from "../../js/src/types.js";
import { openTestClient } from "./support/clients.js";
import { contentOf, toyFunction, toyOf, write } from "./support/sync-model.js";

let core: CoreModule;
let names = 0;
beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
});

const open = (storage: "memory" | "indexeddb" = "memory", name = `sync-rules-${++names}`) =>
  openTestClient({ core, name, storage });

/** Two empty collections of vectors of 2 dimensions that callers bring. */
async function openTwo(configuration = {}): Promise<[Collection, Collection]> {
  const make = async () => (await open()).createCollection({ name: "notes", configuration });
  return [await make(), await make()];
}

/** Two whose functions are not the same. */
async function openTexts() {
  const functions = [toyFunction("here", 2), toyFunction("there", 3)] as const;
  const make = async (embeddingFunction: (typeof functions)[number]) =>
    (await open()).createCollection({ name: "notes", embeddingFunction });
  return { functions, sides: [await make(functions[0]), await make(functions[1])] as const };
}

const vector = (id: string) => toyOf(id, 2);

async function expectAlike(one: Collection, two: Collection): Promise<void> {
  expect(await contentOf(one, true)).toEqual(await contentOf(two, true));
}

const textsOf = async (side: Collection) => {
  const { ids, documents } = await side.get();
  return Object.fromEntries(ids.map((id, i) => [id, documents[i]]));
};

describe("which way changes go", () => {
  test("push: what changed here; what changed there stays, and a pull fetches it", async () => {
    const [here, there] = await openTwo();
    await write(here, ["a", "b", "c"]);
    await write(there, ["x"]);
    expect(await here.push(there)).toMatchObject({ pushed: 3, left: 1, pulled: 0, conflicts: 0 });
    await write(here, ["a"], "new");
    await here.delete({ ids: ["b"] });
    await write(there, ["c"], "newer");
    expect(await here.push(there)).toMatchObject({ pushed: 1, deletedThere: 1, left: 2 });
    expect(await textsOf(there)).toEqual({ a: "new a", c: "newer c", x: "text x" });
    expect(await textsOf(here)).toEqual({ a: "new a", c: "text c" });
    expect(await here.pull(there)).toMatchObject({ pulled: 2, unchanged: 1, conflicts: 0 });
    await expectAlike(here, there);
  });

  test("deleteExtra: the side that receives has nothing else afterwards", async () => {
    const [here, there] = await openTwo();
    await write(here, ["a"]);
    await write(there, ["x", "y"]);
    expect(await here.push(there, { deleteExtra: true })).toMatchObject({ deletedThere: 2 });
    expect((await there.get()).ids).toEqual(["a"]);
    await write(here, ["b"]);
    expect(await here.pull(there, { deleteExtra: true })).toMatchObject({ deletedHere: 1 });
    await expectAlike(here, there);
  });

  test("a record that lost a key of its metadata, or its document, loses it there too", async () => {
    const [here, there] = await openTwo();
    await write(here, ["a", "b"], "text", { kept: "1", gone: "2" });
    await here.sync(there);
    await here.delete({ ids: ["a", "b"] });
    await write(here, ["a"], "text", { kept: "1" });
    await here.add({ ids: ["b"], embeddings: [vector("b")], metadatas: [{ kept: "1" }] });
    expect(await here.sync(there)).toMatchObject({ pushed: 2 });
    await expectAlike(here, there);
    expect((await there.get({ ids: ["a"] })).metadatas).toEqual([{ kept: "1" }]);
    expect((await there.get({ ids: ["b"] })).documents).toEqual([null]);
  });
});

describe("records that changed on both sides", () => {
  async function bothChanged() {
    const [here, there] = await openTwo();
    await write(here, ["a", "b", "c"], "text", { at: "2026-01-01" });
    await here.sync(there);
    await write(here, ["a"], "here", { at: "2026-01-03" });
    await write(there, ["a"], "there", { at: "2026-01-02" });
    await write(here, ["b"], "here", { at: "2026-01-02" });
    await write(there, ["b"], "there", { at: "2026-01-03" });
    await write(here, ["c"], "here");
    await there.delete({ ids: ["c"] });
    return [here, there] as const;
  }

  test("without a clock the version that is sent wins, and a change over a deletion", async () => {
    const [here, there] = await bothChanged();
    expect(await here.sync(there)).toMatchObject({ conflicts: 3, pushed: 3 });
    await expectAlike(here, there);
    expect(await textsOf(there)).toEqual({ a: "here a", b: "here b", c: "here c" });
    const [one, two] = await bothChanged();
    expect(await one.pull(two)).toMatchObject({ conflicts: 3, pulled: 2, left: 1 });
    expect(await textsOf(one)).toEqual({ a: "there a", b: "there b", c: "here c" });
  });

  test("with a clock the later one wins", async () => {
    const [here, there] = await bothChanged();
    expect(await here.sync(there, { clock: "at" })).toMatchObject({ pushed: 2, pulled: 1 });
    await expectAlike(here, there);
    expect(await textsOf(there)).toEqual({ a: "here a", b: "there b", c: "here c" });
  });

  test("onConflict has both versions and decides; what it leaves comes again", async () => {
    const [here, there] = await bothChanged();
    const asked: [Row | null, Row | null][] = [];
    const onConflict = (local: Row | null, remote: Row | null) => {
      asked.push([local, remote]);
      return remote === null ? "remote" : local?.id === "a" ? "neither" : "remote";
    };
    expect(await here.sync(there, { onConflict })).toMatchObject({
      conflicts: 3,
      left: 1,
      pulled: 1,
      deletedHere: 1,
    });
    expect(asked[0]?.map((row) => row?.document)).toEqual(["here a", "there a"]);
    expect(asked[0]?.[1]?.embedding).toEqual(Float32Array.from(vector("there a")));
    expect(asked[2]?.[1]).toBe(null);
    expect(await textsOf(here)).toEqual({ a: "here a", b: "there b" });
    expect(await textsOf(there)).toEqual({ a: "there a", b: "there b" });
    const again = await here.sync(there, { onConflict: async () => "local" as const });
    expect(again).toMatchObject({ conflicts: 1, pushed: 1 });
    await expectAlike(here, there);
    await write(here, ["a"], "1");
    await write(there, ["a"], "2");
    await expect(here.sync(there, { onConflict: () => "me" as "local" })).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });

  test("equal changes are none; a first sync of equal collections writes nothing", async () => {
    const [here, there] = await openTwo();
    for (const side of [here, there]) await write(side, ["a", "b"], "text", { n: "1" });
    const nothing = { pushed: 0, pulled: 0, conflicts: 0, unchanged: 2 };
    expect(await here.sync(there)).toMatchObject(nothing);
    for (const side of [here, there]) await write(side, ["a"], "new");
    expect(await here.sync(there)).toMatchObject(nothing);
    await there.delete({ ids: ["a"] });
    expect(await here.sync(there)).toMatchObject({ deletedHere: 1, unchanged: 1 });
  });
});

test("numbers: a whole one counts to the last digit, of a decimal the last bit is no change", async () => {
  const [here, there] = await openTwo();
  const time = 1_700_000_000_000_000;
  const add = (side: Collection, shift: number) =>
    side.upsert({
      ids: ["time", "share"],
      embeddings: [vector("a"), vector("b")],
      metadatas: [{ time: time + shift }, { share: 1 / 3 + shift * 2 ** -54 }],
    });
  await add(here, 0);
  await add(there, 0);
  await here.sync(there);
  await add(here, 1);
  expect((await here.get({ ids: ["share"] })).metadatas).not.toEqual([{ share: 1 / 3 }]);
  expect(await here.sync(there)).toMatchObject({ pushed: 1, unchanged: 1 });
  expect((await there.get({ ids: ["time"] })).metadatas).toEqual([{ time: time + 1 }]);
});

describe("vectors", () => {
  test("go over bit for bit where neither side has a function, and where both have one name", async () => {
    for (const name of [undefined, "toy"]) {
      const embeddingFunction = name ? toyFunction(name, 4) : null;
      const [here, there] = await Promise.all(
        [0, 1].map(async () =>
          (await open()).createCollection({ name: "notes", embeddingFunction }),
        ),
      );
      const odd = [1e-45, -0, Math.fround(9.9e15), Math.fround(0.1)];
      await here?.add({ ids: ["odd"], documents: ["text"], embeddings: [odd] });
      const result = await here?.push(there as Collection);
      expect(result).toMatchObject({ pushed: 1, embedded: 0 });
      const { embeddings } = (await there?.get({ include: ["embeddings"] })) ?? {};
      expect(new Uint32Array(Float32Array.from(embeddings?.[0] ?? []).buffer)).toEqual(
        new Uint32Array(Float32Array.from(odd).buffer),
      );
    }
  });

  test("texts are embedded by the side that receives; changed metadata alone embeds nothing", async () => {
    const { functions, sides } = await openTexts();
    const [here, there] = sides;
    await here.add({ ids: ["a", "b"], documents: ["one", "two"] });
    await there.add({ ids: ["c"], documents: ["three"] });
    const asked = () => functions.map(({ asked }) => asked);
    expect(asked()).toEqual([2, 1]);
    const first = await here.sync(there);
    expect(first).toMatchObject({ pushed: 2, pulled: 1, embedded: 3 });
    expect(asked()).toEqual([3, 3]);
    const { embeddings } = await there.get({ include: ["embeddings"] });
    expect(embeddings.map((each) => [...each])).toEqual(
      ["three", "one", "two"].map((text) => toyOf(text, 3)),
    );
    await here.update({ ids: ["a"], metadatas: [{ seen: true }] });
    expect(await here.sync(there)).toMatchObject({ pushed: 1, embedded: 0 });
    expect(asked()).toEqual([3, 3]);
    expect((await there.get({ ids: ["a"] })).metadatas).toEqual([{ seen: true }]);
  });

  test("records without a document are told where texts are embedded, time and again", async () => {
    const { sides } = await openTexts();
    const [here, there] = sides;
    await here.add({
      ids: ["a", "b"],
      documents: ["one", null],
      embeddings: [vector("a"), vector("b")],
    });
    for (const pushed of [1, 0]) {
      const { skipped, ...rest } = await here.sync(there);
      expect(rest).toMatchObject({ pushed });
      expect(skipped).toEqual([{ id: "b", reason: expect.stringContaining("no document") }]);
    }
    await here.delete({ ids: ["b"] });
    expect((await here.sync(there)).skipped).toEqual([]);
  });

  test("a side that embeds needs its function", async () => {
    const { sides } = await openTexts();
    const client = await open();
    const bare = await client.createCollection({ name: "bare" });
    await sides[0].add({ ids: ["a"], documents: ["one"] });
    await expect(sides[0].push(bare)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("pass one as embeddingFunction"),
    });
    expect(await bare.count()).toBe(0);
    expect(await sides[0].pull(bare)).toMatchObject({ left: 1 });
  });

  test("both moved to another function: the texts are as they were, and vectors go over again", async () => {
    const functions = () => toyFunction("one", 2);
    const make = async () =>
      (await open()).createCollection({ name: "notes", embeddingFunction: functions() });
    const [here, there] = [await make(), await make()];
    await here.add({ ids: ["a", "b"], documents: ["one", "two"] });
    await here.sync(there);
    await here.reembed(toyFunction("two", 3));
    expect(await here.sync(there)).toMatchObject({ unchanged: 2, conflicts: 0, embedded: 0 });
    await there.reembed(toyFunction("two", 3));
    expect(await here.sync(there)).toMatchObject({ unchanged: 2, conflicts: 0 });
    await here.update({ ids: ["a"], embeddings: [[1, 2, 3]] });
    expect(await here.sync(there)).toMatchObject({ pushed: 1, unchanged: 1 });
    await expectAlike(here, there);
  });

  test("a server that keeps unit vectors for cosine: alike, until the direction changes", async () => {
    const [here, there] = await openTwo({ hnsw: { space: "cosine" } });
    const unit = withGet(there, (row) => {
      const length = Math.hypot(...(row.embedding ?? []));
      return { ...row, ...(row.embedding && { embedding: row.embedding.map((x) => x / length) }) };
    });
    await here.add({
      ids: ["a", "b"],
      documents: ["one", "two"],
      embeddings: [
        [3, 4],
        [5, 12],
      ],
    });
    expect(await here.sync(unit)).toMatchObject({ pushed: 2 });
    expect(await here.sync(unit)).toMatchObject({ unchanged: 2, pulled: 0, conflicts: 0 });
    expect((await here.get({ include: ["embeddings"] })).embeddings[0]).toEqual(
      Float32Array.of(3, 4),
    );
    await there.update({ ids: ["a"], embeddings: [[4, 3]] });
    expect(await here.sync(unit)).toMatchObject({ pulled: 1, unchanged: 1 });
  });
});

/** A collection whose records are read in another form. */
function withGet(side: Collection, change: (row: Row) => Row): SyncSide {
  return new Proxy(side, {
    get(target, key) {
      if (key !== "get") {
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return async (...args: Parameters<Collection["get"]>) => {
        const answer = await target.get(...args);
        return { ...answer, rows: () => answer.rows().map(change) };
      };
    },
  });
}
