import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import { qdrant } from "../../js/src/servers/qdrant.js";
import type { AddParams, Space } from "../../js/src/types.js";
import { openTestClient } from "../js/support/clients.js";
import { type Item, numbers, RandomFilters } from "../js/support/random-filters.js";
import { uniform } from "../support/mulberry32.mjs";
import { startQdrant } from "./qdrant-server.js";
import type { ServerProcess } from "./server-process.js";

// Client over qdrant({ url }) beside the core: the same calls, the same answers.

const KEY = "test-key-qdrant";
const FILTERS = Number(process.env.PAGEVEC_FILTERS ?? 1200);

let server: ServerProcess | undefined;
let url: string;
let remote: Client;
let core: Client;
let names = 0;

beforeAll(async () => {
  server = await startQdrant(KEY);
  url = `http://127.0.0.1:${server.port}`;
  remote = await Client.open({ engine: qdrant({ url, apiKey: KEY }) });
  core = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
}, 300_000);

afterAll(async () => {
  await remote?.close();
  await core?.close();
  await server?.stop();
});

/** The same collection in both. */
async function both(space: Space, records?: AddParams): Promise<[Collection, Collection]> {
  const name = `both-${++names}`;
  const make = (client: Client) =>
    client.createCollection({ name, configuration: { hnsw: { space } } });
  const pair = [await make(remote), await make(core)] as [Collection, Collection];
  for (const collection of pair) if (records) await collection.add(records);
  return pair;
}

function recordsOf(items: Item[]): AddParams {
  return {
    ids: items.map(({ id }) => id),
    documents: items.map(({ document }) => document),
    metadatas: items.map(({ metadata }) => metadata),
    embeddings: items.map((_, i) => [i, 1]),
  } as AddParams;
}

describe("filters", () => {
  let random: RandomFilters;
  let pair: [Collection, Collection];

  beforeAll(async () => {
    random = new RandomFilters(numbers(20));
    pair = await both("l2", recordsOf(Array.from({ length: 80 }, (_, i) => random.item(`id${i}`))));
  });

  test("metadata comes back as it was given", async () => {
    const [there, here] = await Promise.all(pair.map((collection) => collection.get()));
    expect(there?.metadatas).toEqual(here?.metadatas);
    expect(there?.documents).toEqual(here?.documents);
  });

  test("random filters find what they find in the core", async () => {
    let found = 0;
    for (let i = 0; i < FILTERS; ++i) {
      const filter = {
        ...(i % 3 !== 1 && { where: random.where() }),
        ...(i % 3 !== 0 && { whereDocument: random.whereDocument() }),
      };
      const call =
        i % 2 === 0
          ? (collection: Collection) => collection.get({ ...filter, include: [] })
          : (collection: Collection) =>
              collection.query({
                ...filter,
                queryEmbeddings: [[7.2, 0]],
                include: [],
                nResults: 99,
              });
      const [there, here] = await Promise.all(pair.map(call));
      expect({ filter, ids: there?.ids }).toEqual({ filter, ids: here?.ids });
      found += here?.ids.flat().length ?? 0;
    }
    expect(found).toBeGreaterThan(FILTERS);
  }, 120_000);
});

describe.each(["l2", "cosine", "ip"] as const)("vectors in %s", (space) => {
  const random = uniform(5);
  const vector = (scale: number) => Array.from({ length: 5 }, () => (random() - 0.5) * scale);

  test("come back, and are as far from each other as in the core", async () => {
    // Short and long ones, and zeros.
    const embeddings = [1, 1e-5, 1e6, 3, 1, 0.5].map(vector).concat([[0, 0, 0, 0, 0]]);
    const ids = embeddings.map((_, i) => `v${i}`);
    const [there, here] = await both(space, { ids, embeddings });
    const got = await there.get({ include: ["embeddings"] });
    for (const [i, given] of embeddings.entries()) {
      for (const [j, value] of (got.embeddings[i] ?? []).entries()) {
        expect(value / (given[j] || 1)).toBeCloseTo(given[j] ? 1 : 0, 6);
      }
    }
    for (const query of embeddings) {
      const call = { queryEmbeddings: [query], include: ["distances" as const] };
      const [a, b] = [await there.query(call), await here.query(call)];
      for (const [i, distance] of (b.distances[0] ?? []).entries()) {
        const close = Math.abs((a.distances[0]?.[i] ?? Number.NaN) - distance);
        expect(close / Math.max(1, Math.abs(distance))).toBeLessThan(1e-5);
      }
    }
  });
});
