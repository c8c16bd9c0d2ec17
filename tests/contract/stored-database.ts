import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { assert, assertEqual, assertRejects, type ContractCase } from "./contract.js";

/** tests/fixtures/database/v1.json: the rows of a client's database, and what its collections answered. */
export interface StoredDatabase {
  version: number;
  meta: [IDBValidKey, StoredManifest][];
  /** Blocks in base64. */
  journal: [IDBValidKey, string][];
  parts: [IDBValidKey, string][];
  expected: Record<string, ExpectedCollection>;
}

interface StoredManifest {
  format: number;
  id: string;
  name: string;
  epoch?: number;
  snapshot: { generation: number; coveredSequence: number };
}

interface ExpectedCollection {
  metadata: unknown;
  ids: string[];
  documents: unknown[];
  metadatas: unknown[];
  embeddings: number[][];
  queryEmbeddings: number[][];
  nearest: string[][];
}

export interface StoredDatabaseContext {
  fixture(): Promise<StoredDatabase>;
  open(name: string): Promise<Client>;
}

const STORES = ["meta", "journal", "parts"] as const;
type Rows = Record<(typeof STORES)[number], [IDBValidKey, unknown][]>;

const settled = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const bytes = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** Opens a client's database behind its back, new ones with the stores of version 1. */
async function withDatabase<T>(client: string, work: (database: IDBDatabase) => Promise<T>) {
  const request = indexedDB.open(`pagevec/${client}`, 1);
  request.onupgradeneeded = () => {
    for (const store of STORES) request.result.createObjectStore(store);
  };
  const database = await settled(request);
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

function put(client: string, rows: Rows): Promise<void> {
  return withDatabase(client, async (database) => {
    for (const name of STORES) {
      const store = database.transaction(name, "readwrite").objectStore(name);
      await Promise.all(rows[name].map(([key, value]) => settled(store.put(value, key))));
    }
  });
}

/** All that is stored of one collection. */
function rowsOf(client: string, id: string): Promise<Rows> {
  return withDatabase(client, async (database) => {
    const rows: Rows = { meta: [], journal: [], parts: [] };
    for (const name of STORES) {
      const store = database.transaction(name).objectStore(name);
      const [keys, values] = await Promise.all([
        settled(store.getAllKeys()),
        settled(store.getAll()),
      ]);
      for (const [i, key] of keys.entries()) {
        const owner = Array.isArray(key) ? key[0] : key;
        const value = values[i] instanceof ArrayBuffer ? new Uint8Array(values[i]) : values[i];
        if (owner === id || owner === `aside/${id}`) rows[name].push([key, value]);
      }
    }
    return rows;
  });
}

function fixtureRows(fixture: StoredDatabase): Rows {
  const blocks = (rows: [IDBValidKey, string][]) =>
    rows.map(([key, block]): [IDBValidKey, unknown] => [key, bytes(block).buffer]);
  return {
    meta: structuredClone(fixture.meta),
    journal: blocks(fixture.journal),
    parts: blocks(fixture.parts),
  };
}

function manifestOf(fixture: StoredDatabase, name: string): StoredManifest {
  const found = fixture.meta.find(([, manifest]) => manifest.name === name);
  assert(found, `the fixture has no collection ${name}`);
  return found[1];
}

/** CRC-32C bit by bit (RFC 3720, B.4). */
function crc32c(data: Uint8Array): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/** The block as a later version would have written it (docs/snapshot-format.md, "The frame"). */
function ofLaterVersion(block: ArrayBuffer): ArrayBuffer {
  const later = block.slice(0);
  const view = new DataView(later);
  view.setUint16(4, 99, true);
  view.setUint32(52, crc32c(new Uint8Array(later, 0, 52)), true);
  return later;
}

async function assertAnswers(collection: Collection, expected: ExpectedCollection) {
  const all = await collection.get({ include: ["documents", "metadatas", "embeddings"] });
  assertEqual(collection.metadata, expected.metadata, "the collection's metadata");
  assertEqual(all.ids, expected.ids, "ids");
  assertEqual(all.documents, expected.documents, "documents");
  assertEqual(all.metadatas, expected.metadatas, "metadatas");
  assertEqual(
    all.embeddings.map((embedding) => [...embedding]),
    expected.embeddings,
    "embeddings",
  );
  const { queryEmbeddings } = expected;
  const { ids } = await collection.query({ queryEmbeddings, nResults: 5 });
  assertEqual(ids, expected.nearest, "the nearest records");
}

let clients = 0;

/** Puts rows into a new database and opens a client over it. */
async function withStored(
  { open }: StoredDatabaseContext,
  rows: Rows,
  run: (client: Client, name: string) => Promise<void>,
): Promise<void> {
  const name = `stored-${Date.now()}-${++clients}`;
  await put(name, rows);
  const client = await open(name);
  await run(client, name).finally(() => client.close());
}

/** More than a journal may have before a collection that is closed gets a snapshot. */
const LONG = "x".repeat(300 * 1024);

/** Nothing can be read or written of a collection, nothing of its rows changes; the other is as ever. */
async function assertUntouched(
  client: Client,
  name: string,
  context: StoredDatabaseContext,
  newManifest: boolean,
) {
  const fixture = await context.fixture();
  const { id } = manifestOf(fixture, "notes");
  const rows = async () => {
    const found = await rowsOf(name, id);
    // Who takes writing over says so in each manifest that it can read.
    if (!newManifest)
      found.meta.forEach(([, manifest]) => delete (manifest as StoredManifest).epoch);
    return found;
  };
  const before = await rows();
  const newer = await client.getCollection({ name: "notes" });
  const embeddings = [[1, 2, 3, 4]];
  const refused = (call: Promise<unknown>) => assertRejects(call, "format_too_new", "a call on it");
  for (let i = 0; i < 2; ++i) {
    await refused(newer.count());
    await refused(newer.get({ ids: ["note 0"] }));
    await refused(newer.query({ queryEmbeddings: embeddings }));
    await refused(newer.add({ ids: ["x"], embeddings }));
    await refused(newer.delete({ ids: ["note 0"] }));
    if (newManifest) await refused(newer.modify({ name: "renamed" }));
  }
  const words = await client.getCollection({ name: "words" });
  await assertAnswers(words, fixture.expected.words as ExpectedCollection);
  await words.add({ ids: ["more"], embeddings: [[5, 6]], documents: [LONG] });
  assertEqual(await words.count(), 3, "records of the other collection");
  assertEqual((await client.listCollections()).length, 2, "collections");
  await client.close();
  const again = await context.open(name);
  try {
    await refused((await again.getCollection({ name: "notes" })).count());
    const { documents } = await (await again.getCollection({ name: "words" })).get({
      ids: ["more"],
    });
    assert(documents[0] === LONG, "what was written to the other collection is gone");
    assertEqual((await again.storage()).reports, [], "reports");
    assertEqual(await rows(), before, "the rows of the newer collection");
    await again.deleteCollection({ name: "notes" });
    assertEqual(await rowsOf(name, id), { meta: [], journal: [], parts: [] }, "rows once deleted");
    await again.reset();
  } finally {
    await again.close();
  }
}

/** A case over the fixture's rows, of which notes was changed to be of a later version. */
function laterCase(
  name: string,
  change: (rows: Rows, notes: StoredManifest) => void,
  newManifest: boolean,
): ContractCase<StoredDatabaseContext> {
  return {
    name,
    async run(context) {
      const fixture = await context.fixture();
      const rows = fixtureRows(fixture);
      const { id } = manifestOf(fixture, "notes");
      const manifest = rows.meta.find(([key]) => key === id)?.[1] as StoredManifest;
      change(rows, manifest);
      const database = `later-${Date.now()}-${++clients}`;
      await put(database, rows);
      const client = await context.open(database);
      await assertUntouched(client, database, context, newManifest).finally(() => client.close());
    },
  };
}

export const storedDatabaseContract: ContractCase<StoredDatabaseContext>[] = [
  {
    name: "what version 1 stored is read, searched and goes on as a new generation",
    async run(context) {
      const fixture = await context.fixture();
      const { id, snapshot } = manifestOf(fixture, "notes");
      assert(snapshot.generation > 0, "the fixture has no snapshot");
      await withStored(context, fixtureRows(fixture), async (client, name) => {
        const before = await rowsOf(name, id);
        for (const [collection, expected] of Object.entries(fixture.expected)) {
          await assertAnswers(await client.getCollection({ name: collection }), expected);
        }
        const notes = await client.getCollection({ name: "notes" });
        const last = before.journal.length + snapshot.coveredSequence;
        await notes.add({ ids: ["short"], embeddings: [[8, 8, 8, 8]] });
        const written = await rowsOf(name, id);
        // Beside what was there, of which nothing changed.
        assertEqual(written.journal.slice(0, -1), before.journal, "the old batches");
        assertEqual(written.parts, before.parts, "the old parts");
        await notes.add({ ids: ["long"], embeddings: [[9, 9, 9, 9]], documents: [LONG] });
        await client.close();
        await assertMigrated(context, name, id, { last: last + 2, fixture });
      });
    },
  },
  laterCase(
    "a manifest of a later version: its collection is refused and nothing of it overwritten",
    (rows, manifest) => {
      manifest.format = 99;
      // What a later version may keep besides.
      const [key, part] = rows.parts[0] as [[string, number, number], ArrayBuffer];
      rows.parts.push([[key[0], key[1] + 7, 0], part.slice(0)]);
    },
    true,
  ),
  laterCase(
    "a batch of a later version: its collection is refused and nothing of it overwritten",
    (rows, { id }) => {
      const last = rows.journal.filter(([key]) => (key as string[])[0] === id).at(-1);
      assert(last, "the fixture has no batches of notes");
      last[1] = ofLaterVersion(last[1] as ArrayBuffer);
    },
    false,
  ),
  laterCase(
    "a part of a later version: its collection is refused and nothing of it overwritten",
    (rows, { id }) => {
      for (const row of rows.parts) {
        if ((row[0] as string[])[0] === id) row[1] = ofLaterVersion(row[1] as ArrayBuffer);
      }
    },
    false,
  ),
  {
    name: "a batch of a later version that another tab writes ends what this one can do",
    async run(context) {
      const fixture = await context.fixture();
      const rows = fixtureRows(fixture);
      const { id } = manifestOf(fixture, "notes");
      await withStored(context, rows, async (client, name) => {
        const notes = await client.getCollection({ name: "notes" });
        await notes.count();
        const { journal } = await rowsOf(name, id);
        const [key, block] = journal.at(-1) as [[string, number], Uint8Array];
        const later = ofLaterVersion(block.slice().buffer as ArrayBuffer);
        await put(name, { meta: [], journal: [[[id, key[1] + 1], later]], parts: [] });
        const before = await rowsOf(name, id);
        const add = notes.add({ ids: ["x"], embeddings: [[1, 2, 3, 4]] });
        await assertRejects(add, "format_too_new", "a write after it");
        await assertRejects(notes.count(), "format_too_new", "a read after it");
        assertEqual(await rowsOf(name, id), before, "the rows");
      });
    },
  },
];

/** After closing: one new snapshot that covers everything, and the same answers. */
async function assertMigrated(
  context: StoredDatabaseContext,
  name: string,
  id: string,
  { last, fixture }: { last: number; fixture: StoredDatabase },
) {
  const old = manifestOf(fixture, "notes").snapshot.generation;
  const { meta, journal, parts } = await rowsOf(name, id);
  const [[, manifest]] = meta as [[IDBValidKey, StoredManifest]];
  const { snapshot } = manifest;
  assert(snapshot.generation > old, `generation ${snapshot.generation} after ${old}`);
  assertEqual(snapshot.coveredSequence, last, "the batches in the new snapshot");
  assertEqual(journal, [], "batches beside it");
  const generations = new Set(parts.map(([key]) => (key as unknown[])[1]));
  assertEqual([...generations], [snapshot.generation], "generations of parts");
  const again = await context.open(name);
  try {
    const notes = await again.getCollection({ name: "notes" });
    const { documents } = await notes.get({ ids: ["long"] });
    assert(documents[0] === LONG, "what was written is gone");
    await notes.delete({ ids: ["short", "long"] });
    await assertAnswers(notes, fixture.expected.notes as ExpectedCollection);
    assertEqual((await again.storage()).reports, [], "reports");
  } finally {
    await again.close();
  }
}
