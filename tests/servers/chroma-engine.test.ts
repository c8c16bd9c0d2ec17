import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { ChromaClient, registerEmbeddingFunction } from "chromadb";
import { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { openAIEmbedding } from "../../js/src/providers/openai.js";
import { type ChromaOptions, chroma } from "../../js/src/servers/chroma.js";
import type { EmbeddingFunction } from "../../js/src/types.js";
import { toyVector } from "../contract/collection-replay.js";
import { startChroma } from "./chroma-server.js";
import { type Gate, openGate } from "./gate.js";
import type { ServerProcess } from "./server-process.js";

// What a client over a Chroma server does that the list of same calls does not say.

/** A function that both know: chromadb remembers those alone that it can make again. */
class Toy implements EmbeddingFunction {
  readonly name = "toy";

  async generate(texts: string[]): Promise<number[][]> {
    return texts.map(toyVector);
  }

  getConfig() {
    return { letters: "a" };
  }

  static buildFromConfig(): Toy {
    return new Toy();
  }
}
const toy = new Toy();
registerEmbeddingFunction("toy", Toy as never);

let server: ServerProcess;
let url: string;
let client: Client;
let theirs: ChromaClient;
let gate: Gate | undefined;
let names = 0;

const open = (options: Partial<ChromaOptions> = {}) =>
  Client.open({ engine: chroma({ url, ...options }) });
const newName = () => `collection-${++names}`;
const made = (more: object = {}): Promise<Collection> =>
  client.createCollection({ name: newName(), ...more });
const failure = (work: Promise<unknown>) =>
  work.then(
    () => ({ code: "none", message: "" }),
    (error: { code: string; message: string }) => error,
  );

beforeAll(async () => {
  server = await startChroma();
  url = `http://127.0.0.1:${server.port}`;
  client = await open();
  theirs = new ChromaClient({ host: "127.0.0.1", port: server.port });
}, 300_000);

afterEach(async () => {
  await gate?.close();
  gate = undefined;
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
});

describe("chromadb's client and this one open each other's collections", () => {
  const record = { ids: ["1"], documents: ["a tea"], metadatas: [{ tags: ["x"], n: 1.5 }] };

  test("made here", async () => {
    const ours = await made({
      embeddingFunction: toy,
      metadata: { title: "tea" },
      configuration: { hnsw: { space: "cosine", ef_search: 77, max_neighbors: 20 } },
    });
    await ours.add(record);
    const found = await theirs.getCollection({ name: ours.name, embeddingFunction: toy as never });
    expect(found.id).toBe(ours.id);
    expect(found.metadata).toEqual({ title: "tea" });
    expect(found.configuration).toMatchObject({
      hnsw: { space: "cosine", ef_construction: 100, ef_search: 77, max_neighbors: 20 },
    });
    const stored = (await theirJson(ours.name)).configuration_json;
    expect(stored.embedding_function).toEqual({
      type: "known",
      name: "toy",
      config: { letters: "a" },
    });
    const { documents, metadatas, embeddings } = await found.get({
      include: ["documents", "metadatas", "embeddings"],
    });
    expect({ documents, metadatas }).toEqual({
      documents: record.documents,
      metadatas: record.metadatas,
    });
    expect(embeddings).toEqual([toyVector("a tea")]);
  });

  test("made by chromadb", async () => {
    const made = await theirs.createCollection({
      name: newName(),
      metadata: { title: "tea" },
      embeddingFunction: toy as never,
      configuration: { hnsw: { space: "ip", ef_search: 55 } },
    });
    await made.add(record);
    const ours = await client.getCollection({ name: made.name, embeddingFunction: toy });
    expect(ours.metadata).toEqual({ title: "tea" });
    expect(ours.configuration).toMatchObject({
      hnsw: { space: "ip", ef_search: 55 },
      embedding_function: { type: "known", name: "toy" },
    });
    await ours.upsert({ ids: ["1"], metadatas: [{ n: 2 }], documents: ["a cat"] });
    const [row] = (await made.get()).rows();
    expect(row).toMatchObject({ document: "a cat", metadata: { tags: ["x"], n: 2 } });
    const { code } = await failure(
      client.getCollection({
        name: made.name,
        embeddingFunction: { name: "other", generate: toy.generate },
      }),
    );
    expect(code).toBe("invalid_argument");
  });

  test("a provider's function is remembered by Chroma's name and keys", async () => {
    const options = { apiKey: "sk-0123456789", model: "text-embedding-3-small" };
    const embeddingFunction = openAIEmbedding(options);
    const ours = await made({ embeddingFunction });
    const { space } = ours.configuration.hnsw;
    const stored = (await theirJson(ours.name)).configuration_json;
    expect({ space, ...stored.embedding_function }).toMatchObject({
      space: "cosine",
      type: "known",
      name: "openai",
      config: { model_name: "text-embedding-3-small" },
    });
    expect(JSON.stringify(stored)).not.toContain("sk-");
  });

  async function theirJson(name: string) {
    const path = "/api/v2/tenants/default_tenant/databases/default_database/collections";
    return (await fetch(`${url}${path}/${name}`)).json() as Promise<{
      configuration_json: { embedding_function: object };
    }>;
  }
});

describe("batches", () => {
  const many = Array.from({ length: 6000 }, (_, i) => i);
  const batch = {
    ids: many.map(String),
    embeddings: many.map((i) => [i, 1]),
    documents: many.map((i) => (i % 2 === 0 ? `document ${i}` : null)),
  };

  test("of more records than a request takes", async () => {
    const collection = await made();
    const progress: number[] = [];
    await collection.add(batch, { onProgress: ({ done }) => progress.push(done) });
    expect(progress).toEqual([5461, 6000]);
    const { ids, documents } = await collection.get({ offset: 5459, limit: 3 });
    expect({ ids, documents }).toEqual({
      ids: ["5459", "5460", "5461"],
      documents: [null, "document 5460", null],
    });
    await collection.add({
      ids: batch.ids.concat("new"),
      embeddings: [...batch.embeddings, [0, 0]],
    });
    expect(await collection.count()).toBe(6001);
    await collection.delete({ ids: batch.ids });
    expect((await collection.get()).ids).toEqual(["new"]);
  }, 60_000);

  test("that break off say how many records were written", async () => {
    let writes = 0;
    gate = await openGate(server.port, ({ url: path = "" }) =>
      path.endsWith("/upsert") && ++writes > 1 ? 507 : undefined,
    );
    const limited = await open({ url: gate.url });
    const collection = await limited.createCollection({ name: newName() });
    const { code, message } = await failure(collection.upsert(batch));
    expect(code).toBe("provider_failed");
    expect(message).toContain("the first 5461 of 6000 records were written before that");
    expect(await collection.count()).toBe(5461);
    await limited.close();
  }, 60_000);

  test("of more bytes than a request takes", async () => {
    const collection = await made();
    const documents = many.slice(0, 8).map((i) => `${i}`.padEnd(6_000_000, "x"));
    await collection.add({
      ids: documents.map((_, i) => `${i}`),
      documents,
      embeddings: documents.map((_, i) => [i]),
    });
    expect(await collection.count()).toBe(8);
    const { documents: found } = await collection.get({ ids: ["7"] });
    expect(found).toEqual([documents[7]]);
    const { code } = await failure(
      collection.add({ ids: ["long"], documents: ["x".repeat(45_000_000)], embeddings: [[1]] }),
    );
    expect(code).toBe("limit_exceeded");
  }, 60_000);
});

describe("objects", () => {
  test("are kept with their vectorizer, also by another client", async () => {
    const params = {
      name: newName(),
      embeddingFunction: toy,
      metadata: { title: "cars" },
      vectorizer: { vectorizeClassName: false, propertyConfig: { built: { dataType: "date" } } },
    } as const;
    const cars = await client.createCollection(params);
    const built = new Date("2020-01-02T03:04:05Z");
    await cars.objects.add([
      { id: "1", properties: { brand: "Best", review: "a very great car", built, power: 300 } },
      { id: "2", properties: { brand: "Other", review: "a car" } },
    ]);
    await cars.objects.update([{ id: "1", properties: { power: 310 } }]);
    await cars.objects.upsert([{ id: "2", properties: { review: "another car, again" } }]);
    await cars.modify({ metadata: { title: "more cars" } });
    const other = await open();
    const found = await other.getCollection({ name: params.name, embeddingFunction: toy });
    expect(found.metadata).toEqual({ title: "more cars" });
    expect(await found.objects.get()).toEqual([
      {
        id: "1",
        properties: {
          brand: "Best",
          review: "a very great car",
          built: "2020-01-02T03:04:05Z",
          power: 310,
        },
        text: "Best a very great car",
      },
      {
        id: "2",
        properties: { brand: "Other", review: "another car, again" },
        text: "Other another car, again",
      },
    ]);
    const { rows } = await found.search({
      nearText: { concepts: ["Best a very great car"], moveTo: { objects: ["1"], force: 0.5 } },
      where: { power: { $gt: 300 } },
    });
    expect(rows).toMatchObject([{ id: "1", distance: 0 }]);
    await found.modify({ metadata: null });
    expect(found.metadata).toBeNull();
    expect(found.configuration.vectorizer).toEqual(cars.configuration.vectorizer);
    await other.close();
  });
});

describe("what the server lacks is refused", () => {
  const refusals: Record<string, () => Promise<unknown>> = {
    chunking: () => made({ chunking: { maxTokens: 50 } }),
    "several vectors": () => made({ vectorizer: { vectors: { a: {} } } }),
    'index: "flat"': () => made({ configuration: { index: "flat" } }),
    'quantization: "int4"': () => made({ configuration: { quantization: "int4" } }),
    'quantization: "binary"': () => made({ configuration: { quantization: "binary" } }),
    'rescoring: "none"': () => made({ configuration: { rescoring: "none" } }),
    "keepVectors: false": () => made({ configuration: { keepVectors: false } }),
    "lists in a collection's metadata": () => made({ metadata: { tags: ["x"] } }),
    "an efSearch of one call": async () =>
      (await made()).query({ queryEmbeddings: [[1]], efSearch: 50 }),
    "no metadata any more": async () =>
      (await made({ metadata: { a: 1 } })).modify({ metadata: null }),
    "keyword search": async () => (await made()).search({ text: "x", mode: "keyword" }),
    recall: async () => (await made()).recall(),
    project: async () => (await made()).project(),
    reembed: async () => (await made()).reembed(toy),
    exportHnswlib: async () => (await made()).exportHnswlib(),
    storage: () => client.storage(),
    check: () => client.check(),
    export: async () => new Response(await client.export()).blob(),
  };
  test.each(Object.entries(refusals))("%s", async (_, work) => {
    const { code, message } = await failure(work());
    expect([code, message]).toEqual([
      "unsupported",
      expect.stringMatching(/chroma cannot do this/),
    ]);
  });

  test("defaults and exact vectors are not", async () => {
    const { configuration } = await made({
      configuration: { quantization: "none", index: "hnsw" },
    });
    expect(configuration).toMatchObject({ quantization: "none", index: "hnsw", keepVectors: true });
  });

  test("settings out of range are invalid", async () => {
    for (const hnsw of [{ ef_search: 0 }, { max_neighbors: 1 }, { ef_construction: 5000 }]) {
      expect((await failure(made({ configuration: { hnsw } }))).code).toBe("invalid_argument");
    }
  });

  test("modified efSearch is the collection's", async () => {
    const collection = await made();
    const same = await client.getCollection({ name: collection.name });
    await collection.add({ ids: ["1"], embeddings: [[1]] });
    await collection.modify({ configuration: { hnsw: { ef_search: 321 } } });
    for (const each of [collection, same]) {
      expect((await each.query({ queryEmbeddings: [[1]] })).ids).toEqual([["1"]]);
    }
    const { configuration } = await client.getCollection({ name: collection.name });
    expect(configuration.hnsw.ef_search).toBe(321);
  });
});

test("own writes, changes and deletions are told", async () => {
  const collection = await made();
  let told = 0;
  const next = () => new Promise((resolve) => setTimeout(resolve, 50));
  const stop = collection.subscribe(() => ++told);
  await next();
  const steps = [
    () => collection.add({ ids: ["1"], embeddings: [[1]] }),
    () => collection.modify({ metadata: { a: 1 } }),
    () => collection.delete({ where: { nothing: { $ne: 1 } } }),
    () => client.deleteCollection({ name: collection.name }),
  ];
  for (const [i, step] of steps.entries()) {
    await step();
    await next();
    expect(told).toBe(i + 1);
  }
  stop();
});

test("reset() deletes the collections of its database, and of no other", async () => {
  const database = "to-reset";
  await fetch(`${url}/api/v2/tenants/default_tenant/databases`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: database }),
  });
  const kept = await made();
  const other = await open({ database });
  await other.createCollection({ name: kept.name });
  await other.createCollection({ name: newName() });
  await other.reset();
  expect(await other.countCollections()).toBe(0);
  expect((await client.getCollection({ name: kept.name })).id).toBe(kept.id);
  await other.close();
  expect((await failure(other.countCollections())).code).toBe("closed");
});

describe("opening", () => {
  const TOKEN = "token-0123456789";
  const codeOf = async (options: Partial<ChromaOptions>) => failure(open(options));

  test("what is not there", async () => {
    expect((await codeOf({ database: "none" })).code).toBe("not_found");
    expect((await codeOf({ tenant: "none/../x" })).code).toBe("not_found");
    const away = await codeOf({ url: "http://127.0.0.1:9", maxRetries: 0 });
    expect(away.code).toBe("network");
    expect(away.message).toContain("asked was GET http://127.0.0.1:9/api/v2/pre-flight-checks");
    expect(away.message).toContain("start the server");
    // That is for pages.
    expect(away.message).not.toContain("cors_allow_origins");
    expect((await codeOf({ url: `${url}/elsewhere` })).code).toBe("invalid_response");
    expect((await codeOf({ url: undefined as never })).code).toBe("invalid_argument");
  });

  test("a key is sent in x-chroma-token, and told to nobody", async () => {
    gate = await openGate(server.port, ({ headers }) =>
      headers["x-chroma-token"] === TOKEN ? undefined : 401,
    );
    const { code, message } = await codeOf({ url: gate.url, apiKey: "wrong-0123456789" });
    expect(code).toBe("unauthorized");
    expect(message).not.toContain("wrong");
    const admitted = await open({ url: gate.url, apiKey: async () => TOKEN });
    expect(await admitted.countCollections()).toBeGreaterThan(0);
    await admitted.close();
  });

  test("a proxy of one's own takes the place of the server", async () => {
    gate = await openGate(server.port, ({ headers }) =>
      headers.authorization === "Bearer session" ? undefined : 403,
    );
    const options = { url: "https://chroma.example", proxyURL: gate.url };
    const admitted = await open({ ...options, headers: { authorization: "Bearer session" } });
    await admitted.close();
    expect(gate.seen).toEqual([
      "GET /api/v2/pre-flight-checks",
      "GET /api/v2/tenants/default_tenant/databases/default_database",
    ]);
    expect((await codeOf(options)).code).toBe("unauthorized");
  });
});

test("a server that is busy is asked again, but to make a collection once", async () => {
  let busy = 2;
  gate = await openGate(server.port, ({ url: path = "" }) =>
    /(count|collections)$/.test(path) && busy-- > 0 ? 503 : undefined,
  );
  const patient = await open({ url: gate.url });
  const collection = await made();
  const same = await patient.getCollection({ name: collection.name });
  expect(await same.count()).toBe(0);
  busy = 1;
  expect((await failure(patient.createCollection({ name: newName() }))).code).toBe(
    "provider_failed",
  );
  await patient.close();
});

test("an AbortSignal ends a call", async () => {
  const collection = await made();
  const controller = new AbortController();
  const waiting = failure(collection.count({ signal: controller.signal }));
  controller.abort();
  expect((await waiting).code).toBe("aborted");
});
