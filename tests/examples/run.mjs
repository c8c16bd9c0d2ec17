#!/usr/bin/env node
// The examples, the recipes and a new user's first steps, each as a user has them: with the packed
// package installed, in Chromium or Node.
//
//   node tests/examples/run.mjs [--quick] [name...] [--only TEXT] [--report FILE]
//
// --quick: two of them. --only: cases whose name has the text.

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { chromeExtension } from "./chrome-extension.mjs";
import { electron } from "./electron.mjs";
import { Environment } from "./environment.mjs";
import { newUser } from "./new-user.mjs";
import { next } from "./next.mjs";
import { node } from "./node.mjs";
import { obsidianPlugin } from "./obsidian-plugin.mjs";
import { recipes } from "./recipes.mjs";
import { scriptTag } from "./script-tag.mjs";
import { vitePwa } from "./vite-pwa.mjs";

const SUITES = {
  "new-user": newUser,
  "script-tag": scriptTag,
  node,
  "vite-pwa": vitePwa,
  next,
  electron,
  "chrome-extension": chromeExtension,
  "obsidian-plugin": obsidianPlugin,
  recipes,
};
/** They install nothing but pagevec. */
const QUICK = ["script-tag", "node"];

const { values, positionals } = parseArgs({
  options: {
    quick: { type: "boolean" },
    only: { type: "string", default: "" },
    report: { type: "string" },
  },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : values.quick ? QUICK : Object.keys(SUITES);
const unknown = names.find((name) => !Object.hasOwn(SUITES, name));
if (unknown) throw new Error(`no example ${unknown}; one of: ${Object.keys(SUITES).join(", ")}`);

const total = { passed: 0, failed: 0 };

/** Runs one case; a failure is printed and counted, and the next case runs. */
async function test(name, run) {
  if (!name.endsWith("the suite itself") && !name.includes(values.only)) return;
  try {
    await run();
    total.passed += 1;
  } catch (error) {
    total.failed += 1;
    const output = `${error.stack ?? error}\n${error.stdout ?? ""}`.slice(0, 4000);
    console.error(`FAILED ${name}\n  ${output.replaceAll("\n", "\n  ")}`);
  }
}

const environment = new Environment();
for (const name of names) {
  const began = performance.now();
  const before = { ...total };
  await test(`${name}: the suite itself`, async () => {
    await SUITES[name](test, environment);
    // The suite's end is no case of its own.
    total.passed -= 1;
  });
  const ran = total.passed + total.failed - before.passed - before.failed;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${name}: ${ran} cases, ${total.failed - before.failed} failed, ${seconds} s`);
  if (ran === 0) total.failed += 1;
}
if (values.report) await writeFile(values.report, JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;
