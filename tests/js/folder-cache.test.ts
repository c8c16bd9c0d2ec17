import * as fs from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "@jest/globals";
import { openModelCache } from "../../js/src/models/cache.js";
import { ModelStore } from "../../js/src/models/store.js";
import { FolderCache, modelFolder, setModelFolder } from "../../js/src/platform/node-models.js";
import { makeBytes, modelStoreContract } from "../contract/model-store.js";

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-models-"));
afterAll(() => fs.rmSync(root, { recursive: true }));
afterEach(() => setModelFolder(null));
let folders = 0;
const freshFolder = () => join(root, `cache-${++folders}`);

describe("model store contract: a folder", () => {
  for (const { name, run } of modelStoreContract) {
    const folder = freshFolder();
    test(name, () => run({ openCache: async () => new FolderCache(folder) }));
  }
});

describe("a folder for models", () => {
  const keys = [
    "sha256/0123",
    "partial/all-MiniLM-L6-v2/https%3A%2F%2Fhost%2Fa.pvm//0",
    `partial/m/${encodeURIComponent(`https://host/${"long/".repeat(120)}`)}/%22tag%22/4194304`,
    "partial/../../escaped",
    "partial/./here",
    `exactly/${"x".repeat(200)}`,
    `one-more/${"x".repeat(201)}`,
  ];

  test("keeps what has any key, and nothing outside of it", async () => {
    const folder = freshFolder();
    const cache = new FolderCache(join(folder, "inner"));
    for (const [i, key] of keys.entries()) await cache.put(key, makeBytes(100 + i, i + 1));
    expect(fs.readdirSync(folder)).toEqual(["inner"]);
    const listed = (await cache.list()).sort((a, b) => a.bytes - b.bytes);
    expect(listed).toEqual(keys.map((key, i) => ({ key, bytes: 100 + i })));
    for (const [i, key] of keys.entries()) {
      expect(await cache.get(key)).toEqual(makeBytes(100 + i, i + 1));
      await cache.delete(key);
      expect(await cache.get(key)).toBeUndefined();
    }
    expect(await cache.list()).toEqual([]);
  });

  test("has a file whole or not at all, and sweeps what a process left in the middle of one", async () => {
    const folder = freshFolder();
    const cache = new FolderCache(folder);
    await cache.put("a/b", makeBytes(10, 1));
    const left = [",new/old", ",new/fresh"].map((name) => join(folder, name));
    for (const path of left) fs.writeFileSync(path, "half");
    const longAgo = new Date(Date.now() - 7_200_000);
    fs.utimesSync(left[0] as string, longAgo, longAgo);
    await cache.put("a/c", makeBytes(10, 2));
    expect(left.map((path) => fs.existsSync(path))).toEqual([false, true]);
    expect((await cache.list()).map(({ key }) => key).sort()).toEqual(["a/b", "a/c"]);
  });

  test("one that cannot be written is a warning, not an error", async () => {
    const file = join(root, "file");
    fs.writeFileSync(file, "");
    const warnings: string[] = [];
    const store = await ModelStore.open(new FolderCache(file));
    await store.adopt(makeBytes(10, 1), (message) => warnings.push(message));
    expect(warnings).toEqual([expect.stringMatching(/10 bytes of the model could not be cached/)]);
  });

  test("is that of the variable, or the user's", async () => {
    expect(modelFolder()).toBeUndefined();
    expect(await openModelCache()).toBeUndefined();
    setModelFolder(join(root, "mine"));
    expect(modelFolder()).toBe(join(root, "mine"));
    expect(await openModelCache()).toBeInstanceOf(FolderCache);
    delete process.env.PAGEVEC_MODEL_CACHE;
    const { XDG_CACHE_HOME } = process.env;
    process.env.XDG_CACHE_HOME = join(root, "xdg");
    expect(modelFolder()).toBe(join(root, "xdg", "pagevec-models"));
    delete process.env.XDG_CACHE_HOME;
    const home = join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache");
    if (process.platform !== "win32") expect(modelFolder()).toBe(join(home, "pagevec-models"));
    if (XDG_CACHE_HOME !== undefined) process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
  });
});
