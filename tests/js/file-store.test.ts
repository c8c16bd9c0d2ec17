import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { FileStore } from "../../js/src/storage/file-store.js";
import type { Manifest } from "../../js/src/storage/store.js";
import { collect } from "../contract/contract.js";
import { type StoreContext, storeContract } from "../contract/store.js";
import { NodeFolder } from "./support/node-folder.js";

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-files-"));
afterAll(() => fs.rmSync(root, { recursive: true }));

/** Any checksum will do; the core's is too slow in plain JavaScript for big values. */
const crc32c = (bytes: Uint8Array) => createHash("md5").update(bytes).digest().readUInt32LE();
const folderOf = (name: string) => new NodeFolder(join(root, name));
const open = (folder: NodeFolder) => FileStore.open({ folder, crc32c, durability: "strict" });

const context: StoreContext = {
  open: (name) => open(folderOf(name)),
  persistent: true,
  shared: false,
};

describe("store contract: files", () => {
  for (const { name, run } of storeContract) test(name, () => run(context));
});

const manifest = (id: string): Manifest => ({
  format: 1,
  id,
  name: id,
  order: 1,
  metadata: JSON.parse('{"__proto__":"odd","lone":"\\ud800"}'),
  configuration: {
    hnsw: { space: "l2", ef_construction: 100, max_neighbors: 16, ef_search: 100 },
    index: "auto",
  },
  embeddingFunction: { type: "legacy" },
  createdAt: 0,
  epoch: 1,
  snapshot: { generation: 3, parts: 2, bytes: 300, coveredSequence: 4 },
});

const bytes = (length: number, seed: number) => new Uint8Array(length).map((_, i) => i * 7 + seed);
const parts = [bytes(100, 1), bytes(200, 2)];
const record = (sequence: number) => ({ sequence, record: bytes(50, sequence) });
const journal = [5, 6, 7].map(record);

async function filled(name: string): Promise<NodeFolder> {
  const folder = folderOf(name);
  const store = await open(folder);
  await store.restore(manifest("a"), parts, journal);
  await store.close();
  return folder;
}

const sequences = async (store: FileStore) =>
  (await collect(store.readJournal("a", 0))).map(({ sequence }) => sequence);

describe("files", () => {
  test("what was written is there, odd metadata too", async () => {
    const store = await open(await filled("plain"));
    expect(JSON.stringify(await store.getCollection("a"))).toBe(JSON.stringify(manifest("a")));
    expect(await collect(store.readParts("a", 3))).toEqual(parts);
    expect(await collect(store.readJournal("a", 0))).toEqual(journal);
    await store.close();
  });

  test("a journal that is cut off anywhere keeps the batches before, and goes on there", async () => {
    const folder = await filled("cut");
    const path = join(
      folder.path,
      fs.readdirSync(folder.path).find((n) => n.endsWith("journal")) ?? "",
    );
    const whole = fs.readFileSync(path);
    const block = whole.byteLength / 3;
    for (let length = 0; length <= whole.byteLength; ++length) {
      fs.writeFileSync(path, whole.subarray(0, length));
      const store = await open(folder);
      const kept = [5, 6, 7].slice(0, Math.floor(length / block));
      expect(await sequences(store)).toEqual(kept);
      const next = 5 + kept.length;
      await store.append("a", next, bytes(9, 9));
      expect(await store.readRecord("a", next)).toEqual(bytes(9, 9));
      await store.close();
      const again = await open(folder);
      expect(await sequences(again)).toEqual([...kept, next]);
      await again.close();
    }
  });

  test("a changed byte anywhere in the journal ends it there", async () => {
    const folder = await filled("changed");
    const path = join(
      folder.path,
      fs.readdirSync(folder.path).find((n) => n.endsWith("journal")) ?? "",
    );
    const whole = fs.readFileSync(path);
    const block = whole.byteLength / 3;
    for (let at = 0; at < whole.byteLength; ++at) {
      const bad = Buffer.from(whole);
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      fs.writeFileSync(path, bad);
      const store = await open(folder);
      expect(await sequences(store)).toEqual([5, 6, 7].slice(0, Math.floor(at / block)));
      await store.close();
    }
  });

  test("a changed byte anywhere in the parts is told when they are read, or they are missing", async () => {
    const folder = await filled("parts");
    const path = join(
      folder.path,
      fs.readdirSync(folder.path).find((n) => n.endsWith("parts")) ?? "",
    );
    const whole = fs.readFileSync(path);
    for (let at = 0; at < whole.byteLength; ++at) {
      const bad = Buffer.from(whole);
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      fs.writeFileSync(path, bad);
      const store = await open(folder);
      const read = await collect(store.readParts("a", 3)).catch((error) => error.code);
      expect(read === "corrupt" || read.length < parts.length).toBe(true);
      await store.close();
    }
  });

  test("a catalog that was cut off while it was written leaves the one before", async () => {
    const folder = await filled("catalog");
    const before = new Map(
      fs.readdirSync(folder.path).map((n) => [n, fs.readFileSync(join(folder.path, n))]),
    );
    const store = await open(folder);
    await store.modifyCollection("a", { name: "renamed" });
    await store.close();
    const name = ["catalog-0", "catalog-1"].find(
      (n) => !before.get(n)?.equals(fs.readFileSync(join(folder.path, n))),
    ) as string;
    const path = join(folder.path, name);
    const whole = fs.readFileSync(path);
    for (let length = 0; length <= whole.byteLength; ++length) {
      fs.writeFileSync(path, whole.subarray(0, length));
      const again = await open(folder);
      const renamed = length === whole.byteLength;
      expect((await again.getCollection("a"))?.name).toBe(renamed ? "renamed" : "a");
      expect(await sequences(again)).toEqual([5, 6, 7]);
      await again.close();
    }
  });

  test("without room a batch is refused whole, and the next smaller one fits", async () => {
    const folder = await filled("room");
    const store = await open(folder);
    folder.room = 3 * (24 + 50) + 60;
    await expect(store.append("a", 8, bytes(50, 8))).rejects.toMatchObject({
      code: "quota_exceeded",
    });
    expect(await sequences(store)).toEqual([5, 6, 7]);
    await store.append("a", 8, bytes(20, 8));
    await store.close();
    const again = await open(folder);
    expect(await again.readRecord("a", 8)).toEqual(bytes(20, 8));
    await again.close();
  });

  test("files that another has open are an error that leaves none open", async () => {
    const folder = await filled("held");
    const store = await open(folder);
    await expect(open(folder)).rejects.toMatchObject({ code: "storage_failed" });
    await store.close();
    await (await open(folder)).close();
  });

  /** Snapshot 4 after 3: the second part taken over, the first written anew with so many bytes. */
  async function takenOver(name: string, length: number): Promise<NodeFolder> {
    const folder = folderOf(name);
    const store = await open(folder);
    const old = [bytes(100, 1), bytes(5000, 2)];
    await store.restore(manifest("a"), old, journal);
    await store.writeSnapshot("a", { replaces: 3, generation: 4, coveredSequence: 5 }, [
      bytes(length, 9),
      { header: bytes(56, 2), from: 1 },
    ] as never);
    await store.close();
    return folder;
  }

  test("a payload that was taken over stays in its file, until little else of that counts", async () => {
    const folder = await takenOver("taken over", 100);
    const written = () => fs.readdirSync(folder.path).filter((n) => n.endsWith("parts"));
    expect(written()).toHaveLength(2);
    const store = await open(folder);
    expect(written()).toHaveLength(2);
    const whole = [bytes(100, 9), bytes(5000, 2)];
    expect(await collect(store.readParts("a", 4))).toEqual(whole);
    const again = async (generation: number, length: number) => {
      const target = { replaces: generation - 1, generation, coveredSequence: 5 };
      const parts = [bytes(length, generation), { header: bytes(56, 2), from: 1 }];
      await store.writeSnapshot("a", target, parts as never);
      expect(await collect(store.readParts("a", generation))).toEqual([
        bytes(length, generation),
        bytes(5000, 2),
      ]);
    };
    await again(5, 9000);
    expect(written()).toHaveLength(2);
    // Of 9,000 and 5,100 bytes most count, of 5,100 and what replaces the 9,000 as well.
    await again(6, 100);
    await again(7, 100);
    expect(written()).toHaveLength(2);
    await store.deleteCollection("a");
    expect(written()).toHaveLength(0);
    await store.close();
    // The file of the second snapshot is mostly what does not count any more.
    const large = folderOf("mostly gone");
    const other = await open(large);
    await other.restore(manifest("a"), [bytes(9000, 1), bytes(5000, 2)], journal);
    for (const generation of [4, 5]) {
      const target = { replaces: generation - 1, generation, coveredSequence: 5 };
      const parts = [bytes(100, generation), { header: bytes(56, 2), from: 1 }];
      await other.writeSnapshot("a", target, parts as never);
    }
    expect(fs.readdirSync(large.path).filter((n) => n.endsWith("parts"))).toHaveLength(1);
    expect(await collect(other.readParts("a", 5))).toEqual([bytes(100, 5), bytes(5000, 2)]);
    await other.close();
  });

  test("a changed byte in any file of a snapshot is told when it is read, or parts are missing", async () => {
    const folder = await takenOver("changed", 50);
    const whole = [bytes(50, 9), bytes(5000, 2)];
    for (const name of fs.readdirSync(folder.path).filter((n) => n.endsWith("parts"))) {
      const path = join(folder.path, name);
      const content = fs.readFileSync(path);
      for (let at = 0; at < content.byteLength; at += 3) {
        const bad = Buffer.from(content);
        bad[at] = (bad[at] ?? 0) ^ 0x10;
        fs.writeFileSync(path, bad);
        const store = await open(folder);
        const read = await collect(store.readParts("a", 4)).catch((error) => error.code);
        const harmless = JSON.stringify(read) === JSON.stringify(whole);
        expect(read === "corrupt" || read.length < 2 || harmless).toBe(true);
        await store.close();
      }
      fs.writeFileSync(path, content);
    }
  });

  test("files that no catalog names are deleted", async () => {
    const folder = await filled("orphans");
    fs.writeFileSync(join(folder.path, "99.parts"), "left over");
    await (await open(folder)).close();
    expect(fs.readdirSync(folder.path)).not.toContain("99.parts");
    expect(fs.readdirSync(folder.path)).toHaveLength(4);
  });
});
