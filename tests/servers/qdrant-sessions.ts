import type { Client } from "../../js/src/client.js";
import type { AddParams, Where, WhereDocument } from "../../js/src/types.js";

// Calls whose requests, and Qdrant's answers to them, are recorded in tests/fixtures/servers/qdrant.

export const KEY = "test-key-qdrant";

const RECORDS: AddParams = {
  ids: ["a", "b", "é 日本"],
  embeddings: [
    [1, 0],
    [0.5, 0.25],
    [-1, 2],
  ],
  documents: ["green tea", null, "日本 tea"],
  metadatas: [
    { n: 1, ok: true, tags: ["x", "y"] },
    { n: 2.5, 'a."key"[]': "%" },
    { n: 0.30000000000000004 },
  ],
};

const WHERES: Where[] = [
  { n: 1 },
  { n: { $ne: 1 } },
  { n: { $gt: 1 } },
  { n: { $lte: 2.5 } },
  { n: { $in: [1, 0.30000000000000004] } },
  { ok: true },
  { 'a."key"[]': { $in: ["%", "x"] } },
  { tags: { $contains: "x" } },
  { tags: { $not_contains: "x" } },
  { $and: [{ ok: true }, { $or: [{ n: 1 }, { n: 3 }] }] },
];
const DOCUMENTS: WhereDocument[] = [
  { $contains: "tea" },
  { $not_contains: "green" },
  { $contains: "" },
  { $regex: "^.{2} tea$" },
];

async function filled(client: Client, space: "l2" | "cosine" | "ip" = "l2") {
  const configuration = { hnsw: { space, max_neighbors: 8, ef_construction: 50, ef_search: 30 } };
  const collection = await client.createCollection({ name: "records", configuration });
  await collection.add(RECORDS);
  return collection;
}

/** Of one client each, to whose server nobody else speaks. */
export const SESSIONS: Record<string, (client: Client) => Promise<unknown>> = {
  collections: async (client) => {
    const empty = await client.listCollections();
    const made = await client.createCollection({ name: "first", metadata: { n: 0.1 } });
    const same = await client.getOrCreateCollection({ name: "first" });
    await made.modify({ metadata: { n: 2 }, configuration: { hnsw: { ef_search: 20 } } });
    await made.modify({ name: "renamed" });
    await client.createCollection({ name: "second" });
    const names = (await client.listCollections()).map(({ name }) => name);
    const { metadata, configuration } = await client.getCollection({ name: "renamed" });
    await client.deleteCollection({ name: "renamed" });
    await client.reset();
    const left = await client.countCollections();
    return { empty, same: same.id === made.id, names, metadata, hnsw: configuration.hnsw, left };
  },
  write: async (client) => {
    const collection = await filled(client);
    await collection.add({
      ids: ["a", "c"],
      embeddings: [
        [9, 9],
        [0, 3],
      ],
    });
    await collection.upsert({ ids: ["b"], embeddings: [[4, 4]], metadatas: [{ n: "text" }] });
    await collection.update({ ids: ["a", "nobody"], metadatas: [{ n: 7 }, { n: 1 }] });
    await collection.update({ ids: ["c"], documents: ["new"], embeddings: [[0, 5]] });
    return collection.get({ include: ["documents", "metadatas", "embeddings"] });
  },
  read: async (client) => {
    const collection = await filled(client);
    return [
      await collection.count(),
      await collection.getIndexingStatus(),
      await collection.peek({ limit: 1 }),
      await collection.get({ limit: 1, offset: 1 }),
      await collection.get({ ids: ["é 日本", "a", "nobody"] }),
      await collection.get({ include: [] }),
    ];
  },
  filters: async (client) => {
    const collection = await filled(client);
    const found: string[][] = [];
    for (const where of WHERES) found.push((await collection.get({ where })).ids);
    for (const whereDocument of DOCUMENTS)
      found.push((await collection.get({ whereDocument })).ids);
    return found;
  },
  query: async (client) => {
    const collection = await filled(client);
    const queryEmbeddings = [
      [1, 1],
      [0, 0],
    ];
    const whereDocument = { $regex: "tea" };
    return [
      await collection.query({ queryEmbeddings, nResults: 2, efSearch: 40 }),
      await collection.query({
        queryEmbeddings,
        where: { n: { $gt: 0 } },
        include: ["embeddings"],
      }),
      await collection.query({ queryEmbeddings, whereDocument, include: ["distances"] }),
      await collection.search({ embedding: [1, 1], mode: "vector", limit: 2, explain: true }),
    ];
  },
  cosine: async (client) => {
    const collection = await filled(client, "cosine");
    const include = ["embeddings", "distances"] as const;
    return collection.query({ queryEmbeddings: [[3, 4]], include: [...include] });
  },
  ip: async (client) => {
    const collection = await filled(client, "ip");
    return collection.query({ queryEmbeddings: [[3, 4]], include: ["distances"] });
  },
  delete: async (client) => {
    const collection = await filled(client);
    return [
      await collection.delete({ where: { n: { $gt: 0 } }, limit: 1 }),
      await collection.delete({ ids: ["b", "nobody"] }),
      await collection.delete({ whereDocument: { $regex: "日" } }),
      await collection.count(),
    ];
  },
};

/** Ids of collections that are the same in every run. */
export function countedUuids(): typeof crypto.getRandomValues {
  let next = 0;
  return ((bytes: Uint8Array) => bytes.fill(++next)) as typeof crypto.getRandomValues;
}
