import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openStatic } from "pagevec/static";
import { startServer } from "../../tools/loopback-server.mjs";
import { installProject } from "../bundlers/project.mjs";
import { makeTinyBert } from "../support/tiny-bert.mjs";
import { WAIT_MS } from "./environment.mjs";

const PRELOAD = new URL("offline-fetch.mjs", import.meta.url).href;
const DEPENDENCIES = { "@pagevec/all-minilm-l6-v2": "0.1.0", pagevec: "0.1.0" };
const INSTALL = `npm install ${Object.keys(DEPENDENCIES).reverse().join(" ")}`;
const SUGAR = "Leaves take up light, and with water and carbon dioxide plants make sugar.";
const DOCUMENT = new URL("../../docs/static.md", import.meta.url);
/** What stands for the words in capitals in the overview of the commands; FILE: suggestions, then what convert makes. */
const VALUES = {
  FOLDER: "./dist",
  DIR: "./dist/search",
  INDEX: "./dist/search",
  TEXT: "'plants make sugar'",
  MODE: "keyword",
  NAME: "all-MiniLM-L6-v2",
  PLACE: "node_modules/@pagevec/all-minilm-l6-v2",
  N: "1",
  MODEL: "./tiny",
  URL: "./tiny",
  FILE: "file",
};
/** A user's folder, by the path: a small model, which convert takes, and pages. */
const FILES = {
  ...Object.fromEntries(
    Object.entries(makeTinyBert().files).map(([path, file]) => [`tiny/${path}`, file]),
  ),
  "dist/index.html": `<!doctype html><html lang="en"><title>Garden</title>
<nav><a href="plants.html">sugar, sugar, sugar</a></nav>
<main><h1>A garden</h1><p>A wall keeps the wind away, and roses climb along it.</p></main></html>`,
  "dist/plants.html": `<!doctype html><html lang="en"><title>Plants</title>
<main><h1>Plants</h1><p>Botanists named thousands of species.</p><h2 id="sugar">Sugar</h2><p>${SUGAR}</p></main></html>`,
  "dist/notes/money.md": `---
title: Money
---

# Bonds

Bond prices fell as interest rates rose, and lenders waited.
`,
};

/** For each section of docs/static.md with code: its commands run in a user's folder, and its page searches what they made. */
export const STATIC_CASES = {
  static: firstSearch,
  "static.what-a-page-can-ask": searchField,
  "static.the-command": commands,
};

/** The model comes from where pagevec publishes it. */
async function firstSearch({ environment, guides, server, open }) {
  await withSite(environment, async (site) => {
    await site.runBlocks(guides.get("static"));
    assert.equal(site.asked.filter(({ path }) => path.endsWith(".pvm")).length, 1);
    await site.publish(server);
  });
  const page = await open();
  await page.waitForFunction(() => "rows" in window, null, { timeout: WAIT_MS });
  // Not the page that has the word in its navigation.
  const [{ metadata, highlights, ...row }, ...others] = await page.evaluate(() => window.rows);
  assert.deepEqual(others, []);
  assert.deepEqual(Object.keys(row).sort(), ["document", "id", "score"]);
  assert.equal(row.document, SUGAR);
  const { url, title, heading } = metadata;
  const expected = [`${server.url}plants.html#sugar`, "Plants", "Sugar"];
  assert.deepEqual([url, title, heading], expected);
  assert.match(highlights[0].text, /plants make sugar/);
}

async function searchField({ environment, server, open }) {
  await withSite(environment, async (site) => {
    await site.run("npx pagevec build ./dist");
    await site.publish(server);
  });
  const page = await open();
  await page.getByRole("combobox", { name: "Search" }).fill("sugar");
  const option = page.getByRole("option").first();
  await option.waitFor({ timeout: WAIT_MS });
  assert.match(await option.textContent(), /plants make sugar/);
}

/** The commands, with the installed model; then the program, whose index is of its own pages. */
async function commands({ environment, guides }) {
  const blocks = guides.get("static.the-command");
  await withSite(environment, async (site) => {
    const printed = await site.runBlocks(blocks);
    assert.match(printed, /dist\/search: 3 pages, 4 passages/);
    assert.match(printed, /all \d+ files are whole/);
    assert.match(printed, /plants\.html#sugar\n.*plants make sugar/);
    await runOverview(site);
    assert.deepEqual(site.asked, []);
    await site.clear();
    const { code } = blocks.find(({ mark }) => mark === "node");
    await writeFile(join(site.folder, "build.js"), code);
    await site.run("node build.js");
    const index = await openStatic(join(site.folder, "dist/search"));
    const { rows } = await index.search({ text: "sugar", limit: 5 });
    const found = rows.map(({ metadata: { title, heading } }) => `${title} > ${heading}`);
    assert.deepEqual(found, ["Leaves > Sugar"]);
    assert.ok(index.manifest.model, "it has no vectors");
    await index.close();
  });
}

/** Runs each line of the overview, such as "pagevec inspect INDEX [--check]", with all that is in brackets. */
async function runOverview(site) {
  const text = await readFile(DOCUMENT, "utf8");
  const lines = [...text.matchAll(/^ {4}(pagevec .*?)( \.\.\.)?$/gm)].map(([, line]) => line);
  const commands = lines.map((line) => line.split(" ")[1]);
  assert.deepEqual(commands, ["build", "inspect", "query", "convert"]);
  await writeFile(join(site.folder, VALUES.FILE), "sweet leaves\n");
  for (const line of lines) {
    const filled = line.replace(/[[\]]/g, "").replace(/\b[A-Z]+\b/g, (word) => VALUES[word]);
    await site.run(`npx ${filled}`);
  }
  const converted = await readFile(join(site.folder, VALUES.FILE));
  assert.equal(converted.subarray(0, 4).toString(), "PVVM");
}

/** Gives a user's folder with pages and what `npm install` brings; its commands find the model at the address that they ask. */
async function withSite(environment, use) {
  const app = { private: true, type: "module", dependencies: DEPENDENCIES };
  const folder = installProject("static-guide", app, environment.tarballs, []);
  const server = await startServer();
  try {
    for (const [address, path] of environment.modelFiles) {
      if (!address.includes("all-MiniLM-L6-v2")) continue;
      const { host, pathname } = new URL(address);
      server.files.set(`/${host}${pathname}`, await readFile(path));
    }
    const site = new UsersSite(environment, folder, server);
    await site.clear();
    await use(site);
  } finally {
    await server.close();
  }
}

class UsersSite {
  #environment;
  #server;

  constructor(environment, folder, server) {
    this.#environment = environment;
    this.folder = folder;
    this.#server = server;
  }

  /** What was asked of the network. */
  get asked() {
    return this.#server.requests;
  }

  /** The files as they were, without an index or a model that was kept. */
  async clear() {
    for (const name of ["dist", "models"]) {
      await rm(join(this.folder, name), { recursive: true, force: true });
    }
    for (const [path, content] of Object.entries(FILES)) {
      await mkdir(dirname(join(this.folder, path)), { recursive: true });
      await writeFile(join(this.folder, path), content);
    }
  }

  run(line) {
    return this.#environment.run(this.folder, "sh", ["-c", line], {
      NODE_OPTIONS: `--import=${PRELOAD}`,
      PAGEVEC_MODEL_CACHE: join(this.folder, "models"),
      PAGEVEC_TEST_SERVER: this.#server.url,
    });
  }

  /** Runs the shell's lines one after another, but what installed the folder, and gives what they printed. */
  async runBlocks(blocks) {
    const shell = blocks.filter(({ language }) => language === "sh").map(({ code }) => code);
    const lines = shell.join("").trim().split("\n");
    let printed = "";
    for (const line of lines) if (line !== INSTALL) printed += await this.run(line);
    return printed;
  }

  /** Puts the index on a web server. */
  async publish(server) {
    const index = join(this.folder, "dist/search");
    for (const name of await readdir(index)) {
      server.files.set(`/search/${name}`, await readFile(join(index, name)));
    }
  }
}
