import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { Capabilities } from "../../js/src/types/capabilities.js";
import type {
  AddParams,
  EmbeddingFunction,
  Space,
  Where,
  WhereDocument,
} from "../../js/src/types.js";
import { toyVector } from "../contract/collection-replay.js";
import { assert, assertEqual } from "../contract/contract.js";

// One list of calls that every engine answers alike: the core, in memory and in IndexedDB, and servers.

/** Where the calls happen: a client, and the collections that earlier ones made. */
export class Stage {
  private readonly collections = new Map<string, Collection>();

  /** @param prefix of the collections' names, so that runs do not see each other */
  constructor(
    readonly client: Client,
    readonly prefix: string,
  ) {}

  name(kind: string): string {
    return `${this.prefix}-${kind}`;
  }

  async create(kind: string, space: Space, embeddingFunction: EmbeddingFunction | null = null) {
    const configuration = { hnsw: { space } };
    const name = this.name(kind);
    const made = await this.client.createCollection({ name, embeddingFunction, configuration });
    this.collections.set(kind, made);
    return made;
  }

  of(kind: string): Collection {
    const found = this.collections.get(kind);
    assert(found, `no call made the collection "${kind}"`);
    return found;
  }
}

export interface SameCall {
  name: string;
  /** Without these capabilities it is refused with code "unsupported". */
  needs?: (keyof Capabilities)[];
  /** Its answer is the first records of a listing: which these are hangs on the order of insertion. */
  cut?: boolean;
  run(stage: Stage): Promise<unknown>;
}

/** What became of a call: an answer as JSON, or a code. */
export interface Outcome {
  name: string;
  answer?: unknown;
  code?: string;
  message?: string;
}

const ALL = ["documents", "metadatas", "embeddings"] as const;
const SPACES: Space[] = ["l2", "cosine", "ip"];

const toy: EmbeddingFunction = {
  name: "toy",
  generate: async (texts) => texts.map(toyVector),
  getConfig: () => ({ letters: "a" }),
};

/** No two are at one distance from a query below, in any space. */
const MAIN: AddParams & { embeddings: number[][] } = {
  ids: ["a", "b", "c", "d", "e", "f", "é 日本"],
  embeddings: [
    [1, 0, 0],
    [0, 1, 0.125],
    [0.25, 0.25, 1],
    [1, 1, 0.375],
    [0.5, 0.75, 0.625],
    [-1, 0.75, 0],
    [2, -0.5, 1.5],
  ],
  documents: ["green tea", "black Tea", "Wasser, 50%", null, "", 'tea (hot) "x"', "日本 tea é"],
  metadatas: [
    { lang: "en", n: 1, f: 0.5, ok: true },
    { lang: "de", n: 2, f: 1.5, ok: false },
    { lang: "de", n: 3 },
    { lang: "fr", f: -2.25 },
    { n: -4, ok: true },
    null,
    { lang: "日本", n: 10, "a key": "a value" },
  ],
};
const QUERY = [0.875, 0.125, 0.25];

/** A call of a collection that earlier ones made. */
function call(
  kind: string,
  name: string,
  run: (collection: Collection, stage: Stage) => Promise<unknown>,
  more: Pick<SameCall, "needs" | "cut"> = {},
): SameCall {
  return { name: `${kind}: ${name}`, run: (stage) => run(stage.of(kind), stage), ...more };
}

function calls(
  kind: string,
  list: Record<string, (collection: Collection, stage: Stage) => Promise<unknown>>,
  more: Pick<SameCall, "needs" | "cut"> = {},
): SameCall[] {
  return Object.entries(list).map(([name, run]) => call(kind, name, run, more));
}

function gets(kind: string, wheres: Record<string, Where>, more = {}): SameCall[] {
  return Object.entries(wheres).map(([name, where]) =>
    call(kind, `get where ${name}`, (it) => it.get({ where }), more),
  );
}

function getsByDocument(wheres: Record<string, WhereDocument>, regex = false): SameCall[] {
  const needs: SameCall["needs"] = regex ? ["documentFilter", "regex"] : ["documentFilter"];
  return Object.entries(wheres).map(([name, whereDocument]) =>
    call("main", `get whereDocument ${name}`, (it) => it.get({ whereDocument }), { needs }),
  );
}

const create: SameCall[] = [
  {
    name: "create main",
    run: async (stage) => {
      const { metadata, configuration } = await stage.create("main", "l2");
      return { metadata, space: configuration.hnsw.space };
    },
  },
  {
    name: "create main again",
    run: (stage) => stage.client.createCollection({ name: stage.name("main") }),
  },
  {
    name: "getOrCreate main, whose metadata stays",
    run: async ({ client, ...stage }) => {
      const name = `${stage.prefix}-main`;
      return (await client.getOrCreateCollection({ name, metadata: { other: 1 } })).metadata;
    },
  },
  { name: "create with a bad name", run: ({ client }) => client.createCollection({ name: "-" }) },
  {
    name: "get what is not there",
    run: (stage) => stage.client.getCollection({ name: stage.name("none") }),
  },
  {
    name: "delete what is not there",
    run: (stage) => stage.client.deleteCollection({ name: stage.name("none") }),
  },
];

const writes: SameCall[] = [
  ...calls("main", {
    "count of nothing": (it) => it.count(),
    "get of nothing": (it) => it.get(),
    "query of nothing": (it) => it.query({ queryEmbeddings: [QUERY] }),
    add: (it) => it.add(MAIN),
    count: (it) => it.count(),
    "get everything": (it) => it.get({ include: [...ALL] }),
    "add leaves what exists": (it) =>
      it.add({
        ids: ["a", "g"],
        embeddings: [
          [9, 9, 9],
          [0.125, -1, 0.5],
        ],
        documents: ["other", "g"],
      }),
    "get what add left": (it) => it.get({ ids: ["a", "g"], include: [...ALL] }),
    "upsert merges": (it) =>
      it.upsert({
        ids: ["b", "h"],
        embeddings: [
          [0, 1.25, 0.125],
          [3, 3, 0.5],
        ],
        documents: [null, "new"],
        metadatas: [{ n: 20, more: "m" }, { n: 8 }],
      }),
    "get what upsert merged": (it) => it.get({ ids: ["b", "h"], include: [...ALL] }),
    "update metadata, unknown ids are ignored": (it) =>
      it.update({ ids: ["c", "nobody"], metadatas: [{ lang: "en", ok: true }, { n: 1 }] }),
    "update a vector and a document": (it) =>
      it.update({ ids: ["d"], embeddings: [[1, 1.5, 0.375]], documents: ["a document now"] }),
    "get what update changed": (it) => it.get({ ids: ["c", "d", "nobody"], include: [...ALL] }),
  }),
];

const refusals = calls("main", {
  "the same id twice": (it) =>
    it.add({
      ids: ["x", "x"],
      embeddings: [
        [1, 1, 1],
        [1, 1, 2],
      ],
    }),
  "another dimension": (it) => it.add({ ids: ["x"], embeddings: [[1, 1]] }),
  "a query of another dimension": (it) => it.query({ queryEmbeddings: [[1, 1, 1, 1]] }),
  "a vector with NaN": (it) => it.upsert({ ids: ["x"], embeddings: [[1, Number.NaN, 0]] }),
  "a vector beyond 32 bits": (it) => it.upsert({ ids: ["x"], embeddings: [[1, 1e39, 0]] }),
  "a value that overflows a distance": (it) =>
    it.upsert({ ids: ["x"], embeddings: [[1, 2e16, 0]] }),
  "a query with infinity": (it) =>
    it.query({ queryEmbeddings: [[1, 1, Number.POSITIVE_INFINITY]] }),
  "a query that overflows a distance": (it) => it.query({ queryEmbeddings: [[1, -2e16, 0]] }),
  "neither documents nor embeddings": (it) => it.add({ ids: ["x"], metadatas: [{ n: 1 }] }),
  "nested metadata": (it) =>
    it.add({ ids: ["x"], embeddings: [QUERY], metadatas: [{ n: { deep: 1 } as never }] }),
  "an unknown operator": (it) => it.get({ where: { n: { $foo: 1 } } as never }),
  "a text for $gt": (it) => it.get({ where: { lang: { $gt: "a" } } as never }),
  "an empty condition": (it) => it.query({ queryEmbeddings: [QUERY], where: {} as never }),
  "distances in get": (it) => it.get({ include: ["distances"] as never }),
  "a limit below 0": (it) => it.get({ limit: -1 }),
  "documents without a function": (it) => it.add({ ids: ["x"], documents: ["x"] }),
  "a refused batch left nothing": (it) => it.get({ ids: ["x"] }),
});

const reads: SameCall[] = [
  ...gets("main", {
    "is a text": { lang: "de" },
    "$eq a number": { n: { $eq: 3 } },
    "a boolean": { ok: true },
    "$ne, also without the key": { lang: { $ne: "de" } },
    $gt: { n: { $gt: 1 } },
    $gte: { n: { $gte: 3 } },
    $lt: { f: { $lt: 0.5 } },
    $lte: { f: { $lte: 0.5 } },
    $in: { lang: { $in: ["en", "日本"] } },
    "$nin, also without the key": { n: { $nin: [1, 3] } },
    $and: { $and: [{ ok: true }, { n: { $lt: 3 } }] },
    "$or with $and in it": { $or: [{ $and: [{ lang: "en" }, { ok: true }] }, { n: 10 }] },
    "a key that nobody has": { nothing: 1 },
    "$ne of a key that nobody has": { nothing: { $ne: 1 } },
    "a key with a space": { "a key": "a value" },
    "a number where texts are": { lang: 1 },
  }),
  ...getsByDocument({
    $contains: { $contains: "tea" },
    "$contains, case and all": { $contains: "Tea" },
    "$contains signs": { $contains: '(hot) "x"' },
    "$contains %": { $contains: "0%" },
    "$not_contains, also without a document": { $not_contains: "e" },
    $and: { $and: [{ $contains: "tea" }, { $contains: "é" }] },
    $or: { $or: [{ $contains: "Wasser" }, { $contains: "black" }] },
  }),
  ...getsByDocument(
    { $regex: { $regex: "^(green|black) [tT]ea$" }, $not_regex: { $not_regex: "e" } },
    true,
  ),
  ...calls("main", {
    "get by ids, in order of insertion": (it) => it.get({ ids: ["f", "a", "nobody", "c"] }),
    "get no ids": (it) => it.get({ ids: [] }),
    "get by ids and where": (it) => it.get({ ids: ["a", "b", "e"], where: { ok: true } }),
    "get nothing but ids": (it) => it.get({ include: [], where: { n: { $gt: 0 } } }),
  }),
  ...calls(
    "main",
    {
      limit: (it) => it.get({ limit: 3 }),
      offset: (it) => it.get({ offset: 6 }),
      "limit, offset and where": (it) => it.get({ limit: 2, offset: 1, where: { n: { $gt: 0 } } }),
      "offset behind the end": (it) => it.get({ offset: 100 }),
      peek: (it) => it.peek({ limit: 2 }),
    },
    { cut: true },
  ),
];

const queries: SameCall[] = [
  ...calls("main", {
    query: (it) => it.query({ queryEmbeddings: [QUERY], nResults: 4 }),
    "query by several vectors": (it) =>
      it.query({ queryEmbeddings: [QUERY, [-1, 1, 0]], nResults: 2, include: ["distances"] }),
    "query with every column": (it) =>
      it.query({ queryEmbeddings: [QUERY], nResults: 3, include: [...ALL, "distances"] }),
    "query where": (it) => it.query({ queryEmbeddings: [QUERY], where: { lang: { $ne: "en" } } }),
    "query by ids, unknown ones among them": (it) =>
      it.query({ queryEmbeddings: [QUERY], ids: ["b", "nobody", "f"] }),
    "query what nobody meets": (it) => it.query({ queryEmbeddings: [QUERY], where: { n: 1000 } }),
    "query for no results": (it) => it.query({ queryEmbeddings: [QUERY], nResults: 0 }),
    "search by a vector": (it) => it.search({ embedding: QUERY, mode: "vector", limit: 3 }),
    "search with explanation, offset and where": (it) =>
      it.search({
        embedding: QUERY,
        mode: "vector",
        limit: 2,
        offset: 1,
        where: { n: { $gt: 0 } },
        explain: true,
      }),
    "a search expression": (it) =>
      it.search({
        rank: { $knn: { query: QUERY, limit: 3 } },
        limit: 2,
        select: ["#document", "n"],
      }),
  }),
  call(
    "main",
    "query whereDocument",
    (it) => it.query({ queryEmbeddings: [QUERY], whereDocument: { $contains: "tea" } }),
    { needs: ["documentFilter"] },
  ),
  call("main", "search by words", (it) => it.search({ text: "tea", mode: "keyword" }), {
    needs: ["keyword"],
  }),
  call("main", "hybrid search", (it) => it.search({ text: "tea", embedding: QUERY, limit: 4 }), {
    needs: ["hybrid"],
  }),
  call(
    "main",
    "search for what differs",
    (it) => it.search({ embedding: QUERY, mode: "vector", limit: 3, diversity: { lambda: 0.5 } }),
    { needs: ["diversify"] },
  ),
];

/** Each space, with a collection of its own. Cosine's vectors may be kept normalized: they are not read. */
const spaces: SameCall[] = SPACES.flatMap((space) => [
  {
    name: `${space}: create`,
    run: async (stage: Stage) => (await stage.create(space, space)).configuration.hnsw.space,
  },
  ...calls(space, {
    add: (it) => it.add({ ids: MAIN.ids, embeddings: MAIN.embeddings }),
    query: (it) => it.query({ queryEmbeddings: [QUERY], include: ["distances"] }),
    "query a longer vector": (it) =>
      it.query({ queryEmbeddings: [QUERY.map((x) => 3 * x)], include: ["distances"], nResults: 3 }),
  }),
]);

/** Values of several types under one key. */
const types: SameCall[] = [
  { name: "types: create", run: async (stage) => void (await stage.create("types", "l2")) },
  ...calls("types", {
    add: (it) =>
      it.add({
        ids: ["one", "text", "yes", "half", "none"],
        embeddings: [[1], [2], [3], [4], [5]],
        metadatas: [{ v: 1 }, { v: "1" }, { v: true }, { v: 1.5 }, { w: 1 }],
      }),
    get: (it) => it.get(),
  }),
  ...gets("types", {
    "the number": { v: 1 },
    "the text": { v: "1" },
    "the boolean": { v: true },
    "not the number": { v: { $ne: 1 } },
    above: { v: { $gt: 0 } },
    "one of texts": { v: { $in: ["1", "x"] } },
  }),
];

const LISTS: Pick<SameCall, "needs"> = { needs: ["lists"] };
const lists: SameCall[] = [
  { name: "lists: create", run: async (stage) => void (await stage.create("lists", "l2")) },
  call("lists", "add what has none", (it) =>
    it.add({ ids: ["none"], embeddings: [[5]], metadatas: [{ n: 1 }] }),
  ),
  call(
    "lists",
    "add",
    (it) =>
      it.add({
        ids: ["xy", "z", "numbers"],
        embeddings: [[1], [2], [3]],
        metadatas: [{ tags: ["x", "y"] }, { tags: ["z"] }, { counts: [1, 2], flags: [true] }],
      }),
    LISTS,
  ),
  ...gets(
    "lists",
    {
      "$contains a text": { tags: { $contains: "x" } },
      "$contains a number": { counts: { $contains: 2 } },
      "$not_contains, also without the key": { tags: { $not_contains: "z" } },
    },
    LISTS,
  ),
];

/** With an embedding function, which the collection remembers. */
const embedded: SameCall[] = [
  {
    name: "texts: create",
    run: async (stage) => (await stage.create("texts", "l2", toy)).configuration.embedding_function,
  },
  ...calls("texts", {
    "add documents": (it) =>
      it.add({ ids: ["1", "2", "3"], documents: ["a b", "banana", "tea and sugar"] }),
    "add some that exist": (it) => it.add({ ids: ["2", "4"], documents: ["other", "a a a a"] }),
    "update a document": (it) => it.update({ ids: ["1", "9"], documents: ["a cat", "nobody"] }),
    "upsert documents": (it) =>
      it.upsert({ ids: ["3", "5"], documents: ["tea", "and so on, at last"] }),
    "update some of the documents": (it) =>
      it.update({ ids: ["4", "5"], documents: [null, "end"], metadatas: [{ n: 4 }, { n: 5 }] }),
    get: (it) => it.get({ include: [...ALL] }),
    "query by texts": (it) => it.query({ queryTexts: ["a tea", "banana"], nResults: 3 }),
    "search by meaning": (it) => it.search({ text: "a tea", mode: "vector", limit: 2 }),
    "found again with its function": async (it, { client }) =>
      (await client.getCollection({ name: it.name, embeddingFunction: toy })).configuration
        .embedding_function,
    "another function is refused": (it, { client }) =>
      client.getCollection({ name: it.name, embeddingFunction: { ...toy, name: "other" } }),
  }),
];

const deletions: SameCall[] = [
  ...calls("main", {
    "delete by ids": (it) => it.delete({ ids: ["a", "nobody"] }),
    "delete by where": (it) => it.delete({ where: { lang: "de" } }),
    "delete by ids and where": (it) => it.delete({ ids: ["c", "e"], where: { ok: true } }),
    "delete nothing": (it) => it.delete({}),
    "delete what nobody meets": (it) => it.delete({ where: { n: 1000 } }),
    "a limit without where is refused": (it) => it.delete({ limit: 1 }),
    "what is left": (it) => it.get({ include: [...ALL] }),
    "query what is left": (it) => it.query({ queryEmbeddings: [QUERY] }),
    "add what was deleted": (it) =>
      it.add({ ids: ["a"], embeddings: [[7, 0, 0]], documents: ["again"] }),
    "it has nothing of what it was": (it) => it.get({ ids: ["a"], include: [...ALL] }),
  }),
  call(
    "main",
    "delete by whereDocument",
    (it) => it.delete({ whereDocument: { $contains: "again" } }),
    {
      needs: ["documentFilter"],
    },
  ),
  call("types", "delete with a limit", (it) => it.delete({ where: { v: { $ne: "1" } }, limit: 2 })),
  call("types", "count after it", (it) => it.count()),
  call("types", "what is left is the last of it", (it) => it.get(), { cut: true }),
];

const collections: SameCall[] = [
  ...calls("l2", {
    "modify metadata": async (it) => {
      await it.modify({ metadata: { title: "of l2", n: 1 } });
      return it.metadata;
    },
    "modify the name": async (it, stage) => {
      await it.modify({ name: stage.name("renamed") });
      return { named: it.name === stage.name("renamed"), metadata: it.metadata };
    },
    "modify to a name that is taken": (it, stage) => it.modify({ name: stage.name("main") }),
    "found by its new name": async (it, stage) => {
      const found = await stage.client.getCollection({ name: stage.name("renamed") });
      return { same: found.id === it.id, metadata: found.metadata, count: await found.count() };
    },
    "the old name is free": (_, stage) => stage.client.getCollection({ name: stage.name("l2") }),
  }),
  {
    name: "list",
    run: async ({ client, prefix }) => {
      const names = (await client.listCollections()).map(({ name }) => name);
      return names
        .filter((name) => name.startsWith(`${prefix}-`))
        .map((name) => name.slice(prefix.length))
        .sort();
    },
  },
  {
    name: "a collection made with metadata",
    run: async (stage) => {
      const metadata = { a: "b", n: 1.5, yes: true };
      const made = await stage.client.createCollection({ name: stage.name("meta"), metadata });
      const found = await stage.client.getCollection({ name: stage.name("meta") });
      return [made.metadata, found.metadata];
    },
  },
  {
    name: "delete collections",
    run: async (stage) => {
      for (const kind of ["meta", "renamed", "cosine", "ip", "types", "lists", "texts"]) {
        await stage.client.deleteCollection({ name: stage.name(kind) });
      }
    },
  },
  call("texts", "get of a collection that is gone", (it) => it.get()),
  call("texts", "add to a collection that is gone", (it) =>
    it.add({ ids: ["1"], embeddings: [[1, 2, 3]] }),
  ),
  call("main", "the others are there", (it) => it.count()),
  {
    name: "delete the last",
    run: async (stage) => stage.client.deleteCollection({ name: stage.name("main") }),
  },
];

export const SAME_CALLS: readonly SameCall[] = [
  ...create,
  ...writes,
  ...refusals,
  ...reads,
  ...queries,
  ...spaces,
  ...types,
  ...lists,
  ...embedded,
  ...deletions,
  ...collections,
];

/** Makes every call, in order. */
export async function runSameCalls(client: Client, prefix: string): Promise<Outcome[]> {
  const stage = new Stage(client, prefix);
  const outcomes: Outcome[] = [];
  for (const { name, run } of SAME_CALLS) {
    try {
      outcomes.push({ name, answer: asJson(await run(stage)) });
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      outcomes.push({ name, code: code ?? "no code", message });
    }
  }
  return outcomes;
}

/** Lists in the place of typed arrays, and no times. */
export function asJson(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, item) =>
      key === "timings"
        ? undefined
        : ArrayBuffer.isView(item)
          ? Array.from(item as Float32Array)
          : item,
    ),
  );
}

/**
 * Compares what became of one call on two engines.
 * @param insertionOrder whether the engine lists records in the order in which they came
 * @throws where they differ
 */
export function assertSameOutcome(
  got: Outcome,
  expected: Outcome,
  capabilities: Capabilities,
  insertionOrder = true,
): void {
  const { name, needs = [], cut = false } = callOf(got.name);
  const missing = needs.filter((need) => !capabilities[need]);
  if (missing.length > 0) {
    const why = `${name}: without ${missing} it is to be refused, not ${JSON.stringify(got)}`;
    return assertEqual(got.code, "unsupported", why);
  }
  assertEqual(got.code, expected.code, `${name}: ${got.message} / ${expected.message}`);
  if (!insertionOrder && cut) return assertSame(lengthOf(got), lengthOf(expected), name);
  const order = insertionOrder ? (answer: unknown) => answer : inOrderOfIds;
  assertSame(order(got.answer), order(expected.answer), name);
}

function callOf(name: string): SameCall {
  const found = SAME_CALLS.find((one) => one.name === name);
  assert(found, `there is no call "${name}"`);
  return found;
}

interface Listing {
  ids: unknown[];
}

const isListing = (answer: unknown): answer is Listing & Record<string, unknown[]> =>
  typeof (answer as Listing | null)?.ids?.[0] === "string";

const lengthOf = ({ answer }: Outcome) => (answer as Listing).ids.length;

/** The columns of a listing by ids; rankings as they are. */
function inOrderOfIds(answer: unknown): unknown {
  if (!isListing(answer)) return answer;
  const { include, ...columns } = answer;
  const places = answer.ids.map((_, i) => i);
  places.sort((i, j) => (String(answer.ids[i]) < String(answer.ids[j]) ? -1 : 1));
  const sorted = Object.entries(columns).map(([column, list]) => [
    column,
    list.length === 0 ? list : places.map((place) => list[place]),
  ]);
  return { ...Object.fromEntries(sorted), include };
}

/** Of numbers, relative to those above 1. */
const TOLERANCE = 1e-5;

/** Equal values; numbers nearly so. */
export function assertSame(got: unknown, expected: unknown, what: string): void {
  if (typeof expected === "number" && typeof got === "number") {
    const near = Math.abs(got - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
    return assert(near, `${what}: ${got} is not ${expected}`);
  }
  if (typeof expected !== "object" || expected === null) return assertEqual(got, expected, what);
  assertEqual(Object.keys(got ?? {}).sort(), Object.keys(expected).sort(), `${what}: keys`);
  for (const [key, value] of Object.entries(expected)) {
    assertSame((got as Record<string, unknown>)[key], value, `${what}.${key}`);
  }
}
