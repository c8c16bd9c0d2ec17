import { loadCore } from "../../js/src/engine/load.js";
import {
  type CollectionHandle,
  type CoreModule,
  OPERATION,
  type Outcome,
  type RegexMatcher,
  VECTORS,
} from "../../js/src/engine/module.js";
import { unwrap } from "../../js/src/engine/outcome.js";
import { packStrings, unpackStrings } from "../../js/src/engine/packed-strings.js";

let core: CoreModule;
const IN_HEAP = VECTORS.kept + VECTORS.rescored + VECTORS.inHeap;
beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
});

const empty = () => unwrap(core.createCollection(0, 0, 16, 100, 100, IN_HEAP));

function add(collection: CollectionHandle, ids: string[]): void {
  const values = new Float32Array(2 * ids.length).fill(1);
  const record = collection.prepare(1, packStrings(ids), null, null, null, values, 2, 1);
  unwrap(collection.apply(unwrap(record)));
}

function two(): CollectionHandle {
  const collection = empty();
  add(collection, ["a", "b"]);
  return collection;
}

const refused = (outcome: Outcome<unknown>) => expect(outcome.code).toBe(1);

test("numbers are not cut to other, valid ones", () => {
  refused(core.createCollection(256, 0, 16, 100, 100, IN_HEAP));
  refused(core.createCollection(0, 257, 16, 100, 100, IN_HEAP));
  for (const odd of [2 ** 32 + 16, 16.5, -1, Number.NaN]) {
    refused(core.createCollection(0, 0, odd, 100, 100, IN_HEAP));
  }
  const values = new Float32Array(1);
  refused(empty().prepare(257, packStrings(["a"]), null, null, null, values, 1, 1));
});

/** ids, where, whereDocument, regex. */
const NO_FILTER = [null, null, null, null] as const;

test("a block of strings that does not parse is refused, however many it claims", () => {
  const values = new Float32Array(1);
  for (const block of [[], [255, 255, 255, 255], [1, 0, 0, 0, 9], [0, 0, 0, 0, 1]]) {
    const odd = new Uint8Array(block);
    const ids = packStrings(["a"]);
    refused(empty().prepare(1, odd, null, null, null, values, 1, 1));
    refused(empty().prepare(1, ids, odd, null, null, values, 1, 1));
    refused(empty().prepare(1, ids, null, odd, null, values, 1, 1));
    refused(two().get(odd, null, null, null, 0, 10, 0));
    refused(two().query(new Float32Array(2), 2, 1, 0, odd, null, null, null, 0));
    expect(() => two().contains(odd)).toThrow("block of strings");
  }
});

test("a rebuild gives the memory of deleted records back, a slice a call", () => {
  const collection = empty();
  const ids = Array.from({ length: 3000 }, (_, i) => `${i}`);
  add(collection, ids);
  const full = collection.bytes();
  const record = collection.prepare(
    OPERATION.delete,
    packStrings(ids.slice(500)),
    null,
    null,
    null,
    new Float32Array(0),
    0,
    1,
  );
  unwrap(collection.apply(unwrap(record)));
  let slices = 0;
  while (collection.maintain(8) > 0) ++slices;
  expect(slices).toBeGreaterThan(10);
  // Vectors as short as these lie in one block, which stays; a record takes 48 bytes besides.
  expect(collection.bytes()).toBeLessThan(full - 2500 * 48);
  expect(collection.pendingRows()).toBe(0);
  expect([...unwrap(collection.nearestTo(499, 3, 0, true))]).toEqual([0, 0, 0]);
  refused(collection.nearestTo(500, 3, 0, true));
});

test("values that are no whole number of queries are refused", () => {
  const collection = two();
  refused(collection.query(new Float32Array(2), 0, 1, 0, ...NO_FILTER, 0));
  refused(collection.query(new Float32Array(3), 2, 1, 0, ...NO_FILTER, 0));
  refused(collection.query(new Float32Array(3), 2 ** 32 - 1, 1, 0, ...NO_FILTER, 0));
  expect([
    ...unwrap(collection.query(new Float32Array(4), 2, 2 ** 31, 0, ...NO_FILTER, 0)).counts,
  ]).toEqual([2, 2]);
});

test("filters that do not parse are refused, and expressions without a matcher", () => {
  const regex = { matches: () => true };
  const get = (where: string | null, document: string | null, matcher: typeof regex | null) =>
    two().get(null, where, document, matcher, 0, 10, 0);
  for (const odd of ["", "{", "[]", "{}", "null", '{"a":1}x', '{"a":"\\ud800"}']) {
    refused(get(odd, null, regex));
    refused(get(null, odd, regex));
    refused(two().query(new Float32Array(2), 2, 1, 0, null, odd, null, regex, 0));
  }
  refused(get(null, '{"$not_regex":"a"}', null));
  expect(unwrap(get('{"a":{"$ne":1}}', '{"$not_regex":"a"}', regex)).count).toBe(2);
});

test("a matcher gets the pattern and the document as they are, and may throw", () => {
  const collection = empty();
  const texts = ["\ufeffna\u00efve \0 \u{1f642}", ""];
  const values = new Float32Array(4);
  const ids = packStrings(["a", "b"]);
  unwrap(
    collection.apply(
      unwrap(collection.prepare(1, ids, packStrings(texts), null, null, values, 2, 1)),
    ),
  );
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const seen: string[] = [];
  const pattern = "\u00ef.\0";
  const find = (matches: RegexMatcher["matches"]) =>
    collection.get(null, null, JSON.stringify({ $regex: pattern }), { matches }, 0, 10, 0);
  expect(() =>
    find(() => {
      throw new Error("the page's own");
    }),
  ).toThrow("the page's own");
  const found = find((given, document) => {
    seen.push(given, decoder.decode(document));
    return document.length === 0;
  });
  expect(seen).toEqual([pattern, texts[0], pattern, texts[1]]);
  expect(unpackStrings(unwrap(found).ids)).toEqual(["b"]);
});

test("a snapshot of a collection that was written to fails instead of ending early", () => {
  const collection = two();
  const writer = collection.snapshot(1, false, true);
  writer.next();
  add(collection, ["c"]);
  expect(() => writer.next()).toThrow("start it again");
});

test("a snapshot goes on when the collection's handle is deleted", () => {
  const collection = two();
  const writer = collection.snapshot(1, false, true);
  collection.delete();
  const reader = core.createSnapshotReader(true);
  for (let part = writer.next(); part !== null; part = writer.next()) unwrap(reader.feed(part));
  expect(unwrap(reader.finish()).count()).toBe(2);
  refused(reader.finish());
});
