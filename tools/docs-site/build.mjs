#!/usr/bin/env node
// The site of the documentation: README, CHANGELOG, docs/, the examples' READMEs, and the API by typedoc, as static
// pages with a keyword search by pagevec itself. A link that leads nowhere fails the build.
//
//   node tools/docs-site/build.mjs [--to FOLDER]

import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build as bundle } from "vite";
import { writeApi } from "./api.mjs";
import { brokenLinks } from "./links.mjs";
import { createRenderer } from "./markdown.mjs";
import { findPages } from "./pages.mjs";
import { writeSearchFile } from "./search-file.mjs";
import { pageHtml } from "./template.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const { values } = parseArgs({ options: { to: { type: "string", default: "build/docs" } } });
const output = resolve(ROOT, values.to);

const api = join(ROOT, "build/docs-api");
await writeApi(ROOT, api);
const render = await createRenderer();
const pages = findPages(ROOT, api).map((page) => ({ ...page, ...render(page) }));
const broken = brokenLinks(pages, ROOT);
if (broken.length > 0) throw new Error(`links that lead nowhere:\n  ${broken.join("\n  ")}`);

rmSync(output, { recursive: true, force: true });
for (const page of pages) {
  write(page.path, pageHtml(page, pages));
  for (const file of page.files) {
    mkdirSync(dirname(join(output, file)), { recursive: true });
    cpSync(join(ROOT, file), join(output, file));
  }
}
cpSync(join(HERE, "style.css"), join(output, "style.css"));
await bundleSearch();
const sections = await writeSearchFile(pages, join(output, "search.pvar"));
console.log(`docs: ${pages.length} pages, ${sections} sections to search, in ${output}`);

function write(path, text) {
  mkdirSync(dirname(join(output, path)), { recursive: true });
  writeFileSync(join(output, path), text);
}

/** search.js with pagevec, its worker and its wasm, under assets/. */
async function bundleSearch() {
  // An optional peer that only ONNX models load; there are none here.
  const external = /^onnxruntime-web/;
  await bundle({
    root: HERE,
    base: "./",
    configFile: false,
    logLevel: "warn",
    worker: { format: "es", rollupOptions: { external } },
    build: {
      outDir: output,
      emptyOutDir: false,
      target: "es2022",
      modulePreload: { polyfill: false },
      rollupOptions: {
        external,
        input: join(HERE, "search.js"),
        output: { entryFileNames: "assets/search.js" },
      },
    },
  });
}
