import { expect, test } from "@jest/globals";
import { Client, type Row } from "pagevec";
import { toBytes } from "../../tools/starter.mjs";
import { readVectors } from "../../web-demo/src/vectors-file.js";
import { recallOf } from "../../web-demo/src/views/index/lab.js";
import { levelSizes } from "../../web-demo/src/views/index/levels.js";
import { groupsOf } from "../../web-demo/src/views/map/groups.js";
import { uniform } from "../support/mulberry32.mjs";

const DIMENSION = 24;

/** Rows of normally distributed numbers, as many standard deviations apart as `scales` says. */
function cloud(rows: number, scales: number[], seed = 1): Float32Array {
  const random = uniform(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const values = new Float32Array(rows * scales.length);
  return values.map((_, i) => 3 + normal() * (scales[i % scales.length] as number));
}

const dot = (left: ArrayLike<number>, right: ArrayLike<number>) =>
  Array.from(left).reduce((sum, value, i) => sum + value * (right[i] as number), 0);

test("vectors come back from their bytes with the same direction and length 1", () => {
  const vectors = cloud(
    20,
    Array.from({ length: 384 }, () => 1),
  );
  const rows = Array.from({ length: 20 }, (_, i) => vectors.slice(i * 384, (i + 1) * 384));
  const bytes = Buffer.concat(rows.map((row) => Buffer.from(toBytes(row).buffer)));
  const read = readVectors(new Uint8Array(bytes).buffer, 384);
  expect(read).toHaveLength(20);
  for (const [i, row] of read.entries()) {
    const original = rows[i] as Float32Array;
    expect(dot(row, row)).toBeCloseTo(1, 5);
    expect(dot(row, original) / Math.sqrt(dot(original, original))).toBeGreaterThan(0.9999);
  }
  expect([...toBytes(new Float32Array(4))]).toEqual([0, 0, 0, 0]);
  expect(() => readVectors(new ArrayBuffer(385), 384)).toThrow("385 bytes are no rows of 384");
});

test("the levels of an exported graph: all of it in the lowest, fewer above, as its header says", async () => {
  const client = await Client.open({ name: "levels", storage: "memory", worker: false });
  try {
    const collection = await client.createCollection({
      name: "graph",
      embeddingFunction: null,
      configuration: { index: "hnsw", hnsw: { space: "cosine", max_neighbors: 4 } },
    });
    const vectors = cloud(
      600,
      Array.from({ length: DIMENSION }, () => 1),
    );
    const embeddings = Array.from({ length: 600 }, (_, i) =>
      vectors.slice(i * DIMENSION, (i + 1) * DIMENSION),
    );
    await collection.add({ ids: embeddings.map((_, i) => String(i)), embeddings });
    const { file } = await collection.exportHnswlib();
    const sizes = levelSizes(file);
    expect(sizes[0]).toBe(600);
    expect(sizes).toHaveLength(1 + new DataView(file.buffer, file.byteOffset).getInt32(48, true));
    for (let level = 1; level < sizes.length; level++) {
      expect(sizes[level]).toBeGreaterThan(0);
      expect(sizes[level]).toBeLessThanOrEqual(sizes[level - 1] as number);
    }
    expect(() => levelSizes(file.subarray(0, file.length - 8))).toThrow(RangeError);
  } finally {
    await client.close();
  }
});

test("recall is the share of the truth that was found", () => {
  expect(recallOf([["a", "b"], ["c"]], [["b", "a"], ["d"]])).toBeCloseTo(2 / 3);
  expect(recallOf([], [])).toBe(1);
});

test("a map's colours are the values of the key that tells most apart, the rest as one", () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({
    id: String(i),
    metadata: { part: i % 4 === 0 ? "verb" : "noun", page: `p${i}`, words: ["x"] },
  })) as Row[];
  const { names, of } = groupsOf(rows);
  expect(names).toEqual(["noun", "verb"]);
  expect([...of.slice(0, 5)]).toEqual([1, 0, 0, 0, 1]);
  const many = rows.map((row, i) => ({ ...row, metadata: { file: `f${Math.min(9, i % 20)}` } }));
  expect(groupsOf(many).names).toEqual(["f9", "f0", "f1", "f2", "f3", "other"]);
  expect(groupsOf(rows.map((row) => ({ ...row, metadata: null }))).names).toEqual([]);
});
