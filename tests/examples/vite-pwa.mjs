import assert from "node:assert/strict";
import { join } from "node:path";
import { startServer } from "../../tools/loopback-server.mjs";
import { firstShows, WAIT_MS } from "./environment.mjs";

const NOTES = [
  "Bond prices fell as rates rose",
  "It will pour tomorrow, take an umbrella",
  "The cat sat on the mat",
];

/** Built, visited once, and then used without its server. */
export async function vitePwa(test, environment) {
  const folder = environment.install("vite-pwa");
  await environment.run(folder, "npm", ["run", "build"]);
  const server = await startServer({ mounts: { "/": join(folder, "dist") } });
  const browser = await environment.launch();
  const page = await browser.context.newPage();
  try {
    await test("notes are added, and found by meaning", async () => {
      await page.goto(server.url);
      await shows(page, "0 notes, kept on this device");
      for (const [i, note] of NOTES.entries()) await add(page, note, i + 1);
      await find(page, "weather forecast", NOTES[1]);
    });
    await test("the browser would install it", async () => {
      await page.evaluate(() => navigator.serviceWorker.ready);
      const session = await browser.context.newCDPSession(page);
      const { errors, data } = await session.send("Page.getAppManifest");
      assert.deepEqual(errors, []);
      assert.equal(JSON.parse(data).name, "Notes by meaning");
      const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
      // Chromium tells of private windows and automation by codes of their own; none is expected here.
      assert.deepEqual(installabilityErrors, []);
    });
    await test("without its server and without a network it starts, adds and searches", async () => {
      await server.close();
      await browser.context.setOffline(true);
      await page.reload();
      await shows(page, "3 notes, kept on this device");
      await find(page, "weather forecast", NOTES[1]);
      await add(page, "The night train to Vienna leaves at nine", 4);
      await find(page, "rail travel", "The night train to Vienna leaves at nine");
    });
  } finally {
    await browser.close();
    await server.close();
  }
}

async function add(page, note, count) {
  await page.getByLabel("A note").fill(note);
  await page.getByRole("button", { name: "Keep" }).click();
  await shows(page, `${count} notes, kept on this device`);
}

async function find(page, question, note) {
  await page.getByRole("searchbox", { name: "Search" }).fill(question);
  await firstShows(page, "#found li", note);
}

async function shows(page, text) {
  await page.getByRole("status").filter({ hasText: text }).waitFor({ timeout: WAIT_MS });
}
