import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const KIB = 1024;
/** The page's side, and what worker.js runs on the other: importing it by name keeps it. */
const PAGE_AND_WORKER = `
  export * from "./dist/index.js";
  export { serve } from "./dist/engine/guest.js";
  export { createServices } from "./dist/services.js";`;
const WASM_BUDGET = 150 * KIB;
const JS_BUDGET = 31 * KIB;
/** What a page loads on demand, each by a dynamic import of its own. */
const ON_DEMAND = {
  pool: { module: "dist/embedding/worker-pool.js", budget: 3 * KIB },
  onnx: { module: "dist/embedding/onnx/session.js", budget: 3 * KIB },
};

/**
 * What a page downloads, compressed by gzip -9: each wasm variant (a browser takes one); the
 * JavaScript that every page and its worker load, as one minified file, with the glue of one variant;
 * and what is loaded on demand, without onnxruntime-web.
 * @param {string} folder the built npm package
 * @returns {Promise<{name: string, bytes: number, budget: number}[]>}
 */
export async function measureSizes(folder) {
  const sizes = [];
  for (const variant of ["simd128", "relaxed"]) {
    const wasm = await readFile(join(folder, `wasm/core.${variant}.wasm`));
    sizes.push({ name: `size.wasm.${variant}`, bytes: compressed(wasm), budget: WASM_BUDGET });
  }
  const apart = Object.values(ON_DEMAND).map(({ module }) => `*/${basename(module)}`);
  const js = await bundled(folder, PAGE_AND_WORKER, apart);
  sizes.push({ name: "size.js", bytes: js, budget: JS_BUDGET });
  for (const [name, { module, budget }] of Object.entries(ON_DEMAND)) {
    const bytes = await bundled(folder, `export * from "./${module}";`, []);
    sizes.push({ name: `size.js.${name}`, bytes, budget });
  }
  return sizes;
}

async function bundled(folder, contents, apart) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    write: false,
    external: ["onnxruntime-web/*", "*/core.relaxed.mjs", ...apart],
    logLevel: "silent",
  });
  return compressed(outputFiles[0].contents);
}

function compressed(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}
