#!/usr/bin/env node
// The documentation's site as it was built into build/docs: opened in Chromium, narrow and wide, light and dark.
//
//   node tests/docs/run.mjs [--report FILE]

import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launchChromium } from "../../tools/chromium.mjs";
import { brokenLinks } from "../../tools/docs-site/links.mjs";
import { createRenderer } from "../../tools/docs-site/markdown.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { Cases } from "../support/cases.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SITE = join(ROOT, "build/docs");
const PICTURES = join(ROOT, "build/docs-pictures");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const WIDTHS = [360, 1440];
const SCHEMES = ["light", "dark"];
/** One of each kind; every page is opened, these are looked at in all ways. */
const LOOKED_AT = ["index.html", "docs/search.html", "docs/recipes/rag.html", "api/index.html"];
const WAIT_MS = 30_000;

const { values } = parseArgs({ options: { report: { type: "string" } } });
const cases = new Cases();
const { test } = cases;
const browser = await launchChromium();
// In a folder of another site, whose other pages are not ours.
const server = await startServer({ mounts: { "/some/folder/": SITE } });
const site = `${server.url}some/folder/`;
const axe = await readFile(AXE, "utf8");
mkdirSync(PICTURES, { recursive: true });

await test("a link that leads nowhere is told", tellsBrokenLinks);
await test("every page opens without an error, and is no wider than a phone", opensEverything);
for (const path of LOOKED_AT) {
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      await test(`${path} at ${width}, ${scheme}, is accessible`, () => look(path, scheme, width));
    }
  }
}
await test("the search finds a section by its words, and leads to it", searches);
console.log(`docs: ${cases.total.passed} passed, ${cases.total.failed} failed`);
await cases.end(values.report, async () => {
  await browser.close();
  await server.close();
});

async function tellsBrokenLinks() {
  const render = await createRenderer();
  const texts = {
    "docs/a.md":
      "# A\n\n[B](b.md#one-two) [no](gone.md) [no](b.md#three) [self](#a) [file](../LICENSE)",
    "docs/b.md": "# B\n\n## One: `two`!\n",
  };
  const pages = Object.entries(texts).map(([source, text]) => ({
    source,
    path: source.replace(".md", ".html"),
    ...render({ source, text }),
  }));
  assert.deepEqual(brokenLinks(pages, ROOT), [
    "docs/a.md: docs/gone.html does not exist",
    "docs/a.md: docs/b.html has no heading #three",
  ]);
  assert.match(pages[0].html, /href="b\.html#one-two"/);
}

async function opensEverything() {
  const paths = readdirSync(SITE, { recursive: true }).filter((path) => path.endsWith(".html"));
  assert.ok(paths.length > 40, `${paths.length} pages`);
  const page = await openPage(360, "light");
  for (const path of paths) {
    await page.goto(site + path);
    const [width, heading] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.querySelectorAll("h1").length,
    ]);
    assert.ok(width <= 360, `${path} is ${width} wide`);
    assert.equal(heading, 1, `${path} has ${heading} headings of the first level`);
  }
  assert.deepEqual(page.errors, []);
  await page.close();
}

async function openPage(width, colorScheme) {
  const page = await browser.context.newPage();
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.errors.push(message.text()));
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  return page;
}

async function look(path, scheme, width) {
  const page = await openPage(width, scheme);
  await page.goto(site + path);
  await page.waitForFunction(() => customElements.get("pagevec-search"));
  const picture = `${path.replaceAll("/", "-").replace(".html", "")}-${width}-${scheme}.png`;
  await page.screenshot({ path: join(PICTURES, picture) });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} (${nodes.length})`);
  assert.deepEqual(told, []);
  assert.deepEqual(page.errors, []);
  await page.close();
}

async function searches() {
  const page = await openPage(1440, "light");
  await page.goto(`${site}docs/recipes/rag.html`);
  const field = page.getByRole("combobox", { name: "Search the documentation" });
  await field.fill("reciprocal rank fus");
  const option = page
    .getByRole("option")
    .filter({ hasText: "Search by keywords, by meaning, by both: Fusion" });
  await option.waitFor({ timeout: WAIT_MS });
  await page.screenshot({ path: join(PICTURES, "search-1440-light.png") });
  await option.click();
  await page.waitForURL(`${site}docs/search.html#fusion`, { timeout: WAIT_MS });
  assert.deepEqual(page.errors, []);
  await page.close();
}
