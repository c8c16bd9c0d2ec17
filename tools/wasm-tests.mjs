#!/usr/bin/env node
// Runs the unit tests that were compiled to wasm: the simd128 build in this Node and both builds in
// Chromium, since Node 20 has no relaxed SIMD.
//
//   node tools/wasm-tests.mjs [--report FILE]

import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { launchChromium } from "./chromium.mjs";
import { countsOf } from "./report-counts.mjs";

const BUILD = new URL("../build/wasm/wasm/", import.meta.url);
const ORIGIN = "http://pagevec.localhost/";

/** Runs in Node and, as source text, in the page: the module's GoogleTest report. */
async function runModule(url) {
  const { default: createTests } = await import(url);
  const lines = [];
  const module = await createTests({
    arguments: ["--gtest_brief=1", "--gtest_output=json:/report.json"],
    print: (line) => lines.push(line),
    printErr: (line) => lines.push(line),
  });
  return { lines, report: JSON.parse(module.FS.readFile("/report.json", { encoding: "utf8" })) };
}

async function runInNode(variant) {
  return runModule(new URL(`wasm_tests.${variant}.mjs`, BUILD).href);
}

async function runInChromium(variant) {
  const browser = await launchChromium();
  try {
    const page = await browser.context.newPage();
    await page.route(`${ORIGIN}**`, serve);
    await page.goto(ORIGIN);
    const run = `(${runModule})(${JSON.stringify(`${ORIGIN}wasm_tests.${variant}.mjs`)})`;
    return await page.evaluate(run);
  } finally {
    await browser.close();
  }
}

/** Answers requests of the page from the build folder, without a server. */
async function serve(route) {
  const name = new URL(route.request().url()).pathname.slice(1);
  if (name === "") return route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
  const contentType = name.endsWith(".wasm") ? "application/wasm" : "text/javascript";
  return route.fulfill({ contentType, body: await readFile(new URL(name, BUILD)) });
}

const RUNS = {
  "simd128 in Node": () => runInNode("simd128"),
  "simd128 in Chromium": () => runInChromium("simd128"),
  "relaxed in Chromium": () => runInChromium("relaxed"),
};

const { values } = parseArgs({ options: { report: { type: "string" } } });
const total = { passed: 0, failed: 0 };
for (const [name, run] of Object.entries(RUNS)) {
  try {
    const { lines, report } = await run();
    const { passed, failed } = countsOf(report);
    if (failed > 0) console.error(lines.join("\n"));
    console.log(`${name}: ${passed} passed, ${failed} failed`);
    total.passed += passed;
    // A build without a single test must not pass.
    total.failed += passed + failed === 0 ? 1 : failed;
  } catch (error) {
    console.error(`${name}: ${error.stack ?? error}`);
    total.failed += 1;
  }
}
if (values.report) await writeFile(values.report, JSON.stringify(total));
// The tests' own exit status must not become this script's.
process.exit(total.failed === 0 ? 0 : 1);
