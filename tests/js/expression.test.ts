import { beforeAll, describe, expect, test } from "@jest/globals";
import * as chroma from "chromadb";
import type { Client } from "../../js/src/client.js";
import type {
  RankLiteral,
  SearchExpression,
} from "../../js/src/collection/search/expression-types.js";
import * as rank from "../../js/src/collection/search/rank.js";
import type { Collection } from "../../js/src/collection.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";

// chromadb's Search API: its own objects, and what they mean by definition.

const { Knn, K, Rrf, Search, Val, Sum, Mul, Div, Sub, Abs, Exp, Log, Max, Min } = chroma;

interface Item {
  id: string;
  vector: number[];
  document: string | null;
  metadata: Record<string, string | number> | null;
}

const random = uniform(5);
const ITEMS: Item[] = Array.from({ length: 40 }, (_, i) => ({
  id: `id${i}`,
  vector: [random() - 0.5, random() - 0.5, random() - 0.5],
  document: i % 7 === 0 ? null : `${i % 2 ? "green" : "black"} tea ${i}`,
  metadata: i % 5 === 0 ? null : { kind: ["a", "b", "c"][i % 3] as string, n: i % 4 },
}));
const QUERIES = [
  [0.5, 0, 0.1],
  [0, -0.5, 0.3],
  [0.2, 0.2, -0.4],
];

const distance = (a: number[], b: number[]) =>
  a.reduce((sum, x, i) => sum + (x - (b[i] as number)) ** 2, 0);

/** By id, the `limit` nearest of the items, with their distances. */
function nearest(query: number[], limit: number, items = ITEMS): Map<string, number> {
  const found = items.map(({ id, vector }): [string, number] => [id, distance(query, vector)]);
  return new Map(found.sort((a, b) => a[1] - b[1]).slice(0, limit));
}

const ranksOf = (found: Map<string, number>) => new Map([...found.keys()].map((id, i) => [id, i]));

/** Ids by score, smallest first. */
function byScore(score: (item: Item) => number | undefined): [string, number][] {
  return ITEMS.flatMap((item): [string, number][] => {
    const value = score(item);
    return value === undefined ? [] : [[item.id, value]];
  }).sort((a, b) => a[1] - b[1]);
}

test("our builders make what chromadb's make", () => {
  const options = [
    { query: [1, 2] },
    { query: "tea", limit: 3, default: 7, returnRank: true },
    { query: Float32Array.of(1, 2), returnRank: true },
  ];
  for (const each of options) expect(rank.Knn(each)).toEqual(Knn(each).toJSON());
  const ours = options.map(rank.Knn);
  const theirs = options.map(Knn);
  const more = [{}, { k: 3 }, { weights: [1, 0, 3], normalize: true }];
  for (const each of more) {
    expect(rank.Rrf({ ranks: ours, ...each })).toEqual(Rrf({ ranks: theirs, ...each }).toJSON());
  }
  expect(rank.Rrf({ ranks: [2] })).toEqual(Rrf({ ranks: [2] }).toJSON());
});

test("our builders refuse what chromadb's refuse", () => {
  const wrong = [
    () => rank.Knn({ query: [1], limit: 0 }),
    () => rank.Rrf({ ranks: [] }),
    () => rank.Rrf({ ranks: [1], k: 0 }),
    () => rank.Rrf({ ranks: [1], weights: [1, 2] }),
    () => rank.Rrf({ ranks: [1], weights: [-1] }),
    () => rank.Rrf({ ranks: [1], weights: [0], normalize: true }),
  ];
  for (const make of wrong) {
    expect(make).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  }
});

describe.each(CORES)("chromadb's searches on the %s", (_name, load) => {
  let client: Client;
  let collection: Collection;

  beforeAll(async () => {
    client = await openTestClient({ core: await load() });
    collection = await client.createCollection({ name: "searches" });
    await collection.add({
      ids: ITEMS.map(({ id }) => id),
      embeddings: ITEMS.map(({ vector }) => vector),
      documents: ITEMS.map(({ document }) => document),
      metadatas: ITEMS.map(({ metadata }) => metadata),
    });
  });

  /** The same of chromadb's object, of its payload and of its parts. */
  async function run(search: chroma.Search) {
    const result = await collection.search(search);
    const payload = search.toPayload();
    const fromPayload = await collection.search(payload as SearchExpression);
    const { filter, group_by, ...others } = JSON.parse(JSON.stringify(payload));
    const parts = { ...others, where: filter, groupBy: group_by };
    for (const other of [fromPayload, await collection.search([parts])]) {
      expect({ ...other }).toEqual({ ...result });
    }
    return result;
  }

  async function expectScores(rank: chroma.RankExpression, expected: [string, number][]) {
    const { ids, scores } = await run(new Search().rank(rank).select(K.SCORE));
    expect(ids[0]).toEqual(expected.map(([id]) => id));
    for (const [i, [, score]] of expected.entries()) {
      expect(Math.abs((scores[0]?.[i] as number) - score)).toBeLessThan(1e-5);
    }
  }

  test("a knn gives distances, or ranks from 0", async () => {
    const [query = []] = QUERIES;
    const found = nearest(query, 6);
    await expectScores(Knn({ query, limit: 6 }), [...found]);
    await expectScores(Knn({ query, limit: 6, returnRank: true }), [...ranksOf(found)]);
    await expectScores(Knn({ query: Float32Array.from(query), limit: 1 }), [...found].slice(0, 1));
  });

  test("a literal knn finds 16 unless told", async () => {
    const rank = { $knn: { query: QUERIES[0] } };
    expect((await collection.search({ rank })).ids[0]).toHaveLength(16);
  });

  test("reciprocal rank fusion, of records that all rankings have unless they have a default", async () => {
    const [first, second] = QUERIES.map((query) => ranksOf(nearest(query, 12))) as [
      Map<string, number>,
      Map<string, number>,
    ];
    const ranks = (rest?: number) =>
      QUERIES.slice(0, 2).map((query) =>
        Knn({
          query,
          limit: 12,
          returnRank: true,
          ...(rest === undefined ? {} : { default: rest }),
        }),
      );
    const fused = (k: number, [v, w]: [number, number], rest?: number) =>
      byScore(({ id }) => {
        const [a, b] = [first.get(id) ?? rest, second.get(id) ?? rest];
        if (a === undefined || b === undefined || !(first.has(id) || second.has(id))) return;
        return -(v / (k + a) + w / (k + b));
      });
    await expectScores(Rrf({ ranks: ranks() }), fused(60, [1, 1]));
    await expectScores(
      Rrf({ ranks: ranks(1000), k: 10, weights: [3, 1], normalize: true }),
      fused(10, [0.75, 0.25], 1000),
    );
  });

  test("arithmetic", async () => {
    const [a, b] = QUERIES.map((query) => Knn({ query, limit: 40 })) as [
      chroma.RankExpression,
      chroma.RankExpression,
    ];
    const at = ({ id }: Item) => QUERIES.map((query) => nearest(query, 40).get(id) as number);
    const cases: [chroma.RankExpression, (a: number, b: number) => number][] = [
      [Sum(a, b, 2), (x, y) => x + y + 2],
      [Mul(a, 0.5).add(b), (x, y) => 0.5 * x + y],
      [Sub(a, b), (x, y) => x - y],
      [Div(a, b.add(1)), (x, y) => x / (y + 1)],
      [Abs(Sub(a, b)), (x, y) => Math.abs(x - y)],
      [Exp(a.negate()), (x) => Math.exp(-x)],
      [Log(a), (x) => Math.log(x)],
      [Max(a, b), (x, y) => Math.max(x, y)],
      [Min(a, b, Val(0.3)).add(Mul(a, 0.001)), (x, y) => Math.min(x, y, 0.3) + 0.001 * x],
    ];
    for (const [rank, definition] of cases) {
      await expectScores(
        rank,
        byScore((item) => definition(...(at(item) as [number, number]))),
      );
    }
  });

  test("equal scores are in insertion order, and what is no number comes last", async () => {
    const all = ITEMS.map(({ id }) => id);
    const zero = Mul(Knn({ query: QUERIES[0] as number[], limit: 40 }), 0);
    expect((await run(new Search().rank(zero))).ids[0]).toEqual(all);
    const half = nearest(QUERIES[0] as number[], 20);
    const threshold = [...half.values()].at(-1) as number;
    const rank = Log(Sub(threshold + 1e-6, Knn({ query: QUERIES[0] as number[], limit: 40 })));
    const { ids } = await run(new Search().rank(rank));
    expect(new Set(ids[0]?.slice(0, 20))).toEqual(new Set(half.keys()));
    expect(ids[0]?.slice(20)).toEqual(all.filter((id) => !half.has(id)));
    // Nothing found any record.
    expect((await run(new Search().rank(Val(1)))).ids).toEqual([[]]);
  });

  const conditions: [string, chroma.WhereInput, (item: Item) => boolean][] = [
    ["metadata", K("kind").eq("a"), ({ metadata }) => metadata?.kind === "a"],
    ["documents", K.DOCUMENT.contains("green"), ({ document }) => !!document?.includes("green")],
    [
      "documents by pattern",
      K.DOCUMENT.notRegex("^green").and(K.DOCUMENT.notContains("3")),
      ({ document }) => !document || !(/^green/.test(document) || document.includes("3")),
    ],
    ["ids", K.ID.isIn(["id3", "id4", "none"]), ({ id }) => id === "id3" || id === "id4"],
    ["other ids", K.ID.ne("id3"), ({ id }) => id !== "id3"],
    [
      "all of it",
      K("n")
        .gte(2)
        .and(K.DOCUMENT.contains("black"))
        .and(K.ID.notIn(["id2"])),
      ({ id, document, metadata }) =>
        Number(metadata?.n) >= 2 && !!document?.includes("black") && id !== "id2",
    ],
    [
      "any of it",
      K("kind").isIn(["b"]).or(K.DOCUMENT.regex("1$")).or(K.ID.eq("id0")),
      ({ id, document, metadata }) =>
        metadata?.kind === "b" || /1$/.test(document ?? "") || id === "id0",
    ],
    [
      "nested",
      K("kind")
        .ne("a")
        .and(K.DOCUMENT.contains("green").or(K("n").eq(0))),
      ({ document, metadata }) =>
        metadata?.kind !== "a" && (!!document?.includes("green") || metadata?.n === 0),
    ],
  ];
  test.each(conditions)("where: %s", async (_what, where, meets) => {
    const left = ITEMS.filter(meets);
    const { ids, scores } = await run(new Search().where(where).select(K.SCORE));
    expect(ids[0]).toEqual(left.map(({ id }) => id));
    expect(scores[0]).toEqual(left.map((_, i) => i));
    const query = QUERIES[1] as number[];
    const ranked = await run(new Search().where(where).rank(Knn({ query, limit: 5 })));
    expect(ranked.ids[0]).toEqual([...nearest(query, 5, left).keys()]);
  });

  test("limit and offset cut the answer", async () => {
    const query = QUERIES[2] as number[];
    const all = [...nearest(query, 20).keys()];
    const search = new Search().rank(Knn({ query, limit: 20 }));
    expect((await run(search)).ids[0]).toEqual(all);
    expect((await run(search.limit(3))).ids[0]).toEqual(all.slice(0, 3));
    expect((await run(search.limit(3, 4))).ids[0]).toEqual(all.slice(4, 7));
    const unranked = await run(new Search().limit({ offset: 38, limit: 5 }).select(K.SCORE));
    expect([unranked.ids[0], unranked.scores[0]]).toEqual([
      ["id38", "id39"],
      [0, 1],
    ]);
  });

  test("groups keep their least or greatest", async () => {
    const query = QUERIES[0] as number[];
    const search = new Search().rank(Knn({ query, limit: 40 }));
    const ranked = [...nearest(query, 40).keys()].map((id) => ITEMS.find((item) => item.id === id));
    const kept = (
      keyOf: (item: Item) => unknown,
      order: (a: Item, b: Item) => number,
      k: number,
    ) => {
      const groups = new Map<unknown, Item[]>();
      for (const item of ranked as Item[]) {
        groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
      }
      const chosen = new Set(
        [...groups.values()].flatMap((group) => group.sort(order).slice(0, k)),
      );
      return (ranked as Item[]).filter((item) => chosen.has(item)).map(({ id }) => id);
    };
    const kindOf = ({ metadata }: Item) => metadata?.kind;
    const numberOf = ({ metadata }: Item) => Number(metadata?.n ?? -1);
    const least = new chroma.GroupBy([K("kind")], new chroma.MinK([K.SCORE], 2));
    expect((await run(search.groupBy(least))).ids[0]).toEqual(kept(kindOf, () => 0, 2));
    const greatest = new chroma.GroupBy([K("kind")], new chroma.MaxK([K("n"), K.SCORE], 3));
    const places = new Map((ranked as Item[]).map((item, i) => [item, i]));
    const order = (a: Item, b: Item) =>
      numberOf(b) - numberOf(a) || (places.get(b) as number) - (places.get(a) as number);
    expect((await run(search.groupBy(greatest))).ids[0]).toEqual(kept(kindOf, order, 3));
    const pairs = new chroma.GroupBy([K("kind"), K("n")], new chroma.MinK([K.SCORE], 1));
    const both = (item: Item) => JSON.stringify([kindOf(item), item.metadata?.n]);
    expect((await run(search.groupBy(pairs).limit(4))).ids[0]).toEqual(
      kept(both, () => 0, 1).slice(0, 4),
    );
  });

  test("select says what is in the answer", async () => {
    const search = new Search().where(K.ID.isIn(["id0", "id1"]));
    const nothing = await run(search);
    expect({ ...nothing }).toEqual({
      ids: [["id0", "id1"]],
      documents: [null],
      embeddings: [null],
      metadatas: [null],
      scores: [null],
      select: [[]],
    });
    expect(nothing.rows()).toEqual([[{ id: "id0" }, { id: "id1" }]]);
    const all = await run(search.selectAll());
    expect(all.documents).toEqual([[null, "green tea 1"]]);
    expect(all.metadatas).toEqual([[null, { kind: "b", n: 1 }]]);
    expect(all.embeddings[0]?.map((vector) => vector?.length)).toEqual([3, 3]);
    expect(all.select).toEqual([["#document", "#embedding", "#metadata", "#score"]]);
    const [rows] = all.rows();
    expect(Object.keys(rows?.[0] ?? {})).toEqual(["id", "embedding", "score"]);
    expect(Object.keys(rows?.[1] ?? {})).toEqual([
      "id",
      "document",
      "embedding",
      "metadata",
      "score",
    ]);
    const fields = await run(search.select("n", "missing", K("n")));
    expect(fields.metadatas).toEqual([[null, { n: 1 }]]);
    expect(fields.select).toEqual([["missing", "n"]]);
  });

  test("several searches in one call, and a text as query", async () => {
    const embeddingFunction = new ToyEmbedding("toy");
    const notes = await client.createCollection({ name: "texts", embeddingFunction });
    await notes.add({ ids: ["1", "2"], documents: ["a cat", "banana banana"] });
    embeddingFunction.asked.length = 0;
    const { ids, scores } = await notes.search([
      new Search()
        .rank(Knn({ query: "a cat" }))
        .limit(1)
        .select(K.SCORE),
      new Search()
        .rank(Knn({ query: "banana banana" }))
        .limit(1)
        .select(K.DOCUMENT),
    ]);
    expect(ids).toEqual([["1"], ["2"]]);
    expect(scores).toEqual([[0], null]);
    expect(embeddingFunction.asked).toEqual(["a cat", "banana banana"]);
  });

  const wrong: [string, unknown][] = [
    ["an unknown operator", { rank: { $foo: 1 } }],
    ["two operators", { rank: { $val: 1, $abs: { $val: 1 } } }],
    ["a text as rank", { rank: "tea" }],
    ["no list", { rank: { $sum: { $val: 1 } } }],
    ["half a pair", { rank: { $sub: { left: 1 } } }],
    ["no number", { rank: { $val: "1" } }],
    ["no query", { rank: { $knn: {} } }],
    ["a knn of nothing", { rank: { $knn: { query: QUERIES[0], limit: 0 } } }],
    ["a default that is no number", { rank: { $knn: { query: QUERIES[0], default: "1" } } }],
    ["a limit of 0", { select: [], limit: 0 }],
    ["a negative offset", { select: [], limit: { offset: -1 } }],
    ["a select that is no list", { select: "n" }],
    ["a key that is no string", { select: [1] }],
    ["a grouping without aggregate", { select: [], groupBy: { keys: ["kind"] } }],
    [
      "a grouping without keys",
      { select: [], groupBy: { keys: [], aggregate: { $min_k: { keys: ["n"], k: 1 } } } },
    ],
    [
      "an aggregate of none",
      { select: [], groupBy: { keys: ["n"], aggregate: { $min_k: { keys: ["n"], k: 0 } } } },
    ],
    ["a condition on ids", { select: [], where: { "#id": { $gt: 1 } } }],
    [
      "a condition on ids and more",
      { select: [], where: { $and: [{ "#id": { $in: "id1" } }, { n: 1 }] } },
    ],
    ["a condition that is none", { select: [], where: { $or: [{ n: 1 }, null] } }],
    ["two conditions in one", { select: [], where: { "#id": "id1", n: 1 } }],
    ["a text as condition", { select: [], where: { "#document": "tea" } }],
    ["a condition of nothing", { select: [], where: {} }],
    ["no search", []],
  ];
  test.each(wrong)("refuses %s", async (_what, search) => {
    await expect(collection.search(search as SearchExpression)).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });

  test("refuses other vectors than the collection has", async () => {
    const rank = (knn: object): { rank: RankLiteral } => ({ rank: { $knn: knn } });
    const cases: [object, string][] = [
      [{ query: [1, 2] }, "dimension_mismatch"],
      [{ query: [1, 2, Number.NaN] }, "not_finite"],
      [{ query: { indices: [1], values: [1] } }, "unsupported"],
      [{ query: [1, 2, 3], key: "sparse" }, "unsupported"],
      [{ query: "tea" }, "invalid_argument"],
    ];
    for (const [knn, code] of cases) {
      await expect(collection.search(rank(knn))).rejects.toMatchObject({ code });
    }
  });
});
