import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const KIB = 1024;
const ENTRIES = 'export * from "./dist/index.js"; export * from "./dist/worker.js";';
const BUDGETS = { wasm: 150 * KIB, js: 31 * KIB };

/**
 * What a page downloads, compressed by gzip -9: each wasm variant (a browser takes one), and all
 * JavaScript of page and worker as one minified file, with the glue of one variant and without
 * onnxruntime-web.
 * @param {string} folder the built npm package
 * @returns {Promise<{name: string, bytes: number, budget: number}[]>}
 */
export async function measureSizes(folder) {
  const sizes = [];
  for (const variant of ["simd128", "relaxed"]) {
    const wasm = await readFile(join(folder, `wasm/core.${variant}.wasm`));
    sizes.push({ name: `size.wasm.${variant}`, bytes: compressed(wasm), budget: BUDGETS.wasm });
  }
  const { outputFiles } = await build({
    stdin: { contents: ENTRIES, resolveDir: folder },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    write: false,
    external: ["onnxruntime-web/wasm", "*/core.relaxed.mjs"],
    logLevel: "silent",
  });
  const bytes = compressed(outputFiles[0].contents);
  return [...sizes, { name: "size.js", bytes, budget: BUDGETS.js }];
}

function compressed(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}
