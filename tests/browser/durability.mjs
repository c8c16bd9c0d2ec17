import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchChromium } from "../../tools/chromium.mjs";

const QUOTA = 12 * 2 ** 20;
/** Text of a batch: above 64 KiB, so that Chromium gives its room back at once. */
const TEXT = 500_000;
/** More than the 32 MiB from which a snapshot is loaded from the second copy. */
const LARGE = { count: 30_000, dimension: 384 };
/** Each a value above 64 KiB, and together too few for a snapshot. */
const BATCHES = { count: 3000, dimension: 384, batch: 100 };
let names = 0;

/** What docs/durability.md promises of quota, deleted data, persist() and check(). */
export async function durability(test, environment) {
  const openClient = (page, name, options = {}) =>
    page.evaluate(
      async ([name, options]) => {
        window.client = await window.pagevec.Client.open({ name, ...options });
        window.notes = await window.client.getOrCreateCollection({ name: "notes" });
      },
      [name, options],
    );

  const openPageIn = async ({ context }) => {
    const page = await context.newPage();
    await page.goto(environment.server.url);
    await page.waitForFunction(() => "suites" in window);
    return page;
  };

  /** A browser of its own, whose origin has as little room as a test wants. */
  const withQuota = async (run) => {
    const browser = await launchChromium();
    try {
      const page = await openPageIn(browser);
      const session = await browser.context.newCDPSession(page);
      const origin = new URL(environment.server.url).origin;
      const setQuota = (quotaSize) =>
        session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize });
      await setQuota(QUOTA);
      await openClient(page, "quota");
      await run(page, setQuota);
    } finally {
      await browser.close();
    }
  };

  /** A profile of its own, in which so many files of IndexedDB's values are deleted between two visits. */
  const withFilesGone = async (options, values, most, run) => {
    const kept = await mkdtemp(join(tmpdir(), "pagevec-durability-"));
    const browse = async (visit) => {
      const browser = await launchChromium({ kept });
      try {
        const page = await openPageIn(browser);
        await openClient(page, "files", options);
        await visit(page);
      } finally {
        await browser.close();
      }
    };
    try {
      await browse(async (page) => {
        await page.evaluate(fillLarge, values);
        // Which stores a snapshot.
        if (values === LARGE) await page.evaluate(() => window.client.close());
      });
      assert(await deleteValues(join(kept, "Default", "IndexedDB"), most), "no values in files");
      await run(browse);
    } finally {
      await rm(kept, { recursive: true, force: true });
    }
  };

  await test("a full store refuses whole batches, keeps the rest, and takes more after a deletion", () =>
    withQuota(async (page) => {
      const first = await page.evaluate(fill, [TEXT]);
      assert.equal(first.code, "quota_exceeded");
      assert(first.count > 3, `only ${first.count} batches fitted`);
      assert.deepEqual(await intact(page, first.ids), []);
      // The same again changes nothing.
      assert.equal((await page.evaluate(fill, [TEXT])).count, 0);
      assert.deepEqual(await intact(page, first.ids), []);
      let { ids } = first;
      for (let round = 1; round <= 3; ++round) {
        const gone = ids.slice(0, ids.length >> 1);
        ids = ids.slice(gone.length);
        await page.evaluate((ids) => window.notes.delete({ ids }), gone);
        assert.deepEqual(await intact(page, ids), []);
        const more = await page.evaluate(fill, [TEXT]);
        console.log(`durability: ${gone.length} batches deleted, then ${more.count} fitted`);
        assert(more.count >= 1, "no batch fitted after the deletion");
        ids = [...ids, ...more.ids];
        assert.deepEqual(await intact(page, ids), []);
      }
      await reopen(page, openClient, "quota");
      assert.deepEqual(await intact(page, ids), []);
      const { reports } = await page.evaluate(() => window.client.storage());
      assert.deepEqual(reports, []);
    }));

  await test("a quota that ends any transaction leaves the state before it, or after it", () =>
    withQuota(async (page, setQuota) => {
      let expected = [];
      let refusals = 0;
      for (let kib = 200; kib <= 8000; kib += 600) {
        await setQuota(kib * 1024);
        const { ids, code } = await page.evaluate(fill, [150_000]);
        assert.equal(code, "quota_exceeded");
        expected = [...expected, ...ids];
        assert.deepEqual(await intact(page, expected), []);
        await reopen(page, openClient, "quota");
        assert.deepEqual(await intact(page, expected), []);
        const refused = await page.evaluate(changeCollections, [kib]);
        for (const code of refused) assert.equal(code, "quota_exceeded");
        refusals += refused.length;
        assert.deepEqual(await intact(page, expected), []);
      }
      console.log(`durability: ${refusals} changes of collections refused by a quota`);
      await setQuota(100 * 2 ** 20);
      assert.deepEqual(await page.evaluate(changeCollections, [0]), []);
      await page.evaluate(() => window.notes.add({ ids: ["last"], embeddings: [[1, 2]] }));
      assert.deepEqual(await intact(page, [...expected, "last"]), []);
      assert.deepEqual((await page.evaluate(() => window.client.storage())).reports, []);
    }));

  await test("both copies are checked, in both durabilities", async () => {
    for (const durability of ["relaxed", "strict"]) {
      const page = await environment.openPage();
      await openClient(page, `durability-${++names}`, { durability });
      await page.evaluate(() => window.notes.add({ ids: ["a"], embeddings: [[1, 2]] }));
      const checked = await page.evaluate(() => window.client.check());
      assert.deepEqual(
        checked.map(({ copy, batches, problems }) => [copy, batches, problems]),
        [
          ["first", 1, []],
          ["second", 1, []],
        ],
      );
      assert.equal((await page.evaluate(() => window.client.storage())).copy, "kept");
      await page.close();
    }
  });

  await test("a large snapshot is loaded from the second copy, and the first is mended after that", async () => {
    const page = await environment.openPage();
    const name = `durability-${++names}`;
    await openClient(page, name);
    await page.evaluate(fillLarge, LARGE);
    await page.evaluate(() => window.client.close());
    const damaged = await page.evaluate(alterParts, name);
    assert(damaged.parts > 8, `only ${damaged.parts} parts`);
    await openClient(page, name);
    assert.deepEqual(await page.evaluate(wrongVectors, LARGE), []);
    // Calls go on while the first copy is compared.
    await page.evaluate(untilReported, LARGE);
    const { reports, copy } = await page.evaluate(() => window.client.storage());
    assert.deepEqual([reports.map(({ kind }) => kind), copy], [["recovered"], "kept"]);
    await assertSound(page);
    await reopen(page, openClient, name);
    assert.deepEqual(await page.evaluate(wrongVectors, LARGE), []);
    await page.evaluate(() => window.client.reset());
    await page.close();
  });

  for (const [what, values] of [
    ["a large snapshot", LARGE],
    ["a journal", BATCHES],
  ]) {
    await test(`${what} whose values' files are gone is restored`, () =>
      withFilesGone({}, values, Number.POSITIVE_INFINITY, async (browse) => {
        await browse(async (page) => {
          assert.deepEqual(await page.evaluate(wrongVectors, values), []);
          await page.evaluate(untilReported, values);
          assert.deepEqual(await kindsOfReports(page), ["recovered"]);
          await assertSound(page);
        });
      }));
  }

  await test("without a second copy what comes before a file that is gone is there", () =>
    withFilesGone({ worker: false }, BATCHES, 1, async (browse) => {
      let count;
      await browse(async (page) => {
        count = await page.evaluate(() => window.notes.count());
        assert(count % BATCHES.batch === 0 && count < BATCHES.count, `${count} are there`);
        assert.deepEqual(await kindsOfReports(page), ["lost"]);
        await page.evaluate(() =>
          window.notes.add({ ids: ["x"], embeddings: [new Float32Array(384)] }),
        );
      });
      await browse(async (page) => {
        assert.equal(await page.evaluate(() => window.notes.count()), count + 1);
        assert.deepEqual(await kindsOfReports(page), []);
        await assertSound(page);
      });
    }));

  await test("the browser is asked once to keep the data, with the first write", async () => {
    const page = await environment.openPage();
    await page.evaluate(() => {
      window.asked = 0;
      const persist = navigator.storage.persist.bind(navigator.storage);
      navigator.storage.persist = () => {
        ++window.asked;
        return persist();
      };
    });
    const state = () =>
      page.evaluate(async () => [window.asked, (await window.client.storage()).persistence]);
    const write = (id) =>
      page.evaluate((id) => window.notes.add({ ids: [id], embeddings: [[1, 2]] }), id);
    await openClient(page, `durability-${++names}`);
    assert.deepEqual(await state(), [0, "not asked"]);
    await write("a");
    await write("b");
    const [asked, answer] = await state();
    assert.equal(asked, 1);
    assert(["granted", "refused"].includes(answer), answer);
    await openClient(page, `durability-${++names}`, { persist: false });
    await write("a");
    assert.deepEqual(await state(), [1, "not asked"]);
    await page.close();
  });

  await test("site data that is cleared under an open client is an error, then a fresh start", async () => {
    const page = await environment.openPage();
    const name = `durability-${++names}`;
    await openClient(page, name);
    await page.evaluate(() => window.notes.add({ ids: ["a"], embeddings: [[1, 2]] }));
    const session = await environment.context.newCDPSession(page);
    const origin = new URL(environment.server.url).origin;
    await session.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    const code = await page.evaluate(() =>
      window.notes.add({ ids: ["b"], embeddings: [[1, 2]] }).catch((error) => error.code),
    );
    assert.equal(code, "storage_failed");
    // IndexedDB alone was cleared, so the second copy brings the rest back: also for a new client
    // beside the old one, which nobody closed.
    await openClient(page, name);
    assert.deepEqual(await page.evaluate(async () => (await window.notes.get()).ids), ["a"]);
    const { reports } = await page.evaluate(() => window.client.storage());
    assert.deepEqual(
      reports.map(({ kind, collection }) => [kind, collection]),
      [["recovered", "notes"]],
    );
    await page.close();
  });
}

/** Adds batches of so much text until one is refused. */
async function fill([length]) {
  const ids = [];
  for (let count = 0; ; ++count) {
    const id = `${performance.now()}-${count}`;
    // Nothing that storage could compress away.
    const text = Array.from({ length: length >> 4 }, () => Math.random().toString(36).slice(2, 18));
    const batch = { ids: [id], embeddings: [[1, count]], documents: [text.join("")] };
    try {
      await window.notes.add(batch);
      ids.push(id);
    } catch (error) {
      return { count, ids, code: error.code };
    }
  }
}

/** Makes, fills, renames and deletes a collection and changes another; resolves to the codes of what was refused. */
async function changeCollections([round]) {
  const refused = [];
  const attempt = (call) => call().catch((error) => void refused.push(error.code));
  const { client, notes } = window;
  await attempt(() => notes.modify({ metadata: { round } }));
  const other = await attempt(() => client.getOrCreateCollection({ name: "other" }));
  if (!other) return refused;
  const documents = ["x".repeat(300_000)];
  await attempt(() => other.upsert({ ids: ["x"], embeddings: [[1, 2]], documents }));
  await attempt(() => client.deleteCollection({ name: other.name }));
  return refused;
}

/** Vectors that say which they are. */
async function fillLarge({ count, dimension, batch = 5000 }) {
  for (let at = 0; at < count; at += batch) {
    const rows = Array.from({ length: batch }, (_, i) => at + i);
    const embeddings = rows.map((row) =>
      Float32Array.from({ length: dimension }, (_, k) => Math.sin(row * 1.3 + k)),
    );
    await window.notes.add({ ids: rows.map(String), embeddings });
  }
}

/** Chromium keeps values above 64 KiB in files of their own. Returns how many are gone. */
async function deleteValues(folder, most) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => path.includes(".indexeddb.blob"))
    .sort();
  const gone = paths.slice(-most);
  for (const path of gone) await rm(path);
  return gone.length;
}

/** Alters a byte in a third of the parts in IndexedDB. */
async function alterParts(name) {
  const settled = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await settled(indexedDB.open(`pagevec/${name}`, 1));
  const parts = () => database.transaction("parts", "readwrite").objectStore("parts");
  const keys = await settled(parts().getAllKeys());
  for (let i = 1; i < keys.length; i += 3) {
    const part = new Uint8Array(await settled(parts().get(keys[i])));
    part[part.length >> 1] ^= 1;
    await settled(parts().put(part.buffer, keys[i]));
  }
  database.close();
  return { parts: keys.length };
}

/** Asks for neighbours until storage() has something to report, thirty seconds at most. */
async function untilReported({ dimension }) {
  const queryEmbeddings = [new Float32Array(dimension).fill(1)];
  for (const end = performance.now() + 30_000; ; ) {
    await window.notes.query({ queryEmbeddings, nResults: 1 });
    const storage = await window.client.storage();
    if (storage.reports.length > 0 || performance.now() > end) return storage;
  }
}

/** Ids of records whose vectors are not what fillLarge() gave them, of some in every part. */
async function wrongVectors({ count }) {
  const ids = Array.from({ length: count / 100 }, (_, i) => String(i * 100));
  const { embeddings } = await window.notes.get({ ids, include: ["embeddings"] });
  return ids.filter((id, i) =>
    embeddings[i].some((value, k) => value !== Math.fround(Math.sin(id * 1.3 + k))),
  );
}

async function kindsOfReports(page) {
  const { reports } = await page.evaluate(() => window.client.storage());
  return reports.map(({ kind }) => kind);
}

async function assertSound(page) {
  for (const { problems } of await page.evaluate(() => window.client.check())) {
    assert.deepEqual(problems, []);
  }
}

/** What is wrong with what is stored. */
async function intact(page, expected) {
  const found = await page.evaluate(async () => {
    const checked = await window.client.check();
    const { ids } = await window.notes.get();
    return { ids, problems: checked.flatMap(({ problems }) => problems) };
  });
  if (found.ids.join() === expected.join()) return found.problems;
  return [...found.problems, `there are ${found.ids} instead of ${expected}`];
}

async function reopen(page, openClient, name) {
  await page.evaluate(() => window.client.close());
  await openClient(page, name);
}
