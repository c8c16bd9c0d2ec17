import assert from "node:assert/strict";
import { join } from "node:path";
import { startServer } from "../../tools/loopback-server.mjs";
import { WAIT_MS } from "./environment.mjs";

/** Built, indexed by the command, and searched on a plain static server. */
export async function staticSite(test, environment) {
  const folder = environment.install("static-site");
  const built = await environment.run(folder, "npm", ["run", "build"]);
  const server = await startServer({ mounts: { "/": join(folder, "dist") } });
  const browser = await environment.launch();
  const page = await browser.context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  const field = page.getByRole("combobox", { name: "Search" });
  const find = async (text) => {
    await field.fill(text);
    const option = page.getByRole("option").first();
    await option.waitFor({ timeout: WAIT_MS });
    return option;
  };
  const asked = () => server.requests.map(({ path }) => path);
  try {
    await test("the command indexes every page, with vectors", () => {
      assert.match(built, /dist\/search: 3 pages, 8 passages, \d+ suggestions/);
      assert.match(built, /a search looks into \d of \d clusters/);
    });
    await test("a page loads nothing of the index before its field is used", async () => {
      await page.goto(server.url);
      await field.waitFor({ timeout: WAIT_MS });
      assert.deepEqual(
        asked().filter((path) => /^\/(search|pagevec)\//.test(path)),
        [],
      );
    });
    await test("words find a passage, and choosing it goes there", async () => {
      const option = await find("sourdough");
      assert.match(await option.textContent(), /^Baking/);
      await option.click();
      await page.waitForURL(`${server.url}guide/baking.html#bread`);
    });
    await test("a suggested question is answered by meaning, without a model", async () => {
      const option = await find("sweet dessert");
      assert.match(await option.textContent(), /apples into a batter/);
      await option.click();
      await page.waitForURL(`${server.url}guide/baking.html#cake`);
      assert.equal(asked().filter((path) => path.endsWith(".pvm")).length, 0);
      assert.ok(asked().some((path) => path.startsWith("/search/vectors.")));
      assert.deepEqual(problems, []);
    });
  } finally {
    await browser.close();
    await server.close();
  }
}
