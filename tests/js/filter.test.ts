import "fake-indexeddb/auto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { Metadata, Where, WhereDocument } from "../../js/src/types.js";
import { CORES, openTestClient } from "./support/clients.js";
import { meetsWhere, meetsWhereDocument } from "./support/filters.js";

interface Item {
  id: string;
  document: string | null;
  metadata: Metadata | null;
}

/** A repeatable stream of numbers below n (mulberry32). */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) % n;
  };
}

const KEYS = ["a", "b", "c", "__proto__", "é", ""];
const VALUES = [
  ["", "1", "x", "xy", "true"],
  [0, 1, -1, 2.5, 1e300],
  [true, false],
] as const;
const WORDS = ["cat", "Cat", "naïve", "7", "\ufeffdog", "日本"];
const PATTERNS = ["^cat", "\\d", "(?<!n)aï?", "^.本", "\\p{Lu}", "^\ufeff", "\\u{1f642}"];

class RandomFilters {
  constructor(private readonly take: (n: number) => number) {}

  private pick<T>(list: readonly T[]): T {
    return list[this.take(list.length)] as T;
  }
  private scalars(count: number) {
    const type = this.pick(VALUES);
    return Array.from({ length: count }, () => this.pick<string | number | boolean>(type));
  }
  private join<T>(make: () => T) {
    const parts = [make(), make(), ...(this.take(2) === 0 ? [make()] : [])];
    return { [this.pick(["$and", "$or"])]: parts };
  }

  item(id: string): Item {
    // Defined one by one: "__proto__" is a key like any other.
    const entries = KEYS.filter(() => this.take(3) === 0).map((key) => {
      const [value, ...rest] = this.scalars(1 + this.take(3));
      return [key, this.take(3) === 0 ? [value, ...rest] : value];
    });
    const words = Array.from({ length: this.take(5) }, () => this.pick(WORDS));
    return {
      id,
      document: this.take(5) === 0 ? null : words.join(" "),
      metadata: entries.length === 0 ? null : Object.fromEntries(entries),
    };
  }

  where(depth = 2): Where {
    if (depth > 0 && this.take(3) === 0) return this.join(() => this.where(depth - 1)) as Where;
    return Object.fromEntries([[this.pick(KEYS), this.condition()]]);
  }
  private condition() {
    const [value] = this.scalars(1) as [string];
    if (this.take(4) === 0) return value;
    const order = this.pick(["$gt", "$gte", "$lt", "$lte"]);
    return this.pick([
      { [this.pick(["$eq", "$ne"])]: value },
      { [this.pick(["$contains", "$not_contains"])]: value },
      { [this.pick(["$in", "$nin"])]: this.scalars(1 + this.take(12)) },
      { [order]: this.pick(VALUES[1]) },
    ]) as { $eq: string };
  }
  whereDocument(depth = 2): WhereDocument {
    if (depth > 0 && this.take(3) === 0) {
      return this.join(() => this.whereDocument(depth - 1)) as WhereDocument;
    }
    const text = this.pick([...WORDS, "", "t n"]);
    return this.pick([
      { [this.pick(["$contains", "$not_contains"])]: text },
      { [this.pick(["$regex", "$not_regex"])]: this.pick(PATTERNS) },
    ]) as WhereDocument;
  }
}

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
