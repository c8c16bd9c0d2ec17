import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import { type WeaviateOptions, weaviate } from "../../js/src/servers/weaviate.js";
import { openTestClient } from "../js/support/clients.js";
import { randomFilters, randomSequence } from "./chroma-operations.js";
import { compareSequence } from "./same-answers.js";
import type { ServerProcess } from "./server-process.js";
import { ask, startWeaviate } from "./weaviate-server.js";

// A client whose collections a running Weaviate keeps, beside one of the core: the same calls, the same
// answers. PAGEVEC_SEQUENCES: how many random sequences; PAGEVEC_SEED: those of an earlier run.

const SEQUENCES = Number(process.env.PAGEVEC_SEQUENCES ?? 200);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1_000_000_007);
const FILTERS = 1500;
/** The server may have to be built. */
const INSTALL_MS = 1_200_000;

let server: ServerProcess;
let remote: Client;
let core: Client;

const open = (options: Partial<WeaviateOptions> = {}) =>
  Client.open({ engine: weaviate({ url: `http://127.0.0.1:${server.port}`, ...options }) });

beforeAll(async () => {
  server = await startWeaviate();
  remote = await open();
  core = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
}, INSTALL_MS);

afterAll(async () => {
  await remote?.close();
  await core?.close();
  await server?.stop();
});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "an answer",
    ({ code }) => code,
  );

describe("filters", () => {
  const { records, filters } = randomFilters(SEED, 400, FILTERS);
  const ids = records.map(({ id }) => id);
  let ours: Collection;
  let theirs: Collection;

  beforeAll(async () => {
    const make = async (client: Client) => {
      const collection = await client.createCollection({ name: "filters" });
      await collection.add({
        ids,
        embeddings: records.map(({ embedding }) => embedding),
        documents: records.map(({ document }) => document),
        metadatas: records.map(({ metadata }) => metadata),
      });
      return collection;
    };
    ours = await make(core);
    theirs = await make(remote);
  }, 60_000);

  test(`${FILTERS} random ones of seed ${SEED} give the same ids`, async () => {
    let matched = 0;
    for (const [i, filter] of filters.entries()) {
      const some = i % 10 === 0 ? { ids: ids.slice(i % 200, 120 + (i % 200)) } : {};
      const asked = { ...filter, ...some, include: [] };
      const expected = await ours.get(asked);
      const got = await theirs.get(asked);
      expect({ filter, ids: got.ids }).toEqual({ filter, ids: expected.ids });
      matched += expected.ids.length;
    }
    // Neither everything nor nothing.
    expect(matched / FILTERS / ids.length).toBeGreaterThan(0.05);
    expect(matched / FILTERS / ids.length).toBeLessThan(0.95);
    console.log(`weaviate: ${FILTERS} filters, ${matched} ids are equal`);
  }, 300_000);

  test("narrow down queries to the same records", async () => {
    for (const filter of filters.slice(0, 100)) {
      const query = {
        ...filter,
        queryEmbeddings: [records[0]?.embedding as number[]],
        nResults: 7,
      };
      const [expected, got] = [await ours.query(query), await theirs.query(query)];
      expect({ filter, ids: got.ids }).toEqual({ filter, ids: expected.ids });
    }
  }, 60_000);
});

describe(`random sequences of seed ${SEED}`, () => {
  const sum = { calls: 0, refused: 0 };
  afterAll(() => {
    console.log(
      `seed ${SEED}: ${sum.calls} calls compared, ${sum.refused} of them refused by both`,
    );
  });
  // PAGEVEC_SEED of one that fails and PAGEVEC_SEQUENCES=1 run it alone.
  test.each(Array.from({ length: SEQUENCES }, (_, i) => i))(
    `seed ${SEED} + %i`,
    async (i) => {
      const sequence = randomSequence(SEED + i);
      const { calls, refused } = await compareSequence(`sequence-${i}`, sequence, core, remote);
      sum.calls += calls;
      sum.refused += refused;
    },
    60_000,
  );
});
