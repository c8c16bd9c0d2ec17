#!/usr/bin/env node
// Scans includes and imports: an arrow that docs/design.md does not draw fails, as does a file that
// grew too long or a binding that holds logic.
//
//   node tools/check-arrows.mjs [root]

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const MAX_LINES = 400;

/** C++: what a room in src/ may include besides itself; the rooms below come with it. */
const CPP_BELOW = {
  base: [],
  text: ["base"],
  sentencepiece: ["text"],
  distance: ["base"],
  encoder: ["base"],
  rerank: ["encoder", "text"],
  index: ["distance"],
  fields: ["base"],
  lexical: ["text"],
  collection: ["index", "fields", "lexical"],
  snapshot: ["collection"],
  static: ["index", "lexical"],
};

const LEAVES = ["types", "errors"];
const LOW = ["engine", "models", "storage", "providers"];
/** What a room in js/src may import besides itself; the rooms below come with it. */
const JS_BELOW = {
  types: ["errors"],
  errors: [],
  platform: LEAVES, // what differs between Node and the browser
  engine: ["platform"],
  models: ["platform"],
  storage: ["platform"],
  providers: LEAVES,
  embedding: LOW,
  database: LOW,
  rerank: ["embedding"], // how models are found and converted
  generate: ["vectorize"], // values as Go writes them
  vectorize: LOW,
  registry: ["embedding", "rerank"], // models by the names that others give them
  servers: ["database"], // what other systems do in the core's place
  collection: ["embedding", "database", "rerank", "generate", "vectorize"],
  client: ["collection"],
  index: ["client"],
  ui: ["client"],
  react: ["ui"],
  element: ["ui"],
  node: ["client", "services"], // client.ts for Node, and what it puts behind the engine there
  static: ["collection"], // a site's files in the core's place
  cli: ["static", "node"],
  doctor: ["client"], // tries what all rooms need
  adapters: ["client", "registry"], // all of it under the names of other frameworks
};
// Who puts the worker's side together may see every room, but not the face above.
JS_BELOW.services = JS_BELOW.collection;
JS_BELOW.worker = ["services"];

/** Arrows that hold at run time only: the engine starts the composition roots without naming them. */
const DEFERRED = new Set([
  "engine/open.ts -> ../services.js",
  "engine/open.ts -> ../worker.js",
  "platform/node.ts -> ../node/thread.js",
]);
/** Where built-in modules of Node may be imported: in browsers platform/browser.ts takes their place. */
const NODE_ONLY = /^(node\/|cli\/|platform\/node(-\w+)?\.ts$)/;
/** Libraries that belong to one room, or one file. */
const OWNED_LIBRARIES = {
  "onnxruntime-web": "embedding/onnx/",
  idb: "storage/",
  react: "react/",
  "@langchain/core": "adapters/langchain.ts",
  "@llamaindex/core": "adapters/llamaindex.ts",
  parse5: "cli/",
  "markdown-it": "cli/",
};

const problems = [];

function reachable(below, room, found = new Set([room])) {
  for (const next of below[room] ?? []) {
    if (found.has(next)) continue;
    found.add(next);
    reachable(below, next, found);
  }
  return found;
}

function files(folder, pattern) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => pattern.test(path))
    .map((path) => path.split(sep).join("/"))
    .sort();
}

/** "engine/open.ts" -> "engine"; "client.ts" -> "client". */
const roomOf = (path) => path.split("/")[0].replace(/\.ts$/, "");
const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\/|(?<![:"'])\/\/[^\n]*/g, "");

function checkArrow(below, where, from, to) {
  if (!(from in below))
    problems.push(`${where}: the room ${from} is not in tools/check-arrows.mjs`);
  else if (!reachable(below, from).has(to)) problems.push(`${where}: ${from} must not use ${to}`);
}

function checkLength(where, text) {
  const lines = text.split("\n").length - 1;
  if (lines > MAX_LINES) problems.push(`${where}: ${lines} lines, at most ${MAX_LINES}`);
}

function checkCore(root) {
  const sources = files(join(root, "src"), /\.(cpp|h)$/);
  for (const path of sources) {
    const where = `src/${path}`;
    const text = readFileSync(join(root, "src", path), "utf8");
    // Tables are exempt from the length limit.
    if (!/_tables?\.(cpp|h)$/.test(path)) checkLength(where, text);
    const code = withoutComments(text);
    if (/emscripten|EM_ASM|EM_JS/i.test(code))
      problems.push(`${where}: names Emscripten; that is for wasm/`);
    if (/\b(std::cout|std::cerr|printf|fopen|std::(i|o)?fstream)\b/.test(code)) {
      problems.push(`${where}: does I/O; src/ does none`);
    }
    if (/\b(throw|try|catch)\b\s*[^"\w]/.test(code.replace(/"(\\.|[^"\\])*"/g, '""'))) {
      problems.push(`${where}: uses exceptions; src/ returns Status`);
    }
    for (const [, include] of code.matchAll(/#include "([^"]+)"/g)) {
      checkArrow(CPP_BELOW, where, roomOf(path), roomOf(include));
    }
  }
  return sources.length;
}

function checkBindings(root) {
  const path = join(root, "wasm/bindings.cpp");
  if (!existsSync(path)) return;
  const text = readFileSync(path, "utf8");
  const lines = text.split("\n").length - 1;
  if (lines > 200) problems.push(`wasm/bindings.cpp: ${lines} lines, at most 200`);
  const branch = withoutComments(text).match(/\b(if|for|while|switch)\s*\(/);
  if (branch) problems.push(`wasm/bindings.cpp: has a branch (${branch[1]}); it is a table`);
}

/** The specifiers of import, export from, import() and new URL(..., import.meta.url). */
function imports(code) {
  const patterns = [
    /\bfrom\s*["']([^"']+)["']/g,
    /\bimport\s*["']([^"']+)["']/g,
    /\bimport\(\s*["']([^"']+)["']\s*\)/g,
    /new URL\(\s*["']([^"']+)["']\s*,\s*import\.meta\.url/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1]));
}

function checkPackage(root) {
  const folder = join(root, "js/src");
  const sources = files(folder, /(?<!\.d)\.ts$/);
  for (const path of sources) {
    const where = `js/src/${path}`;
    const text = readFileSync(join(folder, path), "utf8");
    checkLength(where, text);
    for (const specifier of imports(withoutComments(text))) {
      checkImport(folder, path, where, specifier);
    }
  }
  return sources.length;
}

function checkImport(folder, path, where, specifier) {
  if (DEFERRED.has(`${path} -> ${specifier}`)) return;
  if (specifier === "#platform") return checkArrow(JS_BELOW, where, roomOf(path), "platform");
  if (specifier.startsWith("node:")) {
    if (!NODE_ONLY.test(path))
      problems.push(`${where}: imports ${specifier}; only node/, cli/ and platform/node*.ts may`);
    return;
  }
  if (!specifier.startsWith(".")) {
    const library = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    const owner = OWNED_LIBRARIES[library];
    if (owner && !path.startsWith(owner))
      problems.push(`${where}: imports ${library}; only ${owner} may`);
    return;
  }
  const target = relative(folder, resolve(folder, dirname(path), specifier))
    .split(sep)
    .join("/");
  if (target.startsWith("../wasm/")) {
    if (roomOf(path) !== "engine")
      problems.push(`${where}: imports the wasm glue; only engine/ may`);
    return;
  }
  if (target.startsWith(".."))
    return void problems.push(`${where}: imports ${specifier}, outside js/src`);
  checkArrow(JS_BELOW, where, roomOf(path), roomOf(target).replace(/\.js$/, ""));
}

/** The demo is a user like any other: the public package, nothing of its inside. */
function checkDemo(root) {
  const folder = join(root, "web-demo/src");
  for (const path of files(folder, /\.ts$/)) {
    for (const specifier of imports(withoutComments(readFileSync(join(folder, path), "utf8")))) {
      const inside = resolve(folder, dirname(path), specifier).startsWith(
        resolve(root, "web-demo"),
      );
      if (specifier.startsWith(".") && !inside) {
        problems.push(`web-demo/src/${path}: imports ${specifier}; only the public package`);
      }
    }
  }
}

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "..");
const scanned = checkCore(root) + checkPackage(root);
checkBindings(root);
checkDemo(root);
if (scanned === 0) problems.push(`${root}: no source found`);
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
