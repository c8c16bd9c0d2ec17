import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { findings } from "./playground-looks.mjs";
import { answers, ask, phase, until, watchPerformance } from "./playground-page.mjs";

/** Of a machine on which everything else runs too; what was measured is printed. */
const GENEROUS_MS = 5_000;
/** Lighthouse's bound between good and not so good. */
const MOST_SHIFT = 0.1;
/** Of scripts and styles before anything is searched, as they are: the test's server does not compress. */
const MOST_SCRIPT_BYTES = 500_000;

/** Before there is any model: keyword search at once, and nothing of the model asked for. */
export async function firstVisit(test, { page, server, device, pictures }) {
  await watchPerformance(page);
  await test("a first visit has its first answer within a second or so, by keywords", async () => {
    await page.goto(`${server.url}#search?q=bicycle`);
    await page.waitForSelector("#opening-state[data-ms]", { state: "attached" });
    const first = Number(await page.getAttribute("#opening-state", "data-ms"));
    const painted = await page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity,
    );
    await page.waitForSelector("body[data-ready]");
    await until(page, () => document.querySelector("#collection").textContent.includes("3,000"));
    console.log(
      `playground: ${device}, first paint after ${painted.toFixed(0)} ms, first answer ${first} ms`,
    );
    assert(painted < GENEROUS_MS && first < GENEROUS_MS);
    await ask(page, "bicycle wheel");
    const found = await answers(page, "keyword");
    assert(found.some(({ title }) => title === "bicycle" || title === "wheel"));
    assert(
      found.every(({ explained }) => explained.length === 1),
      "explained by keywords alone",
    );
    assert(found.some(({ marks }) => marks.includes("bicycle")));
  });

  await test("nothing of the model is asked for; its place says how large it is", async () => {
    assert.deepEqual(pathsOf(server, "/models/"), []);
    assert.equal(await page.textContent("#model-get"), "Get the model · 23.3 MB");
    assert.deepEqual(await answers(page, "vector"), []);
    assert.deepEqual(await answers(page, "hybrid"), []);
    const offered = await page.locator("#columns button.primary").count();
    assert.equal(offered, 2, "both columns that need the model offer it");
  });

  for (const colorScheme of ["light", "dark"]) {
    await test(`axe finds nothing before there is a model, ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.click("#network summary");
      const { x, width } = await page.locator(".popover").boundingBox();
      assert(x >= 0 && x + width <= page.viewportSize().width, "the list of requests is in sight");
      assert.deepEqual(await findings(page), []);
      await page.screenshot({ path: join(pictures, `first-${device}-${colorScheme}.png`) });
      await page.click("#network summary");
      await page.emulateMedia({ colorScheme: null });
    });
  }

  await test("the layout holds still, and the page is light", async () => {
    const { shifts, paint, longTasks } = await page.evaluate(() => window.seen);
    const blocked = longTasks.reduce((sum, ms) => sum + ms - 50, 0);
    const bytes = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter(({ name }) => /\.(js|css)$/.test(name))
        .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
    );
    console.log(
      `playground: ${device}, layout shift ${shifts.toFixed(3)}, largest paint after ${paint.toFixed(0)} ms, blocked for ${blocked} ms, scripts and styles ${Math.round(bytes / 1000)} KB`,
    );
    assert(shifts < MOST_SHIFT, `layout shift ${shifts}`);
    assert(bytes > 0 && bytes < MOST_SCRIPT_BYTES, `${bytes} bytes`);
  });
}

/** The model: a click gets it, another stops it, the next goes on; then it is there for good. */
export async function modelOnClick(test, visit) {
  const { page, server, modelFile, modelsFolder, complaints } = visit;
  const size = statSync(join(modelsFolder, modelFile.replace("/models/", ""))).size;
  await test("a download that fails says what can be done", async () => {
    const before = complaints.length;
    server.fail(modelFile, { status: 503, times: 100 });
    await page.click("#model-get");
    await page.waitForSelector("#error:not([hidden])");
    assert.match(await page.textContent("#error-text"), /could not be downloaded.*\(network\)/);
    assert.deepEqual(await findings(page), []);
    await page.click("#error-dismiss");
    await phase(page, "absent");
    server.fail(modelFile, { times: 1, delayMs: 0 });
    // The browser and the page log that failure, as they should.
    const said = complaints.splice(before);
    assert(said.length > 0 && said.every((line) => line.includes("503")), said.join("\n"));
  });

  await test("the download shows how far it is, is stopped, and goes on where it was", async () => {
    server.fail(modelFile, { delayMs: 20, times: 100 });
    await page.click("#model-get");
    await phase(page, "downloading");
    await until(page, () => document.querySelector("#model-bar").value > 1e6);
    const { max, value } = await page.$eval("#model-bar", ({ max, value }) => ({ max, value }));
    assert.equal(max, size);
    assert(value < max);
    assert.match(await page.textContent("#model-state"), /MB of 23\.3 MB$/);
    await page.click("#model-cancel");
    await phase(page, "absent");
    assert.equal(await page.evaluate(() => document.activeElement.id), "model-get");
    server.fail(modelFile, { times: 0 });
    await page.click("#model-get");
    await phase(page, "ready");
    const asked = server.requests.filter(({ path }) => path === modelFile);
    assert(asked.at(-1).range, "the second download asks for the rest only");
  });

  await test("with the model the same query is answered three ways", async () => {
    await until(page, () => document.querySelectorAll('[data-mode="hybrid"] .result').length > 0);
    assert((await answers(page, "vector")).length > 0);
  });

  await test("after a reload the model is there without the network", async () => {
    const before = server.requests.length;
    await page.reload();
    await phase(page, "ready");
    assert.match(await page.textContent("#model-state"), /cached$/);
    assert.deepEqual(pathsOf(server, "/models/", before), []);
    await until(page, () => document.querySelectorAll('[data-mode="hybrid"] .result').length > 0);
  });
}

function pathsOf(server, prefix, from = 0) {
  return server.requests
    .slice(from)
    .map(({ path }) => path)
    .filter((path) => path.startsWith(prefix));
}
