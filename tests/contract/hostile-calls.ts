import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { assert, assertEqual } from "./contract.js";
import type { HostileRow } from "./hostile.js";

/** What no type of ours allows. */
const odd = (value: unknown) => value as never;

const invalid = (message: RegExp): HostileRow["refused"] => ["invalid_argument", message];

const where = (condition: unknown) => (notes: Collection) => notes.get({ where: odd(condition) });
const whereDocument = (condition: unknown) => (notes: Collection) =>
  notes.get({ whereDocument: odd(condition) });

function found(...ids: string[]) {
  return async (_notes: Collection, answer: unknown) =>
    assertEqual((answer as { ids: string[] }).ids, ids, "the records found");
}

function nested(depth: number, leaf: object = { n: 1 }): unknown {
  let condition: unknown = leaf;
  for (let i = 0; i < depth; ++i) condition = { $and: [condition, leaf] };
  return condition;
}

function cyclic(): object {
  const condition: { $and: unknown[] } = { $and: [] };
  condition.$and.push(condition, condition);
  return condition;
}

const clauses = Array.from({ length: 10_000 }, (_, i) => ({ n: { $ne: i + 2 } }));

export const filterRows: HostileRow[] = [
  { what: "10,000 clauses", call: where({ $and: clauses }), taken: found("a", "__proto__", "c") },
  {
    what: "10,000 clauses of which one holds",
    call: where({ $or: [...clauses.map((_, i) => ({ n: -i - 1 })), { n: 1 }] }),
    taken: found("a"),
  },
  {
    what: "$in of 100,000 values",
    call: where({ n: { $in: Array.from({ length: 100_000 }, (_, i) => i) } }),
    taken: found("a"),
  },
  {
    what: "$nin of 100,000 texts",
    call: where({ text: { $nin: Array.from({ length: 100_000 }, (_, i) => `text ${i}`) } }),
    taken: found("a", "__proto__", "c"),
  },
  { what: "25 deep", call: where(nested(25)), taken: found("a") },
  {
    what: "1,000 deep",
    call: where(nested(1000)),
    refused: ["limit_exceeded", /where.*nested/],
  },
  {
    what: "1,000,000 deep",
    call: where(nested(1_000_000)),
    refused: invalid(/where cannot be written as JSON|cannot be read/),
  },
  { what: "a cycle", call: where(cyclic()), refused: invalid(/where cannot be written as JSON/) },
  {
    what: "1,000 deep on documents",
    call: whereDocument(nested(1000, { $contains: "cat" })),
    refused: ["limit_exceeded", /whereDocument.*nested/],
  },
  {
    what: "a getter that throws",
    call: where({
      get n() {
        throw new Error("none of yours");
      },
    }),
    refused: invalid(/where cannot be written as JSON: none of yours/),
  },
  {
    what: "an unknown operator",
    call: where({ n: { $near: 1 } }),
    refused: invalid(/where key "n".*\$near/),
  },
  {
    what: "an operator in a key's place",
    call: where({ $gt: 1 }),
    refused: invalid(/"\$gt" is no operator here/),
  },
  {
    what: "a text for a number",
    call: where({ n: { $gt: "1" } }),
    refused: invalid(/where key "n".*\$gt/),
  },
  {
    what: "$in of nothing",
    call: where({ n: { $in: [] } }),
    refused: invalid(/where key "n".*\$in.*empty/),
  },
  {
    what: "$in of mixed types",
    call: where({ n: { $in: [1, "1"] } }),
    refused: invalid(/mixed types/),
  },
  { what: "$and of one", call: where({ $and: [{ n: 1 }] }), refused: invalid(/two or more/) },
  { what: "two keys", call: where({ n: 1, text: "x" }), refused: invalid(/join them with \$and/) },
  { what: "nothing in it", call: where({}), refused: invalid(/an empty object/) },
  { what: "a text as a filter", call: where("n = 1"), refused: invalid(/where must be an object/) },
  { what: "a list as a filter", call: where([{ n: 1 }]), refused: invalid(/where holds a list/) },
  { what: "NaN", call: where({ n: Number.NaN }), refused: invalid(/where has NaN at "n"/) },
  {
    what: "undefined",
    call: where({ n: undefined }),
    refused: invalid(/where has undefined at "n"/),
  },
  { what: "a BigInt", call: where({ n: 1n }), refused: invalid(/where has 1 at "n"/) },
  {
    what: "a symbol",
    call: where({ n: Symbol("x") }),
    refused: invalid(/where has Symbol\(x\) at "n"/),
  },
  { what: "a function", call: where({ n: () => 1 }), refused: invalid(/where has .* at "n"/) },
  {
    what: "__proto__ as an operator",
    call: where({ n: JSON.parse('{"__proto__":1}') }),
    refused: invalid(/where key "n".*__proto__/),
  },
  { what: "a key that nobody has", call: where({ toString: "x" }), taken: found() },
  {
    what: "a deletion by a filter that is none",
    call: (notes) => notes.delete({ where: odd({ n: { $gt: null } }) }),
    refused: invalid(/where key "n".*\$gt/),
  },
  {
    what: "a query by a filter that is none",
    call: (notes) => notes.query({ queryEmbeddings: [[1, 2, 3]], where: odd({ n: {} }) }),
    refused: invalid(/where key "n"/),
  },
  {
    what: "a pattern that is none",
    call: whereDocument({ $regex: "(" }),
    refused: invalid(/whereDocument has \$regex with "\(".*mend the pattern/),
  },
  {
    what: "a pattern that nests so deep that compiling it would crash the browser",
    call: whereDocument({ $regex: "(?:x|".repeat(10_000) + ")".repeat(10_000) }),
    refused: [
      "limit_exceeded",
      /whereDocument has \$regex of 60000 characters, the limit is 10000/,
    ],
  },
  {
    what: "a pattern as long as they may be",
    call: whereDocument({ $regex: `${"(?:x|".repeat(1600)}${")".repeat(1600)}` }),
    taken: found("a", "__proto__"),
  },
  {
    what: "a pattern with a flag inside, of another dialect",
    call: whereDocument({ $regex: "(?<=(" }),
    refused: invalid(/whereDocument has \$regex/),
  },
  {
    what: "a number for a text",
    call: whereDocument({ $contains: 7 }),
    refused: invalid(/whereDocument.*\$contains/),
  },
  {
    what: "a pattern that tries much, on short documents",
    call: whereDocument({ $regex: "^(\\w+\\s?)*$" }),
    taken: found("a", "__proto__"),
  },
];

const query = (params: object) => (notes: Collection) =>
  notes.query({ queryEmbeddings: [[1, 0, 0]], ...params });
const get = (params: object) => (notes: Collection) => notes.get(params);
const create = (params: object) => (_notes: Collection, client: Client) =>
  client.createCollection({ name: "made", ...params });

/** Values that no count may have. */
const COUNTS: unknown[] = [Number.NaN, -1, 1.5, Infinity, 2 ** 32, "1", {}, 1n, Symbol("x")];
const NAMES: unknown[] = [
  "",
  "ab",
  "a".repeat(513),
  "a b",
  "__proto__",
  "a\0b",
  "\ud83d",
  "../x",
  7,
  null,
  Symbol("x"),
  ["abc"],
];

const named = (value: unknown) =>
  typeof value === "string" ? JSON.stringify(value.slice(0, 9)) : String(value);

export const otherRows: HostileRow[] = [
  ...COUNTS.map(
    (value): HostileRow => ({
      what: `nResults of ${String(value)}`,
      call: query({ nResults: value }),
      refused: invalid(/nResults must be a whole number from 0 to 4294967295, got/),
    }),
  ),
  ...COUNTS.map(
    (value): HostileRow => ({
      what: `limit of ${String(value)}`,
      call: get({ limit: value }),
      refused: invalid(/limit must be a whole number from 0/),
    }),
  ),
  {
    what: "nResults of 1,000,000,000",
    call: query({ nResults: 1e9 }),
    taken: async (_notes, answer) =>
      assertEqual((answer as { ids: string[][] }).ids[0]?.length, 3, "hits"),
  },
  {
    what: "nResults of 0",
    call: query({ nResults: 0 }),
    taken: async (_notes, answer) => assertEqual((answer as { ids: string[][] }).ids, [[]], "hits"),
  },
  {
    what: "an offset behind the end",
    call: get({ offset: 4_294_967_295, limit: 4_294_967_295 }),
    taken: found(),
  },
  {
    what: "an offset of NaN",
    call: get({ offset: Number.NaN }),
    refused: invalid(/offset must be/),
  },
  {
    what: "efSearch of 0",
    call: query({ efSearch: 0 }),
    refused: invalid(/efSearch must be.* 1 to 10000/),
  },
  {
    what: "efSearch of 1e9",
    call: query({ efSearch: 1e9 }),
    refused: invalid(/efSearch must be.* 1 to 10000/),
  },
  {
    what: "an unknown column",
    call: get({ include: ["uris"] }),
    refused: invalid(/include may have/),
  },
  {
    what: "include that is no list",
    call: get({ include: "documents" }),
    refused: invalid(/include must be a list/),
  },
  {
    what: "no parameters",
    call: (notes) => notes.query(odd(undefined)),
    refused: invalid(/must be an object of parameters/),
  },
  {
    what: "a text for parameters",
    call: (notes) => notes.add(odd("x")),
    refused: invalid(/must be an object of parameters/),
  },
  {
    what: "parameters that cannot be read",
    call: (notes) =>
      notes.add(
        odd({
          get ids() {
            throw new Error("none of yours");
          },
        }),
      ),
    refused: invalid(/cannot be read: none of yours/),
  },
  {
    what: "uris",
    call: query({ queryURIs: ["x"] }),
    refused: ["unsupported", /queryURIs is not supported/],
  },
  ...NAMES.map(
    (name): HostileRow => ({
      what: `the name ${named(name)}`,
      call: create({ name }),
      refused: invalid(/a collection's name has 3 to 512 characters.*got/),
    }),
  ),
  {
    what: "another name that is none",
    call: (notes) => notes.modify({ name: "a/b" }),
    refused: invalid(/a collection's name has 3 to 512 characters.*got "a\/b"/),
  },
  {
    what: "a name that is taken",
    call: create({ name: "notes" }),
    refused: ["already_exists", /named "notes" exists already/],
  },
  {
    what: "names of Object.prototype",
    call: async (_notes, client) => {
      for (const name of ["constructor", "toString", "hasOwnProperty"]) {
        await assertMissing(client, name);
        const made = await client.createCollection({ name });
        await made.add({ ids: ["x"], embeddings: [[1]] });
        assertEqual(await (await client.getCollection({ name })).count(), 1, name);
        await client.deleteCollection({ name });
      }
    },
  },
  {
    what: "an unknown space",
    call: create({ configuration: { hnsw: { space: "__proto__" } } }),
    refused: invalid(/space must be l2, cosine or ip/),
  },
  {
    what: "settings beyond their limits",
    call: create({ configuration: { hnsw: { max_neighbors: 1e6 } } }),
    refused: invalid(/maxNeighbors is 1000000; give 2 to 128/),
  },
  {
    what: "an unknown setting",
    call: create({ configuration: { hnsw: { M: 4 } } }),
    refused: invalid(/hnsw may have .*got "M"/),
  },
  {
    what: "configuration that is no object",
    call: create({ configuration: "hnsw" }),
    refused: invalid(/configuration must be an object/),
  },
  {
    what: "a search in no mode",
    call: (notes) => notes.search({ text: "cat", mode: odd("constructor") }),
    refused: invalid(/mode must be one of/),
  },
  {
    what: "a search fused by a method of Object.prototype",
    call: (notes) => notes.search({ text: "cat", mode: "keyword", fusion: odd("constructor") }),
    refused: invalid(/fusion must be one of/),
  },
  {
    what: "a search with a weight of NaN",
    call: (notes) => notes.search({ text: "cat", alpha: Number.NaN }),
    refused: invalid(/alpha must be a number from 0 to 1, got NaN/),
  },
  {
    what: "a limit without a filter",
    call: (notes) => notes.delete({ ids: ["a"], limit: 1 }),
    refused: invalid(/limit is for where and whereDocument/),
  },
];

async function assertMissing(client: Client, name: string): Promise<void> {
  const code = await client.getCollection({ name }).then(
    () => "there is one",
    (error) => error.code,
  );
  assert(code === "not_found", `a collection ${name} before it was made: ${code}`);
}
