import "fake-indexeddb/auto";
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { diskError } from "../../js/src/node/folder.js";
import { openClient } from "../../js/src/node/index.js";
import { lockFolder, unlockAfter } from "../../js/src/node/writer-lock.js";
import type { StorageReport } from "../../js/src/storage/store.js";
import { type Recording, Replay, titleOf } from "../contract/collection-replay.js";
import { hostileContract } from "../contract/hostile.js";
import { memoryContract, SMALL_MEMORY } from "../contract/memory.js";
import { writeSmallCores } from "../support/small-memory.mjs";
import { openTestClient } from "./support/clients.js";
import { readFixtures } from "./support/fixture-folder.js";
import { openFolderClient } from "./support/folder-client.js";

const ENTRY = new URL("../../js/dist/node/index.js", import.meta.url).href;
const root = fs.mkdtempSync(join(tmpdir(), "pagevec-node-"));
afterAll(() => fs.rmSync(root, { recursive: true }));
let names = 0;
const freshPath = () => join(root, `client-${++names}`);

let core: CoreModule;
beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
});
const here = (path: string) => openClient({ path, worker: false, variant: "simd128" });

describe("the contracts of clients, over a folder", () => {
  let client: Client;
  beforeAll(async () => {
    client = await here(freshPath());
  });
  afterAll(() => client.close());

  for (const { name, run } of hostileContract)
    test(name, () => run({ client: async () => client }));

  const recordings = readFixtures<Recording>(
    "providers",
    /^(chroma\.semantics|collection\.trace).*\.json$/,
  );
  for (const [name, recording] of recordings) {
    test(`the session ${name}`, async () => {
      const replayed = await here(freshPath());
      const replay = new Replay(replayed, recording);
      for (const [i, step] of recording.steps.entries()) {
        await replay.run(step).catch((cause) => {
          throw new Error(`${titleOf(step, i)}: ${cause.message}`, { cause });
        });
      }
      await replayed.close();
    });
  }
});

describe("a memory that is full, over a folder", () => {
  const cores = join(root, "small-cores");
  beforeAll(async () => {
    // The core's script says on the console that it aborts.
    jest.spyOn(console, "error").mockImplementation(() => {});
    await writeSmallCores(pathToFileURL(`${cores}/`), SMALL_MEMORY);
  });
  afterAll(() => void jest.restoreAllMocks());

  const open = (name: string, memory: "small" | "large") => {
    const path = join(root, `memory-${encodeURIComponent(name)}`);
    const wasmUrl = memory === "small" ? { wasmUrl: pathToFileURL(cores) } : {};
    return openClient({ path, worker: false, variant: "simd128", ...wasmUrl });
  };
  for (const { name, run } of memoryContract) test(name, () => run({ open }), 60_000);
});

/** A script in a process of its own, which has the built package. */
function startProcess(script: string) {
  const head = `import { openClient } from ${JSON.stringify(ENTRY)};`;
  return spawn(process.execPath, ["--input-type=module", "-e", head + script]);
}

async function filled(path: string, count = 50): Promise<void> {
  const client = await openFolderClient({ core, path });
  const notes = await client.createCollection({ name: "notes" });
  await notes.add(records(0, count));
  await client.close();
}

const records = (first: number, count: number) => {
  const ids = Array.from({ length: count }, (_, i) => `${first + i}`);
  return {
    ids,
    embeddings: ids.map((id) => [Number(id), 1, 2]),
    documents: ids.map((id) => `no. ${id}`),
  };
};

const notesOf = (client: Client): Promise<Collection> => client.getCollection({ name: "notes" });

describe("one writer", () => {
  test("a second one is refused, by name, until the first is closed", async () => {
    const path = freshPath();
    const first = await here(path);
    await expect(here(path)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(`process ${process.pid} on .* has .*readOnly: true`),
    });
    await first.close();
    await (await here(path)).close();
    expect(fs.readdirSync(path)).not.toContain("lock");
  });

  test("a refused one leaves the first its lock", async () => {
    const path = freshPath();
    const first = await here(path);
    await expect(here(path)).rejects.toMatchObject({ code: "conflict" });
    await expect(here(path)).rejects.toMatchObject({ code: "conflict" });
    await first.createCollection({ name: "notes" });
    await first.close();
  });

  /** A lock as a process that has ended, or another machine's, leaves it. */
  const leave = (path: string, holder: object) => {
    fs.mkdirSync(path, { recursive: true });
    const all = { pid: process.pid, thread: 0, host: hostname(), started: null, token: "t" };
    fs.writeFileSync(join(path, "lock"), JSON.stringify({ ...all, ...holder }));
  };

  test("the lock of a process that has ended is taken over at once", async () => {
    const path = freshPath();
    const pid = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    leave(path, { pid });
    const begin = performance.now();
    (await lockFolder(path))();
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  test("and that of one whose number another has by now", async () => {
    const path = freshPath();
    leave(path, { started: "1" });
    (await lockFolder(path))();
  });

  test("and what is no lock at all", async () => {
    const path = freshPath();
    for (const text of ["", "{", "null", "7"]) {
      fs.mkdirSync(path, { recursive: true });
      fs.writeFileSync(join(path, "lock"), text);
      (await lockFolder(path))();
    }
  });

  test("one on another machine counts while it says that it lives", async () => {
    const path = freshPath();
    leave(path, { host: "elsewhere" });
    const lock = join(path, "lock");
    const timer = setInterval(() => fs.utimesSync(lock, new Date(), new Date()), 500);
    await expect(lockFolder(path)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("on elsewhere"),
    });
    clearInterval(timer);
    (await lockFolder(path))();
  }, 20_000);

  test("of many that take a dead one's lock over one has it", async () => {
    const path = freshPath();
    for (let round = 0; round < 20; ++round) {
      leave(path, { started: "1" });
      const tried = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(path)));
      const won = tried.filter((each) => each.status === "fulfilled");
      expect(won).toHaveLength(1);
      for (const each of won) each.value();
    }
  });

  test("a thread that has ended leaves none", async () => {
    const path = freshPath();
    leave(path, { thread: 7 });
    unlockAfter(path, 8);
    expect(fs.existsSync(join(path, "lock"))).toBe(true);
    unlockAfter(path, 7);
    expect(fs.existsSync(join(path, "lock"))).toBe(false);
  });

  test("who lost the lock writes nothing more, and reads what the other wrote", async () => {
    const path = freshPath();
    await filled(path);
    const robbed = await openFolderClient({ core, path });
    const before = await notesOf(robbed);
    await before.count();
    fs.rmSync(join(path, "lock"));
    const robber = await openFolderClient({ core, path });
    const after = await notesOf(robber);
    await after.add(records(100, 5));
    await expect(before.add(records(200, 5))).rejects.toMatchObject({ code: "conflict" });
    await expect(robbed.createCollection({ name: "other" })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await before.count()).toBe(55);
    expect(await after.count()).toBe(55);
    // The beginning of a batch, as if the other were writing it now: what only reads cuts nothing off.
    const journal = fs.readdirSync(path).find((name) => name.endsWith("journal")) as string;
    const size = () => fs.statSync(join(path, journal)).size;
    const whole = size();
    fs.appendFileSync(join(path, journal), fs.readFileSync(join(path, journal)).subarray(0, 30));
    await robbed.listCollections();
    await after.modify({ metadata: { changed: true } });
    await robbed.listCollections();
    await expect(before.add(records(300, 5))).rejects.toMatchObject({ code: "conflict" });
    expect(size()).toBe(whole + 30);
    fs.truncateSync(join(path, journal), whole);
    await robbed.close();
    // Its closing frees no lock but its own.
    expect(fs.existsSync(join(path, "lock"))).toBe(true);
    await robber.close();
  });
});

describe("a reader", () => {
  const reading = (path: string, onStorageReport?: (report: StorageReport) => void) =>
    openFolderClient({ core, path, readOnly: true, ...(onStorageReport && { onStorageReport }) });
  const changed = (collection: Collection) =>
    new Promise<void>((resolve) => {
      const stop = collection.subscribe(() => {
        stop();
        resolve();
      });
    });

  test("sees what the writer does, also after snapshots", async () => {
    const path = freshPath();
    await filled(path);
    const writer = await openFolderClient({ core, path });
    const reader = await reading(path);
    const [written, read] = [await notesOf(writer), await notesOf(reader)];
    expect(await read.count()).toBe(50);
    for (let round = 1; round <= 3; ++round) {
      const told = changed(read);
      // As much as gets a snapshot when the client is closed.
      const ids = Array.from({ length: 200 }, (_, i) => `${round}-${i}`);
      const documents = ids.map((id) => id.padEnd(2000));
      await written.add({ ids, documents, embeddings: ids.map((_, i) => [i, round, 0]) });
      await told;
      expect(await read.count()).toBe(50 + 200 * round);
    }
    await writer.close();
    expect(fs.readdirSync(path).some((name) => name.endsWith(".parts"))).toBe(true);
    // Vectors are in the new snapshot, whose place the reader does not know yet.
    const { embeddings } = await read.get({ ids: ["3-7"], include: ["embeddings"] });
    expect(embeddings.map((vector) => [...vector])).toEqual([[7, 3, 0]]);
    const again = await openFolderClient({ core, path });
    const told = changed(read);
    await (await notesOf(again)).delete({ ids: ["0"] });
    await told;
    expect(await read.count()).toBe(649);
    await again.deleteCollection({ name: "notes" });
    await expect(read.get()).resolves.toBeDefined();
    while ((await reader.listCollections()).length > 0) await new Promise((r) => setTimeout(r, 5));
    await expect(notesOf(reader)).rejects.toMatchObject({ code: "not_found" });
    await again.close();
    await reader.close();
  });

  test("sees what another process writes, and what one that is killed had acknowledged", async () => {
    const path = freshPath();
    await filled(path);
    const reader = await reading(path);
    const notes = await notesOf(reader);
    expect(await notes.count()).toBe(50);
    const child = startProcess(`
      const client = await openClient({ path: ${JSON.stringify(path)} });
      const notes = await client.getCollection({ name: "notes" });
      for (let batch = 1; ; ++batch) {
        await notes.add({ ids: ["p" + batch], embeddings: [[batch, 0, 0]] });
        console.log(batch);
      }`);
    let acknowledged = 0;
    child.stdout.on("data", (data) => {
      acknowledged = Number(String(data).trim().split("\n").at(-1));
    });
    const until = async (count: () => number) => {
      while ((await notes.count()) < count())
        await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(() => 80);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    await until(() => 50 + acknowledged);
    const { embeddings } = await notes.get({ ids: ["p20"], include: ["embeddings"] });
    expect(embeddings.map((vector) => [...vector])).toEqual([[20, 0, 0]]);
    expect((await reader.storage()).reports).toEqual([]);
    await reader.close();
  });

  test("changes nothing, whatever it is asked to", async () => {
    const path = freshPath();
    await filled(path);
    const bytes = () => fs.readdirSync(path).map((n) => [n, fs.readFileSync(join(path, n))]);
    const before = bytes();
    const reader = await reading(path);
    const notes = await notesOf(reader);
    const calls: (() => Promise<unknown>)[] = [
      () => notes.add(records(100, 1)),
      () => notes.delete({ ids: ["1"] }),
      () => notes.modify({ name: "other" }),
      () => reader.createCollection({ name: "other" }),
      () => reader.deleteCollection({ name: "notes" }),
      () => reader.reset(),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "unsupported" });
    expect(await notes.count()).toBe(50);
    const file = new Response(await reader.export());
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    await reader.close();
    expect(bytes()).toEqual(before);
  });

  test("needs a folder of pagevec", async () => {
    await expect(reading(freshPath())).rejects.toMatchObject({ code: "not_found" });
    await expect(reading(root)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a folder", () => {
  test("has no more than is in it, and says that it lasts", async () => {
    const path = freshPath();
    await filled(path);
    const client = await here(path);
    expect(await client.storage()).toMatchObject({
      usage: expect.any(Number),
      persisted: true,
      copy: "none",
      problem: null,
      reports: [],
    });
    expect(await client.check()).toMatchObject([{ name: "notes", copy: "first", problems: [] }]);
    await client.reset();
    expect((await client.storage()).usage).toBe(0);
    await client.close();
    expect(fs.readdirSync(path).sort()).toEqual(["manifest", "manifest.copy"]);
  });

  test("leaves files alone that are not pagevec's", async () => {
    const path = freshPath();
    fs.mkdirSync(path);
    for (const name of ["letter.txt", "1.doc", "99.parts.old"])
      fs.writeFileSync(join(path, name), "");
    await (await here(path)).close();
    await (await here(path)).close();
    expect(fs.readdirSync(path)).toEqual(
      expect.arrayContaining(["letter.txt", "1.doc", "99.parts.old"]),
    );
  });

  test("of a later version is not touched", async () => {
    const path = freshPath();
    await filled(path);
    const manifest = join(path, "manifest");
    const [, json = ""] = fs.readFileSync(manifest, "utf8").split("\n");
    const seal = core.crc32c(Buffer.from(`2\n${json}`)).toString(16);
    fs.writeFileSync(manifest, `pagevec-folder 2 ${seal}\n${json}`);
    await expect(here(path)).rejects.toMatchObject({ code: "format_too_new" });
    expect(fs.readdirSync(path)).not.toContain("lock");
  });

  test("whose manifest is gone has a copy of it, and neither is an error", async () => {
    const path = freshPath();
    await filled(path);
    fs.rmSync(join(path, "manifest"));
    const client = await here(path);
    expect(await (await notesOf(client)).count()).toBe(50);
    expect((await client.storage()).reports).toMatchObject([{ kind: "recovered" }]);
    await client.close();
    for (const name of ["manifest", "manifest.copy"]) fs.rmSync(join(path, name));
    await expect(here(path)).rejects.toMatchObject({ code: "corrupt" });
    expect(fs.readdirSync(path).filter((name) => name.endsWith("journal"))).toHaveLength(1);
    // A process that ended while it made the folder has not lost anything.
    const fresh = freshPath();
    await (await here(fresh)).close();
    const first = fs.readFileSync(join(fresh, "manifest"), "utf8").split("\n")[1] as string;
    const json = first.replace(/"version":\d+,"epoch":\d+/, '"version":1,"epoch":0');
    const seal = core.crc32c(Buffer.from(`1\n${json}`)).toString(16);
    fs.writeFileSync(join(fresh, "manifest.copy"), `pagevec-folder 1 ${seal}\n${json}`);
    fs.rmSync(join(fresh, "manifest"));
    const again = await here(fresh);
    expect((await again.storage()).reports).toEqual([]);
    await again.close();
  });

  test("that cannot be one is an error", async () => {
    const file = join(root, "file");
    fs.writeFileSync(file, "");
    await expect(here(file)).rejects.toMatchObject({ code: "storage_failed" });
    for (const path of ["", 7, undefined]) {
      await expect(here(path as string)).rejects.toMatchObject({ code: "invalid_argument" });
    }
  });

  test("keeps what was set aside until its collection goes", async () => {
    const path = freshPath();
    await filled(path);
    const journal = fs.readdirSync(path).find((name) => name.endsWith("journal")) as string;
    fs.appendFileSync(join(path, journal), Buffer.alloc(100, 7));
    const client = await here(path);
    const { reports } = await client.storage();
    expect(reports).toMatchObject([{ kind: "lost", collection: "notes" }]);
    expect(await (await notesOf(client)).count()).toBe(50);
    const aside = () => fs.readdirSync(join(path, "aside"));
    expect(aside()).toHaveLength(1);
    expect(fs.statSync(join(path, "aside", aside()[0] as string)).size).toBe(100);
    await client.deleteCollection({ name: "notes" });
    expect(aside()).toEqual([]);
    await client.close();
  });
});

describe("files of collections", () => {
  test("go from IndexedDB into a folder, and back", async () => {
    const page = await openTestClient({ core, storage: "indexeddb", name: "page" });
    const notes = await page.createCollection({ name: "notes", metadata: { made: "there" } });
    await notes.add(records(0, 300));
    const path = freshPath();
    const client = await here(path);
    const file = await new Response(await page.export()).blob();
    expect(await client.import(file)).toMatchObject([{ name: "notes", records: 300 }]);
    const added = await notesOf(client);
    await added.add(records(300, 20));
    await client.close();
    const again = await here(path);
    const back = await new Response(await again.export()).blob();
    await page.import(back, { ifExists: "replace" });
    const include = ["documents", "embeddings"] as const;
    const [there, inFolder] = [await notesOf(page), await notesOf(again)];
    expect(await there.get({ include: [...include] })).toEqual(
      await inFolder.get({ include: [...include] }),
    );
    expect(there.metadata).toEqual({ made: "there" });
    expect(await there.count()).toBe(320);
    await again.close();
    await page.close();
  });
});

describe("without room", () => {
  test.each(["ENOSPC", "EDQUOT", "EFBIG"])("%s is quota_exceeded", (code) => {
    expect(diskError(Object.assign(new Error("full"), { code }))).toMatchObject({
      code: "quota_exceeded",
    });
  });

  // The system's own refusal: a limit on the size of files. In a process of its own, which has js/dist.
  test("a batch is refused whole, and what was acknowledged is there", async () => {
    const path = freshPath();
    const script = join(root, "full.mjs");
    fs.writeFileSync(
      script,
      `import { openClient } from ${JSON.stringify(ENTRY)};
      const client = await openClient({ path: ${JSON.stringify(path)}, worker: false });
      const notes = await client.createCollection({ name: "notes" });
      let code, count = 0;
      for (; !code; ++count) {
        const ids = Array.from({ length: 100 }, (_, i) => count + "-" + i);
        await notes.add({ ids, embeddings: ids.map(() => new Float32Array(256)) })
          .catch((cause) => { code = cause.code; --count; });
      }
      const after = await notes.count();
      await notes.add({ ids: ["small"], embeddings: [new Float32Array(256)] });
      console.log(JSON.stringify({ code, count, after }));
      await client.close();`,
    );
    // In blocks of 512 or 1,024 bytes, by the shell.
    const command = `ulimit -f 2000; exec ${process.execPath} ${script}`;
    const { code, count, after } = JSON.parse(
      execFileSync("sh", ["-c", command], { encoding: "utf8" }),
    );
    expect(code).toBe("quota_exceeded");
    expect(count).toBeGreaterThan(3);
    expect(after).toBe(count * 100);
    const client = await here(path);
    expect(await (await notesOf(client)).count()).toBe(count * 100 + 1);
    expect((await client.storage()).reports).toEqual([]);
    await client.close();
  });
});

test("a batch that the disk did not keep is not there, and the next one is", async () => {
  const path = freshPath();
  const child = startProcess(`
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const client = await openClient({
      path: ${JSON.stringify(path)}, worker: false, durability: "strict",
    });
    const notes = await client.createCollection({ name: "notes" });
    const add = (id) => notes.add({ ids: [id], embeddings: [[1, 2]] }).catch((cause) => cause.code);
    await add("before");
    const { fsync } = fs;
    fs.fsync = (file, done) => done(Object.assign(new Error("EIO"), { code: "EIO" }));
    syncBuiltinESMExports();
    const refused = await add("refused");
    fs.fsync = fsync;
    syncBuiltinESMExports();
    await add("after");
    console.log(JSON.stringify({ refused, ids: (await notes.get()).ids }));
    await client.close();`);
  let printed = "";
  child.stdout.on("data", (data) => {
    printed += data;
  });
  await new Promise((resolve) => child.once("close", resolve));
  const expected = { refused: "storage_failed", ids: ["before", "after"] };
  expect(JSON.parse(printed)).toEqual(expected);
  const client = await here(path);
  expect((await (await notesOf(client)).get()).ids).toEqual(expected.ids);
  expect((await client.storage()).reports).toEqual([]);
  await client.close();
});

test("a process that is killed leaves its folder free", async () => {
  const path = freshPath();
  const child = startProcess(`
    const client = await openClient({ path: ${JSON.stringify(path)}, worker: false });
    await client.createCollection({ name: "notes" });
    console.log("open");
    setInterval(() => {}, 1000);`);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  await expect(here(path)).rejects.toMatchObject({ code: "conflict" });
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  const client = await here(path);
  await notesOf(client);
  await client.close();
});

describe("a folder as layout version 1 has it", () => {
  const fixture = new URL("../fixtures/folder/v1", import.meta.url);
  const contents = {
    ids: ["a", "b", "ü 😀", "e", "f"],
    documents: ["the text of a", "again", "the text of ü 😀", "the text of e", "new"],
    metadatas: [null, { i: 1 }, null, null, null],
    embeddings: [
      [0, 1, 0.5, -0],
      [9, 9, 9, 9],
      [2, 1, 0.5, -2],
      [4, 1, 0.5, -4],
      [8, 8, 8, 8],
    ],
  };

  async function expectContents(client: Client): Promise<Collection> {
    const notes = await notesOf(client);
    expect(notes.metadata).toEqual({ made: "by version 1" });
    const found = await notes.get({ include: ["documents", "metadatas", "embeddings"] });
    const embeddings = found.embeddings.map((vector) => [...vector]);
    const { ids, documents, metadatas } = found;
    expect({ ids, documents, metadatas, embeddings }).toEqual(contents);
    return notes;
  }

  test("is read, and written to", async () => {
    const path = freshPath();
    fs.cpSync(fixture, path, { recursive: true });
    const reader = await openFolderClient({ core, path, readOnly: true });
    await expectContents(reader);
    await reader.close();
    const client = await here(path);
    const notes = await expectContents(client);
    expect((await client.listCollections()).map(({ name }) => name)).toEqual(["notes", "empty"]);
    await notes.add({ ids: ["g"], embeddings: [[1, 2, 3, 4]] });
    await client.close();
    const again = await here(path);
    expect(await (await notesOf(again)).count()).toBe(6);
    expect(await again.storage()).toMatchObject({ reports: [], problem: null });
    await again.close();
  });
});
