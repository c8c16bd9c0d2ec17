import type { Collection } from "../../js/src/collection.js";
import type { AddParams, Metadata } from "../../js/src/types.js";
import { assert, assertEqual } from "./contract.js";
import type { HostileRow } from "./hostile.js";

/** What no type of ours allows. */
const odd = (value: unknown) => value as never;

const invalid = (message: RegExp): HostileRow["refused"] => ["invalid_argument", message];

/** Adds a sound record beside the odd one, so that half a batch would show. */
function addVector(vector: unknown, second: unknown = [1, 2, 3]) {
  return (notes: Collection) =>
    notes.add({ ids: ["good", "odd"], embeddings: [odd(second), odd(vector)] });
}

function vectorOf(id: string, expected: number[]) {
  return async (notes: Collection) => {
    const { embeddings } = await notes.get({ ids: [id], include: ["embeddings"] });
    assertEqual(Array.from(embeddings[0] ?? []), expected, "the vector");
  };
}

function detached(): Float32Array {
  const vector = Float32Array.of(1, 2, 3);
  structuredClone(vector, { transfer: [vector.buffer] });
  return vector;
}

function holey(): number[] {
  const vector = [1, 2, 3];
  delete vector[1];
  return vector;
}

/** Not one length, but another each time it is asked for. */
function changing(): unknown {
  let asked = 3;
  return new Proxy([1, 2, 3, 4, 5, 6], {
    get: (list, key) => (key === "length" ? asked++ : Reflect.get(list, key)),
  });
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable([1, 2, 3], {});
  revoke();
  return proxy;
}

const NUMBERS = /embeddings\[1\].*list of numbers/;
const OWN_TYPES = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array];

export const vectorRows: HostileRow[] = [
  ...[Number.NaN, Infinity, -Infinity, 1e39].map(
    (value): HostileRow => ({
      what: `${value} in a vector`,
      call: addVector([1, value, 3]),
      refused: ["not_finite", /document 1 has (NaN|an infinity) at position 1; embeddings must/],
    }),
  ),
  {
    what: "a number that overflows a distance",
    call: addVector([1, 2, -1e17]),
    refused: invalid(/document 1 has -\d+\.0+ at position 2; values beyond 1e16.*scale/),
  },
  {
    what: "subnormal numbers and -0",
    call: addVector([1e-40, -1e-45, -0]),
    taken: vectorOf("odd", [...Float32Array.of(1e-40, -1e-45, -0)]),
  },
  {
    what: "a vector of zeros, which is as far from everything by cosine as what is unlike",
    call: async (_notes, client) => {
      const configuration = { hnsw: { space: "cosine" as const } };
      const made = await client.createCollection({ name: "cosine", configuration });
      await made.add({ ids: ["0", "1"], embeddings: [Float32Array.of(0, 0), [1, 0]] });
      const near = await made.query({ queryEmbeddings: [[1, 0]] });
      const zero = await made.query({ queryEmbeddings: [[0, 0]] });
      await client.deleteCollection({ name: "cosine" });
      return [near.ids, near.distances, zero.distances];
    },
    taken: async (_notes, answer) =>
      assertEqual(answer, [[["1", "0"]], [[0, 1]], [[1, 1]]], "distances"),
  },
  {
    what: "a dimension that is not the collection's",
    call: addVector([1, 2, 3, 4], [1, 2, 3, 4]),
    refused: ["dimension_mismatch", /document 0 has 4 dimensions, the collection has 3/],
  },
  {
    what: "vectors of two dimensions in a batch",
    call: addVector([1, 2]),
    refused: ["dimension_mismatch", /embeddings\[1\] has 2 dimensions, embeddings\[0\] has 3/],
  },
  {
    what: "a vector longer than any",
    call: async (_notes, client) => {
      const made = await client.createCollection({ name: "long" });
      const add = made.add({ ids: ["a"], embeddings: [new Float32Array(65_537)] });
      await add.finally(() => client.deleteCollection({ name: "long" }));
    },
    refused: ["limit_exceeded", /has 65537 dimensions, the limit is 65536/],
  },
  {
    what: "an array that is only long",
    call: addVector(new Array(2 ** 32 - 1), new Array(2 ** 32 - 1)),
    refused: ["limit_exceeded", /embeddings\[0\] has 4294967295 dimensions, the limit is 65536/],
  },
  { what: "no vector", call: addVector(undefined), refused: invalid(NUMBERS) },
  { what: "null", call: addVector(null), refused: invalid(NUMBERS) },
  { what: "a text as a vector", call: addVector("123"), refused: invalid(NUMBERS) },
  { what: "an object as a vector", call: addVector({ length: 3 }), refused: invalid(NUMBERS) },
  { what: "numbers as text", call: addVector(["1", "2", "3"]), refused: invalid(NUMBERS) },
  { what: "null in a vector", call: addVector([1, null, 3]), refused: invalid(NUMBERS) },
  { what: "booleans in a vector", call: addVector([true, false, 1]), refused: invalid(NUMBERS) },
  { what: "lists in a vector", call: addVector([[1], [2], [3]]), refused: invalid(NUMBERS) },
  { what: "a symbol in a vector", call: addVector([1, Symbol("x"), 3]), refused: invalid(NUMBERS) },
  { what: "a BigInt in a vector", call: addVector([1n, 2n, 3n]), refused: invalid(NUMBERS) },
  { what: "a BigInt64Array", call: addVector(new BigInt64Array(3)), refused: invalid(NUMBERS) },
  {
    what: "a DataView",
    call: addVector(new DataView(new ArrayBuffer(12))),
    refused: invalid(NUMBERS),
  },
  { what: "an ArrayBuffer", call: addVector(new ArrayBuffer(12)), refused: invalid(NUMBERS) },
  { what: "an array with a hole", call: addVector(holey()), refused: invalid(NUMBERS) },
  {
    what: "an empty vector",
    call: addVector([]),
    refused: invalid(/embeddings\[1\] is empty/),
  },
  {
    what: "a vector whose buffer was transferred",
    call: addVector(detached()),
    refused: invalid(/embeddings\[1\] is empty.*detached/),
  },
  {
    what: "a proxy whose length changes",
    call: addVector(changing()),
    refused: invalid(/embeddings/),
  },
  { what: "a revoked proxy", call: addVector(revoked()), refused: invalid(/cannot be read/) },
  ...OWN_TYPES.map(
    (Type): HostileRow => ({
      what: `a ${Type.name}`,
      call: addVector(Type.of(1, 2, 100)),
      taken: vectorOf("odd", [1, 2, 100]),
    }),
  ),
  {
    what: "a Float64Array, rounded to 32 bits",
    call: addVector(Float64Array.of(0.1, 2, 3)),
    taken: vectorOf("odd", [Math.fround(0.1), 2, 3]),
  },
  {
    what: "a view into a larger buffer",
    call: addVector(Float32Array.of(9, 1, 2, 3, 9).subarray(1, 4)),
    taken: vectorOf("odd", [1, 2, 3]),
  },
  {
    what: "queries of another dimension",
    call: (notes) => notes.query({ queryEmbeddings: [[1, 2]] }),
    refused: ["dimension_mismatch", /the query has 2 dimensions, the collection has 3/],
  },
  {
    what: "a query with NaN",
    call: (notes) => notes.query({ queryEmbeddings: [[1, Number.NaN, 2]] }),
    refused: ["not_finite", /the query has NaN at position 1/],
  },
  {
    what: "a search with NaN",
    call: (notes) => notes.search({ mode: "vector", embedding: [1, Number.NaN, 2] }),
    refused: ["not_finite", /the query has NaN at position 1/],
  },
  {
    what: "queries of lists in lists",
    call: (notes) => notes.query({ queryEmbeddings: odd([[[1, 2, 3]]]) }),
    refused: invalid(/queryEmbeddings\[0\].*list of numbers/),
  },
];

function addIds(ids: unknown) {
  const length = Array.isArray(ids) ? ids.length : 2;
  const embeddings = Array.from({ length }, () => [1, 2, 3]);
  return (notes: Collection) => notes.add({ ids: odd(ids), embeddings });
}

function holeyIds(): string[] {
  const ids = ["x", "y", "z"];
  delete ids[1];
  return ids;
}

/** A megabyte. */
const LONG = "x".repeat(2 ** 20);

export const idRows: HostileRow[] = [
  { what: "none", call: addIds([]), refused: invalid(/ids is empty; give at least one/) },
  { what: "no list", call: addIds("ab"), refused: invalid(/ids must be a list of strings/) },
  {
    what: "a Set",
    call: addIds(new Set(["a"])),
    refused: invalid(/ids must be a list of strings/),
  },
  {
    what: "a number",
    call: addIds(["x", 7]),
    refused: invalid(/ids\[1\] must be a string, got 7/),
  },
  { what: "a hole", call: addIds(holeyIds()), refused: invalid(/ids\[1\] must be a string/) },
  { what: "an empty id", call: addIds(["x", ""]), refused: invalid(/ids\[1\] is empty/) },
  {
    what: "half a character",
    call: addIds(["x", "a\ud83d"]),
    refused: invalid(/ids\[1\] has a lone surrogate/),
  },
  {
    what: "an id that is there twice",
    call: addIds(["x", "y", "x"]),
    refused: ["duplicate_id", /ids must be unique.*"x" is there twice/],
  },
  {
    what: "an id longer than any",
    call: addIds(["x", LONG]),
    refused: ["limit_exceeded", /id 1 has 1048576 bytes, the limit is 65536; shorten it/],
  },
  {
    what: "more ids than vectors",
    call: (notes) => notes.add({ ids: ["x", "y"], embeddings: [[1, 2, 3]] }),
    refused: invalid(/ids has 2 entries and embeddings has 1; give one per id/),
  },
  {
    what: "fewer ids than metadata",
    call: (notes) =>
      notes.upsert({ ids: ["a"], embeddings: [[1, 2, 3]], metadatas: [{ n: 2 }, { n: 3 }] }),
    refused: invalid(/ids has 1 entries and metadatas has 2; give one per id/),
  },
  {
    what: "a list that is another one each time it is read",
    call: (notes) => {
      let reads = 0;
      const ids = new Proxy(["x", "y"], {
        get: (list, key) => (key === "1" && ++reads > 1 ? 7 : Reflect.get(list, key)),
      });
      return addIds(ids)(notes);
    },
    taken: async (notes) => assertEqual((await notes.get()).ids.slice(3), ["x", "y"], "ids"),
  },
  {
    what: "names of Object.prototype, control characters, and what looks alike",
    call: addIds(["constructor", "toString", "hasOwnProperty", "\0", "é", "e\u0301", "\ufeffx"]),
    taken: async (notes) => {
      const { ids } = await notes.get({ ids: ["\0", "e\u0301", "\ufeffx", "x", "valueOf"] });
      assertEqual(ids, ["\0", "e\u0301", "\ufeffx"], "ids that are found again");
      assertEqual(await notes.count(), 10, "count");
      await notes.delete({ ids: ["constructor", "__proto__"] });
      assertEqual(await notes.count(), 8, "count after deleting");
    },
  },
  {
    what: "get() of half a character",
    call: (notes) => notes.get({ ids: ["\udc00"] }),
    refused: invalid(/ids\[0\] has a lone surrogate/),
  },
  {
    what: "delete() of an id that is no string",
    call: (notes) => notes.delete({ ids: odd(["a", null]) }),
    refused: invalid(/ids\[1\] must be a string, got null/),
  },
];

function addText(text: unknown) {
  return (notes: Collection) =>
    notes.add({
      ids: ["good", "odd"],
      documents: ["fine", odd(text)],
      embeddings: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
}

/** The document is there as it was given, is found by its words and by a filter. */
function textIs(expected: string, word?: string) {
  return async (notes: Collection) => {
    const { documents } = await notes.get({ ids: ["odd"] });
    assert(documents[0] === expected, "another document came back");
    const part = expected.slice(-20);
    const found = await notes.get({ ids: ["odd"], whereDocument: { $contains: part } });
    assertEqual(found.ids, ["odd"], "found by its text");
    const { rows } = await notes.search({ text: word ?? expected, mode: "keyword", limit: 5 });
    if (word)
      assertEqual(
        rows.map(({ id }) => id),
        ["odd"],
        "found by a word",
      );
  };
}

const BOMB = `e${"\u0301".repeat(2 ** 19)} end`;

export const textRows: HostileRow[] = [
  { what: "empty", call: addText(""), taken: textIs("") },
  {
    what: "half a character",
    call: addText("half\ud83d b"),
    taken: textIs("half\ufffd b", "half"),
  },
  {
    what: "NUL and control characters",
    call: addText("\0\x01 word\x7f\u202e"),
    taken: textIs("\0\x01 word\x7f\u202e", "word"),
  },
  { what: "a megabyte of one word", call: addText(LONG), taken: textIs(LONG) },
  {
    what: "a megabyte of words",
    call: addText("lorem ".repeat(2 ** 17)),
    taken: textIs("lorem ".repeat(2 ** 17), "lorem"),
  },
  { what: "half a million combining marks", call: addText(BOMB), taken: textIs(BOMB, "end") },
  {
    what: "a number",
    call: addText(7),
    refused: invalid(/documents\[1\] must be a string, got 7/),
  },
  {
    what: "a symbol",
    call: addText(Symbol("x")),
    refused: invalid(/documents\[1\] must be a string, got Symbol\(x\)/),
  },
  {
    what: "a String object",
    call: addText(new String("x")),
    refused: invalid(/documents\[1\] must be a string/),
  },
  {
    what: "a function, of which not all is shown",
    call: addText(Object.assign(() => 1, { toString: () => LONG })),
    refused: invalid(/documents\[1\] must be a string, got x{60}\.\.\./),
  },
  {
    what: "query texts without a function, and no text",
    call: (notes) => notes.query({ queryTexts: odd([1]) }),
    refused: invalid(/queryTexts\[0\] must be a string, got 1/),
  },
];

function addMetadata(metadata: unknown) {
  return (notes: Collection) =>
    notes.upsert({
      ids: ["good", "a"],
      embeddings: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      metadatas: [{ fine: true }, metadata as Metadata],
    } satisfies AddParams);
}

function metadataIs(expected: string) {
  return async (notes: Collection) => {
    const { metadatas } = await notes.get({ ids: ["a"] });
    assertEqual(JSON.stringify(metadatas[0]), expected, "the metadata");
  };
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; ++i) value = i % 2 === 0 ? { deeper: value } : [value];
  return value;
}

function cyclic(): object {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

const scalar = (got: string) =>
  invalid(new RegExp(`metadatas\\[1\\]\\.k.* must be a string, a finite number.*got ${got}`));

const VALUES: [what: string, value: unknown, got: string][] = [
  ["a function", () => 1, "\\(\\) ?=> ?1"],
  ["a symbol", Symbol("x"), "Symbol\\(x\\)"],
  ["a BigInt", 7n, "7"],
  ["a Date", new Date(0), "an object"],
  ["a cycle", cyclic(), "an object"],
  ["objects 10,000 deep", nested(10_001), "an object"],
  ["lists 10,000 deep", nested(10_000), "an object"],
  ["NaN", Number.NaN, "NaN"],
  ["a Map", new Map(), "an object"],
];

export const metadataRows: HostileRow[] = [
  ...VALUES.map(
    ([what, value, got]): HostileRow => ({
      what,
      call: addMetadata({ k: value }),
      refused: scalar(got),
    }),
  ),
  {
    what: "a getter that throws",
    call: addMetadata({
      get k() {
        throw new Error("none of yours");
      },
    }),
    refused: invalid(/cannot be read: none of yours/),
  },
  {
    what: "a proxy that throws",
    call: addMetadata(
      new Proxy(
        {},
        {
          ownKeys() {
            throw "no error at all";
          },
        },
      ),
    ),
    refused: invalid(/cannot be read: no error at all/),
  },
  { what: "a list", call: addMetadata([1]), refused: invalid(/metadatas\[1\] must be an object/) },
  { what: "a text", call: addMetadata("k"), refused: invalid(/metadatas\[1\] must be an object/) },
  { what: "nothing in it", call: addMetadata({}), refused: invalid(/metadatas\[1\] is empty/) },
  {
    what: "an empty list in it",
    call: addMetadata({ k: [] }),
    refused: invalid(/metadatas\[1\]\.k is an empty list/),
  },
  {
    what: "a mixed list in it",
    call: addMetadata({ k: [1, "1"] }),
    refused: invalid(/metadatas\[1\]\.k mixes number and string/),
  },
  {
    what: "a key of Chroma's own",
    call: addMetadata({ $and: 1 }),
    refused: invalid(/has the key "\$and"/),
  },
  {
    what: "more than a megabyte",
    call: addMetadata({ k: LONG }),
    refused: ["limit_exceeded", /metadata 1 takes \d+ bytes, the limit is 1048576; keep long text/],
  },
  {
    what: "more than a megabyte in many keys",
    call: addMetadata(
      Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key ${i}`, i])),
    ),
    refused: ["limit_exceeded", /metadata 1 takes \d+ bytes, the limit is 1048576/],
  },
  {
    what: "nearly a megabyte",
    call: addMetadata({ k: LONG.slice(100) }),
    taken: async (notes) => {
      const { metadatas } = await notes.get({ ids: ["a"] });
      assert(metadatas[0]?.k === LONG.slice(100), "another text came back");
    },
  },
  {
    what: "__proto__, constructor and toString as keys of its own",
    call: addMetadata(JSON.parse('{"__proto__":"p","constructor":"c","toString":["t"]}')),
    taken: async (notes) => {
      const expected =
        '{"n":1,"tags":["x","y"],"__proto__":"p","constructor":"c","toString":["t"]}';
      const { metadatas } = await notes.get({ ids: ["a"] });
      const sorted = (json: string) => JSON.stringify(Object.entries(JSON.parse(json)).sort());
      assertEqual(sorted(JSON.stringify(metadatas[0])), sorted(expected), "the metadata");
      const found = await notes.get({ where: JSON.parse('{"__proto__":"p"}') });
      assertEqual(found.ids, ["a"], "found by __proto__");
    },
  },
  {
    what: "an object without a prototype, and inherited keys",
    call: addMetadata(Object.assign(Object.create({ inherited: 1 }), { n: 2 })),
    taken: metadataIs('{"n":2,"tags":["x","y"]}'),
  },
  {
    what: "half a character in key and value",
    call: addMetadata({ "\ud83d": "\ude00", n: 1 }),
    taken: metadataIs('{"n":1,"tags":["x","y"],"\ufffd":"\ufffd"}'),
  },
  {
    what: "a collection's, that is no JSON",
    call: (_notes, client) => client.createCollection({ name: "bad", metadata: odd({ k: 1n }) }),
    refused: invalid(/metadata\.k must be a string, a finite number/),
  },
  {
    what: "a collection's, with a getter that throws",
    call: (notes) =>
      notes.modify({
        metadata: {
          get k(): string {
            throw new Error("none of yours");
          },
        },
      }),
    refused: invalid(/cannot be read: none of yours/),
  },
  {
    what: "a collection's __proto__",
    call: async (_notes, client) => {
      const metadata = JSON.parse('{"__proto__":"p","k":1}');
      await client.createCollection({ name: "proto", metadata });
      const found = await client.getCollection({ name: "proto" });
      await client.deleteCollection({ name: "proto" });
      return JSON.stringify(found.metadata);
    },
    taken: async (_notes, answer) => assertEqual(answer, '{"__proto__":"p","k":1}', "metadata"),
  },
];
