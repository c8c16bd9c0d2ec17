import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { chroma } from "../../js/src/servers/chroma.js";
import type { Progress } from "../../js/src/types.js";
import { openTestClient } from "../js/support/clients.js";
import { toyFunction, toyOf } from "../js/support/sync-model.js";
import { uniform } from "../support/mulberry32.mjs";
import { startChroma } from "./chroma-server.js";
import type { ServerProcess } from "./server-process.js";

// push(), pull() and sync() with a running Chroma. PAGEVEC_SYNC_RECORDS: how many records;
// PAGEVEC_SEED: where the calls are interrupted.

const RECORDS = Number(process.env.PAGEVEC_SYNC_RECORDS ?? 50_000);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1_000_000_007);
const INTERRUPTIONS = 20;
const DIMENSION = 384;
const EVERYTHING_OF_THEM = ["documents", "metadatas", "embeddings"] as const;

let server: ServerProcess;
let core: CoreModule;
let memory: Client;
let remote: Client;

/** Requests to the server, of which one breaks: before it is sent, or when it is done. */
const network = {
  left: -1,
  before: true,
  fetch: async (...request: Parameters<typeof fetch>): Promise<Response> => {
    const breaks = network.left-- === 0;
    if (breaks && network.before) throw new TypeError("the network broke");
    const answer = await fetch(...request);
    if (!breaks) return answer;
    await answer.arrayBuffer();
    throw new TypeError("the network broke");
  },
};

beforeAll(async () => {
  server = await startChroma();
  core = await loadCore({ variant: "simd128" });
  memory = await openTestClient({ core });
  const url = `http://127.0.0.1:${server.port}`;
  remote = await Client.open({ engine: chroma({ url, fetch: network.fetch, maxRetries: 0 }) });
}, 300_000);

afterAll(async () => {
  await memory?.close();
  await remote?.close();
  await server?.stop();
});

async function filled(name: string): Promise<Collection> {
  const configuration = { index: "flat" as const };
  const collection = await memory.createCollection({ name, configuration });
  const random = uniform(SEED);
  for (let begin = 0; begin < RECORDS; begin += 5000) {
    const some = Array.from({ length: Math.min(5000, RECORDS - begin) }, (_, i) => begin + i);
    await collection.add({
      ids: some.map((n) => `record ${n}`),
      documents: some.map((n) => (n % 10 === 0 ? null : `Text ${n} “of” ${random()} — ünïcode`)),
      metadatas: some.map((n) => (n % 7 === 0 ? null : { n, part: n / 8, odd: n % 2 === 1 })),
      embeddings: some.map(() => Float32Array.from({ length: DIMENSION }, () => random() - 0.5)),
    });
  }
  return collection;
}

/** Compares every bit, in parts. */
async function expectEqual(one: Collection, two: Collection): Promise<void> {
  expect([await one.count(), await two.count()]).toEqual([RECORDS, RECORDS]);
  const { ids } = await one.get({ include: [] });
  for (let begin = 0; begin < ids.length; begin += 2000) {
    const some = ids.slice(begin, begin + 2000);
    const [here, there] = await Promise.all([read(one, some), read(two, some)]);
    for (const id of some) {
      if (here.get(id) !== there.get(id)) expect([id, there.get(id)]).toEqual([id, here.get(id)]);
    }
  }
}

async function read(side: Collection, ids: string[]): Promise<Map<string, string>> {
  const { rows } = await side
    .get({ ids, include: [...EVERYTHING_OF_THEM] })
    .then((answer) => ({ rows: answer.rows() }));
  return new Map(
    rows.map(({ id, document, metadata, embedding }) => {
      const fields = Object.entries(metadata ?? {}).sort();
      const bits = Buffer.from(Float32Array.from(embedding ?? []).buffer).toString("base64");
      return [id, JSON.stringify([document, fields, bits])];
    }),
  );
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  console.log(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return result;
}

describe(`${RECORDS} records of ${DIMENSION} dimensions`, () => {
  let here: Collection;
  beforeAll(async () => {
    here = await filled("here");
  }, 300_000);

  test("pushed to Chroma and pulled into a fresh collection: every bit the same", async () => {
    const there = await remote.createCollection({ name: "whole" });
    const back = await memory.createCollection({ name: "back", configuration: { index: "flat" } });
    const pushed = await timed("push", () => here.push(there));
    expect(pushed).toMatchObject({ pushed: RECORDS, embedded: 0, later: 0, skipped: [] });
    const pulled = await timed("pull", () => back.pull(there));
    expect(pulled).toMatchObject({ pulled: RECORDS, embedded: 0, later: 0, skipped: [] });
    await expectEqual(here, back);
    const nothing = await timed("sync of what is alike", () => here.sync(there));
    expect(nothing).toMatchObject({ pushed: 0, pulled: 0, conflicts: 0, unchanged: RECORDS });
    await memory.deleteCollection({ name: "back" });
    await remote.deleteCollection({ name: "whole" });
  }, 1_200_000);

  test(`interrupted ${INTERRUPTIONS} times (seed ${SEED}), gone on with: nothing doubled or lost`, async () => {
    const there = await remote.createCollection({ name: "interrupted" });
    const back = await memory.createCollection({ name: "again", configuration: { index: "flat" } });
    const random = uniform(SEED);
    const began = performance.now();
    for (const [side, direction] of [
      [here, "push"],
      [back, "pull"],
    ] as const) {
      for (let i = 0; i < INTERRUPTIONS / 2; ++i) {
        const code = await interrupted(side, direction, there, random, i % 3);
        expect(["aborted", "network"]).toContain(code);
        // Each one goes on where the one before was: none has more to do than was left.
        expect(await side.count()).toBeLessThanOrEqual(RECORDS);
      }
      const result = await side[direction](there);
      expect(result).toMatchObject({ conflicts: 0, later: 0, skipped: [] });
      expect(await there.count()).toBe(RECORDS);
    }
    await expectEqual(here, back);
    console.log(
      `${INTERRUPTIONS} interruptions: ${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
  }, 2_400_000);
});

/**
 * One call that breaks off in its transfer of what is left: by its signal (0), by a request that is not
 * sent (1), or by one whose answer is lost (2).
 */
async function interrupted(
  side: Collection,
  direction: "push" | "pull",
  there: Collection,
  random: () => number,
  kind: number,
): Promise<string> {
  const abort = new AbortController();
  const share = random() * 0.2;
  const onProgress = ({ stage, done, total }: Progress) => {
    if (stage !== "transfer" || done < share * total || network.left >= 0) return;
    if (kind > 0) {
      network.before = kind === 1;
      network.left = Math.floor(random() * 3);
    } else setTimeout(() => abort.abort(), random() * 100);
  };
  try {
    await side[direction](there, { batchSize: RECORDS / 50 }, { signal: abort.signal, onProgress });
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    network.left = -1;
  }
  return "not interrupted";
}

test("with functions that are not the same, texts go to Chroma and are embedded for it", async () => {
  const [mine, theirs] = [toyFunction("mine", 4), toyFunction("theirs", 6)];
  const here = await memory.createCollection({ name: "texts", embeddingFunction: mine });
  const there = await remote.createCollection({ name: "texts", embeddingFunction: theirs });
  await here.add({ ids: ["a", "b"], documents: ["one", "two"], metadatas: [{ n: 1 }, null] });
  await there.add({ ids: ["c"], documents: ["three"] });
  expect(await here.sync(there)).toMatchObject({ pushed: 2, pulled: 1, embedded: 3 });
  for (const [side, dimension] of [
    [here, 4],
    [there, 6],
  ] as const) {
    const { documents, embeddings } = await side.get({ include: ["documents", "embeddings"] });
    expect(documents.length).toBe(3);
    expect(embeddings.map((each) => [...each])).toEqual(
      documents.map((text) => toyOf(text ?? "", dimension)),
    );
  }
  await there.delete({ ids: ["a"] });
  await here.update({ ids: ["c"], metadatas: [{ seen: true }] });
  const result = await here.sync(there);
  expect(result).toMatchObject({ pushed: 1, deletedHere: 1, embedded: 0, unchanged: 1 });
  expect((await there.get({ ids: ["c"] })).metadatas).toEqual([{ seen: true }]);
});

test("decimals of which Chroma misses the last bit are no changes", async () => {
  const [here, there] = await Promise.all(
    [memory, remote].map((client) => client.createCollection({ name: "decimals" })),
  );
  const numbers = Array.from({ length: 300 }, (_, n) => n / 3 + 1e-7);
  await here?.add({
    ids: numbers.map(String),
    embeddings: numbers.map((n) => [n, 1]),
    metadatas: numbers.map((n) => ({ n })),
  });
  const all = { conflicts: 0, later: 0, pulled: 0 };
  expect(await here?.sync(there as Collection)).toMatchObject({ ...all, pushed: 300 });
  expect(await here?.sync(there as Collection)).toMatchObject({ ...all, unchanged: 300 });
  expect(await here?.sync(there as Collection, { anew: true })).toMatchObject({
    ...all,
    unchanged: 300,
  });
  const known = new Set(numbers);
  const { metadatas } = (await there?.get()) ?? { metadatas: [] };
  const odd = metadatas.filter((metadata) => !known.has(metadata?.n as number)).length;
  console.log(`Chroma: ${odd} of 300 decimals come back with another last bit`);
});

test("cosine: Chroma may keep the directions alone, which are no changes", async () => {
  const configuration = { hnsw: { space: "cosine" as const } };
  const here = await memory.createCollection({ name: "angles", configuration });
  const there = await remote.createCollection({ name: "angles", configuration });
  await here.add({
    ids: ["a", "b"],
    documents: ["one", "two"],
    embeddings: [
      [3, 4],
      [5, 12],
    ],
  });
  expect(await here.sync(there)).toMatchObject({ pushed: 2 });
  const { embeddings } = await there.get({ include: ["embeddings"] });
  console.log(`Chroma, cosine: [3, 4] comes back as ${JSON.stringify([...(embeddings[0] ?? [])])}`);
  expect(await here.sync(there)).toMatchObject({ unchanged: 2, pulled: 0, conflicts: 0 });
  await there.update({ ids: ["a"], embeddings: [[4, 3]], metadatas: [{ turned: true }] });
  expect(await here.sync(there)).toMatchObject({ pulled: 1, unchanged: 1 });
  expect(await here.sync(there)).toMatchObject({ unchanged: 2 });
});
