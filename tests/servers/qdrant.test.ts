import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client, type CreateCollectionParams } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import { type QdrantOptions, qdrant } from "../../js/src/servers/qdrant.js";
import type {
  AddParams,
  EmbeddingFunction,
  GetParams,
  QueryResult,
  Space,
} from "../../js/src/types.js";
import { openTestClient } from "../js/support/clients.js";
import { type Item, numbers, RandomFilters } from "../js/support/random-filters.js";
import { uniform } from "../support/mulberry32.mjs";
import { callsInPage } from "./calls-in-page.js";
import { type Operation, randomSequence, type Sequence } from "./chroma-operations.js";
import { startQdrant } from "./qdrant-server.js";
import { KEY } from "./qdrant-sessions.js";
import {
  asJson,
  assertSame,
  assertSameOutcome,
  type Outcome,
  runSameCalls,
  SAME_CALLS,
} from "./same-calls.js";
import type { ServerProcess } from "./server-process.js";

// Client over qdrant({ url }) beside the core: the same calls, the same answers. PAGEVEC_QDRANT: see
// qdrant-server.ts; PAGEVEC_SEQUENCES, PAGEVEC_SEED: see chroma.test.ts.

const FILTERS = 1200;
const SEQUENCES = Number(process.env.PAGEVEC_SEQUENCES ?? 2000) / 10;
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1_000_000_007);

/** Calls under way together. */
const AT_ONCE = 8;

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
async function both(
  space: Space,
  records?: AddParams,
  embeddingFunction: EmbeddingFunction | null = null,
): Promise<[Collection, Collection]> {
  const name = `both-${++names}`;
  const make = (client: Client) =>
    client.createCollection({ name, embeddingFunction, configuration: { hnsw: { space } } });
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

describe("the calls that every engine answers alike", () => {
  let expected: Outcome[];

  beforeAll(async () => {
    expected = await runSameCalls(core, "same");
  }, 60_000);

  const assertSameOutcomes = (outcomes: Outcome[]) => {
    expect(outcomes).toHaveLength(SAME_CALLS.length);
    for (const [i, outcome] of outcomes.entries()) {
      assertSameOutcome(outcome, expected[i] as Outcome, remote.capabilities);
    }
  };

  test("from Node", async () => {
    assertSameOutcomes(await runSameCalls(remote, "same"));
  }, 120_000);

  test("from a page of another origin, and a key in it takes a permission", async () => {
    const given = { url, apiKey: KEY };
    const [outcomes, refusal] = await callsInPage(0, [
      ["callServer", "qdrant", { ...given, dangerouslyAllowBrowser: true }, "page"],
      ["refusalOf", "qdrant", given],
    ]);
    assertSameOutcomes(outcomes);
    const message = expect.stringContaining("dangerouslyAllowBrowser");
    expect(refusal).toEqual({ code: "invalid_argument", message });
  }, 300_000);

  test("a page that the server does not allow to ask it is told what to do", async () => {
    const closed = await startQdrant("", false);
    const options = { url: `http://127.0.0.1:${closed.port}`, maxRetries: 0 };
    const [refusal] = await callsInPage(0, [["refusalOf", "qdrant", options]]).finally(closed.stop);
    const message = expect.stringMatching(/could not be reached.*service\.enable_cors/);
    expect(refusal).toEqual({ code: "network", message });
  }, 120_000);
});

describe(`random sequences of seed ${SEED}`, () => {
  const sequences = Array.from({ length: SEQUENCES }, (_, i) => i);
  test("answer as in the core", async () => {
    for (let i = 0; i < SEQUENCES; i += AT_ONCE) {
      const some = sequences.slice(i, i + AT_ONCE);
      await Promise.all(some.map((n) => compare(randomSequence(SEED + n), `seed ${SEED + n}`)));
    }
  }, 300_000);
});

async function compare({ space, dimension, embeds, operations }: Sequence, what: string) {
  const embeddingFunction = embeds ? letters(dimension) : null;
  const [there, here] = await both(space, undefined, embeddingFunction);
  for (const [i, operation] of operations.entries()) {
    const [got, expected] = [await outcome(there, operation), await outcome(here, operation)];
    assertSame(got, expected, `${what}, ${i}: ${JSON.stringify(operation)}`);
  }
}

/** Texts of the same letters are at one place. */
function letters(dimension: number): EmbeddingFunction {
  const vector = (text: string) => {
    const sums = Array.from({ length: dimension }, (_, i) => 1 / (i + 3));
    for (const [i, sign] of [...text].entries()) {
      const at = i % dimension;
      sums[at] = (sums[at] as number) + Math.sqrt(sign.codePointAt(0) as number) / (i + 1);
    }
    return sums;
  };
  return { name: "letters", generate: async (texts) => texts.map(vector) };
}

/** What a call answers, or the code of its refusal. */
async function outcome(collection: Collection, { op, args }: Operation): Promise<unknown> {
  const call = collection[op] as (params: unknown) => Promise<unknown>;
  const answer = await call.call(collection, structuredClone(args)).then(asJson, (error) => {
    return { code: error.code ?? String(error) };
  });
  if (op !== "query" || "code" in (answer as object)) return answer;
  const { ids, distances, include } = answer as QueryResult;
  if (!include.includes("distances")) return ids.map(({ length }) => length);
  return ids.map((list, q) => rankingOf(list, distances[q] ?? []));
}

/** Records at one distance may be in any order, and of the last ones any may be cut off. */
function rankingOf(ids: string[], distances: number[]) {
  const groups: string[][] = [];
  for (const [i, id] of ids.entries()) {
    const [before, here] = [distances[i - 1] ?? Number.NaN, distances[i] as number];
    const tied = Math.abs(here - before) <= 1e-5 * Math.max(1, Math.abs(here));
    if (tied) groups.at(-1)?.push(id);
    else groups.push([id]);
  }
  return { distances, groups: groups.slice(0, -1).map((group) => group.sort()) };
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
    const one = async (i: number) => {
      const filter = {
        ...(i % 3 !== 1 && { where: random.where() }),
        ...(i % 3 !== 0 && { whereDocument: random.whereDocument() }),
      };
      const [there, here] = await Promise.all(
        pair.map((collection) =>
          i % 2 === 0
            ? collection.get({ ...filter, include: [] })
            : collection.query({ ...filter, queryEmbeddings: [[7.2, 0]], nResults: 99 }),
        ),
      );
      expect({ filter, ids: there?.ids }).toEqual({ filter, ids: here?.ids });
      found += here?.ids.flat().length ?? 0;
    };
    for (let i = 0; i < FILTERS; i += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => one(i + k)));
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
    if (space !== "cosine") {
      expect(got.embeddings).toEqual(embeddings.map((each) => Float32Array.from(each)));
    }
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

describe("many records", () => {
  const COUNT = 2500;
  let there: Collection;
  let here: Collection;

  beforeAll(async () => {
    const ids = Array.from({ length: COUNT }, (_, i) => `id${i}`);
    [there, here] = await both("l2", {
      ids,
      embeddings: ids.map((_, i) => [i % 97, i % 89]),
      documents: ids.map((id, i) => (i % 7 === 0 ? `${id} seven` : id)),
      metadatas: ids.map((_, i) => ({ n: i, half: i + 0.1, even: i % 2 === 0 })),
    });
  });

  test.each<GetParams>([
    { limit: 3, offset: 1999 },
    { offset: 2400 },
    { limit: 1500, where: { even: true }, offset: 20 },
    { limit: 5, offset: 200, whereDocument: { $regex: "seven$" } },
    { whereDocument: { $contains: "seven" }, where: { n: { $gte: 1000 } } },
    { ids: ["id2400", "id3", "nobody", "id1"], offset: 1 },
  ])("get %j", async (params) => {
    const [a, b] = [await there.get(params), await here.get(params)];
    expect(a).toEqual(b);
  });

  test("more results than a page", async () => {
    const call = { queryEmbeddings: [[3.3, 4.4]], nResults: 5000, include: ["distances" as const] };
    const [a, b] = [await there.query(call), await here.query(call)];
    expect(a.ids[0]).toHaveLength(COUNT);
    expect(a.ids[0]?.slice(0, 50)).toEqual(b.ids[0]?.slice(0, 50));
  });

  test("a deletion takes the first that meet it, across pages", async () => {
    const params = { where: { n: { $gte: 100 } }, limit: 1200 };
    const deleted = await there.delete(params);
    expect(deleted).toEqual({ deleted: 1200 });
    expect(await here.delete(params)).toEqual(deleted);
    expect((await there.get({ include: [] })).ids).toEqual((await here.get({ include: [] })).ids);
    expect(await there.count()).toBe(COUNT - 1200);
  });
});

/** A client whose requests go through `before`, which may throw. */
function watched(
  before: (url: string, body: string) => void,
  options: Partial<QdrantOptions> = {},
): Promise<Client> {
  const watching: typeof fetch = async (input, init) => {
    before(String(input), String(init?.body ?? ""));
    return fetch(input, init);
  };
  const engine = qdrant({ url, apiKey: KEY, fetch: watching, maxRetries: 0, ...options });
  return Client.open({ engine });
}

describe("what goes wrong", () => {
  const vectors = (count: number) => ({
    ids: Array.from({ length: count }, (_, i) => `id${i}`),
    embeddings: Array.from({ length: count }, (_, i) => [i, 1]),
  });

  test("a wrong key", async () => {
    const opening = Client.open({ engine: qdrant({ url, apiKey: "test-key-wrong" }) });
    await expect(opening.then((client) => client.countCollections())).rejects.toMatchObject({
      code: "unauthorized",
      provider: { provider: "qdrant" },
    });
  });

  test("nobody serves there", async () => {
    const engine = qdrant({ url: "http://127.0.0.1:9", maxRetries: 0 });
    await expect(Client.open({ engine })).rejects.toMatchObject({ code: "network" });
  });

  test("a batch breaks off: the error says how far it came", async () => {
    let writes = 0;
    const client = await watched((address) => {
      if (address.includes("/points/batch") && ++writes === 2) throw new TypeError("gone");
    });
    const collection = await client.createCollection({ name: `broken-${++names}` });
    await expect(collection.add(vectors(2200))).rejects.toMatchObject({
      code: "network",
      message: expect.stringContaining("the first 1000 of 2200 records were written"),
    });
    expect(await collection.count()).toBe(1000);
    await collection.add(vectors(2200));
    expect(await collection.count()).toBe(2200);
    await client.close();
  });

  test("two clients take one name", async () => {
    const other = await Client.open({ engine: qdrant({ url, apiKey: KEY }) });
    const name = `taken-${++names}`;
    const both = [remote, other].map((client) => client.createCollection({ name }));
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const refused = outcomes.find(({ status }) => status === "rejected");
    expect(refused).toMatchObject({ reason: { code: "already_exists" } });
    await other.close();
  });

  test("another client deletes the collection", async () => {
    const name = `deleted-${++names}`;
    const collection = await remote.createCollection({ name });
    await collection.add(vectors(3));
    const other = await Client.open({ engine: qdrant({ url, apiKey: KEY }) });
    await other.deleteCollection({ name });
    for (const call of [() => collection.get(), () => collection.add(vectors(2))]) {
      await expect(call()).rejects.toMatchObject({ code: "not_found" });
    }
    await other.close();
  });

  test("another prefix has other collections", async () => {
    const other = await watched(() => {}, { prefix: "others" });
    expect(await other.listCollections()).toEqual([]);
    await other.createCollection({ name: "abc" });
    await other.reset();
    expect(await other.countCollections()).toBe(0);
    expect(await remote.countCollections()).toBeGreaterThan(0);
    await other.close();
  });

  test("a call that was aborted", async () => {
    const aborting = new AbortController();
    const client = await watched((address) => {
      if (address.includes("/points/batch")) aborting.abort();
    });
    const collection = await client.createCollection({ name: `aborted-${++names}` });
    const adding = collection.add(vectors(2), { signal: aborting.signal });
    await expect(adding).rejects.toMatchObject({ code: "aborted" });
    await client.close();
  });

  test("settings that a server has nothing for", async () => {
    for (const configuration of [
      { quantization: "int4" },
      { quantization: "binary" },
      { keepVectors: false },
    ] as const) {
      const making = remote.createCollection({ name: `not-${++names}`, configuration });
      await expect(making).rejects.toMatchObject({ code: "unsupported" });
    }
  });
});

test("numbers come back to the bit", async () => {
  const random = uniform(9);
  const numbers = Array.from(
    { length: 500 },
    () => random() * 10 ** Math.floor(random() * 40 - 20),
  );
  const [there] = await both("l2", {
    ids: numbers.map(String),
    embeddings: numbers.map(() => [1]),
    metadatas: numbers.map((n) => ({ n, list: [n, 2 * n] })),
  });
  const { metadatas } = await there.get({ include: ["metadatas"] });
  expect(metadatas.map((metadata) => metadata?.n)).toEqual(numbers);
  for (const n of numbers.slice(0, 20))
    expect((await there.get({ where: { n } })).ids.length).toBe(1);
});

test("records that came in the same moment keep one order", async () => {
  const [there] = await both("l2");
  await there.add({ ids: ["first"], embeddings: [[0]] });
  // Each of these finds the same last number.
  await Promise.all(
    Array.from({ length: 30 }, (_, i) => there.add({ ids: [`id${i}`], embeddings: [[i]] })),
  );
  const all = (await there.get({ include: [] })).ids;
  expect(new Set(all).size).toBe(31);
  const pages = await Promise.all(
    Array.from({ length: 31 }, (_, i) => there.get({ limit: 1, offset: i, include: [] })),
  );
  expect(pages.map(({ ids }) => ids[0])).toEqual(all);
});

test("own writes are told", async () => {
  const [there] = await both("l2");
  const told = new Promise<void>((resolve) => there.subscribe(resolve));
  await there.add({ ids: ["a"], embeddings: [[1]] });
  await told;
});

test("objects are what they are in the core", async () => {
  const vectorizer = { vectorizeClassName: false, propertyConfig: { built: { dataType: "date" } } };
  const built = new Date("2020-01-02T03:04:05Z");
  const [there, here] = await Promise.all(
    [remote, core].map(async (client) => {
      const params = { name: "objects", embeddingFunction: letters(4), vectorizer } as const;
      const cars = await client.createCollection(params as CreateCollectionParams);
      await cars.objects.add([
        { id: "1", properties: { brand: "Best", review: "a very great car", built, power: 300 } },
        { id: "2", properties: { brand: "Other", review: "a car", tags: ["x", "y"] } },
      ]);
      await cars.objects.update([{ id: "1", properties: { power: 310 } }]);
      await cars.objects.upsert([{ id: "2", properties: { review: "another car, again" } }]);
      const name = "objects";
      const found = await client.getCollection({ name, embeddingFunction: letters(4) });
      const search = { text: "a great car", mode: "vector", limit: 2 } as const;
      const nearest = await found.search({ ...search, where: { power: { $gt: 1 } } });
      return asJson([await found.objects.get(), await found.get(), nearest.rows]);
    }),
  );
  assertSame(there, here, "objects");
});
