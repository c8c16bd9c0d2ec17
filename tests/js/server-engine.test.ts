import { beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { DatabaseMethods, WriteParams } from "../../js/src/database/methods.js";
import { createDatabaseService } from "../../js/src/database/service.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { CallContext } from "../../js/src/engine/protocol.js";
import { PagevecError } from "../../js/src/errors.js";
import {
  type BatchLimit,
  bytesOfRow,
  inBatches,
  PartlyDone,
} from "../../js/src/servers/client/batches.js";
import { searchByVectors } from "../../js/src/servers/client/by-vectors.js";
import { checkQueries, checkRows } from "../../js/src/servers/client/checks.js";
import { diversify } from "../../js/src/servers/client/diversity.js";
import { toRecords, toWriteRows, type WriteRow } from "../../js/src/servers/client/rows.js";
import { type ServerMethods, serverEngine } from "../../js/src/servers/server-engine.js";
import { EVERYTHING } from "../../js/src/types/capabilities.js";
import {
  assertSameOutcome,
  type Outcome,
  runSameCalls,
  SAME_CALLS,
} from "../servers/same-calls.js";
import { uniform } from "../support/mulberry32.mjs";
import { openTestClient } from "./support/clients.js";

// What the engines of servers share, over the core in the place of a server.

const REFUSALS = ["dimension_mismatch", "invalid_argument", "not_finite", "taken"];
const CAPABILITIES = { ...EVERYTHING, keyword: false, hybrid: false };
let core: CoreModule;

beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
});

/** The core as a server that takes three records a request, and knows neither search nor MMR. */
async function coreAsServer(): Promise<ServerMethods> {
  const service = createDatabaseService(core);
  const context = { signal: new AbortController().signal, progress: () => {} };
  const { database } = await service["db.open"]({ name: "server", storage: "memory" }, context);
  const forward = (name: keyof DatabaseMethods) => (params: object, call: CallContext) =>
    service[name]({ ...params, database } as never, call);
  const { "db.open": _, "db.close": __, "db.reset": ___, ...rest } = service;
  const methods = Object.keys(rest).map((name) => [name, forward(name as keyof DatabaseMethods)]);
  const all = Object.fromEntries(methods) as Required<ServerMethods>;
  return {
    ...all,
    "db.collection.write": async (params, call) => {
      const limit = { records: 3, bytes: 1e6 };
      await inBatches(toWriteRows(params), limit, call, (rows) =>
        all["db.collection.write"]({ ...params, ...toColumns(rows) }, call),
      );
      return null;
    },
    "db.collection.search": (params, call) =>
      searchByVectors("core", params, (query) => all["db.collection.query"](query, call)),
    "db.collection.diversify": async ({ ids, ...params }, call) => {
      const wanted = { documents: false, metadatas: false, embeddings: true };
      const filter = { ids, where: null, whereDocument: null, offset: 0, limit: null, wanted };
      const found = await all["db.collection.get"]({ ...params, ...filter }, call);
      const { dimension, embeddings } = found;
      const vectorOf = (id: string) => {
        const at = found.ids.indexOf(id);
        return at < 0 ? undefined : embeddings?.slice(at * dimension, (at + 1) * dimension);
      };
      return diversify(ids.map(vectorOf), params);
    },
  };
}

/** toWriteRows() back again. */
function toColumns(rows: WriteRow[]): Partial<WriteParams> {
  const embedded = rows.filter(({ vector }) => vector !== null);
  const wanted = { documents: true, metadatas: true, embeddings: true };
  const { embeddings, dimension } = toRecords(embedded, wanted);
  const { ids, documents, metadatas } = toRecords(rows, { ...wanted, embeddings: false });
  const none = rows.every(({ document, metadata }) => document === null && metadata === null);
  return {
    ids,
    documents: none ? null : documents,
    metadatas: none ? null : metadatas,
    embeddings: embeddings ?? new Float32Array(0),
    dimension,
    embedded:
      embedded.length === 0
        ? null
        : Uint8Array.from(rows, ({ vector }) => (vector === null ? 0 : 1)),
  };
}

describe("the same calls through what servers share", () => {
  let outcomes: Outcome[];
  let expected: Outcome[];

  beforeAll(async () => {
    const engine = serverEngine("core", CAPABILITIES, coreAsServer);
    const client = await Client.open({ engine });
    outcomes = await runSameCalls(client, "same");
    await client.close();
    const direct = await openTestClient({ core });
    expected = await runSameCalls(direct, "same");
    await direct.close();
  });

  test.each(SAME_CALLS.map(({ name }, i) => [name, i] as const))("%s", (_, i) => {
    assertSameOutcome(outcomes[i] as Outcome, expected[i] as Outcome, CAPABILITIES);
  });
});

describe("what the core refuses is refused with its words", () => {
  const said = (work: () => unknown) =>
    Promise.resolve()
      .then(work)
      .then(
        () => "taken",
        ({ code, message }: PagevecError) => `${code} ${message}`,
      );
  const random = uniform(7);
  const VALUES = [Number.NaN, Number.NEGATIVE_INFINITY, 1e16, 2e16, -3.4e38];
  /** Of dimensions 2 to 4, where the collection has 3. */
  const randomVectors = () => {
    const dimension = [2, 3, 3, 3, 4][Math.floor(5 * random())] as number;
    const value = () =>
      random() < 0.9 ? random() : (VALUES[Math.floor(VALUES.length * random())] as number);
    return [1, 2, 3].map(() => Float32Array.from({ length: dimension }, value));
  };
  let service: Required<ServerMethods>;
  let at: { database: number; collection: string };
  const call = { signal: new AbortController().signal, progress: () => {} };
  const wanted = { documents: false, metadatas: false, embeddings: false };

  beforeAll(async () => {
    service = (await coreAsServer()) as Required<ServerMethods>;
    const client = await Client.open({
      engine: serverEngine("core", CAPABILITIES, async () => service),
    });
    const three = await client.createCollection({ name: "three" });
    await three.add({ ids: ["a"], embeddings: [[1, 2, 3]] });
    const { id } = await service["db.find"]({ database: 0, name: "three" }, call);
    at = { database: 0, collection: id };
  });

  test("rows", async () => {
    const codes = new Set<string>();
    for (let i = 0; i < 300; ++i) {
      const operation = (["add", "upsert", "update"] as const)[i % 3] as "add" | "update";
      const rows = randomVectors().map((vector, place) => {
        const given = random() < 0.95 ? vector : null;
        return { id: `${i}-${place}`, document: "a text", metadata: null, vector: given };
      });
      const columns = toColumns(rows);
      const params = { ...at, operation, ...columns } as WriteParams;
      const expected = await said(() => service["db.collection.write"](params, call));
      expect(await said(() => checkRows(operation, rows, 3))).toBe(expected);
      codes.add(expected.split(" ")[0] as string);
    }
    expect([...codes].sort()).toEqual(REFUSALS);
  });

  test("queries", async () => {
    const codes = new Set<string>();
    for (let i = 0; i < 300; ++i) {
      const vectors = randomVectors();
      const dimension = vectors[0]?.length as number;
      const queries = Float32Array.from(vectors.flatMap((vector) => [...vector]));
      const filter = { ids: null, where: null, whereDocument: null };
      const params = { ...at, ...filter, queries, dimension, nResults: 1, efSearch: 0, wanted };
      const expected = await said(() => service["db.collection.query"](params, call));
      expect(await said(() => checkQueries(vectors, 3))).toBe(expected);
      codes.add(expected.split(" ")[0] as string);
    }
    expect([...codes].sort()).toEqual(REFUSALS);
  });
});

describe("batches", () => {
  const row = (id: string, document: string | null = null): WriteRow => ({
    id,
    document,
    metadata: null,
    vector: new Float32Array(2),
  });
  const gone = new PagevecError("network", "the server is gone");
  /** @param fails which request, with what */
  const sentOf = async (
    rows: WriteRow[],
    limit: BatchLimit<WriteRow>,
    fails = 0,
    failure: Error = gone,
  ) => {
    const sent: string[][] = [];
    const told: number[] = [];
    const context = {
      signal: new AbortController().signal,
      progress: ({ done }: { done: number }) => told.push(done),
    };
    const work = inBatches(rows, limit, context, async (batch) => {
      sent.push(batch.map(({ id }) => id));
      if (sent.length === fails) throw failure;
    });
    const error = await work.then(
      () => undefined,
      (thrown: PagevecError) => thrown,
    );
    return { sent, told, error };
  };

  test("are as long as the limit of records allows, and told when there are several", async () => {
    const rows = ["a", "b", "c", "d", "e"].map((id) => row(id));
    const two = await sentOf(rows, { records: 2, bytes: 1e6 });
    expect(two).toMatchObject({ sent: [["a", "b"], ["c", "d"], ["e"]], told: [2, 4, 5] });
    const one = await sentOf(rows, { records: 5, bytes: 1e6 });
    expect(one).toMatchObject({ sent: [["a", "b", "c", "d", "e"]], told: [] });
  });

  test("are as long as the limit of bytes allows; a record is never cut", async () => {
    const rows = [row("a", "x".repeat(50)), row("b", "é".repeat(20)), row("c", "x".repeat(500))];
    const sent = async (...sizes: Parameters<typeof bytesOfRow>) =>
      (await sentOf(rows, { records: 9, bytes: 200, bytesOf: bytesOfRow(...sizes) })).sent;
    expect(await sent(10)).toEqual([["a", "b"], ["c"]]);
    expect(await sent(40)).toEqual([["a"], ["b"], ["c"]]);
    expect(await sent(10, 2)).toEqual([["a"], ["b"], ["c"]]);
  });

  test("that fail say how many records were written before", async () => {
    const rows = ["a", "b", "c", "d", "e"].map((id) => row(id));
    const { error, sent } = await sentOf(rows, { records: 2, bytes: 1e6 }, 3);
    expect(sent).toHaveLength(3);
    expect(error?.code).toBe("network");
    expect(error?.message).toMatch(/gone; the first 4 of 5 records were written before that$/);
    const deleting = { records: 2, done: "deleted" } as const;
    const deletion = await sentOf(rows, deleting, 2);
    expect(deletion.error?.message).toMatch(/the first 2 of 5 records were deleted before that$/);
    const first = await sentOf(rows, { records: 2, bytes: 1e6 }, 1);
    expect(first.error?.message).toBe("pagevec: the server is gone");
  });

  test("of which a request was done in part count that part", async () => {
    const rows = ["a", "b", "c", "d", "e"].map((id) => row(id));
    const refusal = new PagevecError("provider_failed", 'refused "d"');
    const { error } = await sentOf(rows, { records: 2 }, 2, new PartlyDone(refusal, 1));
    expect(error).toMatchObject({
      code: "provider_failed",
      message: 'pagevec: refused "d"; 3 of 5 records were written',
    });
  });
});

test("a deletion looks its collection up once, and a reset lists all once", async () => {
  const asked: string[] = [];
  const engine = serverEngine("core", CAPABILITIES, async () => {
    const methods = await coreAsServer();
    const noted = Object.entries(methods).map(([name, method]) => [
      name,
      (...call: Parameters<typeof method>) => {
        if (name !== "db.events") asked.push(name);
        return (method as (...given: unknown[]) => unknown)(...call);
      },
    ]);
    return Object.fromEntries(noted) as ServerMethods;
  });
  const client = await Client.open({ engine });
  for (const name of ["one", "two", "three"]) await client.createCollection({ name });
  asked.length = 0;
  await client.deleteCollection({ name: "two" });
  expect(asked).toEqual(["db.find", "db.delete"]);
  asked.length = 0;
  await client.reset();
  expect(asked).toEqual(["db.list", "db.delete", "db.delete"]);
  const gone = client.deleteCollection({ name: "two" });
  await expect(gone).rejects.toMatchObject({ code: "not_found" });
  await client.close();
});

test("changes are told, also by a write of which a part failed; deletions, and all of a reset", async () => {
  let fails = false;
  const engine = serverEngine("core", CAPABILITIES, async () => {
    const methods = await coreAsServer();
    return {
      ...methods,
      "db.collection.write": async (params, call) => {
        await methods["db.collection.write"]?.(params, call);
        if (fails) throw new PagevecError("network", "the answer was lost");
        return null;
      },
    };
  });
  const client = await Client.open({ engine });
  const [one, two] = await Promise.all(
    ["one", "two"].map((name) => client.createCollection({ name })),
  );
  const told: string[] = [];
  for (const each of [one, two]) each?.subscribe(() => told.push(each.name));
  const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
  await turn();
  const toldBy = async (work: () => Promise<unknown> | undefined) => {
    told.length = 0;
    await work()?.catch(() => {});
    await turn();
    return told.sort();
  };
  const record = { ids: ["1"], embeddings: [[1]] };
  expect(await toldBy(() => one?.add(record))).toEqual(["one"]);
  fails = true;
  expect(await toldBy(() => two?.add(record))).toEqual(["two"]);
  expect(await toldBy(() => two?.count())).toEqual([]);
  expect(await toldBy(() => two?.modify({ metadata: { a: 1 } }))).toEqual(["two"]);
  expect(await toldBy(() => client.reset())).toEqual(["one", "two"]);
  expect(await client.countCollections()).toBe(0);
  await client.close();
});
