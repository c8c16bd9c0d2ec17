import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { CollectionConfiguration, Space } from "../../js/src/types.js";
import { mulberry32 } from "../support/mulberry32.mjs";
import { CORES, openTestClient } from "./support/clients.js";

/** What other libraries for the page were seen to get wrong; docs/performance.md names them. */

const SPACES: Space[] = ["l2", "ip", "cosine"];
const INDEXES = ["flat", "hnsw"] as const;
const DIMENSION = 384;
const ROWS = 600;
const K = 10;

/** From -1 to 1. */
function randomValues(seed: number, count: number): Float32Array {
  const bits = mulberry32(seed);
  return Float32Array.from({ length: count }, () => bits() / 2 ** 31 - 1);
}

function randomVectors(seed: number, rows: number): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => randomValues(seed + row, DIMENSION));
}

function distance(space: Space, a: Float32Array, b: Float32Array): number {
  let [dot, squares, left, right] = [0, 0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    dot += x * y;
    squares += (x - y) ** 2;
    left += x * x;
    right += y * y;
  }
  if (space === "l2") return squares;
  return 1 - (space === "ip" ? dot : dot / Math.sqrt(left * right));
}

const close = (got: number, wanted: number) =>
  Math.abs(got - wanted) <= 1e-3 * (1 + Math.abs(wanted));

describe.each(CORES)("on the %s", (_name, load) => {
  let client: Client;
  let names = 0;

  beforeAll(async () => {
    client = await openTestClient({ core: await load() });
  });

  async function indexed(
    space: Space,
    form: (typeof INDEXES)[number] | CollectionConfiguration,
    vectors: Float32Array[],
  ) {
    const rest = typeof form === "string" ? { index: form } : form;
    const collection = await client.createCollection({
      name: `collection-${++names}`,
      configuration: { hnsw: { space }, ...rest },
    });
    await collection.add({ ids: vectors.map((_, row) => String(row)), embeddings: vectors });
    while (rest.index === "hnsw" && (await collection.getIndexingStatus()).numUnindexedOps > 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return collection;
  }

  const every = SPACES.flatMap((space) => INDEXES.map((index) => [space, index] as const));

  // edgevec 0.9.0 sorts similarities as if they were distances: recall 0 for cosine and dot.
  test.each(every)("%s, %s: the nearest come first, not the farthest", async (space, index) => {
    const vectors = randomVectors(1, ROWS);
    const queries = randomVectors(10_000, 20);
    const collection = await indexed(space, index, vectors);
    const found = await collection.query({ queryEmbeddings: queries, nResults: K, efSearch: 300 });
    let hits = 0;
    for (const [q, query] of queries.entries()) {
      const distances = vectors.map((vector) => distance(space, query, vector));
      const order = [...distances.keys()].sort(
        (a, b) => (distances[a] as number) - (distances[b] as number),
      );
      const ids = found.ids[q] as string[];
      hits += order.slice(0, K).filter((row) => ids.includes(String(row))).length;
      for (const [i, id] of ids.entries()) {
        expect(close(found.distances[q]?.[i] as number, distances[Number(id)] as number)).toBe(
          true,
        );
        expect(order.indexOf(Number(id))).toBeLessThan(2 * K);
      }
    }
    expect(hits / (K * queries.length)).toBeGreaterThanOrEqual(0.95);
  });

  // edgevec 0.9.0, asked with the stored vector 6, answers the one that is least like it.
  test.each(every)("%s, %s: a stored vector is nearest to itself", async (space, index) => {
    // Of one length, so that it holds for the inner product too.
    const vectors = randomVectors(2, 100).map((vector) => {
      const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
      return vector.map((x) => x / length);
    });
    const collection = await indexed(space, index, vectors);
    const found = await collection.query({ queryEmbeddings: vectors, nResults: 1 });
    expect(found.ids.flat()).toEqual(vectors.map((_, row) => String(row)));
    for (const [itself] of found.distances) expect(close(itself as number, 0)).toBe(true);
  });

  // entity-db 1.0.11 writes vectors of more than 128 bits over each other: identical ones differ.
  test.each(every)(
    "%s, %s: every dimension counts, those after the 128th too",
    async (space, index) => {
      const ones = new Float32Array(DIMENSION).fill(1);
      const flipped = [0, 1, 17, 127, 128, 129, 200, 255, 256, 383];
      const vectors = [ones, ...flipped.map((at) => ones.map((x, i) => (i < at ? x : -x)))];
      const collection = await indexed(space, index, vectors);
      const found = await collection.query({ queryEmbeddings: [ones], nResults: vectors.length });
      // The later the signs flip, the fewer bits differ.
      const order = [...vectors.keys()].sort(
        (a, b) =>
          distance(space, ones, vectors[a] as Float32Array) -
          distance(space, ones, vectors[b] as Float32Array),
      );
      expect(found.ids[0]).toEqual(order.map(String));
      for (const [i, row] of order.entries()) {
        const exact = distance(space, ones, vectors[row] as Float32Array);
        expect(close(found.distances[0]?.[i] as number, exact)).toBe(true);
      }
    },
  );

  test.each([128, 129, 384, 768, 1536, 3072])(
    "binary codes of %i dimensions: identical vectors are at the distance 0, each bit counts",
    async (dimension) => {
      const ones = new Float32Array(dimension).fill(1);
      const flipped = [0, 1, 63, 64, 127, dimension - 64, dimension - 1];
      const near = flipped.map((at) => ones.map((x, i) => (i === at ? -x : x)));
      const far = near.map(() => ones.map((x) => -x));
      const bits = { quantization: "binary", rescoring: "none", index: "hnsw" } as const;
      const collection = await indexed("l2", bits, [ones, ...near, ...far, ones]);
      const { ids, distances } = await collection.query({ queryEmbeddings: [ones], nResults: 9 });
      expect(ids[0]?.slice(0, 2)).toEqual(["0", "15"]);
      expect(new Set(ids[0])).toEqual(new Set(["0", "15", ...near.map((_, i) => String(i + 1))]));
      const [itself = Number.NaN, copy, next = Number.NaN] = distances[0] as number[];
      expect(itself).toBeLessThan(0.02 * dimension);
      expect(copy).toBe(itself);
      expect(next).toBeGreaterThan(itself);
    },
  );

  // Orama 3.1.18 sets the stored embedding of every hit to null.
  test("a query leaves what is stored as it was", async () => {
    const vectors = randomVectors(3, 20);
    const collection = await indexed("cosine", "flat", vectors);
    await collection.query({ queryEmbeddings: vectors.slice(0, 5), nResults: K });
    const { embeddings } = await collection.get({ include: ["embeddings"] });
    expect(embeddings.map((vector) => [...vector])).toEqual(vectors.map((vector) => [...vector]));
  });
});
