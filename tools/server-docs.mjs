#!/usr/bin/env node
// Writes what docs/servers.md says that each server's collections can do, from the built package: the
// table between the two marks.
//
//   node tools/server-docs.mjs [--check]    --check: changes nothing, fails when it is not current

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DIST = new URL("../js/dist/", import.meta.url);
const DOCUMENT = fileURLToPath(new URL("../docs/servers.md", import.meta.url));
const BEGIN = "<!-- made by tools/server-docs.mjs -->";
const END = "<!-- end -->";

/** The capabilities of js/src/types/capabilities.ts, in words. */
const WORDS = {
  keyword: "search by keywords",
  hybrid: "hybrid search",
  diversify: "`diversity` of what was found (MMR)",
  documentFilter: "`whereDocument`: `$contains`, `$not_contains`",
  regex: "`whereDocument`: `$regex`, `$not_regex`",
  lists: "lists in metadata",
  objects: "collections of objects (`vectorizer`)",
  namedVectors: "several vectors an object",
  chunking: "long documents in passages (`chunking`)",
  subscribe: "`subscribe()` tells of what others write",
  reembed: "`reembed()`",
  recall: "`recall()`",
  project: "`project()`",
  files: "`export()`, `import()`",
  hnswlib: "`importHnswlib()`, `exportHnswlib()`",
  check: "`check()`",
};

/** A module of pagevec/servers makes its engine by the function of its own name. */
async function readEngines() {
  const files = readdirSync(new URL("servers/", DIST)).filter((file) => file.endsWith(".js"));
  const engines = [];
  for (const file of files.sort()) {
    const name = file.slice(0, -3);
    const exports = await import(new URL(`servers/${file}`, DIST));
    if (exports[name]) engines.push(exports[name]({ url: "http://localhost" }));
  }
  return engines;
}

function table(engines, everything) {
  const all = [{ name: "the core", capabilities: everything }, ...engines];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const rows = Object.keys(everything).map((capability) => {
    if (!WORDS[capability]) throw new Error(`tools/server-docs.mjs has no words for ${capability}`);
    const cells = all.map(({ capabilities }) => (capabilities[capability] ? "yes" : "no"));
    return line([WORDS[capability], `\`${capability}\``, ...cells]);
  });
  const header = line(["", "`client.capabilities`", ...all.map(({ name }) => name)]);
  return [header, line(["---", "---", ...all.map(() => "---")]), ...rows].join("\n");
}

const { EVERYTHING } = await import(new URL("types/capabilities.js", DIST));
const made = `${BEGIN}\n${table(await readEngines(), EVERYTHING)}\n${END}`;
const words = (markdown) => markdown.replace(/-{3,}/g, "---").replace(/\s+/g, "");
const text = readFileSync(DOCUMENT, "utf8");
const current = text.replace(new RegExp(`${BEGIN}[\\s\\S]*${END}`), () => made);
if (!process.argv.includes("--check")) writeFileSync(DOCUMENT, current);
// The formatter aligns the columns.
else if (words(current) !== words(text)) {
  console.error("docs/servers.md is not current: run node tools/server-docs.mjs");
  process.exit(1);
}
