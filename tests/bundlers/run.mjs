#!/usr/bin/env node
// The package as users get it: packed, installed beside a bundler, bundled, and opened in Chromium,
// where the page adds records and asks for the nearest.
//
//   node tests/bundlers/run.mjs [--quick] [--docs] [tool...] [--report FILE]
//
// --quick: three of the tools. --docs: writes what came of it into docs/bundlers.md.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { makeProject, packPackage } from "./project.mjs";
import { quietEnvironment, startTool } from "./tool-server.mjs";
import { QUICK, TOOLS } from "./tools.mjs";

const DOCUMENT = new URL("../../docs/bundlers.md", import.meta.url);
const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean" }, docs: { type: "boolean" }, report: { type: "string" } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : values.quick ? QUICK : Object.keys(TOOLS);
const unknown = names.find((name) => !Object.hasOwn(TOOLS, name));
if (unknown) throw new Error(`no tool ${unknown}; one of: ${Object.keys(TOOLS).join(", ")}`);

const total = { passed: 0, failed: 0 };
const rows = [];
const browser = await launchChromium();
const tarball = packPackage();
try {
  for (const name of names) await runTool(name, TOOLS[name]);
} finally {
  await browser.close();
}
if (values.docs && total.failed === 0) await writeDocument();
if (values.report) await writeFile(values.report, JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;

/** Every case of one tool; a failure is printed and counted, and the next runs. */
async function runTool(name, tool) {
  const began = performance.now();
  const took = () => console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  let server;
  try {
    server = await openTool(name, tool);
  } catch (error) {
    if (!tool.buildError?.test(error.stderr)) return fail(tool.title, error);
    const way = tool.way ?? "default entry";
    pass(tool.title, way, `is not built: ${tool.buildError.exec(error.stderr)}`);
    return took();
  }
  if (tool.buildError) fail(tool.title, new Error("it is built, although it should not be"));
  for (const one of tool.cases ?? []) {
    try {
      pass(tool.title, one.way, await runCase(server.url, tool, one));
    } catch (error) {
      fail(`${tool.title}: ${one.way}`, error);
    }
  }
  await server.close();
  took();
}

function pass(title, way, outcome) {
  total.passed += 1;
  console.log(`${title}: ${way}: ${outcome}`);
  rows.push([title, way, outcome]);
}

function fail(what, error) {
  total.failed += 1;
  const output = `${error.stack ?? error}\n${error.stdout ?? ""}`.slice(0, 4000);
  console.error(`FAILED ${what}\n  ${output.replaceAll("\n", "\n  ")}`);
}

/** The app of a tool, built and served. */
async function openTool(name, tool) {
  const { project = name, packages, files, manifest, build, copy = [], folder, serve } = tool;
  const app = makeProject(project, packages, tarball, { files, manifest });
  const bin = (command) => join(app, "node_modules/.bin", command);
  if (build) {
    rmSync(join(app, "dist"), { recursive: true, force: true });
    await promisify(execFile)(bin(build[0]), build.slice(1), { cwd: app, env: quietEnvironment() });
  }
  for (const [from, to] of copy) cpSync(join(app, from), join(app, to), { recursive: true });
  if (serve) return startTool(bin(serve[0]), serve.slice(1), app);
  return startServer({ mounts: { "/": join(app, folder) } });
}

/** @returns what came of it, in words */
async function runCase(url, { pages = {} }, one) {
  const { entry, options = {}, lost, policy, error, inPlace } = one;
  const page = await browser.context.newPage();
  try {
    if (lost) await browser.context.route(/\.wasm(\?|$)/, answerHtml);
    if (policy) await page.route(/\.html$/, (route) => addPolicy(route, policy));
    const result = await addAndQuery(page, url + (pages[entry] ?? `${entry}.html`), options);
    if (error) {
      assert.equal(result.code, "engine_failed", JSON.stringify(result));
      assert.match(result.message, error);
      return result.message;
    }
    assert.deepEqual(result.ids, ["north", "east"], JSON.stringify(result));
    assert.equal(page.workers().length, inPlace ? 0 : 1);
    await page.evaluate(() => window.endClient());
    return inPlace ? "works in place" : "works in a worker";
  } finally {
    if (lost) await browser.context.unrouteAll();
    await page.close();
  }
}

/** What servers of apps with one page answer to whatever they do not have. */
function answerHtml(route) {
  return route.fulfill({ contentType: "text/html", body: "<!doctype html><p>App" });
}

async function addPolicy(route, policy) {
  const response = await route.fetch();
  const headers = { ...response.headers(), "content-security-policy": policy };
  return route.fulfill({ response, headers });
}

/** The table in docs/bundlers.md, between its marks. */
async function writeDocument() {
  const [begin, end] = ["<!-- made by tests/bundlers/run.mjs -->\n", "<!-- end -->"];
  const text = await readFile(DOCUMENT, "utf8");
  // An address, and what names of files hold of a build, would change from run to run.
  const short = (outcome) =>
    outcome
      .split("; ")[0]
      .replace("pagevec: ", "PagevecError: ")
      .replace(/ at \S+/, "");
  const cells = rows.map(([title, way, outcome]) => [title, way, short(outcome)]);
  const table = [["tool", "how", "what comes of it"], ["", "", ""], ...cells];
  const widths = [0, 1, 2].map((i) => Math.max(...table.map((row) => row[i].length)));
  const line = (row, fill) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i], fill)).join(" | ")} |`;
  const lines = table.map((row, i) => line(row, i === 1 ? "-" : " ")).join("\n");
  const [before] = text.split(begin);
  const [, after] = text.split(end);
  await writeFile(DOCUMENT, `${before}${begin}\n${lines}\n\n${end}${after}`);
}

/** Development servers load a page again when they come upon a new dependency. */
async function addAndQuery(page, url, options) {
  for (let attempt = 1; ; attempt++) {
    try {
      if (attempt === 1) await page.goto(url);
      await page.waitForFunction(() => "addAndQuery" in window);
      return await page.evaluate((given) => window.addAndQuery(given), options);
    } catch (error) {
      if (attempt === 3 || !/context was destroyed|navigation/.test(error.message)) throw error;
    }
  }
}
