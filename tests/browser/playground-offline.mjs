import assert from "node:assert/strict";
import { answers, ask, openView, phase, until } from "./playground-page.mjs";

const QUERY = "instrument for measuring temperature";

/** The page kept by its service worker: nothing goes to the network, and it works without one. */
export async function offline(test, { page, server, context, modelFile }) {
  let before;
  await test("once it is kept, everything is used without a request", async () => {
    await page.waitForSelector("#offline-state[data-ready]", { state: "attached" });
    await page.reload();
    await page.waitForSelector("#offline-state[data-ready]", { state: "attached" });
    await phase(page, "ready");
    const requests = server.requests.length;
    for (const view of ["map", "index", "search"]) await openView(page, view);
    await ask(page, QUERY);
    before = await answers(page, "vector");
    assert(before.length > 0);
    // But what the browser asks for itself, a second after each visit: whether the page has changed.
    const paths = server.requests.slice(requests).map(({ path }) => path);
    assert.deepEqual(
      paths.filter((path) => path !== "/service-worker.js"),
      [],
    );
    assert.equal(await page.getAttribute("#network", "data-requests"), "0");
  });

  await test("the badge counts what goes to the network, also what a worker asks for", async () => {
    await page.evaluate(() => fetch("models/all-MiniLM-L6-v2/vocab.txt"));
    await until(page, () => document.querySelector("#network").dataset.requests === "1");
    await openView(page, "index");
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#model-remove");
    await until(page, () => /removed/.test(document.querySelector("#check-result").textContent));
    assert.match(await page.textContent("#model-state"), /in memory$/);
    const requests = server.requests.length;
    await page.reload();
    await phase(page, "absent");
    await page.waitForSelector("body[data-ready]");
    await page.click("#model-get");
    await phase(page, "ready");
    await until(page, () => document.querySelector("#network").dataset.requests === "1");
    assert.deepEqual(
      server.requests.slice(requests).filter(({ path }) => path === modelFile).length,
      1,
    );
    await page.click("#network summary");
    assert.match(await page.textContent("#request-list"), /all-MiniLM-L6-v2\.pvm/);
    await page.click("#network summary");
  });

  await test("without a network a reload gives the same answers, and each view works", async () => {
    await server.close();
    await context.setOffline(true);
    await page.reload();
    await phase(page, "ready");
    await until(page, () => document.querySelector("#connection").textContent === "offline");
    await openView(page, "search");
    await ask(page, QUERY);
    assert.deepEqual(await answers(page, "vector"), before);
    await openView(page, "map");
    await page.waitForSelector('#map-canvas[data-method="pca"]');
    await openView(page, "index");
    await page.waitForSelector("#ef-table tbody tr");
    assert.equal(await page.isVisible("#error"), false);
  });
}
