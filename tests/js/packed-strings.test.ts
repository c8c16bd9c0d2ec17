import { packStrings, unpackStrings } from "../../js/src/engine/packed-strings.js";

test("strings survive packing", () => {
  const strings = ["", "a", null, "naïve café", "日本語 🙂", "\0", "\ufeffa", "x".repeat(100_000)];
  expect(unpackStrings(packStrings(strings))).toEqual(strings);
});

test("an empty list is four zero bytes", () => {
  expect([...packStrings([])]).toEqual([0, 0, 0, 0]);
  expect(unpackStrings(packStrings([]))).toEqual([]);
});

test("undefined counts as null, a lone surrogate as U+FFFD", () => {
  expect(unpackStrings(packStrings([undefined, "a\ud800b"]))).toEqual([null, "a\ufffdb"]);
});

test("a block may begin anywhere in its buffer", () => {
  const packed = packStrings(["one", "two"]);
  const shifted = new Uint8Array(packed.length + 3);
  shifted.set(packed, 3);
  expect(unpackStrings(shifted.subarray(3))).toEqual(["one", "two"]);
});
