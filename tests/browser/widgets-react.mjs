import assert from "node:assert/strict";
import { openWidgets, workersOf } from "./widgets.mjs";

/** The hooks, in StrictMode. */
export async function react(test, environment) {
  const page = await openWidgets(environment);
  await page.evaluate(prepare);
  const mount = (count, options) =>
    page.evaluate((args) => window.mountNotes(...args), [count, options]);
  const shown = (at = 0) =>
    page.evaluate((i) => {
      const { status, answered, rows, error } = window.shown[i];
      return { status, answered, rows, error };
    }, at);
  const until = (status, answered, at = 0) =>
    page.waitForFunction(
      ([i, ...wanted]) =>
        [window.shown[i]?.status, window.shown[i]?.answered].every(
          (value, k) => value === wanted[k],
        ),
      [at, status, answered],
    );
  const field = page.getByRole("textbox").first();

  await test("three components in StrictMode open one client and one collection", async () => {
    await mount(3);
    await page.waitForFunction(() => window.collections.every(Boolean));
    assert.equal(page.workers().length, 1);
    const { opened, same } = await page.evaluate(() => ({
      opened: window.statuses[0],
      same: window.collections.every((one) => one === window.collections[0]),
    }));
    assert.ok(same, "the components have different objects");
    assert.deepEqual(opened, ["opening", "ready"]);
  });

  await test("typing quickly: the last answer is shown, no other ever was", async () => {
    await page.evaluate(() => {
      Object.assign(window.model.delays, { c: 400, ca: 200, cat: 0 });
      window.log.length = 0;
    });
    await field.pressSequentially("cat", { delay: 30 });
    await until("ready", "cat");
    // Longer than the slowest of them takes.
    await page.waitForTimeout(500);
    const { log, aborted, rows } = await page.evaluate(() => ({
      log: window.log,
      aborted: window.model.aborted,
      rows: window.shown[0].rows,
    }));
    assert.equal(rows[0], "cat");
    assert.equal(rows.length, 3);
    assert.deepEqual(aborted.slice(0, 2), ["c", "ca"]);
    assert.deepEqual([...new Set(log.map(({ answered }) => answered))], ["", "cat"]);
  });

  await test("a text that waits for more letters is not searched for", async () => {
    await mount(1, { debounceMs: 300 });
    await until("idle", "");
    await page.evaluate(() => (window.model.asked.length = 0));
    await field.pressSequentially("dog", { delay: 20 });
    assert.deepEqual(await page.evaluate(() => window.model.asked), []);
    await until("ready", "dog");
    assert.deepEqual(await page.evaluate(() => window.model.asked), ["dog"]);
  });

  await test("the last rows stay while another text is searched for", async () => {
    await mount(1);
    await field.fill("dog");
    await until("ready", "dog");
    await page.evaluate(() => (window.model.delays["slow rain"] = Infinity));
    await field.fill("slow rain");
    await until("searching", "dog");
    assert.equal((await shown()).rows[0], "dog");
    await field.fill("");
    await until("idle", "");
    assert.deepEqual((await shown()).rows, []);
    assert.equal(await page.evaluate(() => window.model.aborted.at(-1)), "slow rain");
  });

  await test("changes of the collection are shown, by this tab and by another", async () => {
    await field.fill("zebra");
    await until("ready", "zebra");
    await page.evaluate(() =>
      window.collections[0].upsert({
        ids: ["zebra"],
        documents: ["zebra"],
        metadatas: [{ lang: "en" }],
      }),
    );
    await page.waitForFunction(() => window.shown[0].rows[0] === "zebra");
    const other = await openWidgets(environment);
    await other.evaluate(async () => {
      const { client, notes } = await window.openNotes("react");
      await notes.delete({ ids: ["zebra"] });
      await client.close();
    });
    await other.close();
    await page.waitForFunction(() => window.shown[0].rows[0] !== "zebra");
    assert.equal((await shown()).status, "ready");
  });

  await test("options by value: other ones search again, equal ones do not", async () => {
    await page.evaluate(() => (window.model.asked.length = 0));
    await page.evaluate(() => window.setOptions({ limit: 2, where: { lang: { $ne: "de" } } }));
    await page.waitForFunction(() => window.shown[0].rows.length === 2);
    for (let i = 0; i < 3; ++i) {
      await page.evaluate(() => window.setOptions({ limit: 2, where: { lang: { $ne: "de" } } }));
    }
    await page.waitForTimeout(100);
    assert.deepEqual(await page.evaluate(() => window.model.asked), ["zebra"]);
  });

  await test("a refused option is a state, and passes with it", async () => {
    await page.evaluate(() => window.setOptions({ limit: -1 }));
    await page.waitForFunction(() => window.shown[0].status === "failed");
    assert.equal((await shown()).error, "invalid_argument");
    await page.evaluate(() => window.setOptions({ debounceMs: -1 }));
    await page.waitForFunction(() => window.shown[0].status === "failed");
    assert.equal((await shown()).error, "invalid_argument");
    await page.evaluate(() => window.setOptions({ limit: 1 }));
    await until("ready", "zebra");
    assert.equal((await shown()).error, undefined);
  });

  await test("a component that goes while it searches aborts that", async () => {
    await page.evaluate(() => (window.model.delays.gone = Infinity));
    await field.fill("gone");
    await page.waitForFunction(() => window.model.asked.includes("gone"));
    await mount(0);
    await page.waitForFunction(() => window.model.aborted.includes("gone"));
  });

  await test("the client is closed when nobody uses it, and opened again", async () => {
    await workersOf(page, 0);
    await mount(2);
    await field.fill("rates");
    await until("ready", "rates");
    assert.equal((await shown()).rows[0], "rates");
    assert.equal(page.workers().length, 1);
    // Another route that uses it: nothing is closed in between.
    const [worker] = page.workers();
    await mount(0);
    await mount(1);
    await page.waitForTimeout(1500);
    assert.deepEqual(page.workers(), [worker]);
    await mount(0);
    await workersOf(page, 0);
  });

  await test("a collection that cannot be opened is a state, and tried again", async () => {
    await page.evaluate(() => (window.params = { configuration: { hnsw: { space: "wrong" } } }));
    await mount(1);
    await page.waitForFunction(() => window.statuses[0].at(-1) === "failed");
    assert.equal(await page.evaluate(() => window.openError.code), "invalid_argument");
    await mount(0);
    await workersOf(page, 0);
    await page.evaluate(() => (window.params = {}));
    await mount(1);
    await page.waitForFunction(() => window.statuses[0].at(-1) === "ready");
    await mount(0);
    await workersOf(page, 0);
  });

  await test("React and the page have nothing to complain about", () => {
    assert.deepEqual(page.errors, []);
  });
  await page.close();
}

/** Runs in the page. */
async function prepare() {
  const { client, model } = await window.openNotes("react");
  await client.close();
  Object.assign(window, { model, params: {} });
}
