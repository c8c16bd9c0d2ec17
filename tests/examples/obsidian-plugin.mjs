import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startServer } from "../../tools/loopback-server.mjs";
import { WAIT_MS } from "./environment.mjs";

const HOST = fileURLToPath(new URL("obsidian-host/", import.meta.url));
/** Of a desktop app that runs plugins: scripts as text, blob: workers, services over https. */
const POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data: https:";

/** main.js in a page that stands for Obsidian's window: require(), Electron's globals, an app's policy. */
export async function obsidianPlugin(test, environment) {
  const folder = environment.install("obsidian-plugin");
  await environment.run(folder, "npm", ["run", "build"]);
  const server = await startServer({ csp: POLICY, mounts: { "/": HOST, "/plugin/": folder } });
  const browser = await environment.launch();
  try {
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await test("it reads the vault and finds a note by meaning", async () => {
      await page.evaluate(() => window.loadPlugin());
      await isFound(page, "will I get wet", "Weather.md");
      assert.equal(page.workers().length, 2, "the client's worker and the model's");
    });
    await test("it follows the vault: notes that are made, renamed, changed, deleted", async () => {
      await page.evaluate(() => window.vault.create("Idea.md", "A kettle that sings in tune."));
      await isFound(page, "musical kitchenware", "Idea.md");
      await page.evaluate(() => window.vault.rename("Idea.md", "Kettle.md"));
      await isFound(page, "musical kitchenware", "Kettle.md");
      await page.evaluate(() => window.vault.change("Weather.md", "The night train to Vienna."));
      await isFound(page, "rail travel", "Weather.md");
      await page.evaluate(() => window.vault.remove("Weather.md"));
      const left = await page.evaluate(() => window.suggest("rail travel"));
      assert.deepEqual(left.map(({ id }) => id).sort(), ["Cats.md", "Kettle.md", "Markets.md"]);
    });
    await test("loaded again it embeds nothing that has not changed, and unloading ends its workers", async () => {
      await page.evaluate(() => window.unloadPlugin());
      while (page.workers().length > 0) await page.workers()[0].waitForEvent("close");
      await page.evaluate(() => {
        window.vault.reads = 0;
        return window.loadPlugin();
      });
      await isFound(page, "sleepy pets", "Cats.md");
      assert.equal(await page.evaluate(() => window.vault.reads), 0);
    });
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Waits until the note is what the modal suggests first. */
async function isFound(page, text, id) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const rows = await page.evaluate((text) => window.suggest(text), text);
    if (rows[0]?.id === id) return;
    if (Date.now() > end) throw new Error(`${JSON.stringify(rows)}: ${id} is not the first`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
