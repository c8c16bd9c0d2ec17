import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../../tools/loopback-server.mjs";
import { installProject } from "../bundlers/project.mjs";
import { GUIDE_CASES } from "./guide-cases.mjs";
import { readGuides, writeGuides } from "./guide-pages.mjs";
import { README_CASES } from "./readme-cases.mjs";
import { CASES } from "./recipe-cases.mjs";
import { readRecipes, writePages } from "./recipe-pages.mjs";
import { STATIC_CASES } from "./static-cases.mjs";

const SOURCE = fileURLToPath(new URL("recipes/", import.meta.url));

/** Every page of docs/recipes and docs/migrate, and every section of the guides, built by Vite as a user's app is, and used in Chromium. */
export async function recipes(test, environment) {
  const documents = await readRecipes();
  const guides = await readGuides();
  const all = { ...CASES, ...GUIDE_CASES, ...README_CASES, ...STATIC_CASES };
  await test("every recipe and guide has its case, and every case its code", () => {
    const named = [...documents.keys(), ...guides.keys()];
    assert.deepEqual(named.sort(), Object.keys(all).sort());
  });
  const app = JSON.parse(readFileSync(join(SOURCE, "package.json"), "utf8"));
  const folder = installProject("recipes", app, environment.tarballs, [SOURCE]);
  await writePages(folder, documents);
  await writeGuides(folder, guides);
  const bin = (name) => join(folder, "node_modules/.bin", name);
  await test("what the migrations start from fits the types of the versions that they name", () =>
    environment.run(folder, bin("tsc"), ["-p", "."]));
  await environment.run(folder, bin("vite"), ["build", "--logLevel", "error"]);
  const browser = await environment.launch();
  const given = { context: browser.context, folder, environment, guides };
  try {
    for (const [name, run] of Object.entries(all)) {
      await test(`${name} does what it says`, () => runCase(given, name, run));
    }
  } finally {
    await browser.close();
  }
}

/** Runs one case with what it needs: opening the page, with globals, and what the page printed; and a page that has all of pagevec. */
async function runCase(given, name, run) {
  // A port of its own is an origin of its own: nothing is kept there yet.
  const server = await startServer({ mounts: { "/": join(given.folder, "dist") } });
  const pages = [];
  const failures = [];
  const open = async (globals = {}, prepare = () => {}, document = name) => {
    const page = await given.context.newPage();
    pages.push(page);
    page.printed = [];
    page.on("console", (message) => {
      if (message.type() === "error") failures.push(message.text());
      if (message.type() === "log") page.printed.push(message.text());
    });
    page.on("pageerror", (error) => failures.push(String(error.stack ?? error)));
    await page.addInitScript((values) => Object.assign(window, values), globals);
    await page.addInitScript(prepare);
    await page.goto(`${server.url}${document}.html`);
    return page;
  };
  const setup = async () => {
    const page = await open({}, undefined, "setup");
    await page.waitForFunction(() => "pagevec" in window);
    return page;
  };
  try {
    await run({ ...given, open, setup, server, failures });
    assert.deepEqual(failures, []);
  } catch (error) {
    throw failures.length > 0 ? new Error(failures.join("\n"), { cause: error }) : error;
  } finally {
    for (const page of pages) await page.close();
    await server.close();
  }
}
