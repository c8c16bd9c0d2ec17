import "fake-indexeddb/auto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { CORES, openTestClient } from "./support/clients.js";
import { meetsWhere, meetsWhereDocument } from "./support/filters.js";
import { type Item, numbers, RandomFilters } from "./support/random-filters.js";

describe.each(CORES)("filters on the %s", (_name, load) => {
  let core: CoreModule;
  let client: Client;
  let names = 0;

  beforeAll(async () => {
    core = await load();
    client = await openTestClient({ core });
  });

  async function collectionOf(items: Item[]): Promise<Collection> {
    const collection = await client.createCollection({ name: `filters-${++names}` });
    await collection.add({
      ids: items.map(({ id }) => id),
      documents: items.map(({ document }) => document),
      metadatas: items.map(({ metadata }) => metadata),
      embeddings: items.map((_, i) => [i]),
    });
    return collection;
  }

  const few: Item[] = [
    { id: "a", document: "a cat", metadata: { n: 1, tags: ["x", "y"] } },
    { id: "b", document: null, metadata: { n: 2 } },
    { id: "c", document: "a dog", metadata: null },
    { id: "d", document: "Cats", metadata: { n: 2, tags: ["y"] } },
  ];

  test("random filters find what the plain rules find", async () => {
    const random = new RandomFilters(numbers(7));
    const items = Array.from({ length: 60 }, (_, i) => random.item(`id${i}`));
    const collection = await collectionOf(items);
    let found = 0;
    for (let i = 0; i < 600; ++i) {
      const where = i % 3 === 1 ? undefined : random.where();
      const whereDocument = i % 3 === 0 ? undefined : random.whereDocument();
      const expected = items
        .filter((item) => !where || meetsWhere(item, where as Record<string, unknown>))
        .filter(
          (item) =>
            !whereDocument ||
            meetsWhereDocument(item, whereDocument as object as Record<string, unknown>),
        )
        .map(({ id }) => id);
      const filter = { ...(where && { where }), ...(whereDocument && { whereDocument }) };
      const { ids } = await collection.get({ ...filter, include: [] });
      expect([filter, ids]).toEqual([filter, expected]);
      const hits = await collection.query({
        ...filter,
        queryEmbeddings: [[-1], [100]],
        nResults: 100,
        include: [],
      });
      expect([filter, hits.ids]).toEqual([filter, [expected, [...expected].reverse()]]);
      found += expected.length;
    }
    expect(found).toBeGreaterThan(1000);
  });

  test("a filter sees what was written a moment ago", async () => {
    const collection = await collectionOf(few);
    const twos = async () => (await collection.get({ where: { n: 2 }, include: [] })).ids;
    expect(await twos()).toEqual(["b", "d"]);
    await collection.update({ ids: ["a", "d"], metadatas: [{ n: 2 }, { n: 3 }] });
    expect(await twos()).toEqual(["a", "b"]);
    await collection.delete({ ids: ["b"] });
    await collection.add({ ids: ["e"], embeddings: [[9]], metadatas: [{ n: 2 }] });
    expect(await twos()).toEqual(["a", "e"]);
  });

  test("filters join ids, offset and limit", async () => {
    const collection = await collectionOf(few);
    const where = { n: { $gte: 1 } };
    expect((await collection.get({ where, ids: ["d", "c", "a"] })).ids).toEqual(["a", "d"]);
    expect((await collection.get({ where, offset: 1, limit: 1 })).ids).toEqual(["b"]);
    const whereDocument = { $regex: "cat$" };
    expect((await collection.get({ ids: ["d", "a"], whereDocument })).ids).toEqual(["a"]);
    const both = await collection.query({ queryEmbeddings: [[3]], where, whereDocument });
    expect(both.ids).toEqual([["a"]]);
  });

  test("null is no filter", async () => {
    const collection = await collectionOf(few);
    const none = { where: null, whereDocument: null } as object;
    expect((await collection.get(none)).ids).toHaveLength(4);
    expect((await collection.query({ ...none, queryEmbeddings: [[0]] })).ids[0]).toHaveLength(4);
    expect(await collection.delete(none)).toEqual({ deleted: 0 });
  });

  describe("delete", () => {
    test("deletes what meets the filter and tells how many", async () => {
      const collection = await collectionOf(few);
      expect(await collection.delete({ where: { n: 7 } })).toEqual({ deleted: 0 });
      expect(await collection.delete({ ids: ["a", "zz"], where: { n: 1 } })).toEqual({
        deleted: 1,
      });
      expect(await collection.delete({ ids: ["c"], where: { n: 2 } })).toEqual({ deleted: 0 });
      expect(await collection.delete({ where: { n: 2 }, limit: 0 })).toEqual({ deleted: 0 });
      expect(await collection.delete({ where: { n: 2 }, limit: 1 })).toEqual({ deleted: 1 });
      expect((await collection.get()).ids).toEqual(["c", "d"]);
      expect(await collection.delete({ whereDocument: { $regex: "^C" } })).toEqual({ deleted: 1 });
      expect(await collection.delete({})).toEqual({ deleted: 0 });
      expect((await collection.get()).ids).toEqual(["c"]);
    });

    test("finds what a write just before it wrote", async () => {
      const collection = await collectionOf(few);
      const added = collection.add({ ids: ["e"], embeddings: [[9]], metadatas: [{ n: 2 }] });
      const deleted = collection.delete({ where: { n: 2 } });
      await added;
      expect(await deleted).toEqual({ deleted: 3 });
      expect((await collection.get()).ids).toEqual(["a", "c"]);
    });

    test("outlives the client, however the rules for the filter may change", async () => {
      const options = { core, name: `durable-${++names}-${_name}`, storage: "indexeddb" as const };
      const first = await openTestClient(options);
      const collection = await first.createCollection({ name: "kept" });
      await collection.add({
        ids: ["a", "b"],
        embeddings: [[1], [2]],
        metadatas: [{ n: 1 }, { n: 2 }],
      });
      await collection.delete({ where: { n: { $gt: 1 } } });
      await first.close();
      const second = await openTestClient(options);
      expect((await (await second.getCollection({ name: "kept" })).get()).ids).toEqual(["a"]);
      await second.close();
    });

    test("refuses a limit without a filter, and an empty one", async () => {
      const collection = await collectionOf(few);
      for (const params of [{ limit: 1 }, { ids: ["a"], limit: 1 }, { where: {} }]) {
        await expect(collection.delete(params as object)).rejects.toMatchObject({
          code: "invalid_argument",
        });
      }
      expect(await collection.count()).toBe(4);
    });
  });

  const cyclic: Record<string, unknown> = {};
  cyclic.$and = [{ a: 1 }, cyclic];
  const wrong: [what: string, params: object][] = [
    ["a where that is a text", { where: "n = 1" }],
    ["a where that is a list", { where: [{ n: 1 }] }],
    ["two keys", { where: { n: 1, s: "x" } }],
    ["a key beside one that is undefined", { where: { n: 1, s: undefined } }],
    ["an unknown operator", { where: { n: { $foo: 1 } } }],
    ["NaN", { where: { n: { $gt: Number.NaN } } }],
    ["an infinite number", { where: { n: { $lt: Number.POSITIVE_INFINITY } } }],
    ["a bigint", { where: { n: 1n } }],
    ["a function", { where: { n: () => 1 } }],
    ["null for a value", { where: { n: null } }],
    ["a mixed list", { where: { n: { $in: [1, "1"] } } }],
    ["a condition in itself", { where: cyclic }],
    ["an order of texts", { where: { s: { $gt: "a" } } }],
    ["a number for a text", { whereDocument: { $contains: 1 } }],
    ["$matches", { whereDocument: { $matches: "cat" } }],
    ["a pattern that is none", { whereDocument: { $regex: "[" } }],
    ["one deep inside", { whereDocument: { $or: [{ $contains: "a" }, { $not_regex: "(" }] } }],
    ["a pattern of another dialect", { whereDocument: { $regex: "(?i)cat" } }],
    ["one condition of $and", { whereDocument: { $and: [{ $contains: "a" }] } }],
  ];
  test.each(wrong)("refuses %s", async (_what, params) => {
    const collection = await collectionOf(few);
    const refused = { code: "invalid_argument", message: expect.stringMatching(/^pagevec: \S/) };
    await expect(collection.get(params)).rejects.toMatchObject(refused);
    await expect(collection.delete(params)).rejects.toMatchObject(refused);
    await expect(collection.query({ ...params, queryEmbeddings: [[1]] })).rejects.toMatchObject(
      refused,
    );
    expect(await collection.count()).toBe(4);
  });
});

test("messages name the key, the operator and what to do", async () => {
  const [, load] = CORES[1] as (typeof CORES)[0];
  const client = await openTestClient({ core: await load() });
  const collection = await client.createCollection({ name: "messages" });
  const message = async (params: object) =>
    collection.get(params).then(
      () => "nothing",
      (error: Error) => error.message,
    );
  expect(await message({ where: { n: { $gt: Number.NaN } } })).toBe(
    'pagevec: where has NaN at "$gt", which is no JSON; leave it out',
  );
  expect(await message({ where: { n: { $gt: "1" } } })).toBe(
    'pagevec: where key "n" has $gt with a string; give a number',
  );
  expect(await message({ whereDocument: { $regex: "[" } })).toMatch(
    /^pagevec: whereDocument has \$regex with "\[": .*; mend the pattern$/,
  );
});
