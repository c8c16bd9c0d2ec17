import assert from "node:assert/strict";
import { startServer } from "../../tools/loopback-server.mjs";
import { WAIT_MS } from "./environment.mjs";

/** One HTML file over node_modules, on a plain static server. */
export async function scriptTag(test, environment) {
  const server = await startServer({ mounts: { "/": environment.install("script-tag") } });
  const browser = await environment.launch();
  try {
    await test("the search field finds by meaning, and goes where a result leads", async () => {
      const page = await browser.context.newPage();
      const problems = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) problems.push(message.text());
      });
      await page.goto(server.url);
      await page.getByRole("combobox", { name: "Search" }).fill("something sweet");
      const option = page.getByRole("option").first();
      await option.waitFor({ timeout: WAIT_MS });
      assert.match(await option.textContent(), /^Apple cake/);
      await option.click();
      assert.equal(new URL(page.url()).hash, "#cake");
      // The client's and the model's.
      assert.equal(page.workers().length, 2);
      assert.deepEqual(problems, []);
    });
  } finally {
    await browser.close();
    await server.close();
  }
}
