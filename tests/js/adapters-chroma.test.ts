import "fake-indexeddb/auto";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as theirs from "chromadb";
import * as ours from "../../js/src/adapters/chroma/index.js";
import { Client } from "../../js/src/client.js";
import { Knn, Rrf } from "../../js/src/collection/search/rank.js";
import type { DatabaseMethods } from "../../js/src/database/methods.js";
import { createDatabaseService } from "../../js/src/database/service.js";
import { connectInPlace } from "../../js/src/engine/host.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { miniLM } from "../../js/src/index.js";
import {
  type Recording,
  Replay,
  type ReplayClient,
  titleOf,
} from "../contract/collection-replay.js";
import { uniform } from "../support/mulberry32.mjs";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";
import { readFixtures } from "./support/fixture-folder.js";
import { randomSearch } from "./support/random-search.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

// A program's types hold when it changes over.
type Public<T, K extends keyof T> = Pick<T, K>;
type SharedCalls =
  | "heartbeat"
  | "countCollections"
  | "deleteCollection"
  | "reset"
  | "version"
  | "getMaxBatchSize"
  | "getPreflightChecks"
  | "supportsBase64Encoding"
  | "getUserIdentity";
const typedClient: Public<theirs.ChromaClient, SharedCalls> = new ours.ChromaClient();
type TheirCollection = Public<
  theirs.Collection,
  "id" | "name" | "tenant" | "database" | "count" | "delete" | "embeddingFunction" | "forkCount"
>;
const typedCollection = (collection: ours.Collection): TheirCollection => collection;
const typedRows = (result: ours.QueryResult): ReturnType<theirs.QueryResult["rows"]> =>
  result.rows();

test("its types are chromadb's", () => {
  expect([typedClient, typedCollection, typedRows]).toHaveLength(3);
});

/** Of chromadb's inside. */
const INSIDE = [
  "baseRecordSetFields",
  "recordSetFields",
  "processCreateCollectionConfig",
  "processUpdateCollectionConfig",
  "CmekProvider",
];

test("every name that chromadb exports is there", () => {
  const missing = Object.keys(theirs).filter((name) => !(name in ours));
  expect(missing.sort()).toEqual(INSIDE.sort());
});

test.each([
  ["CloudClient", ours.CloudClient],
  ["AdminClient", ours.AdminClient],
  ["Schema", ours.Schema],
  ["VectorIndexConfig", ours.VectorIndexConfig],
])("%s is of servers, and says so", (name, Absent) => {
  const make = () => new Absent({ apiKey: "k" });
  expect(make).toThrow(ours.ChromaClientError);
  expect(make).toThrow(`${name} is of Chroma's servers`);
});

test.each(Array.from({ length: 300 }, (_, seed) => seed))(
  "searches are written alike: %i",
  (seed) => {
    const build = (api: typeof theirs) => randomSearch(api, uniform(seed)).toPayload();
    expect(build(ours as unknown as typeof theirs)).toEqual(build(theirs));
  },
);

test.each([
  ["a condition with two keys", () => ours.WhereExpression.from({ a: 1, b: 2 })],
  ["an unknown operator", () => ours.WhereExpression.from({ a: { $near: 1 } })],
  ["an empty $or", () => ours.WhereExpression.from({ $or: [] })],
  ["an empty list", () => ours.K("a").isIn([])],
  ["a number in documents", () => ours.K.DOCUMENT.contains(1)],
  ["a knn limit of 0", () => ours.Knn({ query: "x", limit: 0 })],
  ["NaN in a query", () => ours.Knn({ query: new Float32Array([Number.NaN]) })],
  ["no rankings", () => ours.Rrf({ ranks: [] })],
  ["another number of weights", () => ours.Rrf({ ranks: [1], weights: [1, 2] })],
  ["a negative offset", () => new ours.Limit({ offset: -1 })],
  ["a key that is none", () => new ours.Select([1 as never])],
  ["a group without keys", () => new ours.GroupBy([], ours.Aggregate.minK(["a"], 1))],
])("a builder refuses %s", (_what, build) => {
  expect(build).toThrow(ours.ChromaValueError);
});

describe.each(CORES)("%s", (_name, load) => {
  let core: CoreModule;
  let pagevec: Client;
  let client: ours.ChromaClient;

  beforeEach(async () => {
    core ??= await load();
    pagevec = await openTestClient({ core });
    client = new ours.ChromaClient({ pagevec: Promise.resolve(pagevec) });
  });
  afterEach(() => pagevec.close());

  const recordings = readFixtures<Recording>(
    "providers",
    /^(chroma\.semantics|collection\.trace).*\.json$/,
  );
  test.each(recordings)(
    "answers and errors are those of the session %s",
    async (_file, recording) => {
      for (const [i, step] of recording.steps.entries()) {
        const codeOf = (error: unknown) => {
          const { name, cause } = error as Error;
          expect([titleOf(step, i), name]).toEqual([titleOf(step, i), step.error?.name]);
          return (cause as { code?: string } | undefined)?.code ?? "invalid_argument";
        };
        replay ??= new Replay(client as unknown as ReplayClient, recording, (error) =>
          codeOfStep(error),
        );
        codeOfStep = codeOf;
        await replay.run(step);
      }
      replay = undefined;
    },
  );
  let replay: Replay | undefined;
  let codeOfStep: (error: unknown) => string = String;

  test("results have chromadb's shape", async () => {
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    await notes.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["x"], metadatas: [{ n: 1 }] });
    const include: theirs.IncludeEnum[] = Object.values(theirs.IncludeEnum).slice(1);
    const got = await notes.get({ include });
    const data = {
      ids: ["a"],
      documents: ["x"],
      embeddings: [[1, 2]],
      metadatas: [{ n: 1 }],
      uris: [null],
    };
    expect({ ...got }).toEqual({ ...new theirs.GetResult({ ...data, include }) });
    expect(got.rows()).toEqual(new theirs.GetResult({ ...data, include }).rows());
    const found = await notes.query({
      queryEmbeddings: [[1, 2]],
      include: ["distances", "embeddings"],
    });
    expect(found.rows()).toEqual([[{ id: "a", distance: 0, embedding: [1, 2] }]]);
    expect(found.documents).toEqual([]);
    const { num_indexed_ops, num_unindexed_ops, total_ops } = await notes.getIndexingStatus();
    expect([num_indexed_ops + num_unindexed_ops, total_ops]).toEqual([1, 1]);
    expect(await notes.delete({ ids: ["a"] })).toEqual({ deleted: 1 });
    expect(notes.metadata).toBeUndefined();
  });

  test("the Search API answers", async () => {
    const notes = await client.createCollection({
      name: "notes",
      embeddingFunction: new ToyEmbedding(),
    });
    await notes.add({
      ids: ["a", "b", "c"],
      documents: ["a cat", "a dog", "bonds"],
      metadatas: [{ lang: "en" }, { lang: "de" }, { lang: "en" }],
    });
    const search = new ours.Search()
      .where(ours.K("lang").eq("en"))
      .rank(ours.Knn({ query: "a cat" }))
      .limit(1)
      .select(ours.K.DOCUMENT, ours.K.SCORE, "lang");
    const result = await notes.search(search);
    expect(result.rows()).toEqual([
      [{ id: "a", document: "a cat", score: 0, metadata: { lang: "en" } }],
    ]);
    expect(result.embeddings).toEqual([null]);
    const both = await notes.search([{ rank: ours.Knn({ query: "a dog" }), limit: 1 }, search]);
    expect(both.ids).toEqual([["b"], ["a"]]);
    await expect(notes.search([])).rejects.toBeInstanceOf(ours.ChromaValueError);
  });

  test("functions are remembered, registered and made again", async () => {
    class Letters {
      readonly name = "letters";
      constructor(readonly letter: string) {}
      static buildFromConfig = ({ letter }: { letter: string }) => new Letters(letter);
      generate = async (texts: string[]) =>
        texts.map((text) => [text.split(this.letter).length, 1]);
      getConfig = () => ({ letter: this.letter });
    }
    ours.registerEmbeddingFunction("letters", Letters as never);
    try {
      expect(() => ours.registerEmbeddingFunction("letters", Letters as never)).toThrow(
        ours.ChromaValueError,
      );
      const embeddingFunction = new Letters("a");
      const made = await client.createCollection({ name: "letters", embeddingFunction });
      expect(made.embeddingFunction).toBe(embeddingFunction);
      await made.add({ ids: ["1", "2"], documents: ["aaa", "b"] });
      const again = await client.getCollection({ name: "letters" });
      expect(again.embeddingFunction).toBeInstanceOf(Letters);
      expect((await again.query({ queryTexts: ["aab"], nResults: 1 })).ids).toEqual([["1"]]);
      expect(again.configuration.embedding_function).toEqual(
        ours.serializeEmbeddingFunction({ embeddingFunction }),
      );
      const [listed] = await client.listCollections();
      expect(listed?.embeddingFunction).toBeInstanceOf(Letters);
      const twice = { embeddingFunction, configuration: { embeddingFunction } };
      const refused = client.createCollection({ name: "twice", ...twice });
      await expect(refused).rejects.toBeInstanceOf(ours.ChromaValueError);
    } finally {
      ours.knownEmbeddingFunctions.delete("letters");
    }
  });

  test("without a function a collection has Chroma's default; pagevec's own fit, too", async () => {
    const plain = await client.createCollection({ name: "plain" });
    expect(plain.configuration.embedding_function).toEqual(await ours.getDefaultEFConfig());
    expect(plain.configuration.hnsw?.space).toBe("l2");
    expect((await client.getCollection({ name: "plain" })).embeddingFunction?.name).toBe("default");
    const mine = await client.createCollection({ name: "mine", embeddingFunction: miniLM() });
    expect(mine.configuration).toMatchObject({
      hnsw: { space: "cosine" },
      embedding_function: { type: "known", name: "pagevec-minilm" },
    });
    const none = await client.createCollection({ name: "none", embeddingFunction: null });
    const refused = none.add({ ids: ["a"], documents: ["x"] });
    await expect(refused).rejects.toMatchObject({ name: "ChromaValueError" });
  });

  test("a failing function's own error is what a program gets", async () => {
    const failure = new RangeError("the model is out");
    const embeddingFunction = { generate: () => Promise.reject(failure) };
    const notes = await client.createCollection({ name: "notes", embeddingFunction });
    await expect(notes.add({ ids: ["a"], documents: ["x"] })).rejects.toBe(failure);
    expect(await notes.count()).toBe(0);
  });

  test("what pagevec refuses as well, it refuses in the same words", async () => {
    const params = { name: "notes", embeddingFunction: null };
    const theirs = (await client.createCollection(params)) as ours.Collection;
    const mine = await pagevec.getCollection({ name: "notes" });
    const embeddings = [[1]];
    const wrong = "documents" as never;
    type Calls = [ofClass: string, theirs: () => unknown, mine: () => unknown][];
    const calls: Calls = [
      ...(["add", "upsert", "update"] as const).flatMap(
        (method): Calls => [
          [
            "ChromaClientError",
            () => theirs[method]({ ids: [""], embeddings }),
            () => mine[method]({ ids: [""], embeddings }),
          ],
          [
            "ChromaClientError",
            () => theirs[method]({ ids: ["a"], embeddings, uris: ["file:a"] }),
            () => mine[method]({ ids: ["a"], embeddings, uris: ["file:a"] } as never),
          ],
        ],
      ),
      [
        "ChromaClientError",
        () => theirs.query({ queryURIs: ["file:a"] }),
        () => mine.query({ queryURIs: ["file:a"] } as never),
      ],
      [
        "ChromaValueError",
        () => theirs.get({ include: wrong }),
        () => mine.get({ include: wrong }),
      ],
      [
        "ChromaValueError",
        () => theirs.query({ queryEmbeddings: embeddings, include: wrong }),
        () => mine.query({ queryEmbeddings: embeddings, include: wrong }),
      ],
      ["ChromaValueError", () => ours.Rrf({ ranks: [] }), () => Rrf({ ranks: [] })],
      [
        "ChromaValueError",
        () => ours.Rrf({ ranks: [1], weights: [0], normalize: true }),
        () => Rrf({ ranks: [1], weights: [0], normalize: true }),
      ],
      [
        "ChromaValueError",
        () => ours.Knn({ query: [1], limit: 0 }),
        () => Knn({ query: [1], limit: 0 }),
      ],
      [
        "ChromaClientError",
        () => client.createCollection({ name: "?", embeddingFunction: null }),
        () => pagevec.createCollection({ name: "?" }),
      ],
    ];
    for (const [name, call, own] of calls) {
      const { message } = await failureOf(own);
      expect(await failureOf(call)).toMatchObject({ name, message });
    }
    expect(await theirs.count()).toBe(0);
  });

  test("what there is not is refused, and nothing is kept of it", async () => {
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    const records = { ids: ["a"], embeddings: [[1]], uris: ["file:a"] };
    await expect(notes.add(records)).rejects.toBeInstanceOf(ours.ChromaClientError);
    const byAddress = notes.query({ queryURIs: ["file:a"] });
    await expect(byAddress).rejects.toBeInstanceOf(ours.ChromaClientError);
    await expect(notes.forkCount()).rejects.toBeInstanceOf(ours.ChromaClientError);
    const spann = { spann: {} } as never;
    const refused = client.createCollection({ name: "spann", configuration: spann });
    await expect(refused).rejects.toBeInstanceOf(ours.ChromaClientError);
    expect(await client.countCollections()).toBe(1);
  });
});

test("fork copies, with the index; collections are found by id", async () => {
  const pagevec = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
  const client = new ours.ChromaClient({ pagevec });
  const notes = await client.createCollection({
    name: "notes",
    embeddingFunction: new ToyEmbedding(),
    metadata: { k: "v" },
    configuration: { hnsw: { space: "ip", ef_search: 50 } },
  });
  await notes.add({
    ids: ["a", "b"],
    documents: ["a cat", "b"],
    metadatas: [{ n: 1 }, { n: 2 }],
  });
  const copy = await notes.fork({ name: "copy" });
  expect(copy.configuration).toEqual(notes.configuration);
  expect(copy.metadata).toEqual({ k: "v" });
  await copy.delete({ ids: ["a"] });
  expect([await notes.count(), await copy.count()]).toEqual([2, 1]);
  expect((await copy.query({ queryTexts: ["b"], nResults: 1 })).ids).toEqual([["b"]]);
  await expect(notes.fork({ name: "copy" })).rejects.toBeInstanceOf(ours.ChromaUniqueError);
  await expect(notes.fork({ name: "?" })).rejects.toBeInstanceOf(ours.ChromaClientError);

  expect((await client.getCollectionById(copy.id)).name).toBe("copy");
  const handle = client.collection(notes.id);
  expect(await handle.count()).toBe(2);
  await handle.add({ ids: ["c"], embeddings: [[1, 2, 3]] });
  expect((await handle.get({ ids: ["c"], include: ["embeddings"] })).embeddings).toEqual([
    [1, 2, 3],
  ]);
  for (const refused of [
    handle.add({ ids: ["d"], documents: ["x"] }),
    handle.modify({}),
    handle.fork({ name: "x" }),
  ]) {
    await expect(refused).rejects.toBeInstanceOf(ours.ChromaValueError);
  }
  const missing = client.collection("none").count();
  await expect(missing).rejects.toBeInstanceOf(ours.ChromaNotFoundError);
  await pagevec.close();
});

test("a handle asks once for its collection, and keeps it whatever others do with it", async () => {
  const core = await loadCore({ variant: "simd128" });
  const lists: string[] = [];
  const service = createDatabaseService(core);
  const inner = connectInPlace<DatabaseMethods>(service);
  const pagevec = await Client.connect(
    {
      alive: true,
      call: (method, params, options) => {
        if (method === "db.list") lists.push(method);
        return inner.call(method, params, options);
      },
      close: () => inner.close(),
    },
    { name: "handles", storage: "memory" },
  );
  const client = new ours.ChromaClient({ pagevec });
  const toy = new ToyEmbedding("toy");
  const { id } = await client.createCollection({ name: "notes", embeddingFunction: toy });
  const [used, other] = [client.collection(id), client.collection(id)];
  await Promise.all([used.count(), used.count(), used.peek()]);
  await used.add({ ids: ["a"], embeddings: [[1, 2, 3]], documents: ["x"] });
  expect(lists).toHaveLength(1);
  expect(await other.count()).toBe(1);
  expect(lists).toHaveLength(2);

  const notes = await pagevec.getCollection({ name: "notes", embeddingFunction: toy });
  await notes.modify({ name: "renamed" });
  await pagevec.createCollection({ name: "notes" });
  expect([await used.count(), await other.count()]).toEqual([1, 1]);
  expect(lists).toHaveLength(2);

  await notes.reembed(new ToyEmbedding("another"));
  await used.upsert({ ids: ["a"], embeddings: [[3, 2, 1]] });
  expect((await other.query({ queryEmbeddings: [[3, 2, 1]] })).distances).toEqual([[0]]);
  expect(lists).toHaveLength(4);
  await used.count();
  expect(lists).toHaveLength(4);

  await pagevec.deleteCollection({ name: "renamed" });
  for (const gone of [used, other, used]) {
    await expect(gone.count()).rejects.toBeInstanceOf(ours.ChromaNotFoundError);
  }
  await pagevec.close();
});

test("clients of one tenant and database are one, as at one server", async () => {
  const first = new ours.ChromaClient({ host: "localhost", port: 8000 });
  await first.createCollection({ name: "shared", embeddingFunction: null });
  const second = new ours.ChromaClient();
  expect(await second.countCollections()).toBe(1);
  const other = new ours.ChromaClient({ database: "other" });
  expect(await other.countCollections()).toBe(0);
  expect((await second.getUserIdentity()).databases).toEqual(["default_database"]);
  await (await first.pagevec()).close();
  await (await other.pagevec()).close();
});

describe("the life of the client that a name shares", () => {
  let lives = 0;
  const fresh = () => ({ database: `life-${++lives}` });
  const kept = { pagevec: { storage: "indexeddb" } } as const;
  const namesOf = async (client: ours.ChromaClient) =>
    (await client.listCollections()).map(({ name }) => name);
  const params = { name: "notes", embeddingFunction: null };

  test("closed: the next call opens it again, of an earlier client, too", async () => {
    const args = { ...fresh(), ...kept };
    const [first, second] = [new ours.ChromaClient(args), new ours.ChromaClient(args)];
    await first.createCollection(params);
    const opened = await first.pagevec();
    expect(await second.pagevec()).toBe(opened);
    const closing = opened.close();
    // It is not waited for.
    expect(await namesOf(second)).toEqual(["notes"]);
    await closing;
    expect(await namesOf(first)).toEqual(["notes"]);
    const again = await first.pagevec();
    expect(again).not.toBe(opened);
    await opened.close();
    expect(await new ours.ChromaClient(args).pagevec()).toBe(again);
    await again.close();
    await Promise.all([namesOf(first), namesOf(second)]);
    expect(await first.pagevec()).toBe(await second.pagevec());
    await (await first.pagevec()).close();
  });

  test("its database deleted, open or closed: empty, and of use", async () => {
    const args = { ...fresh(), ...kept };
    const client = new ours.ChromaClient(args);
    for (const open of [true, false]) {
      await client.createCollection(params);
      if (!open) await (await client.pagevec()).close();
      await new Promise((resolve, reject) => {
        const name = `pagevec/chroma:default_tenant/${args.database}`;
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = resolve;
        request.onerror = reject;
      });
      expect(await namesOf(client)).toEqual([]);
    }
    await client.createCollection(params);
    expect(await namesOf(new ours.ChromaClient(args))).toEqual(["notes"]);
    await (await client.pagevec()).close();
  });

  test("one that cannot be opened is tried again", async () => {
    const args = fresh();
    const wrong = { ...args, pagevec: { storage: "memory", wasmUrl: "/nowhere/" } } as const;
    await expect(new ours.ChromaClient(wrong).heartbeat()).rejects.toThrow();
    const client = new ours.ChromaClient({ ...args, pagevec: { storage: "memory" } });
    expect(await client.countCollections()).toBe(0);
    await (await client.pagevec()).close();
  });

  test("a worker that ended is followed by another one", () => {
    const output = runScript("worker", WORKER_ENDS);
    expect(output).toBe("ChromaServerError 0 notes\n");
  });
});

/** In memory: what the worker had is gone with it. */
const WORKER_ENDS = `
import { ChromaClient } from "pagevec/chroma";

const workers = [];
process.on("worker", (worker) => workers.push(worker));
const args = { pagevec: { worker: true } };
const client = new ChromaClient(args);
const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
await workers[0].terminate();
const failure = await notes.count().catch(({ name }) => name);
const count = await client.countCollections();
await client.createCollection({ name: "notes", embeddingFunction: null });
const [{ name }] = await new ChromaClient(args).listCollections();
console.log(failure, count, name);
await (await client.pagevec()).close();
`;

/** The example of chromadb's own README, which prints what it found. */
const README = `
import { ChromaClient } from "chromadb";

const chroma = new ChromaClient();
const collection = await chroma.createCollection({ name: "test-from-js" });
for (let i = 0; i < 20; i++) {
  await collection.add({
    ids: ["test-id-" + i.toString()],
    embeddings: [[1, 2, 3, 4, 5]],
    documents: ["test"],
  });
}
const queryData = await collection.query({
  queryEmbeddings: [[1, 2, 3, 4, 5]],
  queryTexts: ["test"],
});
console.log(JSON.stringify(queryData.rows()[0][9]), await collection.count());
`;

test("chromadb's README runs with its import changed", () => {
  const output = runScript("readme", README.replace('"chromadb"', '"pagevec/chroma"'));
  expect(output).toBe('{"id":"test-id-9","document":"test","metadata":null,"distance":0} 20\n');
});

async function failureOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was taken");
}

/** What a script prints, which imports the built package by its name. */
function runScript(name: string, source: string): string {
  const folder = join(ROOT, "build/adapters");
  mkdirSync(folder, { recursive: true });
  const script = join(folder, `${name}.mjs`);
  writeFileSync(script, source);
  return execFileSync(process.execPath, [script], { cwd: ROOT, encoding: "utf8" });
}
