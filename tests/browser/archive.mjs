import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { launchChromium } from "../../tools/chromium.mjs";

const MIB = 2 ** 20;
/** 100,000 vectors of 384 dimensions: a file of more than 150 MB. */
const LARGE = { count: 100_000, dimension: 384 };
/** More than goes into one transaction of an import, so that the first is over before the file is. */
const STAGED = 24 * MIB;
let names = 0;

/** Files of collections in a real browser: real streams, tabs, quotas and ends of pages. */
export async function archive(test, environment) {
  const open = async (name, in_ = environment) => {
    const page = await in_.openPage();
    await page.evaluate(defineHelpers);
    await page.evaluate((name) => window.openAs(name), name);
    return page;
  };
  const freshName = () => `archive-${++names}`;

  await test("a client is the same in another one, and after a reload", async () => {
    const page = await open(freshName());
    await page.evaluate(() => window.fill("notes", 3000));
    await page.evaluate(() => window.fill("few", 5));
    const expected = await page.evaluate(() => window.contents("notes", "few"));
    const [there, name] = [await page.evaluate(() => window.exported()), freshName()];
    assert(there > 100_000, `the file has only ${there} bytes`);
    await page.evaluate((name) => window.openAs(name), name);
    const results = await page.evaluate(() => window.client.import(window.file));
    assert.deepEqual(
      results.map(({ name, outcome, records }) => [name, outcome, records]),
      [
        ["notes", "created", 3000],
        ["few", "created", 5],
      ],
    );
    assert.deepEqual(await page.evaluate(() => window.contents("notes", "few")), expected);
    await page.close();
    const again = await open(name);
    assert.deepEqual(await again.evaluate(() => window.contents("notes", "few")), expected);
    for (const { problems, copy } of await again.evaluate(() => window.client.check())) {
      assert.deepEqual(problems, [], copy);
    }
    const { copy, reports } = await again.evaluate(() => window.client.storage());
    assert.deepEqual([copy, reports], ["kept", []]);
    await again.close();
  });

  await test("a tab that does not lead imports, and every tab has it", async () => {
    const name = freshName();
    const leader = await open(name);
    await leader.evaluate(() => window.fill("notes", 50));
    await leader.evaluate(() => window.exported());
    const follower = await open(name);
    await follower.evaluate(async () => {
      await window.exported();
      await window.client.import(window.file, { rename: { notes: "copy" } });
      await window.client.import(window.file, { ifExists: "replace" });
    });
    for (const page of [follower, leader]) {
      const { notes, copy } = await page.evaluate(() => window.contents("notes", "copy"));
      assert.equal(notes.ids.length, 50);
      assert.deepEqual(notes, copy);
    }
    const checked = await leader.evaluate(() => window.client.check());
    assert.deepEqual(
      checked.map(({ name, copy, problems }) => [name, copy, problems]),
      ["first", "second"].flatMap((copy) => ["copy", "notes"].map((name) => [name, copy, []])),
    );
    await Promise.all([leader.close(), follower.close()]);
  });

  await test("a new leader spares what another tab is importing", async () => {
    const name = freshName();
    const leader = await open(name);
    await leader.evaluate((bytes) => window.write("notes", bytes), STAGED);
    const follower = await open(name);
    await follower.evaluate(() => window.exported());
    const half = follower.evaluate(async () => {
      const { stream, rest } = window.halves();
      window.rest = rest;
      return window.client.import(stream, { ifExists: "replace" });
    });
    await untilStaged(follower, name);
    await leader.close();
    // The lock has gone to this tab, which sweeps what nobody is at work on.
    // Not waitForFunction(): that takes a promise for true.
    await follower.evaluate(async () => {
      while ((await window.client.storage()).copy !== "kept") {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await follower.evaluate(() => window.rest());
    const [{ records }] = await half;
    assert.equal(await follower.evaluate(() => window.count("notes")), records);
    await follower.close();
  });

  for (const alone of [true, false]) {
    const others = alone ? "alone" : "beside another tab";
    await test(`a page that is closed in the middle of an import leaves nothing: ${others}`, async () => {
      const name = freshName();
      const source = await open(freshName());
      await source.evaluate((bytes) => window.write("notes", bytes), STAGED);
      await source.evaluate(() => window.exported());
      const beside = alone ? undefined : await open(name);
      await source.evaluate(async (name) => {
        await window.client.close();
        await window.openAs(name);
        const { stream } = window.halves();
        window.client.import(stream).catch(() => {});
      }, name);
      const blocks = await untilStaged(source, name);
      assert(blocks > 0);
      await source.close({ runBeforeUnload: false });
      if (beside) {
        assert.deepEqual(await beside.evaluate(() => window.client.listCollections()), []);
        await beside.close();
      }
      const again = await open(name);
      assert.deepEqual(await again.evaluate(() => window.client.listCollections()), []);
      assert.equal(await again.evaluate((name) => window.blocks(name), name), 0);
      assert.deepEqual((await again.evaluate(() => window.client.storage())).reports, []);
      await again.close();
    });
  }

  await test("another tab's snapshot waits for an export", async () => {
    const name = freshName();
    const writer = await open(name);
    await writer.evaluate(() => window.fill("notes", 3000));
    const reader = await open(name);
    await reader.evaluate(async () => {
      const notes = await window.client.getCollection({ name: "notes" });
      window.reader = (await notes.export()).getReader();
      window.chunks = [(await window.reader.read()).value];
    });
    // More than a journal may have, however large the snapshot is.
    await writer.evaluate(() => window.write("notes", 18 * 2 ** 20));
    await writer.waitForTimeout(500);
    const rest = () =>
      reader.evaluate(async () => {
        for (;;) {
          const { value, done } = await window.reader.read();
          if (done) return new Blob(window.chunks).size;
          window.chunks.push(value);
        }
      });
    assert((await rest()) > 100_000);
    await reader.evaluate(async (name) => {
      await window.openAs(name);
      await window.client.import(new Blob(window.chunks));
    }, freshName());
    assert.equal(await reader.evaluate(() => window.count("notes")), 3000);
    await Promise.all([writer.close(), reader.close()]);
  });

  await test("without room nothing of a file is kept, and what was there stays", async () => {
    const browser = await launchChromium();
    try {
      const page = await open(freshName(), {
        async openPage() {
          const page = await browser.context.newPage();
          await page.goto(environment.server.url);
          await page.waitForFunction(() => "suites" in window);
          return page;
        },
      });
      for (const [name, bytes] of Object.entries({ small: 1 * MIB, middle: 9 * MIB })) {
        await page.evaluate(() => window.client.reset());
        await page.evaluate(([bytes]) => window.write("notes", bytes), [bytes]);
        await page.evaluate(() => window.exported());
        await page.evaluate((name) => {
          window[name] = window.file;
        }, name);
      }
      await page.evaluate(() => window.client.reset());
      await page.evaluate(() => window.write("old", 100_000));
      const session = await browser.context.newCDPSession(page);
      const origin = new URL(environment.server.url).origin;
      // Too little for the file; enough for it, but not for its second copy.
      for (const quotaSize of [6 * MIB, 14 * MIB]) {
        await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize });
        const code = await page.evaluate(() =>
          window.client.import(window.middle).then(
            () => "imported",
            (error) => error.code,
          ),
        );
        assert.equal(code, "quota_exceeded", `with ${quotaSize} bytes`);
        const listed = await page.evaluate(async () =>
          (await window.client.listCollections()).map(({ name }) => name),
        );
        assert.deepEqual(listed, ["old"]);
        for (const { problems } of await page.evaluate(() => window.client.check())) {
          assert.deepEqual(problems, []);
        }
      }
      await page.evaluate(() => window.client.import(window.small));
      assert(await page.evaluate(() => window.count("notes")));
    } finally {
      await browser.close();
    }
  });

  await test("a file of more than 150 MB passes through without being in memory", async () => {
    const page = await open(freshName());
    const memory = await rendererMemory(environment.context);
    // What came before is not what the next one takes.
    const session = await environment.context.newCDPSession(page);
    const measured = async (what) => {
      await page.evaluate((name) => window.openAs(name), `archive-${names}`);
      await session.send("HeapProfiler.collectGarbage");
      await memory.reset();
      const before = await memory.now();
      const result = await page.evaluate(what);
      return [result, (await memory.peak()) - before];
    };
    await page.evaluate((large) => window.fillLarge(large), LARGE);
    const [size, exportPeak] = await measured(() => window.exported());
    assert(size > 150e6, `the file has only ${size} bytes`);
    freshName();
    const [[{ records }], importPeak] = await measured(() => window.client.import(window.file));
    assert.equal(records, LARGE.count);
    const [count, openPeak] = await measured(() => window.count("large"));
    assert.equal(count, LARGE.count);
    const mib = (bytes) => `${Math.round(bytes / MIB)} MiB`;
    console.log(
      `archive: of ${mib(size)}, exporting took ${mib(exportPeak)} more, importing ${mib(importPeak)}, opening ${mib(openPeak)}`,
    );
    // Garbage that is not collected yet counts too, so once the file's size is no proof of anything.
    assert(exportPeak < 2 * size, "all of the file was in memory while it was exported");
    assert(importPeak < openPeak + 2 * size, "importing took more than opening does");
    const found = await page.evaluate(async () => {
      const large = await window.client.getCollection({ name: "large" });
      const { embeddings } = await large.get({ ids: ["r77777"], include: ["embeddings"] });
      const queryEmbeddings = [[...embeddings[0]]];
      return (await large.query({ queryEmbeddings, nResults: 1 })).ids;
    });
    assert.deepEqual(found, [["r77777"]]);
    await page.evaluate(() => window.client.reset());
    await page.close();
  });
}

/** Waits until IndexedDB has blocks of an import that is under way; returns how many. */
async function untilStaged(page, name) {
  for (let attempt = 0; attempt < 500; ++attempt) {
    const blocks = await page.evaluate((name) => window.blocks(name, true), name);
    if (blocks > 0) return blocks;
    await page.waitForTimeout(20);
  }
  throw new Error("nothing was staged within ten seconds");
}

/** Resident memory of the processes that pages and their workers run in. */
async function rendererMemory(context) {
  const session = await context.browser().newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const read = async (pid, field) => {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(status.match(new RegExp(`${field}:\\s+(\\d+) kB`))?.[1]) * 1024;
  };
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  const of = async (field) => {
    const all = await Promise.all(renderers.map((pid) => read(pid, field).catch(() => 0)));
    return all.reduce((sum, bytes) => sum + bytes, 0);
  };
  return {
    now: () => of("VmRSS"),
    peak: () => of("VmHWM"),
    /** The peak counts from here. */
    reset: () => Promise.all(renderers.map((pid) => writeFile(`/proc/${pid}/clear_refs`, "5"))),
  };
}

/** What the cases do in their pages. */
export function defineHelpers() {
  const DIMENSION = 16;
  const vectorOf = (i, dimension) =>
    Float32Array.from({ length: dimension }, (_, k) => Math.sin(i * 1.3 + k * (1 + (i % 7))));
  const noise = (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    return Array.from(bytes, (byte) => String.fromCharCode(33 + (byte % 90))).join("");
  };
  window.openAs = async (name) => {
    await window.client?.close();
    window.client = await window.pagevec.Client.open({ name });
  };
  window.fill = async (name, count) => {
    const notes = await window.client.createCollection({ name, metadata: { name } });
    const ids = Array.from({ length: count }, (_, i) => `r${i}`);
    await notes.add({
      ids,
      embeddings: ids.map((_, i) => vectorOf(i, DIMENSION)),
      documents: ids.map((id, i) => (i % 5 ? `the text of ${id}: ü 😀` : null)),
      metadatas: ids.map((_, i) => (i % 3 ? { i, tags: [`t${i}`] } : null)),
    });
  };
  window.fillLarge = async ({ count, dimension }) => {
    const large = await window.client.createCollection({ name: "large" });
    for (let at = 0; at < count; at += 5000) {
      const ids = Array.from({ length: 5000 }, (_, i) => `r${at + i}`);
      const embeddings = ids.map(() => {
        const vector = new Float32Array(dimension);
        for (let k = 0; k < dimension; ++k) vector[k] = Math.random() - 0.5;
        return vector;
      });
      await large.add({ ids, embeddings });
    }
  };
  /** Batches of half a MiB each, of so many bytes together. */
  window.write = async (name, bytes) => {
    const notes = await window.client.getOrCreateCollection({ name });
    for (let at = 0; at < bytes; at += 2 ** 19) {
      const documents = [noise(Math.min(2 ** 19, bytes - at))];
      await notes.add({ ids: [`w${at}`], embeddings: [vectorOf(at, DIMENSION)], documents });
    }
  };
  window.count = async (name) => (await window.client.getCollection({ name })).count();
  window.contents = async (...names) => {
    const all = {};
    for (const name of names) {
      const notes = await window.client.getCollection({ name });
      const include = ["documents", "metadatas", "embeddings"];
      const { ids, documents, metadatas, embeddings } = await notes.get({ include });
      const queryEmbeddings = [3, 4].map((i) => vectorOf(i, DIMENSION));
      const { ids: found, distances } = await notes.query({ queryEmbeddings, nResults: 5 });
      const vectors = embeddings.map((vector) => [...vector]);
      all[name] = { ids, documents, metadatas, vectors, found, distances };
    }
    return all;
  };
  window.exported = async () => {
    window.file = await new Response(await window.client.export()).blob();
    return window.file.size;
  };
  /** The file as a stream that stops before its end until rest() is called. */
  window.halves = () => {
    const { file } = window;
    let rest;
    const waiting = new Promise((resolve) => {
      rest = resolve;
    });
    const parts = [file.slice(0, file.size - 60), file.slice(file.size - 60)];
    let pulled = 0;
    const stream = new ReadableStream({
      async pull(controller) {
        if (pulled === 2) return controller.close();
        if (pulled === 1) await waiting;
        controller.enqueue(new Uint8Array(await parts[pulled++].arrayBuffer()));
      },
    });
    return { stream, rest };
  };
  /** How many blocks IndexedDB has of a client, or of its collections that are not there yet. */
  window.blocks = async (name, staged = false) => {
    const ask = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await ask(indexedDB.open(`pagevec/${name}`, 1));
    const known = new Set(await ask(database.transaction("meta").objectStore("meta").getAllKeys()));
    let blocks = 0;
    for (const store of ["journal", "parts"]) {
      const keys = await ask(database.transaction(store).objectStore(store).getAllKeys());
      blocks += keys.filter(([id]) => !staged || !known.has(id)).length;
    }
    database.close();
    return blocks;
  };
}
