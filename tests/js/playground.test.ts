import { expect, test } from "@jest/globals";
import { Client } from "pagevec";
import { toBytes } from "../../tools/starter.mjs";
import type { EmbeddedRow } from "../../web-demo/src/records.js";
import { readVectors } from "../../web-demo/src/vectors-file.js";
import { recallOf } from "../../web-demo/src/views/index/lab.js";
import { levelSizes } from "../../web-demo/src/views/index/levels.js";
import { groupsOf } from "../../web-demo/src/views/map/groups.js";
import { place, project } from "../../web-demo/src/views/map/pca.js";
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

/** The slow twin: the covariance as a matrix, by its definition. */
function covariance(vectors: Float32Array, dimension: number): number[][] {
  const rows = vectors.length / dimension;
  const at = (row: number, column: number) => vectors[row * dimension + column] as number;
  const columns = Array.from({ length: dimension }, (_, column) => column);
  const mean = columns.map((column) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += at(row, column);
    return sum / rows;
  });
  return columns.map((i) =>
    columns.map((j) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        sum += (at(row, i) - (mean[i] as number)) * (at(row, j) - (mean[j] as number));
      }
      return sum / rows;
    }),
  );
}

test("the axes of PCA are the covariance's eigenvectors with the two largest eigenvalues", () => {
  const scales = Array.from({ length: DIMENSION }, (_, i) => (i === 7 ? 5 : i === 3 ? 3 : 0.5));
  const vectors = cloud(400, scales);
  const matrix = covariance(vectors, DIMENSION);
  const { axes, shares } = project(vectors, DIMENSION);
  const trace = matrix.reduce((sum, row, i) => sum + (row[i] as number), 0);
  for (const [which, axis] of axes.entries()) {
    const image = matrix.map((row) => dot(row, axis));
    const eigenvalue = dot(image, axis);
    for (const [i, value] of image.entries()) {
      expect(value).toBeCloseTo(eigenvalue * (axis[i] as number), 3);
    }
    expect(dot(axis, axis)).toBeCloseTo(1, 10);
    expect(shares[which]).toBeCloseTo(eigenvalue / trace, 5);
  }
  expect(dot(axes[0], axes[1])).toBeCloseTo(0, 10);
  expect(Math.abs(axes[0][7] as number)).toBeGreaterThan(0.99);
  expect(Math.abs(axes[1][3] as number)).toBeGreaterThan(0.99);
});

test("a row's point is where the row is placed, and their mean is the origin", () => {
  const vectors = cloud(
    50,
    Array.from({ length: DIMENSION }, (_, i) => 1 + i),
  );
  const projection = project(vectors, DIMENSION);
  const row = vectors.slice(9 * DIMENSION, 10 * DIMENSION);
  const [x, y] = place(row, projection);
  expect(x).toBeCloseTo(projection.points[18] as number, 3);
  expect(y).toBeCloseTo(projection.points[19] as number, 3);
  const sum = projection.points.reduce((total, value) => total + value, 0);
  expect(sum / projection.points.length).toBeCloseTo(0, 4);
});

test("rows that are equal, and one alone, give points that are numbers", () => {
  for (const vectors of [new Float32Array(5 * DIMENSION).fill(1), new Float32Array(DIMENSION)]) {
    const { points } = project(vectors, DIMENSION);
    expect([...points].every((value) => value === 0)).toBe(true);
  }
  expect(project(new Float32Array(0), DIMENSION).points).toHaveLength(0);
});

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
    embedding: new Float32Array(1),
    metadata: { part: i % 4 === 0 ? "verb" : "noun", page: `p${i}`, words: ["x"] },
  })) as EmbeddedRow[];
  const { names, of } = groupsOf(rows);
  expect(names).toEqual(["noun", "verb"]);
  expect([...of.slice(0, 5)]).toEqual([1, 0, 0, 0, 1]);
  const many = rows.map((row, i) => ({ ...row, metadata: { file: `f${Math.min(9, i % 20)}` } }));
  expect(groupsOf(many).names).toEqual(["f9", "f0", "f1", "f2", "f3", "other"]);
  expect(groupsOf(rows.map((row) => ({ ...row, metadata: null }))).names).toEqual([]);
});
