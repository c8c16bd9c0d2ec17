import "fake-indexeddb/auto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { ArchiveReader, ArchiveWriter } from "../../js/src/database/archive-format.js";
import type { DatabaseMethods } from "../../js/src/database/methods.js";
import { createDatabaseService } from "../../js/src/database/service.js";
import { connectInPlace } from "../../js/src/engine/host.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { PagevecError } from "../../js/src/errors.js";
import { IndexedDbStore } from "../../js/src/storage/indexeddb.js";
import type { CollectionConfiguration, Metadata, QueryParams } from "../../js/src/types.js";
import { openTestClient, type TestClientOptions, ToyEmbedding } from "./support/clients.js";
import { damageJournal, settled, withDatabase } from "./support/damage.js";

type Storage = "memory" | "indexeddb";

let core: CoreModule;
const open: Client[] = [];
beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

let names = 0;
const freshName = () => `archive-${++names}`;

async function client(options: Partial<TestClientOptions> = {}): Promise<Client> {
  const opened = await openTestClient({ core, name: freshName(), ...options });
  open.push(opened);
  return opened;
}

/** Pseudo-random numbers from -1 to 1. */
function numbers(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const DIMENSION = 16;

/** Records with and without documents and metadata, of which some were replaced and some deleted. */
async function fill(collection: Collection, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => `r${i}`);
  const embeddings = ids.map((_, i) => numbers(DIMENSION, i + 1));
  const documents = ids.map((id) => `the text of ${id}, with ünïcode 😀`);
  const metadatas: (Metadata | null)[] = ids.map((_, i) =>
    i % 3 === 0 ? null : { i, half: i / 2, even: i % 2 === 0, tags: ["a", `t${i}`] },
  );
  await collection.add({ ids, embeddings, documents, metadatas });
  const changed = ids.filter((_, i) => i % 10 === 1);
  await collection.update({
    ids: changed,
    embeddings: changed.map((_, i) => numbers(DIMENSION, 5000 + i)),
    metadatas: changed.map((id) => ({ changed: id })),
  });
  await collection.delete({ ids: ids.filter((_, i) => i % 7 === 2) });
}

const CONFIGURATIONS: [string, CollectionConfiguration][] = [
  ["scanned, l2", { hnsw: { space: "l2" } }],
  [
    "a graph, cosine",
    { index: "hnsw", hnsw: { space: "cosine", max_neighbors: 8, ef_search: 50 } },
  ],
  ["without its vectors", { hnsw: { space: "ip" }, keepVectors: false }],
  ["binary", { quantization: "binary", index: "hnsw" }],
  ["binary alone", { quantization: "binary", rescoring: "none", keepVectors: false }],
  ["int4", { quantization: "int4", rescoring: "none", index: "hnsw" }],
];

/** All that can be seen of a collection. */
async function contents(collection: Collection, embeddings = true) {
  const columns = ["documents", "metadatas"] as const;
  const include = embeddings ? [...columns, "embeddings" as const] : [...columns];
  const { ids, documents, metadatas, embeddings: vectors } = await collection.get({ include });
  const queries = [1, 2, 3].map((seed) => numbers(DIMENSION, seed * 77));
  const asked = { queryEmbeddings: queries, nResults: 8, where: { i: { $gte: 10 } } };
  const { ids: found, distances } = await collection.query(asked);
  const { metadata, configuration } = collection;
  const seen = { ids, documents, metadatas, vectors, found, distances };
  return { ...seen, metadata, configuration };
}

const fileOf = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(stream).arrayBuffer());

const ROUTES: [Storage, Storage][] = [
  ["memory", "memory"],
  ["memory", "indexeddb"],
  ["indexeddb", "memory"],
  ["indexeddb", "indexeddb"],
];

describe.each(ROUTES)("from %s to %s", (from, to) => {
  test.each(CONFIGURATIONS)(
    "a collection is the same on the other side: %s",
    async (_, settings) => {
      const name = freshName();
      const source = await client({ name, storage: from });
      const params = { name: "notes", metadata: { made: "here" }, configuration: settings };
      const notes = await source.createCollection(params);
      await fill(notes, 3000);
      const kept = settings.keepVectors !== false;
      const expected = await contents(notes, kept);
      const file = await fileOf(await notes.export());

      const name2 = freshName();
      const target = await client({ name: name2, storage: to });
      const [result] = await target.import(file);
      const count = await notes.count();
      expect(result).toEqual({ name: "notes", from: "notes", outcome: "created", records: count });
      const arrived = await target.getCollection({ name: "notes" });
      const { distances, ...seen } = await contents(arrived, kept);
      const { distances: measured, ...others } = expected;
      expect(seen).toEqual(others);
      // The vectors themselves are nowhere: what leaves the heap are their 16-bit values.
      const digits = kept ? 12 : 3;
      for (const [q, row] of distances.entries()) {
        row.forEach((distance, i) =>
          expect(distance).toBeCloseTo(measured[q]?.[i] as number, digits),
        );
      }
      // It is a collection like any other: it takes more, and has it after a reload.
      await arrived.add({ ids: ["more"], embeddings: [numbers(DIMENSION, 9)] });
      await arrived.delete({ ids: ["r0"] });
      expect(await arrived.count()).toBe(count);
      if (to === "memory") return;
      await target.close();
      const again = await client({ name: name2, storage: to });
      const reloaded = await again.getCollection({ name: "notes" });
      expect((await reloaded.get({ ids: ["r0", "r1", "more"] })).ids).toEqual(["r1", "more"]);
      expect(await again.check()).toEqual([expect.objectContaining({ problems: [] })]);
    },
  );
});

describe("a file that an earlier build made", () => {
  const fixture = (name: string) =>
    readFile(fileURLToPath(new URL(`../fixtures/archive/${name}`, import.meta.url)));

  test.each(["memory", "indexeddb"] as const)("reads the same: %s", async (storage) => {
    type Expected = { query: QueryParams; found: string[][] } & Record<string, unknown>;
    const expected: Record<string, Expected> = JSON.parse(String(await fixture("expected.json")));
    const target = await client({ storage });
    await target.import(new Uint8Array(await fixture("collections.pvar")));
    for (const [name, { query, found, ...columns }] of Object.entries(expected)) {
      const collection = await target.getCollection({ name });
      const include = ["documents", "metadatas", "embeddings"] as const;
      const { ids, documents, metadatas, embeddings } = await collection.get({
        include: [...include],
      });
      const vectors = embeddings.map((vector) => [...(vector as Float32Array)]);
      const { metadata, configuration } = collection;
      const seen = { metadata, configuration, ids, documents, metadatas, embeddings: vectors };
      expect(seen).toEqual(columns);
      const count = await collection.count();
      expect(count > 0 ? (await collection.query(query)).ids : []).toEqual(found);
    }
  });

  // The reader in C++ compares with what C++ would write, so the writers agree if this holds.
  test("is written again byte for byte", async () => {
    const file = new Uint8Array(await fixture("collections.pvar"));
    const [reader, writer] = [new ArchiveReader(core), new ArchiveWriter(core)];
    const written: Uint8Array[] = [];
    for (let at = 0; at < file.byteLength; ) {
      const block = file.subarray(at, at + reader.length(file.subarray(at)));
      at += block.byteLength;
      const kind = reader.take(block);
      if (kind === "header") written.push(writer.begin());
      else if (kind === "end") written.push(writer.end());
      else if (kind === "collection") written.push(writer.beginCollection(reader.collection));
      else written.push(writer.add(block));
    }
    reader.finish();
    expect(Buffer.concat(written)).toEqual(Buffer.from(file));
  });
});

describe("a file of collections", () => {
  /** Three collections: of a snapshot and batches, of batches alone, of nothing. */
  async function threeOf(storage: Storage): Promise<Client> {
    const name = freshName();
    const first = await client({ name, storage });
    const large = await first.createCollection({ name: "large" });
    await fill(large, 3000);
    if (storage === "indexeddb") await first.close();
    const source = storage === "indexeddb" ? await client({ name, storage }) : first;
    await (await source.getCollection({ name: "large" })).delete({ ids: ["r5"] });
    const small = await source.createCollection({ name: "small", metadata: { n: 1 } });
    await small.add({
      ids: ["a", "b"],
      embeddings: [
        [1, 2],
        [3, 4],
      ],
      documents: ["x", "y"],
    });
    await source.createCollection({ name: "empty", configuration: { index: "flat" } });
    return source;
  }

  const namesOf = async (of: Client) => (await of.listCollections()).map(({ name }) => name);

  test.each(["memory", "indexeddb"] as const)("all of a client: %s", async (storage) => {
    const source = await threeOf(storage);
    const file = await fileOf(await source.export());
    const target = await client({ storage });
    const results = await target.import(new Blob([file]));
    expect(results.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["large", "created"],
      ["small", "created"],
      ["empty", "created"],
    ]);
    expect(await namesOf(target)).toEqual(["large", "small", "empty"]);
    for (const name of ["large", "small", "empty"]) {
      const [here, there] = await Promise.all(
        [source, target].map((each) => each.getCollection({ name })),
      );
      const include = ["documents", "metadatas", "embeddings"] as const;
      expect({ ...(await there?.get({ include: [...include] })) }).toEqual({
        ...(await here?.get({ include: [...include] })),
      });
      expect(there?.configuration).toEqual(here?.configuration);
      expect(there?.id).not.toBe(here?.id);
    }
    const empty = await target.getCollection({ name: "empty" });
    await empty.add({ ids: ["first"], embeddings: [[1, 2, 3]] });
    expect(await empty.count()).toBe(1);
  });

  test("the same state is the same file, also of what was imported", async () => {
    const source = await threeOf("indexeddb");
    const file = await fileOf(await source.export());
    expect(await fileOf(await source.export())).toEqual(file);
    const target = await client({ storage: "indexeddb" });
    await target.import(file);
    const again = await fileOf(await target.export());
    // All but the ids, which are as long.
    expect(again.byteLength).toBe(file.byteLength);
  });

  test("a collection that cuts documents still does", async () => {
    const source = await client();
    const embeddingFunction = new ToyEmbedding("toy");
    const chunking = {
      maxTokens: 4,
      tokenizer: (text: string) => text.split(" ").filter(Boolean).length,
    };
    const params = { name: "cut", embeddingFunction, chunking };
    const cut = await source.createCollection(params);
    const document = "One two three. Four five six. Seven eight nine.";
    await cut.add({ ids: ["long", "short"], documents: [document, "one"] });
    const target = await client({ storage: "indexeddb" });
    await target.import(await cut.export());
    const other = new ToyEmbedding("other");
    const get = (ef: ToyEmbedding) =>
      target.getCollection({ name: "cut", embeddingFunction: ef, chunking });
    await expect(get(other)).rejects.toMatchObject({ code: "invalid_argument" });
    const arrived = await get(embeddingFunction);
    expect({ ...(await arrived.get()) }).toEqual({ ...(await cut.get()) });
    expect(await arrived.count()).toBe(2);
    const query = { queryTexts: ["Four five six."], nResults: 1 };
    expect((await arrived.query(query)).ids).toEqual((await cut.query(query)).ids);
    await arrived.delete({ ids: ["long"] });
    expect(await arrived.count()).toBe(1);
  });

  test.each(ROUTES)("objects with several vectors keep all of them: %s to %s", async (from, to) => {
    const source = await client({ storage: from });
    const embeddingFunctions = { title: new ToyEmbedding("title"), plot: new ToyEmbedding("plot") };
    const vectorizer = {
      vectorizeClassName: false,
      vectors: {
        title: { properties: ["title"] },
        plot: { properties: ["plot"], space: "cosine" as const },
      },
    };
    const films = await source.createCollection({ name: "films", embeddingFunctions, vectorizer });
    await films.objects.add([
      { id: "1", properties: { title: "alien", plot: "in space" } },
      { id: "2", properties: { title: "heat", plot: "a heist" } },
    ]);
    const target = await client({ storage: to });
    const old = await target.createCollection({ name: "films", embeddingFunctions, vectorizer });
    await old.objects.add([{ id: "old", properties: { title: "old", plot: "old" } }]);
    const file = await fileOf(await films.export());
    const results = await target.import(file, { ifExists: "replace" });
    expect(results).toEqual([{ name: "films", from: "films", outcome: "replaced", records: 2 }]);
    await target.import(file, { ifExists: "skip" });
    expect(await namesOf(target)).toEqual(["films"]);
    const arrived = await target.getCollection({ name: "films", embeddingFunctions });
    for (const targetVector of ["title", "plot"]) {
      const query = { queryTexts: ["alien", "a heist"], targetVector };
      const { ids, distances } = await arrived.query(query);
      const expected = await films.query(query);
      expect([ids, distances]).toEqual([expected.ids, expected.distances]);
    }
    await arrived.objects.add([{ id: "3", properties: { title: "3", plot: "3" } }]);
    expect(await arrived.count()).toBe(3);
    // A part goes with its collection, and without it it is no file.
    const parts = split(file);
    const without = parts.filter((_, i) => i === 0 || i >= parts.length - 3);
    await expect(target.import(new Blob(without as BlobPart[]))).rejects.toMatchObject({
      code: "corrupt",
    });
    await target.deleteCollection({ name: "films" });
    expect(await namesOf(target)).toEqual([]);
    expect(await fileOf(await target.export())).toHaveLength(2 * 56 + 4);
  });

  test("some of a client, some of a file", async () => {
    const source = await threeOf("memory");
    await expect(source.export({ collections: ["small", "none"] })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(source.export({ collections: ["-"] })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    const two = await fileOf(await source.export({ collections: ["small", "empty", "small"] }));
    const target = await client();
    expect(await target.import(two, { collections: ["empty"] })).toEqual([
      { name: "small", from: "small", outcome: "skipped", records: null },
      { name: "empty", from: "empty", outcome: "created", records: 0 },
    ]);
    expect(await namesOf(target)).toEqual(["empty"]);
    const missing = target.import(two, { collections: ["small", "large"] });
    await expect(missing).rejects.toMatchObject({ code: "not_found" });
    expect(await namesOf(target)).toEqual(["empty"]);
  });

  test.each(["memory", "indexeddb"] as const)("names that are taken: %s", async (storage) => {
    const source = await threeOf(storage);
    const file = await fileOf(await source.export({ collections: ["small", "empty"] }));
    const target = await client({ storage });
    const old = await target.createCollection({ name: "empty" });
    await old.add({ ids: ["old"], embeddings: [[1, 2, 3, 4]] });

    await expect(target.import(file)).rejects.toMatchObject({ code: "already_exists" });
    expect(await namesOf(target)).toEqual(["empty"]);
    const skipped = await target.import(file, { ifExists: "skip" });
    expect(skipped.map(({ outcome }) => outcome)).toEqual(["created", "skipped"]);
    expect((await old.get()).ids).toEqual(["old"]);

    const rename = { small: "other", empty: "another" };
    const renamed = await target.import(file, { rename });
    expect(renamed.map(({ name, from }) => [name, from])).toEqual([
      ["other", "small"],
      ["another", "empty"],
    ]);
    const both = target.import(file, { rename: { small: "same", empty: "same" } });
    await expect(both).rejects.toMatchObject({ code: "already_exists" });
    await expect(target.import(file, { rename: { small: "-" } })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    await expect(target.import(file, { ifExists: "merge" as "skip" })).rejects.toMatchObject({
      code: "invalid_argument",
    });

    const replaced = await target.import(file, { ifExists: "replace" });
    expect(replaced.map(({ outcome }) => outcome)).toEqual(["replaced", "replaced"]);
    expect(await namesOf(target)).toEqual(["other", "another", "small", "empty"]);
    expect((await (await target.getCollection({ name: "empty" })).get()).ids).toEqual([]);
    // Another collection now: the old one was deleted.
    await expect(old.get()).rejects.toMatchObject({ code: "not_found" });
  });

  test("chunks of any size, from any kind of source", async () => {
    const source = await threeOf("memory");
    const file = await fileOf(await source.export({ collections: ["small"] }));
    const streamOf = (size: number) => {
      let at = 0;
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(file.subarray(at, at + size));
          at += size;
          if (at >= file.byteLength) controller.close();
        },
      });
    };
    const padded = new Uint8Array(file.byteLength + 20);
    padded.set(file, 10);
    const sources = [
      file.buffer,
      padded.subarray(10, 10 + file.byteLength),
      new Blob([file]),
      ...[1, 7, 55, 56, 57, 1000].map(streamOf),
    ];
    for (const each of sources) {
      const target = await client();
      const progress: number[] = [];
      const onProgress = ({ done }: { done: number }) => progress.push(done);
      await target.import(each, {}, { onProgress });
      expect(await namesOf(target)).toEqual(["small"]);
      expect(progress.at(-1)).toBe(file.byteLength);
    }
    // As small pieces as there are, past the gathering on the page.
    const { list, push, commit } = await startImport();
    for (const byte of file) await push(Uint8Array.of(byte));
    await commit();
    expect(await list()).toEqual(["small"]);
  });

  test("what is no such file, and sources that fail", async () => {
    const target = await client();
    const refused = (file: unknown, code: string) =>
      expect(target.import(file as Blob)).rejects.toMatchObject({ code });
    await refused(new Uint8Array(0), "corrupt");
    await refused(new TextEncoder().encode("PK\u0003\u0004 a zip, perhaps"), "corrupt");
    await refused(new TextEncoder().encode("PVAR"), "corrupt");
    await refused(new ReadableStream({ start: (c) => c.enqueue("text") }), "invalid_argument");
    const broken = new ReadableStream({ start: (c) => c.error(new Error("gone")) });
    await refused(broken, "network");
    await refused(undefined, "invalid_argument");
    await refused({}, "invalid_argument");
    expect(await namesOf(target)).toEqual([]);
  });

  test.each(["memory", "indexeddb"] as const)(
    "no byte can be changed, no end cut off, nothing put behind: %s",
    async (storage) => {
      const source = await client({ storage });
      const notes = await source.createCollection({ name: "notes", metadata: { a: 1 } });
      await notes.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["x"] });
      await notes.delete({ ids: ["a"] });
      const file = await fileOf(await source.export());
      const name = freshName();
      const target = await client({ name, storage });
      const kept = await target.createCollection({ name: "notes" });
      await kept.add({ ids: ["kept"], embeddings: [[1]] });
      const refused = async (bytes: Uint8Array, what: string) => {
        const code = await target.import(bytes, { ifExists: "replace" }).then(
          () => `${what} was imported`,
          (error) => error.code,
        );
        expect(code).toBe("corrupt");
      };
      const step = storage === "memory" ? 1 : 5;
      for (let i = 0; i < file.byteLength; i += step) {
        const bad = file.slice();
        bad[i] = (bad[i] as number) ^ (1 << (i % 8));
        await refused(bad, `byte ${i} changed`);
        await refused(file.subarray(0, i), `the first ${i} bytes`);
      }
      await refused(new Uint8Array([...file, 0]), "one byte more");
      await refused(new Uint8Array([...file, ...file]), "the file twice");
      expect(await namesOf(target)).toEqual(["notes"]);
      expect((await kept.get()).ids).toEqual(["kept"]);
      if (storage === "indexeddb") expect(await blocksOf(name)).toEqual({ journal: 1, parts: 0 });
      await target.import(file, { ifExists: "replace" });
    },
  );

  test("swapped, repeated and missing blocks", async () => {
    const source = await threeOf("indexeddb");
    const blocks = split(await fileOf(await source.export()));
    expect(blocks.length).toBeGreaterThan(8);
    const target = await client({ storage: "indexeddb" });
    const refused = (mixed: Uint8Array[]) =>
      expect(target.import(new Blob(mixed as BlobPart[]))).rejects.toMatchObject({
        code: "corrupt",
      });
    for (let i = 0; i < blocks.length; ++i) {
      await refused(blocks.filter((_, j) => j !== i));
      await refused(blocks.flatMap((block, j) => (j === i ? [block, block] : [block])));
      const swapped = [...blocks];
      const next = (i + 1) % blocks.length;
      [swapped[i], swapped[next]] = [swapped[next] as Uint8Array, swapped[i] as Uint8Array];
      await refused(swapped);
    }
    expect(await namesOf(target)).toEqual([]);
  });

  test("later versions are told from damage", async () => {
    const source = await threeOf("memory");
    const file = await fileOf(await source.export({ collections: ["small"] }));
    const target = await client();
    for (const [i, block] of split(file).entries()) {
      const blocks = split(file);
      const view = new DataView(block.buffer);
      view.setUint16(4, 9, true);
      view.setUint32(52, core.crc32c(block.subarray(0, 52)), true);
      blocks[i] = block;
      await expect(target.import(new Blob(blocks as BlobPart[]))).rejects.toMatchObject({
        code: "format_too_new",
      });
    }
    const later = edited(file, (manifest) => ({ ...manifest, format: 99 }));
    await expect(target.import(later)).rejects.toMatchObject({ code: "format_too_new" });
  });

  test("a file whose checksums are right and whose content is not", async () => {
    const source = await client({ storage: "indexeddb" });
    const notes = await source.createCollection({ name: "notes" });
    await fill(notes, 20);
    const file = await fileOf(await source.export());
    const memory = await client();
    const other = await memory.createCollection({ name: "notes" });
    await fill(other, 20);
    const snapshot = await fileOf(await memory.export());
    const name = freshName();
    const target = await client({ name, storage: "indexeddb" });
    const refused = async (bytes: Uint8Array) =>
      expect(await target.import(bytes).then(String, (error) => error.code)).toBe("corrupt");
    const setting = (changes: object) => (manifest: Manifest) => ({
      ...manifest,
      configuration: { ...(manifest.configuration as object), ...changes },
    });
    const hnsw = { space: "cosine", ef_construction: 100, ef_search: 100, max_neighbors: 16 };
    const edits: ((manifest: Manifest) => unknown)[] = [
      () => [],
      () => null,
      () => "text",
      ({ name: _, ...rest }) => rest,
      ({ configuration: _, ...rest }) => rest,
      (manifest) => ({ ...manifest, name: "../" }),
      (manifest) => ({ ...manifest, metadata: { nested: { a: 1 } } }),
      (manifest) => ({ ...manifest, metadata: 7 }),
      (manifest) => ({ ...manifest, embeddingFunction: { type: "known", name: 3 } }),
      (manifest) => ({ ...manifest, embeddingFunction: { type: "other" } }),
      setting({ hnsw: { ...hnsw, max_neighbors: 1e6 } }),
      setting({ hnsw: { ...hnsw, space: "manhattan" } }),
      setting({ hnsw: null }),
      setting({ index: "tree" }),
      setting({ quantization: "int2" }),
      setting({ vectorizer: { properties: 3 } }),
      setting({ chunking: { maxTokens: -1 } }),
    ];
    for (const edit of edits) {
      await refused(edited(file, edit));
      await refused(edited(snapshot, edit));
    }
    // The snapshot is of another space than the manifest says.
    await refused(edited(snapshot, setting({ hnsw })));
    expect(await namesOf(target)).toEqual([]);
    expect(await blocksOf(name)).toEqual({ journal: 0, parts: 0 });
  });

  test("batches whose checksums are right and whose content is not", async () => {
    const source = await client({ storage: "indexeddb" });
    await fill(await source.createCollection({ name: "notes" }), 8);
    const file = await fileOf(await source.export());
    const target = await client();
    const first = split(file)[2] as Uint8Array;
    for (let i = 56; i < first.byteLength; i += 5) {
      const forged = first.slice();
      forged[i] = (forged[i] as number) ^ 0xff;
      reseal(forged);
      const bytes = await rewritten([manifestOf(file)], [[forged]]);
      await target.import(bytes).then(
        async () => {
          // What is let in can be read.
          await (await target.getCollection({ name: "notes" })).get();
          await target.deleteCollection({ name: "notes" });
        },
        (error) => expect(error.code).toBe("corrupt"),
      );
    }
    expect(await namesOf(target)).toEqual([]);
  });

  interface Manifest extends Record<string, unknown> {
    name?: unknown;
    configuration?: unknown;
  }

  function split(file: Uint8Array): Uint8Array[] {
    const reader = new ArchiveReader(core);
    const blocks: Uint8Array[] = [];
    for (let at = 0; at < file.byteLength; ) {
      const length = reader.length(file.subarray(at));
      blocks.push(file.slice(at, at + length));
      at += length;
    }
    return blocks;
  }

  const manifestOf = (file: Uint8Array): unknown =>
    JSON.parse(new TextDecoder().decode(split(file)[1]?.subarray(56)));

  /** A file whose checksums are right, of batches from the first one on. */
  async function rewritten(manifests: unknown[], batches: Uint8Array[][]): Promise<Uint8Array> {
    const writer = new ArchiveWriter(core);
    const blocks = [writer.begin()];
    for (const [i, manifest] of manifests.entries()) {
      const records = batches[i] as Uint8Array[];
      const json = new TextEncoder().encode(JSON.stringify(manifest));
      const says = { parts: 0, coveredSequence: 0, lastSequence: records.length };
      blocks.push(writer.beginCollection({ manifest: json, ...says }));
      for (const record of records) blocks.push(writer.add(record));
    }
    blocks.push(writer.end());
    return new Uint8Array(await new Blob(blocks as BlobPart[]).arrayBuffer());
  }

  /** The file with another manifest, and checksums that are right for it. */
  function edited(file: Uint8Array, edit: (manifest: Manifest) => unknown): Uint8Array {
    const writer = new ArchiveWriter(core);
    const reader = new ArchiveReader(core);
    const blocks: Uint8Array[] = [];
    for (const block of split(file)) {
      const kind = reader.take(block);
      if (kind === "header") blocks.push(writer.begin());
      else if (kind === "end") blocks.push(writer.end());
      else if (kind === "collection") {
        const manifest = JSON.parse(new TextDecoder().decode(reader.collection.manifest));
        const json = new TextEncoder().encode(JSON.stringify(edit(manifest)));
        blocks.push(writer.beginCollection({ ...reader.collection, manifest: json }));
      } else blocks.push(writer.add(block));
    }
    return new Uint8Array(Buffer.concat(blocks));
  }

  function reseal(block: Uint8Array): void {
    const view = new DataView(block.buffer);
    view.setUint32(48, core.crc32c(block.subarray(56)), true);
    view.setUint32(52, core.crc32c(block.subarray(0, 52)), true);
  }

  test("an import that is given up leaves nothing", async () => {
    const source = await threeOf("indexeddb");
    const file = await fileOf(await source.export());
    const name = freshName();
    const target = await client({ name, storage: "indexeddb" });
    const controller = new AbortController();
    let pulled = 0;
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull(stream) {
        // More than the page gathers before it hands it on.
        stream.enqueue(file.subarray(0, file.byteLength - 100));
        if (++pulled === 2) controller.abort(new Error("enough"));
      },
      cancel() {
        cancelled = true;
      },
    });
    const importing = target.import(stream, {}, { signal: controller.signal });
    await expect(importing).rejects.toMatchObject({
      code: expect.stringMatching(/aborted|corrupt/),
    });
    expect(cancelled).toBe(true);
    const aborted = AbortSignal.abort();
    await expect(target.import(file, {}, { signal: aborted })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(await namesOf(target)).toEqual([]);
    expect(await blocksOf(name)).toEqual({ journal: 0, parts: 0 });
  });

  /** An import without the page's side, at whatever point. */
  async function startImport(name = freshName(), storage: Storage = "memory") {
    const engine = connectInPlace<DatabaseMethods>(createDatabaseService(core));
    const { database } = await engine.call("db.open", { name, storage });
    const plan = { collections: null, rename: {}, ifExists: "error" as const };
    const address = { database, ...(await engine.call("db.import", { database, plan })) };
    const list = async () => (await engine.call("db.list", address)).map(({ name }) => name);
    return {
      engine,
      list,
      address,
      push: (chunk: Uint8Array) => engine.call("db.import.push", { ...address, chunks: [chunk] }),
      commit: () => engine.call("db.import.commit", address),
    };
  }

  test("a page that ends in the middle of an import leaves nothing at the next open", async () => {
    const source = await threeOf("indexeddb");
    const file = await fileOf(await source.export());
    const name = freshName();
    const { push } = await startImport(name, "indexeddb");
    await push(file.subarray(0, file.byteLength - 60));
    const staged = await blocksOf(name);
    expect(staged.parts).toBeGreaterThan(2);
    expect(staged.journal).toBeGreaterThan(0);
    // Nobody ends it.
    const again = await client({ name, storage: "indexeddb" });
    expect(await namesOf(again)).toEqual([]);
    expect(await blocksOf(name)).toEqual({ journal: 0, parts: 0 });
  });

  test("a client that is closed ends what is under way", async () => {
    const source = await threeOf("indexeddb");
    const stream = await source.export();
    const reader = stream.getReader();
    await reader.read();
    const file = await fileOf(await source.export());
    const name = freshName();
    const { push, engine, address, commit } = await startImport(name, "indexeddb");
    await push(file.subarray(0, file.byteLength - 60));
    await engine.call("db.close", address);
    await expect(commit()).rejects.toMatchObject({ code: "closed" });
    expect(await blocksOf(name)).toEqual({ journal: 0, parts: 0 });
    await source.close();
    const rest = (async () => {
      while (!(await reader.read()).done);
    })();
    await expect(rest).rejects.toMatchObject({ code: "closed" });
  });

  test("a full store refuses all of a file", async () => {
    const source = await threeOf("indexeddb");
    const file = await fileOf(await source.export());
    for (let allowed = 0; allowed < 4; ++allowed) {
      const name = freshName();
      const store = await IndexedDbStore.open(name);
      let left = allowed;
      const full = () => {
        if (left-- <= 0) throw new PagevecError("quota_exceeded", "the browser has no room for it");
      };
      const { stage, adopt } = store.transfers;
      Object.assign(store.transfers, {
        stage: (id: string, parts: AsyncIterable<Uint8Array>, journal: never) => {
          async function* limited() {
            for await (const part of parts) {
              full();
              yield part;
            }
          }
          return stage(id, limited(), journal);
        },
        adopt: async (...args: Parameters<typeof adopt>) => {
          full();
          return adopt(...args);
        },
      });
      const target = await client({ name, storage: "indexeddb", openStore: async () => store });
      const kept = await target.createCollection({ name: "kept" });
      await expect(target.import(file)).rejects.toMatchObject({ code: "quota_exceeded" });
      expect(await namesOf(target)).toEqual(["kept"]);
      expect(await blocksOf(name)).toEqual({ journal: 0, parts: 0 });
      left = 1000;
      await kept.add({ ids: ["a"], embeddings: [[1]] });
      await target.import(file);
      expect(await namesOf(target)).toHaveLength(4);
    }
  });

  test("a name that is taken while the file is read", async () => {
    const source = await threeOf("memory");
    const file = await fileOf(await source.export({ collections: ["small"] }));
    for (const storage of ["memory", "indexeddb"] as const) {
      const name = freshName();
      const { engine, address, push, commit } = await startImport(name, storage);
      await push(file);
      const collection = {
        name: "small",
        metadata: null,
        configuration: (await source.getCollection({ name: "small" })).configuration,
        embeddingFunction: { type: "legacy" as const },
      };
      await engine.call("db.create", { ...address, collection, orGet: false });
      await expect(commit()).rejects.toMatchObject({ code: "already_exists" });
      await engine.call("db.transfer.end", address);
      await engine.call("db.transfer.end", address);
      await expect(push(file)).rejects.toMatchObject({ code: "closed" });
      expect(await engine.call("db.list", address)).toHaveLength(1);
      await engine.call("db.close", address);
    }
  });

  test.each(["memory", "indexeddb"] as const)("written to meanwhile: %s", async (storage) => {
    const source = await threeOf(storage);
    const large = await source.getCollection({ name: "large" });
    const expected = await large.get();
    const reader = (await large.export()).getReader();
    const chunks: Uint8Array[] = [];
    let writes = 0;
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      chunks.push(read.value);
      await large.add({ ids: [`new${++writes}`], embeddings: [numbers(DIMENSION, writes)] });
      await large.delete({ ids: [`r${writes * 10}`] });
    }
    expect(writes).toBeGreaterThan(0);
    const target = await client();
    await target.import(new Blob(chunks as BlobPart[]));
    const arrived = await target.getCollection({ name: "large" });
    expect({ ...(await arrived.get()) }).toEqual({ ...expected });
  });

  test("a snapshot that takes over meanwhile ends the stream, unless it can wait", async () => {
    const name = freshName();
    const store = await IndexedDbStore.open(name);
    const source = await client({ name, storage: "indexeddb", openStore: async () => store });
    const notes = await source.createCollection({ name: "notes" });
    await fill(notes, 100);
    const engineOf = async () => fileOf(await notes.export());
    const release = await store.transfers.holdSnapshot(notes.id);
    expect(await store.transfers.snapshotHeld(notes.id)).toBe(true);
    release();
    release();
    expect(await store.transfers.snapshotHeld(notes.id)).toBe(false);
    const { readJournal } = store;
    let switched = false;
    store.readJournal = async function* (id, after) {
      for await (const record of readJournal.call(store, id, after)) {
        yield record;
        if (switched) continue;
        switched = true;
        expect(await store.transfers.snapshotHeld(id)).toBe(true);
        // By a tab that does not ask.
        const last = await store.lastSequence(id);
        const target = { replaces: 0, generation: 5, coveredSequence: last };
        await store.writeSnapshot(id, target, [new Uint8Array(3)]);
      }
    };
    await store.append(notes.id, 4, new Uint8Array(70 * 1024));
    for (let sequence = 5; sequence < 60; ++sequence) {
      await store.append(notes.id, sequence, new Uint8Array(10));
    }
    await expect(engineOf()).rejects.toMatchObject({ code: expect.stringMatching(/conflict/) });
    expect(await store.transfers.snapshotHeld(notes.id)).toBe(false);
  });

  test("damaged data is not exported", async () => {
    const name = freshName();
    const source = await client({ name, storage: "indexeddb" });
    const notes = await source.createCollection({ name: "notes" });
    await fill(notes, 50);
    for (const damage of ["altered", "missing"] as const) {
      await damageJournal(name, notes.id, 2, damage);
      await expect(fileOf(await notes.export())).rejects.toMatchObject({
        code: "corrupt",
        message: expect.stringMatching(/"notes" cannot be exported/),
      });
    }
    await source.deleteCollection({ name: "notes" });
    await expect(notes.export()).rejects.toMatchObject({ code: "not_found" });
  });

  test("an export reads no further than it is read, and can be given up", async () => {
    const name = freshName();
    const store = await IndexedDbStore.open(name);
    const source = await client({ name, storage: "indexeddb", openStore: async () => store });
    const notes = await source.createCollection({ name: "notes" });
    // Batches that are a chunk each.
    for (let i = 0; i < 6; ++i) {
      await notes.add({ ids: [`${i}`], embeddings: [[i]], documents: ["x".repeat(2 ** 20)] });
    }
    let read = 0;
    const { readJournal } = store;
    store.readJournal = async function* (...args) {
      for await (const record of readJournal.apply(store, args)) {
        ++read;
        yield record;
      }
    };
    const stream = await notes.export();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(read).toBe(0);
    const reader = stream.getReader();
    await reader.read();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(read).toBeLessThanOrEqual(2);
    await reader.cancel();
    expect(await store.transfers.snapshotHeld(notes.id)).toBe(false);

    const controller = new AbortController();
    const aborted = (await notes.export({ signal: controller.signal })).getReader();
    await aborted.read();
    controller.abort();
    await expect(aborted.read()).rejects.toMatchObject({ code: "aborted" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await store.transfers.snapshotHeld(notes.id)).toBe(false);
  });
});

/** How many blocks IndexedDB has of a client. */
async function blocksOf(name: string): Promise<{ journal: number; parts: number }> {
  const found = { journal: 0, parts: 0 };
  await withDatabase(name, async (database) => {
    for (const store of ["journal", "parts"] as const) {
      found[store] = await settled(database.transaction(store).objectStore(store).count());
    }
  });
  return found;
}
