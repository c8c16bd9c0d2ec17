#!/usr/bin/env node
// Runs the unit tests that were compiled to wasm: the simd128 build in this Node and both builds in
// Chromium, since Node 20 has no relaxed SIMD.
//
//   node tools/wasm-tests.mjs [--report FILE]
//   node tools/wasm-tests.mjs --fuzz SECONDS    # the kernels beside the scalar ones, on any bits

import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { launchChromium } from "./chromium.mjs";
import { countsOf } from "./report-counts.mjs";

const BUILD = new URL("../build/wasm/wasm/", import.meta.url);
const ORIGIN = "http://pagevec.localhost/";

/** Runs in Node and, as source text, in the page: the module's GoogleTest report. */
async function runModule(url, options = []) {
  const { default: createTests } = await import(url);
  const lines = [];
  const module = await createTests({
    arguments: ["--gtest_brief=1", "--gtest_output=json:/report.json", ...options],
    print: (line) => lines.push(line),
    printErr: (line) => lines.push(line),
  });
  return { lines, report: JSON.parse(module.FS.readFile("/report.json", { encoding: "utf8" })) };
}

async function runInNode(variant) {
  return runModule(new URL(`wasm_tests.${variant}.mjs`, BUILD).href);
}

/** Runs the fuzz test, half of the time with each variant, with one seed after the other. */
async function fuzzKernels(seconds) {
  const first = Date.now() % 50_000;
  const fuzz = async (run, url) => {
    const end = Date.now() + (seconds * 1000) / 2;
    for (let seed = first; Date.now() < end; ++seed) {
      const options = ["--gtest_filter=KernelsFuzz.*", `--gtest_random_seed=${seed}`];
      const { lines, report } = await run(url, options);
      if (countsOf(report).failed > 0 || report.tests === 0) {
        throw new Error(`a finding with --gtest_random_seed=${seed}:\n${lines.join("\n")}`);
      }
      if (Date.now() >= end) return seed - first + 1;
    }
  };
  const node = await fuzz(runModule, new URL("wasm_tests.simd128.mjs", BUILD).href);
  const chromium = await inChromium((page) => {
    const run = (url, options) =>
      page.evaluate(`(${runModule})(${JSON.stringify(url)}, ${JSON.stringify(options)})`);
    return fuzz(run, `${ORIGIN}wasm_tests.relaxed.mjs`);
  });
  return { simd128: node, relaxed: chromium };
}

async function runInChromium(variant) {
  return inChromium((page) =>
    page.evaluate(`(${runModule})(${JSON.stringify(`${ORIGIN}wasm_tests.${variant}.mjs`)})`),
  );
}

async function inChromium(work) {
  const browser = await launchChromium();
  try {
    const page = await browser.context.newPage();
    await page.route(`${ORIGIN}**`, serve);
    await page.goto(ORIGIN);
    return await work(page);
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

const { values } = parseArgs({
  options: { report: { type: "string" }, fuzz: { type: "string" } },
});
if (values.fuzz) {
  const { simd128, relaxed } = await fuzzKernels(Number(values.fuzz));
  console.log(`kernels: ${simd128} seeds of simd128, ${relaxed} of relaxed, no finding`);
  process.exit(0);
}
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
