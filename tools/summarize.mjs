#!/usr/bin/env node
// Adds up the reports of tools/test: summarize.mjs FOLDER SUITE...
// The last line is "N passed, N failed"; the exit status tells whether all passed.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { countsOf } from "./report-counts.mjs";

/** A suite's own report is SUITE.json; those of its other runners are SUITE.RUNNER.json. */
function reportsOf(folder, suite) {
  const others = readdirSync(folder).filter((name) => name.startsWith(`${suite}.`));
  const reports = new Set([`${suite}.json`, ...others.filter((name) => name.endsWith(".json"))]);
  return [...reports];
}

/** A suite without a readable report, without a case, or that ended badly counts as a failure. */
function read(folder, suite) {
  const result = { passed: 0, failed: 0 };
  try {
    for (const name of reportsOf(folder, suite)) {
      const { passed, failed } = countsOf(JSON.parse(readFileSync(join(folder, name), "utf8")));
      result.passed += passed;
      result.failed += failed;
    }
  } catch (error) {
    console.error(`${suite}: no report (${error.message})`);
  }
  const status = Number(readFileSync(join(folder, `${suite}.status`), "utf8"));
  const silent = result.failed === 0 && (status !== 0 || result.passed === 0);
  if (silent) {
    const why = status !== 0 ? `ended with status ${status}` : "ran no case";
    console.error(`${suite}: ${why}; counted as failed`);
  }
  const seconds = Number(readFileSync(join(folder, `${suite}.seconds`), "utf8"));
  return { passed: result.passed, failed: result.failed + (silent ? 1 : 0), seconds };
}

const [folder, ...suites] = process.argv.slice(2);
const total = { passed: 0, failed: 0 };
console.log();
for (const suite of suites) {
  const { passed, failed, seconds } = read(folder, suite);
  const columns = [`${passed} passed`, `${failed} failed`, `${seconds} s`];
  console.log(suite.padEnd(10) + columns.map((column) => column.padStart(13)).join(""));
  total.passed += passed;
  total.failed += failed;
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
