import "fake-indexeddb/auto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { FileStore } from "../../js/src/storage/file-store.js";
import { removeAll } from "../../js/src/storage/files.js";
import { IndexedDbStore } from "../../js/src/storage/indexeddb.js";
import { MirroredStore } from "../../js/src/storage/mirrored.js";
import type { Durability } from "../../js/src/storage/store.js";
import { storeContract } from "../contract/store.js";
import { openTestClient } from "./support/clients.js";
import {
  damageJournal,
  damagePart,
  damageSnapshot,
  settled,
  withDatabase,
} from "./support/damage.js";
import { openMirroredClient } from "./support/mirrored-client.js";
import { crc32c, NodeFolder } from "./support/node-folder.js";
import { refuse } from "./support/refusals.js";

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-copies-"));
afterAll(() => fs.rmSync(root, { recursive: true }));
/** More than a journal may have before an idle collection gets a snapshot. */
const LONG = "x".repeat(300 * 1024);

function openStore(
  name: string,
  sum = crc32c,
  isSound = (_: Uint8Array) => true,
  report = () => {},
) {
  const folder = new NodeFolder(join(root, encodeURIComponent(name)));
  const durability: Durability = "strict";
  return IndexedDbStore.open(name).then((first) =>
    MirroredStore.open({
      first,
      openSecond: () => FileStore.open({ folder, crc32c: sum, durability }),
      dropSecond: () => removeAll(folder),
      isSound,
      report,
      why: null,
      noteCollections: async () => {},
    }),
  );
}

describe("store contract: IndexedDB with a second copy", () => {
  const cheap = (bytes: Uint8Array) => bytes.byteLength;
  for (const { name, run } of storeContract) {
    test(name, () => run({ open: (n) => openStore(n, cheap), persistent: true, shared: false }));
  }
});

describe("a second copy", () => {
  let core: CoreModule;
  const open: Client[] = [];
  let names = 0;

  beforeAll(async () => {
    core = await loadCore({ variant: "simd128" });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });

  const freshName = () => `copies-${++names}`;
  const folderOf = (name: string) => new NodeFolder(join(root, name));

  async function openClient(name: string, options: { largeBytes?: number } = {}): Promise<Client> {
    const client = await openMirroredClient({ core, name, folder: folderOf(name), ...options });
    open.push(client);
    return client;
  }

  /** A byte of the parts in the second copy; at: of a negative place from the end. Returns the file's path. */
  function damageFile(name: string, at?: number): string {
    const { path: folder } = folderOf(name);
    const parts = fs.readdirSync(folder).find((file) => file.endsWith(".parts")) as string;
    const path = join(folder, parts);
    const bytes = fs.readFileSync(path);
    const place = at === undefined ? bytes.length >> 1 : bytes.length + at;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    fs.writeFileSync(path, bytes);
    return path;
  }

  async function closeAll(): Promise<void> {
    await Promise.all(open.splice(0).map((client) => client.close()));
  }

  async function reopen(name: string): Promise<{ client: Client; notes: Collection }> {
    await closeAll();
    const client = await openClient(name);
    return { client, notes: await client.getCollection({ name: "notes" }) };
  }

  /** Batches 1 to 4, an id each, closed; with text enough there is a snapshot. */
  async function write(name: string, text = "x"): Promise<string> {
    const client = await openClient(name);
    expect(await client.storage()).toMatchObject({ copy: "kept", copyProblem: null });
    const notes = await client.createCollection({ name: "notes", metadata: { k: "v" } });
    for (let i = 1; i <= 4; ++i) {
      await notes.add({ ids: [`${i}`], embeddings: [[i, 1]], documents: [i === 4 ? text : "x"] });
    }
    await closeAll();
    return notes.id;
  }

  async function expectWhole({ client, notes }: Awaited<ReturnType<typeof reopen>>) {
    expect(await notes.get({ include: ["embeddings"] })).toMatchObject({
      ids: ["1", "2", "3", "4"],
      embeddings: [1, 2, 3, 4].map((i) => new Float32Array([i, 1])),
    });
    expect(notes.metadata).toEqual({ k: "v" });
    for (const { problems } of await client.check()) expect(problems).toEqual([]);
    expect(await client.check()).toHaveLength(2);
    return (await client.storage()).reports;
  }

  const deleteDatabase = (name: string) => settled(indexedDB.deleteDatabase(`pagevec/${name}`));

  test.each(["x", LONG])("brings back a database that is gone", async (text) => {
    const name = freshName();
    await write(name, text);
    await deleteDatabase(name);
    const again = await reopen(name);
    expect(await expectWhole(again)).toMatchObject([
      { kind: "recovered", collection: "notes", batches: 4 },
    ]);
    await again.notes.add({ ids: ["5"], embeddings: [[5, 1]] });
    const last = await reopen(name);
    expect(await last.notes.count()).toBe(5);
    expect((await last.client.storage()).reports).toEqual([]);
  });

  test("brings back batches that are missing at the end", async () => {
    const name = freshName();
    const id = await write(name);
    for (const sequence of [3, 4]) await damageJournal(name, id, sequence, "missing");
    expect(await expectWhole(await reopen(name))).toMatchObject([
      { kind: "recovered", batches: 2 },
    ]);
  });

  test.each(["altered", "missing"] as const)(
    "heals a batch that is %s in the middle",
    async (damage) => {
      const name = freshName();
      const id = await write(name);
      await damageJournal(name, id, 2, damage);
      expect(await expectWhole(await reopen(name))).toMatchObject([{ kind: "recovered" }]);
      expect(await expectWhole(await reopen(name))).toEqual([]);
    },
  );

  /** As if the browser had ended before it was known in files that IndexedDB has the last batch. */
  async function endBeforeConfirming(name: string, id: string, last: number): Promise<void> {
    const store = await FileStore.open({ folder: folderOf(name), crc32c, durability: "strict" });
    const record = (await store.readRecord(id, last)) as Uint8Array;
    store.retract(id, last);
    expect(await store.lastSequence(id)).toBe(last - 1);
    expect(store.appendBeside(id, last, record)).toBe(true);
    await store.close();
  }

  test("a batch that was not confirmed stays where IndexedDB has it, damaged or not", async () => {
    for (const damage of ["none", "altered"] as const) {
      const name = freshName();
      const id = await write(name);
      await endBeforeConfirming(name, id, 4);
      if (damage !== "none") await damageJournal(name, id, 4, damage);
      const reports = damage === "none" ? [] : [{ kind: "recovered", collection: "notes" }];
      expect(await expectWhole(await reopen(name))).toMatchObject(reports);
      expect(await expectWhole(await reopen(name))).toEqual([]);
      await deleteDatabase(name);
      expect(await expectWhole(await reopen(name))).toMatchObject([
        { kind: "recovered", batches: 4 },
      ]);
    }
  });

  test("a batch that was not confirmed and is not in IndexedDB was told to nobody", async () => {
    const name = freshName();
    const id = await write(name);
    await endBeforeConfirming(name, id, 4);
    await damageJournal(name, id, 4, "missing");
    const { client, notes } = await reopen(name);
    expect((await notes.get()).ids).toEqual(["1", "2", "3"]);
    expect((await client.storage()).reports).toEqual([]);
    await notes.add({ ids: ["4"], embeddings: [[4, 1]] });
    await closeAll();
    await deleteDatabase(name);
    expect(await expectWhole(await reopen(name))).toMatchObject([{ kind: "recovered" }]);
  });

  test("a batch that was not confirmed gives way to another that IndexedDB has", async () => {
    const name = freshName();
    const id = await write(name);
    await endBeforeConfirming(name, id, 4);
    await damageJournal(name, id, 4, "missing");
    const first = await IndexedDbStore.open(name);
    const other = (await first.readRecord(id, 3)) as Uint8Array;
    await first.append(id, 4, other);
    await first.close();
    const store = await openStore(name);
    expect(await store.copy?.readRecord(id, 4)).toEqual(other);
    await store.close();
  });

  test("the second copy has a batch before IndexedDB can commit it, and loses it with that", async () => {
    const name = freshName();
    const store = await openStore(name);
    await store.createCollection({ ...(await template(name)), id: "a", name: "a" });
    const second = store.copy as FileStore;
    const { commit } = IDBTransaction.prototype;
    const seen: unknown[] = [];
    IDBTransaction.prototype.commit = function () {
      seen.push(second.unconfirmed("a"));
      commit.call(this);
    };
    try {
      await store.append("a", 1, new Uint8Array([1]));
      expect(seen).toEqual([1]);
      expect(second.unconfirmed("a")).toBeUndefined();
      await expect(store.append("a", 1, new Uint8Array([2]))).rejects.toMatchObject({
        code: "conflict",
      });
      await store.append("a", 2, new Uint8Array([2]));
      expect(seen.at(-1)).toBe(2);
    } finally {
      IDBTransaction.prototype.commit = commit;
    }
    expect([second.unconfirmed("a"), await second.lastSequence("a")]).toEqual([undefined, 2]);
    await store.close();
  });

  test.each(["altered", "missing"] as const)("heals a part that is %s", async (damage) => {
    for (const which of [0, 1, -1]) {
      const name = freshName();
      const id = await write(name, LONG);
      await damageSnapshot(name, id, which, damage);
      expect(await expectWhole(await reopen(name))).toMatchObject([{ kind: "recovered" }]);
      expect(await expectWhole(await reopen(name))).toEqual([]);
    }
  });

  /** A client whose second snapshot took the vectors' part over from its first; closed. */
  async function writeTakenOver(name: string): Promise<IDBValidKey[]> {
    const client = await openClient(name);
    const configuration = { index: "flat" } as const;
    const notes = await client.createCollection({ name: "notes", configuration });
    // Half a part at least, or it would be written anew with what is added.
    const ids = Array.from({ length: 1300 }, (_, i) => String(i));
    const embeddings = ids.map((_, i) => new Float32Array(512).fill(i));
    await notes.add({ ids, embeddings });
    const again = await reopen(name);
    await again.notes.upsert({
      ids: ["0"],
      embeddings: [new Float32Array(512).fill(-1)],
      documents: [LONG],
    });
    await closeAll();
    let keys: IDBValidKey[] = [];
    await withDatabase(name, async (database) => {
      const parts = database.transaction("parts").objectStore("parts");
      const [all, values] = await Promise.all([
        settled(parts.getAllKeys()),
        settled<ArrayBuffer[]>(parts.getAll()),
      ]);
      keys = all.filter((_, i) => [72, 56 + 1300 * 512 * 4].includes(values[i]?.byteLength ?? 0));
    });
    return keys;
  }

  test.each(["altered", "missing"] as const)(
    "heals a part that was taken over, whose place or payload is %s",
    async (damage) => {
      for (const which of [0, 1]) {
        const name = freshName();
        const keys = await writeTakenOver(name);
        expect(keys).toHaveLength(2);
        await damagePart(name, keys[which] as IDBValidKey, damage);
        for (const reports of [[{ kind: "recovered" }], []]) {
          const { client, notes } = await reopen(name);
          const { ids, embeddings } = await notes.get({ include: ["embeddings"] });
          expect(ids).toHaveLength(1300);
          const wrong = ids.filter((id, i) => embeddings[i]?.[511] !== (Number(id) || -1));
          expect(wrong).toEqual([]);
          for (const { problems } of await client.check()) expect(problems).toEqual([]);
          expect((await client.storage()).reports).toMatchObject(reports);
        }
      }
    },
  );

  test.each(["altered", "missing"] as const)("an export heals what is %s", async (damage) => {
    const name = freshName();
    const id = await write(name, LONG);
    const again = await reopen(name);
    await again.notes.get();
    await damageSnapshot(name, id, 1, damage);
    const exported = async () => new Response(await again.notes.export()).blob();
    await expect(exported()).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/restored from the second copy: export it again/),
    });
    const file = await exported();
    expect(await expectWhole(again)).toMatchObject([{ kind: "recovered" }]);
    const target = await openTestClient({ core, storage: "memory" });
    open.push(target);
    await target.import(file);
    const arrived = await target.getCollection({ name: "notes" });
    expect((await arrived.get()).ids).toEqual(["1", "2", "3", "4"]);
  });

  test("an import is in both copies, and what it replaced in neither", async () => {
    const name = freshName();
    await write(name, LONG);
    const { client, notes } = await reopen(name);
    const file = await new Response(await client.export()).blob();
    await notes.delete({ ids: ["1"] });
    await client.import(file, { ifExists: "replace" });
    const last = await reopen(name);
    expect(await expectWhole(last)).toEqual([]);
    await closeAll();
    await deleteDatabase(name);
    expect(await expectWhole(await reopen(name))).toMatchObject([{ kind: "recovered" }]);
  });

  test("heals a part that is damaged while the collection is loaded", async () => {
    const name = freshName();
    const first = await (await openClient(name)).createCollection({ name: "notes" });
    // So many that the core leaves their floats to storage.
    const ids = Array.from({ length: 2500 }, (_, i) => `${i}`);
    const vectorOf = (i: number) =>
      Float32Array.from({ length: 32 }, (_, d) => Math.sin(i * 32 + d));
    await first.add({ ids, embeddings: ids.map((_, i) => vectorOf(i)) });
    const { client, notes } = await reopen(name);
    await notes.count();
    const parts = await partsOf(name, first.id);
    expect(parts).toBeGreaterThan(2);
    for (let which = 0; which < parts; ++which) {
      await damageSnapshot(name, first.id, which, "altered");
    }
    const { embeddings } = await notes.get({ ids: ["7"], include: ["embeddings"] });
    // Read from the second copy; loading the collection finds the damage.
    expect(embeddings).toEqual([vectorOf(7)]);
    expect((await client.storage()).reports).toEqual([]);
    const again = await reopen(name);
    expect((await again.notes.get({ ids: ["7"], include: ["embeddings"] })).embeddings).toEqual([
      vectorOf(7),
    ]);
    expect((await again.client.storage()).reports).toMatchObject([{ kind: "recovered" }]);
  });

  test("a copy that has an older state does not take the place of what can be read", async () => {
    const name = freshName();
    await write(name, LONG);
    let { notes } = await reopen(name);
    for (const id of ["5", "6"]) await notes.add({ ids: [id], embeddings: [[Number(id), 1]] });
    await closeAll();
    await damageJournal(name, notes.id, 6, "altered");
    // The catalog before it is from when the collection was made.
    const folder = folderOf(name);
    const catalogs = (await folder.names()).filter((file) => file.startsWith("catalog"));
    const latest = catalogs.find((file) =>
      fs.readFileSync(join(folder.path, file), "latin1").includes('"coveredSequence":4'),
    );
    await folder.remove(latest as string);
    const again = await reopen(name);
    notes = again.notes;
    expect((await notes.get()).ids).toEqual(["1", "2", "3", "4", "5"]);
    expect((await again.client.storage()).reports).toMatchObject([{ kind: "lost", batches: 1 }]);
  });

  /** As if the browser had ended before the last batches were in files. */
  async function endBeforeCopying(name: string, id: string, from: number, to: number) {
    const store = await FileStore.open({ folder: folderOf(name), crc32c, durability: "strict" });
    for (let sequence = to; sequence >= from; --sequence) store.retract(id, sequence);
    expect(await store.lastSequence(id)).toBe(from - 1);
    await store.close();
  }

  test("of each batch the copy counts that has it", async () => {
    const name = freshName();
    const id = await write(name);
    await endBeforeCopying(name, id, 3, 4);
    await damageJournal(name, id, 2, "altered");
    expect(await expectWhole(await reopen(name))).toMatchObject([
      { kind: "recovered", collection: "notes" },
    ]);
    expect(await expectWhole(await reopen(name))).toEqual([]);
  });

  test("where neither copy has all, the later state counts, and the rest is told as lost", async () => {
    const name = freshName();
    const id = await write(name);
    await endBeforeCopying(name, id, 4, 4);
    for (const sequence of [2, 4]) await damageJournal(name, id, sequence, "altered");
    const { client, notes } = await reopen(name);
    expect((await notes.get()).ids).toEqual(["1", "2", "3"]);
    expect((await client.storage()).reports).toMatchObject([{ kind: "lost", batches: 1 }]);
    for (const { problems } of await client.check()) expect(problems).toEqual([]);
    await notes.add({ ids: ["4"], embeddings: [[4, 1]] });
    await deleteDatabase(name);
    expect(await expectWhole(await reopen(name))).toMatchObject([{ kind: "recovered" }]);
  });

  test("a snapshot that is gone from IndexedDB is not copied over the one in files", async () => {
    const name = freshName();
    const id = await write(name, LONG);
    await withDatabase(name, async (database) => {
      const meta = database.transaction("meta", "readwrite").objectStore("meta");
      const manifest = await settled(meta.get(id));
      manifest.snapshot.generation += 1;
      await settled(meta.put(manifest, id));
    });
    expect(await expectWhole(await reopen(name))).toMatchObject([{ kind: "recovered" }]);
  });

  test("what both have lost is told as lost", async () => {
    const name = freshName();
    const id = await write(name);
    await damageJournal(name, id, 3, "altered");
    const folder = folderOf(name);
    const journal = fs.readdirSync(folder.path).find((file) => file.endsWith("journal")) as string;
    const path = join(folder.path, journal);
    fs.truncateSync(path, fs.statSync(path).size >> 1);
    const { client, notes } = await reopen(name);
    const { ids } = await notes.get();
    expect(ids).toEqual(["1", "2"]);
    const { reports } = await client.storage();
    expect(reports.map(({ kind }) => kind)).toEqual(["lost"]);
    expect(reports[0]?.batches).toBe(2);
  });

  test("a damaged copy of what is gone is told as lost, and kept", async () => {
    const name = freshName();
    await write(name, LONG);
    await deleteDatabase(name);
    const path = damageFile(name);
    const client = await openClient(name);
    expect((await client.storage()).reports).toMatchObject([{ kind: "lost", collection: "notes" }]);
    expect(fs.existsSync(path)).toBe(true);
  });

  test("check() finds what is wrong with either copy", async () => {
    const name = freshName();
    const id = await write(name, LONG);
    damageFile(name, -1);
    await damageSnapshot(name, id, 0, "altered");
    const client = await openClient(name);
    const checked = await client.check();
    expect(checked.map(({ copy, problems }) => [copy, problems])).toEqual([
      ["first", ["part 0 is damaged"]],
      ["second", [expect.stringMatching(/block \d of the second copy fails its checksum/)]],
    ]);
  });

  describe("a large snapshot", () => {
    const openLarge = (name: string) => openClient(name, { largeBytes: 1 });
    /** Once the first copy was compared: it is mended, or was not damaged. */
    async function compared(client: Client, reported: number) {
      let reports: Awaited<ReturnType<Client["storage"]>>["reports"] = [];
      const deadline = Date.now() + 30_000;
      do {
        await new Promise((resolve) => setTimeout(resolve, reported > 0 ? 20 : 800));
        ({ reports } = await client.storage());
      } while (reports.length < reported && Date.now() < deadline);
      return reports.map(({ kind, message }) => [kind, message]);
    }
    const contents = async (client: Client) => {
      const notes = await client.getCollection({ name: "notes" });
      const { ids, documents, embeddings } = await notes.get({
        include: ["documents", "embeddings"],
      });
      return [ids, documents, embeddings.map((vector) => [...vector])];
    };
    const EXPECTED = [["1", "2", "3", "4"], ["x", "x", "x", LONG], [1, 2, 3, 4].map((i) => [i, 1])];
    test("is loaded from the second copy, and what the first has of it is compared", async () => {
      const name = freshName();
      await write(name, LONG);
      const client = await openLarge(name);
      const reads: number[] = [];
      const { readPart } = FileStore.prototype;
      FileStore.prototype.readPart = function (id, generation, number) {
        reads.push(number);
        return readPart.call(this, id, generation, number);
      };
      try {
        expect(await contents(client)).toEqual(EXPECTED);
      } finally {
        FileStore.prototype.readPart = readPart;
      }
      expect(reads.slice(0, 4)).toEqual([0, 1, 2, 3]);
      expect(await compared(client, 0)).toEqual([]);
    });

    test.each(["altered", "missing"] as const)("whose part in the first is %s", async (damage) => {
      const name = freshName();
      const id = await write(name, LONG);
      await damageSnapshot(name, id, 1, damage);
      const client = await openLarge(name);
      expect(await contents(client)).toEqual(EXPECTED);
      expect(await compared(client, 1)).toEqual([
        ["recovered", expect.stringMatching(/IndexedDB has it damaged; restored/)],
      ]);
      expect(await contents(client)).toEqual(EXPECTED);
      for (const { problems } of await client.check()) expect(problems).toEqual([]);
      // Also for the next who opens it.
      await closeAll();
      const again = await openLarge(name);
      expect(await contents(again)).toEqual(EXPECTED);
      expect(await compared(again, 0)).toEqual([]);
    });

    test("whose part in the second is damaged comes from the first", async () => {
      const name = freshName();
      await write(name, LONG);
      damageFile(name);
      const client = await openLarge(name);
      expect(await contents(client)).toEqual(EXPECTED);
      expect(await compared(client, 0)).toEqual([]);
    });

    test("of which each copy has another part damaged is whole", async () => {
      const name = freshName();
      const id = await write(name, LONG);
      damageFile(name);
      await damageSnapshot(name, id, 2, "altered");
      const client = await openLarge(name);
      expect(await contents(client)).toEqual(EXPECTED);
    });

    test("of which both have a part damaged is lost, and that is said", async () => {
      const name = freshName();
      const id = await write(name, LONG);
      damageFile(name);
      await damageSnapshot(name, id, 1, "altered");
      const client = await openLarge(name);
      await expect(contents(client)).rejects.toMatchObject({ code: "corrupt" });
      expect((await client.storage()).reports).toMatchObject([{ kind: "lost" }]);
    });

    test("is compared while batches come and the client is closed", async () => {
      const name = freshName();
      const id = await write(name, LONG);
      await damageSnapshot(name, id, 1, "altered");
      const client = await openLarge(name);
      const notes = await client.getCollection({ name: "notes" });
      let added = 4;
      for (const end = Date.now() + 900; Date.now() < end; ) {
        await notes.add({ ids: [`${++added}`], embeddings: [[added, 1]] });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(await compared(client, 1)).toMatchObject([["recovered", expect.any(String)]]);
      await closeAll();
      const again = await openLarge(name);
      expect(await (await again.getCollection({ name: "notes" })).count()).toBe(added);
      for (const { problems } of await again.check()) expect(problems).toEqual([]);
    });
  });

  test("a collection that was deleted does not come back", async () => {
    const name = freshName();
    const id = await write(name);
    // Deleted while the second copy could not follow.
    const alone = await IndexedDbStore.open(name);
    await alone.deleteCollection(id);
    await alone.close();
    const client = await openClient(name);
    expect(await client.countCollections()).toBe(0);
    expect((await client.storage()).reports).toEqual([]);
  });

  test("what was written without it is copied at the next open", async () => {
    const name = freshName();
    const id = await write(name);
    const plain = await openTestClient({ core, name, storage: "indexeddb" });
    const notes = await plain.getCollection({ name: "notes" });
    await notes.add({ ids: ["5"], embeddings: [[5, 1]] });
    await notes.modify({ name: "renamed" });
    await plain.createCollection({ name: "more" });
    await plain.close();
    await openClient(name);
    await closeAll();
    await deleteDatabase(name);
    const client = await openClient(name);
    expect((await client.listCollections()).map((each) => each.name)).toEqual(["renamed", "more"]);
    expect(await (await client.getCollection({ name: "renamed" })).count()).toBe(5);
    expect((await client.listCollections())[0]?.id).toBe(id);
  });

  test("a name that was given again is not taken away", async () => {
    const name = freshName();
    await write(name);
    await deleteDatabase(name);
    const alone = await openTestClient({ core, name, storage: "indexeddb" });
    await alone.createCollection({ name: "notes" });
    await alone.close();
    const client = await openClient(name);
    const found = (await client.listCollections()).map((each) => each.name).sort();
    expect(found).toEqual(["notes", "notes-recovered-1"]);
    expect(await (await client.getCollection({ name: "notes-recovered-1" })).count()).toBe(4);
  });

  test("a batch that comes while a snapshot is written is in both copies", async () => {
    const name = freshName();
    const store = await openStore(name, crc32c);
    await store.createCollection({ ...(await template(name)), id: "a", name: "a" });
    await store.append("a", 1, new Uint8Array(10));
    async function* parts() {
      yield new Uint8Array(100);
      // As another tab asks for it.
      await store.append("a", 2, new Uint8Array(20));
      yield new Uint8Array(200);
    }
    const target = { replaces: 0, generation: 7, coveredSequence: 1 };
    await store.writeSnapshot("a", target, parts());
    for (const copy of [store, store.copy]) {
      expect((await copy?.getCollection("a"))?.snapshot).toMatchObject({ generation: 7, parts: 2 });
      expect(await copy?.readRecord("a", 1)).toBeUndefined();
      expect(await copy?.readRecord("a", 2)).toEqual(new Uint8Array(20));
      expect(await copy?.readPart("a", 7, 1)).toEqual(new Uint8Array(200));
    }
    expect(await store.usage()).toMatchObject({ copy: "kept", copyProblem: null });
    await store.close();
  });

  test("a snapshot that fails in the first copy leaves both, and no files", async () => {
    const name = freshName();
    const store = await openStore(name, crc32c);
    await store.createCollection({ ...(await template(name)), id: "a", name: "a" });
    await store.append("a", 1, new Uint8Array(10));
    const before = await folderOf(name).names();
    async function* parts() {
      yield new Uint8Array(100);
      throw new Error("no more");
    }
    const target = { replaces: 0, generation: 7, coveredSequence: 1 };
    await expect(store.writeSnapshot("a", target, parts())).rejects.toMatchObject({
      code: "storage_failed",
    });
    for (const copy of [store, store.copy]) {
      expect((await copy?.getCollection("a"))?.snapshot.generation).toBe(0);
      expect(await copy?.readRecord("a", 1)).toEqual(new Uint8Array(10));
    }
    expect(await folderOf(name).names()).toEqual(before);
    await store.close();
  });

  test("a copy that another tab has open is none, and joins in later", async () => {
    const name = freshName();
    await write(name);
    const held = await FileStore.open({ folder: folderOf(name), durability: "strict", crc32c });
    const store = await openStore(name, crc32c);
    expect(await store.usage()).toMatchObject({
      copy: "none",
      copyProblem: expect.stringContaining("NoModificationAllowedError"),
    });
    expect(store.copyIsBusy).toBe(true);
    await held.close();
    expect(await store.openSecond()).toBe(true);
    expect(await store.usage()).toMatchObject({ copy: "kept", copyProblem: null });
    await store.close();
  });

  test("where the second copy has no room, the store is full", async () => {
    const name = freshName();
    await write(name);
    const folder = folderOf(name);
    const store = await IndexedDbStore.open(name).then((first) =>
      MirroredStore.open({
        first,
        openSecond: () => FileStore.open({ folder, durability: "strict", crc32c }),
        dropSecond: () => removeAll(folder),
        isSound: () => true,
        report: () => {},
        why: null,
        noteCollections: async () => {},
      }),
    );
    const [manifest] = await store.listCollections();
    const id = manifest?.id ?? "";
    folder.room = 1000;
    const big = store.append(id, 5, new Uint8Array(2000));
    await expect(big).rejects.toMatchObject({ code: "quota_exceeded" });
    expect(await store.usage()).toMatchObject({ copy: "kept", copyProblem: null });
    for (const copy of [store, store.copy]) expect(await copy?.lastSequence(id)).toBe(4);
    await store.append(id, 5, new Uint8Array(10));
    // A deletion is taken all the same; then the copy is behind until there is room.
    folder.room = 100;
    await store.append(id, 6, new Uint8Array(10), true);
    expect(await store.usage()).toMatchObject({ copy: "none" });
    await expect(store.append(id, 7, new Uint8Array(10))).rejects.toMatchObject({
      code: "quota_exceeded",
    });
    expect(await store.lastSequence(id)).toBe(6);
    folder.room = Number.POSITIVE_INFINITY;
    await store.append(id, 7, new Uint8Array(10));
    expect(await store.usage()).toMatchObject({ copy: "kept", copyProblem: null });
    for (const copy of [store, store.copy]) expect(await copy?.lastSequence(id)).toBe(7);
    await store.close();
  });

  test("a copy that has no room when it is opened is none", async () => {
    const name = freshName();
    const folder = folderOf(name);
    folder.room = 10;
    const alone = await openTestClient({ core, name, storage: "indexeddb" });
    await alone.createCollection({ name: "notes" });
    await alone.close();
    const store = await IndexedDbStore.open(name).then((first) =>
      MirroredStore.open({
        first,
        openSecond: () => FileStore.open({ folder, durability: "strict", crc32c }),
        dropSecond: () => removeAll(folder),
        isSound: () => true,
        report: () => {},
        why: null,
        noteCollections: async () => {},
      }),
    );
    expect(await store.usage()).toMatchObject({
      copy: "none",
      copyProblem: expect.stringContaining("room"),
    });
    expect(await folder.names()).toEqual([]);
    await store.createCollection({ ...(await template(name)), id: "a", name: "a" });
    await store.append("a", 1, new Uint8Array(10));
    await store.close();
  });

  test("the second copy gives way to deletions when the first has no room", async () => {
    const name = freshName();
    const store = await openStore(name, crc32c);
    await store.createCollection({ ...(await template(name)), id: "a", name: "a" });
    const add = IDBObjectStore.prototype.add;
    let refusals = 1;
    IDBObjectStore.prototype.add = function (value, key) {
      const request = add.call(this, value, key);
      if (refusals-- > 0) refuse(request);
      return request;
    };
    try {
      await expect(store.append("a", 1, new Uint8Array(10))).rejects.toMatchObject({
        code: "quota_exceeded",
      });
      expect(await store.usage()).toMatchObject({ copy: "kept" });
      refusals = 1;
      await store.append("a", 1, new Uint8Array(10), true);
      expect(await store.usage()).toMatchObject({ copy: "none", copyProblem: expect.any(String) });
      // Without a copy to give way it is an error, which changes nothing.
      refusals = 1;
      await expect(store.append("a", 2, new Uint8Array(10))).rejects.toMatchObject({
        code: "quota_exceeded",
      });
    } finally {
      IDBObjectStore.prototype.add = add;
    }
    expect(await store.lastSequence("a")).toBe(1);
    await store.append("a", 2, new Uint8Array(10));
    // There is room again, and the copy made again before the batch is stored.
    expect(await store.usage()).toMatchObject({ copy: "kept", copyProblem: null });
    expect(await store.copy?.lastSequence("a")).toBe(2);
    await store.close();
  });
});

async function partsOf(name: string, id: string): Promise<number> {
  let count = 0;
  await withDatabase(name, async (database) => {
    const store = database.transaction("parts").objectStore("parts");
    count = (await settled(store.getAllKeys())).filter((key) => (key as string[])[0] === id).length;
  });
  return count;
}

/** A manifest, from the first collection of a client that is made for it. */
async function template(name: string) {
  const client = await openTestClient({
    core: await loadCore({ variant: "simd128" }),
    name: `${name}-template`,
    storage: "indexeddb",
  });
  await client.createCollection({ name: "template" });
  await client.close();
  const store = await IndexedDbStore.open(`${name}-template`);
  const [manifest] = await store.listCollections();
  await store.close();
  if (!manifest) throw new Error("the collection was not stored");
  const { order: _order, snapshot: _snapshot, ...rest } = manifest;
  return rest;
}
