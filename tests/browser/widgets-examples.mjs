import assert from "node:assert/strict";
import { transform } from "esbuild";
import { exampleUnder, withoutImports } from "./snippets.mjs";
import { openWidgets, workersOf } from "./widgets.mjs";

const DOCUMENT = "docs/ui.md";

/** The code in docs/ui.md, as it stands there, over a toy model. */
export async function examples(test, environment) {
  const page = await openWidgets(environment);
  await page.evaluate(prepare);
  const field = page.locator("input");

  await test("the example for React searches, and closes what it opened", async () => {
    const { code } = await transform(await exampleUnder(DOCUMENT, "## React", "jsx"), {
      loader: "jsx",
    });
    const body = withoutImports(code)
      .replace(/^export \{[^}]*\};?$/m, "")
      .replace("export ", "");
    await page.evaluate(`window.mountExample((React, names) => { ${body}; return Notes; })`);
    await field.fill("umbrella");
    await page.locator("li").first().waitFor();
    assert.match(await page.locator("li").first().textContent(), /^It will pour tomorrow/);
    assert.equal(await page.getByRole("alert").count(), 0);
    await page.evaluate(() => window.root.unmount());
    await workersOf(page, 0);
  });

  await test("the example of the element searches, and goes where a result leads", async () => {
    const html = await exampleUnder(DOCUMENT, "## The element", "html");
    const [, markup, script] = /^([\s\S]*?)<script type="module">([\s\S]*?)<\/script>/.exec(html);
    await page.evaluate((text) => (document.body.innerHTML = text), markup);
    await page.evaluate(`(async (names) => { ${withoutImports(script)} })(window.names)`);
    await page.getByRole("combobox", { name: "Search the notes" }).fill("umbrella");
    const option = page.getByRole("option").first();
    await option.waitFor();
    assert.equal(await option.locator("strong").textContent(), "About rain");
    assert.deepEqual(await option.locator("mark").allTextContents(), ["umbrella"]);
    await option.click();
    assert.equal(new URL(page.url()).hash, "#rain");
    await page.evaluate(() => window.clients.pop().close());
  });

  await test("the example of the stores searches, and closes what it opened", async () => {
    const code = withoutImports(await exampleUnder(DOCUMENT, "## Other frameworks"));
    const [body, later] = code.split("// later:");
    assert.ok(later, "it says how it ends");
    await page.evaluate(`window.shown = [];
      (({ embeddingFunction, field, show, ...names }) => { ${body}; window.end = () => { ${later} } })(
        { ...window.names, field: window.places.field, show: (state) => window.shown.push(state) });`);
    await field.fill("umbrella");
    await page.waitForFunction(() => window.shown.at(-1)?.text === "umbrella");
    assert.equal(await page.evaluate(() => window.shown.at(-1).rows[0].id), "rain");
    await page.evaluate(() => window.end());
    await workersOf(page, 0);
  });

  await test("the examples have nothing to complain about", () => {
    assert.deepEqual(page.errors, []);
  });
  await page.close();
}

/** Runs in the page: what the examples use. */
async function prepare() {
  const { client, model } = await window.openNotes("my-app");
  await client.close();
  const { Client, React, createRoot, LiveSearch, sharedCollection, useCollection, useSearch } =
    window;
  window.clients = [];
  window.names = {
    Client: {
      async open(options) {
        window.clients.push(await Client.open(options));
        return window.clients.at(-1);
      },
    },
    miniLM: () => model,
    embeddingFunction: model,
    LiveSearch,
    sharedCollection,
    useCollection,
    useSearch,
    useState: React.useState,
  };
  window.places = {
    get field() {
      document.body.innerHTML = "<input>";
      return document.querySelector("input");
    },
  };
  window.mountExample = (example) => {
    document.body.innerHTML = "<main></main>";
    window.root = createRoot(document.querySelector("main"));
    window.root.render(React.createElement(example(React, window.names)));
  };
}
