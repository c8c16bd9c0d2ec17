import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CollectionConfiguration, Progress } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import { openTestClient } from "./support/clients.js";

const ROWS = 12_000;
const DIMENSION = 48;
const CENTRES = 200;
const K = 10;
const SAMPLE = 60;
/** Of the index's own sampling: records at even places. */
const STEP = 0.6180339887498949;

const random = uniform(7);
const centres = Array.from({ length: CENTRES }, () =>
  Float32Array.from({ length: DIMENSION }, () => random() - 0.5),
);
/** In clusters, as vectors of texts are. */
const clustered = (spread: number) =>
  Array.from({ length: ROWS }, (_, i) =>
    (centres[i % CENTRES] as Float32Array).map((value) => value + (random() - 0.5) * spread),
  );
const vectors = clustered(0.6);
const ids = vectors.map((_, i) => String(i));
/** Few links, so that a small efSearch misses much. */
const POOR = { space: "l2", max_neighbors: 5, ef_construction: 20 } as const;

function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - (b[i] as number)) ** 2, 0);
}

/** The share of what is nearest by comparing all floats that query() finds. */
async function bruteForceRecall(collection: Collection, efSearch: number): Promise<number> {
  let hits = 0;
  for (let i = 0; i < SAMPLE; ++i) {
    const position = Math.floor((((i + 1) * STEP) % 1) * ROWS);
    const query = vectors[position] as Float32Array;
    const all = vectors.map((vector) => distance(query, vector)).sort((a, b) => a - b);
    const found = await collection.query({ queryEmbeddings: [query], nResults: K + 1, efSearch });
    const farthest = all[K] as number;
    // The record itself is the first of both.
    hits += (found.distances[0] ?? []).filter((d) => (d ?? 0) <= farthest * 1.000_1).length - 1;
  }
  return hits / (SAMPLE * K);
}

describe("recall with a target", () => {
  let client: Client;
  let collection: Collection;

  async function linked(
    name: string,
    configuration: CollectionConfiguration,
    embeddings = vectors,
  ) {
    const made = await client.createCollection({ name, configuration });
    await made.add({ ids, embeddings });
    while ((await made.getIndexingStatus()).numUnindexedOps > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return made;
  }

  beforeAll(async () => {
    client = await openTestClient({ core: await loadCore() });
    collection = await linked("poor", { index: "hnsw", hnsw: POOR });
  }, 120_000);

  test.each([0.9, 0.98])("of %d: the least efSearch that reaches it", async (target) => {
    const { proposed, ...measured } = await collection.recall({ sample: SAMPLE, k: K, target });
    expect(measured).toMatchObject({ sample: SAMPLE, k: K, efSearch: 0 });
    if (!proposed) throw new Error("nothing was proposed");
    const { efSearch, recall, indexMs } = proposed;
    expect(efSearch).toBeGreaterThan(K + 1);
    expect(indexMs).toBeGreaterThan(0);
    // The same sample again: it reaches the target, and the one below does not.
    const at = (asked: number) => collection.recall({ sample: SAMPLE, k: K, efSearch: asked });
    expect((await at(efSearch)).recall).toBe(recall);
    expect(recall).toBeGreaterThanOrEqual(target);
    expect((await at(efSearch - 1)).recall).toBeLessThan(target);
    // By floats, not as the collection holds them.
    expect(Math.abs((await bruteForceRecall(collection, efSearch)) - recall)).toBeLessThan(0.01);
  });

  test("none reaches what the codes cannot tell apart", async () => {
    const configuration = { index: "hnsw", hnsw: POOR, quantization: "int4" } as const;
    const coarse = await linked("coarse", configuration, clustered(0.03));
    const { proposed } = await coarse.recall({ sample: SAMPLE, k: K, target: 1 });
    expect(proposed).toBeNull();
    const { proposed: lower } = await coarse.recall({ sample: SAMPLE, k: K, target: 0.2 });
    expect(lower?.efSearch).toBeGreaterThan(0);
  }, 120_000);

  test("a scan needs no candidates beyond those it answers", async () => {
    const flat = await client.createCollection({ name: "flat", configuration: { index: "flat" } });
    await flat.add({ ids: ids.slice(0, 500), embeddings: vectors.slice(0, 500) });
    const { proposed } = await flat.recall({ sample: 20, k: K, target: 0.98 });
    expect(proposed).toMatchObject({ efSearch: K + 1 });
    const empty = await client.createCollection({ name: "empty" });
    expect((await empty.recall({ target: 1 })).proposed).toMatchObject({ recall: 1 });
  });

  test("queries overtake it, it tells how far it is, and it ends when it is told to", async () => {
    const controller = new AbortController();
    const seen: Progress[] = [];
    const running = collection.recall(
      { sample: SAMPLE, target: 0.98 },
      { signal: controller.signal, onProgress: (progress) => seen.push(progress) },
    );
    running.catch(() => {});
    const query = vectors[3] as Float32Array;
    for (let i = 0; i < 5; ++i) {
      expect((await collection.query({ queryEmbeddings: [query] })).ids[0]?.[0]).toBe("3");
    }
    expect(seen.length).toBeLessThan(SAMPLE);
    while (seen.length < SAMPLE + 5) await new Promise((resolve) => setTimeout(resolve, 1));
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "aborted" });
    expect(seen.map(({ done }) => done)).toEqual(seen.map((_, i) => i + 1));
    for (const { done, total, stage } of seen) {
      expect(stage).toBe("recall");
      expect(total).toBeGreaterThanOrEqual(done);
    }
  });

  test("of records that change meanwhile the nearest are looked up again", async () => {
    const changing = await client.createCollection({
      name: "changing",
      configuration: { index: "flat" },
    });
    const first = vectors.slice(0, 400);
    await changing.add({ ids: ids.slice(0, 400), embeddings: first });
    const running = changing.recall({ sample: 100, k: K, target: 1 });
    await changing.delete({ ids: ids.slice(0, 300) });
    // Compared with what was nearest before, most of it would be missing.
    expect((await running).recall).toBe(1);
    expect((await running).proposed).toMatchObject({ recall: 1 });
  });

  test.each([0, 1.1, -1, Number.NaN, "0.9", null])("refuses the target %p", async (target) => {
    const call = collection.recall({ target: target as number });
    await expect(call).rejects.toMatchObject({ code: "invalid_argument" });
  });
});
