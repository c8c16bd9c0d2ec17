import { beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { Projection } from "../../js/src/collection/project.js";
import type { Collection } from "../../js/src/collection.js";
import type { CollectionConfiguration, Progress } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";

const DIMENSION = 12;

/** Numbers whose spread differs by dimension, far from zero. */
function cloud(rows: number, seed = 1): Float32Array[] {
  const random = uniform(seed);
  return Array.from({ length: rows }, () =>
    Float32Array.from({ length: DIMENSION }, (_, d) => 2 + (random() - 0.5) * 0.7 ** (d % 9)),
  );
}

const idsOf = (vectors: unknown[]) => vectors.map((_, i) => `r${i}`);

async function filled(
  [, load]: (typeof CORES)[number],
  vectors: Float32Array[],
  configuration: CollectionConfiguration = {},
): Promise<Collection> {
  const client = await openTestClient({ core: await load() });
  const collection = await client.createCollection({
    name: "rows",
    embeddingFunction: null,
    configuration,
  });
  const metadatas = vectors.map((_, i) => ({ even: i % 2 === 0 }));
  if (vectors.length > 0) {
    await collection.add({ ids: idsOf(vectors), embeddings: vectors, metadatas });
  }
  return collection;
}

function expectClose(found: Float32Array, wanted: Float32Array, digits = 3) {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i] as number, digits);
}

const pointOf = ({ points, dimensions }: Projection, i: number) =>
  points.subarray(i * dimensions, (i + 1) * dimensions);

describe.each(["l2", "ip", "cosine"] as const)("in space %s", (space) => {
  test("the core's projection is that of its slow twin", async () => {
    const vectors = cloud(400);
    const [slow, fast] = await Promise.all(
      CORES.map(async (core) =>
        (await filled(core, vectors, { hnsw: { space } })).project({ dimensions: 3, sample: 250 }),
      ),
    );
    if (!slow || !fast) throw new Error("there are two cores");
    expect(fast.ids).toEqual(slow.ids);
    expectClose(fast.mean, slow.mean);
    expectClose(fast.components, slow.components);
    expectClose(fast.shares, slow.shares);
    expectClose(fast.points, slow.points);
  });
});

describe.each(CORES)("%s", (...core) => {
  const vectors = cloud(300, 4);
  let collection: Collection;
  let all: Projection;

  beforeAll(async () => {
    collection = await filled(core, vectors, { hnsw: { space: "cosine" } });
    all = await collection.project();
  });

  test("every record is a point in insertion order, and place() says where", async () => {
    expect(all.ids).toEqual(idsOf(vectors));
    expect(all).toMatchObject({ dimensions: 2 });
    for (const i of [0, 17, 299]) {
      expectClose(all.place(vectors[i] as Float32Array), pointOf(all, i).slice(), 4);
      // By cosine the length does not count.
      const longer = (vectors[i] as Float32Array).map((value) => 5 * value);
      expectClose(all.place(longer), pointOf(all, i).slice(), 4);
    }
    expect([...all.place(new Float32Array(DIMENSION))].every(Number.isFinite)).toBe(true);
    expect(await collection.project()).toMatchObject({ points: all.points, shares: all.shares });
  });

  test("a filter chooses records, a sample those that decide", async () => {
    const even = await collection.project({ where: { even: true }, dimensions: 1 });
    expect(even.ids).toEqual(idsOf(vectors).filter((_, i) => i % 2 === 0));
    expect(even.points).toHaveLength(150);
    const two = await collection.project({ ids: ["r3", "r1", "nobody"] });
    expect(two.ids).toEqual((await collection.get({ ids: ["r3", "r1", "nobody"] })).ids);
    expect(two.shares[0]).toBeCloseTo(1, 5);
    const sampled = await collection.project({ sample: 150 });
    expect(sampled.ids).toEqual(all.ids);
    expect(sampled.components).not.toEqual(all.components);
    expectClose(sampled.place(vectors[9] as Float32Array), pointOf(sampled, 9).slice(), 4);
  });

  test("what cannot be projected is refused with what to do", async () => {
    const refused = async (params: object, code: string, message: RegExp) =>
      expect(collection.project(params)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    await refused({ dimensions: 0 }, "invalid_argument", /dimensions .* 1 to 16, got 0/);
    await refused({ dimensions: 17 }, "invalid_argument", /1 to 16, got 17/);
    await refused({ sample: 0.5 }, "invalid_argument", /sample/);
    await refused({ ids: ["a", "a"] }, "duplicate_id", /"a"/);
    const code = (embedding: number[]) => {
      try {
        return String(all.place(embedding));
      } catch (cause) {
        return (cause as { code: string }).code;
      }
    };
    expect(code([1, 2])).toBe("dimension_mismatch");
    expect(code(Array.from({ length: DIMENSION }, () => Number.NaN))).toBe("not_finite");
  });

  test("no record, one, and records that are alike", async () => {
    const none = await filled(core, []);
    expect(await none.project()).toMatchObject({ ids: [], points: new Float32Array(0) });
    const gone = await collection.project({ where: { even: "neither" } });
    expect(gone).toMatchObject({ ids: [], points: new Float32Array(0) });
    for (const count of [1, 5]) {
      const alike = Array.from({ length: count }, () => vectors[0] as Float32Array);
      const { points, shares } = await (await filled(core, alike)).project();
      expectClose(points, new Float32Array(2 * count));
      expectClose(shares, new Float32Array(2));
    }
  });
});

describe("while other calls run", () => {
  const core = CORES[1] as (typeof CORES)[number];

  test("it tells how far it is, ends with its signal, and is about the records of its beginning", async () => {
    const vectors = cloud(6_000, 9);
    const collection = await filled(core, vectors, { hnsw: { space: "l2" } });
    const before = await collection.project({ sample: 6_000 });
    const told: Progress[] = [];
    let running: Promise<Projection> | undefined;
    await new Promise<void>((begun) => {
      const onProgress = (progress: Progress) => {
        told.push(progress);
        begun();
      };
      running = collection.project({ sample: 6_000 }, { onProgress });
    });
    // Most are deleted, so that the rest moves to new vectors, and others come.
    await collection.delete({ ids: idsOf(vectors).slice(0, 5_000) });
    await collection.add({ ids: ["new"], embeddings: [new Float32Array(DIMENSION).fill(100)] });
    const { ids, points } = (await running) as Projection;
    expect(ids).toEqual(before.ids);
    expectClose(points, before.points);
    expect(told.length).toBeGreaterThan(3);
    expect(told.every(({ stage }) => stage === "project")).toBe(true);
    const shares = told.map(({ done, total }) => done / total);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect((await collection.project()).ids).toHaveLength(1_001);

    const ending = new AbortController();
    const ended = collection.project(
      {},
      { signal: ending.signal, onProgress: () => ending.abort() },
    );
    await expect(ended).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("collections of other kinds", () => {
  test("of long documents: a point for each, where its own vector lies", async () => {
    const client = await Client.open({ name: "long", storage: "memory", worker: false });
    const collection = await client.createCollection({
      name: "articles",
      embeddingFunction: new ToyEmbedding("toy"),
      chunking: {
        maxTokens: 8,
        tokenizer: (text: string) => text.split(/\s+/).filter(Boolean).length,
      },
    });
    const long =
      "One sentence is here. Another one comes. Then a third follows it. And a last one.";
    await collection.add({
      ids: ["a", "b", "c"],
      documents: [long, "short", "another short text"],
    });
    const projection = await collection.project();
    expect(projection.ids).toEqual(["a", "b", "c"]);
    const { embeddings } = await collection.get({ ids: ["a"], include: ["embeddings"] });
    expectClose(projection.place(embeddings[0] as Float32Array), projection.points.slice(0, 2), 4);
    expect((await collection.project({ ids: ["b"] })).ids).toEqual(["b"]);
    await client.close();
  });
});
