import type * as chromadb from "chromadb";

/** chromadb, or what stands in for it; where its server is. */
export interface Setting {
  api: typeof chromadb;
  at: { host: string; port: number };
}

/**
 * Programs for chromadb's client as its documentation shows them, and what they print. Each makes and
 * deletes its own collections.
 */
export const SCRIPTS: Record<string, (setting: Setting) => Promise<unknown[]>> = {
  async "getting started"({ api, at }) {
    const client = new api.ChromaClient(at);
    const printed: unknown[] = [(await client.heartbeat()) > 1e18];
    const collection = await client.createCollection({
      name: "getting-started",
      embeddingFunction: letters,
    });
    await collection.add({
      ids: ["id1", "id2"],
      documents: ["This is a document about pineapple", "This is a document about oranges"],
    });
    const results = await collection.query({
      queryTexts: ["This is a query document about hawaii"],
      nResults: 2,
    });
    printed.push(results, results.rows());
    await client.deleteCollection({ name: "getting-started" });
    return printed;
  },

  async "the README's twenty records"({ api, at }) {
    const chroma = new api.ChromaClient(at);
    const collection = await chroma.createCollection({
      name: "test-from-js",
      embeddingFunction: letters,
    });
    for (let i = 0; i < 20; ++i) {
      await collection.add({
        ids: [`test-id-${i}`],
        embeddings: [[1, 2, 3, 4, i]],
        documents: ["test"],
      });
    }
    const found = await collection.query({
      queryEmbeddings: [[1, 2, 3, 4, 5.2]],
      queryTexts: ["test"],
    });
    await chroma.deleteCollection({ name: "test-from-js" });
    return [found];
  },

  async "collections: make, list, change, delete"({ api, at }) {
    const client = new api.ChromaClient(at);
    const before = await client.countCollections();
    const made = await client.createCollection({
      name: "managed",
      embeddingFunction: null,
      metadata: { description: "my first", year: 2025 },
      configuration: { hnsw: { space: "cosine", ef_search: 50 } },
    });
    const same = await client.getOrCreateCollection({
      name: "managed",
      embeddingFunction: null,
      metadata: { other: true },
    });
    const byName = await client.getCollections(["managed"]);
    const byId = await client.getCollectionById(made.id);
    const { space, ef_search } = made.configuration.hnsw ?? {};
    const printed: unknown[] = [
      (await client.countCollections()) - before,
      [same.id === made.id, byId.name, byName.map(({ name }) => name)],
      [same.metadata, made.tenant, made.database, space, ef_search],
    ];
    await made.modify({ name: "renamed", metadata: { description: "changed" } });
    const renamed = await client.getCollection({ name: "renamed" });
    printed.push([renamed.name, renamed.metadata, renamed.embeddingFunction ?? null, made.name]);
    const [listed] = (await client.listCollections()).filter(({ name }) => name === "renamed");
    printed.push([
      listed?.id === made.id,
      await failure(client.getCollection({ name: "managed" })),
    ]);
    await client.deleteCollection({ name: "renamed" });
    return [...printed, (await client.countCollections()) - before];
  },

  async "records: update, upsert, get, peek, delete"({ api, at }) {
    const client = new api.ChromaClient(at);
    const collection = await client.createCollection({
      name: "records",
      embeddingFunction: letters,
    });
    await collection.add({
      ids: ["id1", "id2", "id3"],
      documents: ["lorem ipsum", "doc two", "doc three"],
      metadatas: [
        { chapter: 3, verse: 16 },
        { chapter: 3, verse: 5 },
        { chapter: 29, tags: ["x"] },
      ],
    });
    await collection.add({ ids: ["id1"], documents: ["is there already"] });
    await collection.update({ ids: ["id1", "none"], metadatas: [{ verse: 17 }, { verse: 1 }] });
    await collection.upsert({
      ids: ["id2", "id4"],
      embeddings: [
        [1, 0, 0, 0, 0],
        [0, 1, 0, 0, 0],
      ],
      metadatas: [{ fresh: true }, { chapter: 30 }],
      documents: ["doc two again", "doc four"],
    });
    const include = [
      api.IncludeEnum.embeddings,
      api.IncludeEnum.metadatas,
      api.IncludeEnum.documents,
    ];
    const all = await collection.get({ include });
    const printed: unknown[] = [
      [all, all.rows(), await collection.count()],
      await collection.peek({ limit: 2 }),
      await collection.get({ ids: ["id3", "id1"], limit: 1, offset: 1 }),
      await collection.get({ ids: ["none"] }),
      await collection.get({ include: ["uris"] }),
    ];
    printed.push(await collection.delete({ ids: ["id3"], where: { chapter: { $gte: 20 } } }));
    printed.push(await collection.delete({ where: { chapter: 3 } }), await collection.count());
    await client.deleteCollection({ name: "records" });
    return printed;
  },

  async "filters of metadata and documents"({ api, at }) {
    const client = new api.ChromaClient(at);
    const collection = await client.createCollection({
      name: "filters",
      embeddingFunction: letters,
    });
    await collection.add({
      ids: ["a", "b", "c", "d"],
      documents: ["green tea", "Green apples", "black tea", "coal"],
      metadatas: [
        { kind: "tea", price: 4.5, origin: ["jp", "cn"] },
        { kind: "fruit", price: 2, fresh: true },
        { kind: "tea", price: 3 },
        { kind: "fuel", price: 9, fresh: false },
      ],
    });
    const wheres: chromadb.Where[] = [
      { kind: "tea" },
      { kind: { $ne: "tea" } },
      { price: { $gt: 3 } },
      { price: { $lte: 3 } },
      { kind: { $in: ["tea", "fuel"] } },
      { kind: { $nin: ["tea", "fuel"] } },
      { origin: { $contains: "jp" } },
      { fresh: true },
      { $and: [{ kind: "tea" }, { price: { $lt: 4 } }] },
      { $or: [{ fresh: false }, { $and: [{ kind: "tea" }, { price: { $gt: 4 } }] }] },
    ];
    const documents: chromadb.WhereDocument[] = [
      { $contains: "tea" },
      { $not_contains: "tea" },
      { $regex: "^[gG]reen" },
      { $and: [{ $contains: "e" }, { $not_contains: "green" }] },
    ];
    const printed: unknown[] = [];
    for (const where of wheres) printed.push((await collection.get({ where })).ids);
    for (const whereDocument of documents) {
      printed.push((await collection.get({ whereDocument })).ids);
      const query = {
        queryTexts: ["tea"],
        nResults: 2,
        whereDocument,
        where: { price: { $lt: 9 } },
      };
      printed.push((await collection.query({ ...query, include: ["distances"] })).distances);
    }
    await client.deleteCollection({ name: "filters" });
    return printed;
  },

  async "batches of what the server takes at most"({ api, at }) {
    const client = new api.ChromaClient(at);
    const collection = await client.createCollection({ name: "batches", embeddingFunction: null });
    const size = Math.min(200, await client.getMaxBatchSize());
    const ids = Array.from({ length: 500 }, (_, i) => `id${i}`);
    for (let begin = 0; begin < ids.length; begin += size) {
      const some = ids.slice(begin, begin + size);
      await collection.add({ ids: some, embeddings: some.map((_, i) => [begin + i, 1]) });
    }
    const { ids: nearest } = await collection.query({ queryEmbeddings: [[250.2, 1]], nResults: 3 });
    const printed = [await collection.count(), nearest];
    await client.deleteCollection({ name: "batches" });
    return printed;
  },

  async "errors by their names"({ api, at }) {
    const client = new api.ChromaClient(at);
    const collection = await client.createCollection({
      name: "errors",
      embeddingFunction: letters,
    });
    await collection.add({ ids: ["a"], embeddings: [[1, 2, 3, 4, 5]] });
    const empty = { ids: [""], embeddings: [[1, 2, 3, 4, 5]] };
    const printed = [
      await failure(client.createCollection({ name: "errors", embeddingFunction: null })),
      await failure(client.createCollection({ name: "?", embeddingFunction: null })),
      await failure(client.getCollection({ name: "missing" })),
      await failure(client.deleteCollection({ name: "missing" })),
      await failure(client.getCollectionById("00000000-0000-0000-0000-000000000000")),
      await failure(collection.add({ ids: ["b", "b"], documents: ["x", "y"] })),
      await failure(collection.add({ ids: ["b"] })),
      await failure(collection.add({ ids: ["b"], embeddings: [[1]] })),
      await failure(collection.add(empty)),
      await failure(collection.add({ ids: ["b"], documents: ["x"], metadatas: [{}] })),
      await failure(collection.get({ where: { a: { $gt: "x" as never } } })),
      await failure(collection.get({ whereDocument: { $bad: "x" } as never })),
      await failure(collection.get({ include: ["bogus" as never] })),
      await failure(collection.query({ queryEmbeddings: [[1, 2]] })),
      await failure(collection.query({ queryTexts: ["x"], nResults: -1 })),
      await failure(collection.query({})),
      await failure(Promise.resolve().then(() => api.createErrorByType("InvalidCollection", "x"))),
      await collection.count(),
    ];
    await client.deleteCollection({ name: "errors" });
    return printed;
  },
};

/** How often a text has each vowel. */
const letters: chromadb.EmbeddingFunction = {
  generate: async (texts) =>
    texts.map((text) => ["a", "e", "i", "o", "u"].map((letter) => text.split(letter).length - 1)),
};

async function failure(call: Promise<unknown>): Promise<string> {
  try {
    return `no error: ${JSON.stringify(await call)}`;
  } catch (error) {
    return (error as Error).name;
  }
}
