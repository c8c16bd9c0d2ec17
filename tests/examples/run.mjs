#!/usr/bin/env node
// The examples, the recipes and a new user's first steps, each as a user has them: with the packed
// package installed, in Chromium or Node.
//
//   node tests/examples/run.mjs [--quick] [name...] [--only TEXT] [--report FILE]
//
// --quick: two of them. --only: cases whose name has the text.

import { parseArgs } from "node:util";
import { Cases } from "../support/cases.mjs";
import { chromeExtension } from "./chrome-extension.mjs";
import { electron } from "./electron.mjs";
import { Environment } from "./environment.mjs";
import { newUser } from "./new-user.mjs";
import { next } from "./next.mjs";
import { node } from "./node.mjs";
import { obsidianPlugin } from "./obsidian-plugin.mjs";
import { recipes } from "./recipes.mjs";
import { scriptTag } from "./script-tag.mjs";
import { staticSite } from "./static-site.mjs";
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
  "static-site": staticSite,
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

const cases = new Cases(values.only);
const environment = new Environment();
for (const name of names) await cases.suite(name, () => SUITES[name](cases.test, environment));
await cases.end(values.report);
