import assert from "node:assert/strict";
import { join } from "node:path";
import { startTool } from "../bundlers/tool-server.mjs";
import { firstShows } from "./environment.mjs";

/** Built and started: what the server renders, and what the visitor's browser finds. */
export async function next(test, environment) {
  const folder = environment.install("next");
  await environment.run(folder, "npm", ["run", "build"]);
  const server = await startTool(
    join(folder, "node_modules/.bin/next"),
    ["start", "-p", "0"],
    folder,
  );
  const browser = await environment.launch();
  try {
    await test("the server renders the articles", async () => {
      const html = await (await fetch(server.url)).text();
      assert.match(html, /It will pour tomorrow/);
    });
    await test("the client component searches them by meaning, also after a reload", async () => {
      const page = await browser.context.newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.goto(server.url);
      for (let visit = 1; visit <= 2; ++visit) {
        await page.getByRole("searchbox", { name: "Search" }).fill("is a storm coming");
        await firstShows(page, "li", "It will pour tomorrow");
        await page.getByRole("searchbox", { name: "Search" }).fill("sleepy pets");
        await firstShows(page, "li", "The cat slept");
        assert.equal(await page.getByRole("main").getByRole("alert").count(), 0);
        await page.reload();
      }
      assert.deepEqual(errors, []);
    });
  } finally {
    await browser.close();
    await server.close();
  }
}
