#!/usr/bin/env node
// Makes pagevec/inline out of the built package: js/dist/inline.js, one file with everything in it but
// onnxruntime-web. The wasm files lie in it compressed, once; its worker, a script in a string, is
// handed them (js/src/engine/unpack.ts).
//
//   node tools/inline.mjs

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGE = join(ROOT, "js");
const WASM = ["core.simd128", "core.relaxed", "converter", "sentencepiece"];

const wasm = {};
for (const name of WASM) {
  const bytes = await readFile(join(PACKAGE, `wasm/${name}.wasm`));
  wasm[name] = gzipSync(bytes, { level: 9 }).toString("base64");
}
const worker = await bundle("dist/worker.js", "{ wasm: globalThis.pagevecWasm }", {
  bundledAgain: false,
});
const page = await bundle("dist/index.js", JSON.stringify({ wasm, worker: worker.text }), {
  bundledAgain: true,
});
await checkNotice([...worker.packages, ...page.packages]);
await writeFile(join(PACKAGE, "dist/inline.js"), page.text);

/** An entry of the package as one script, whose module engine/packed.js holds `packed`. */
async function bundle(entry, packed, { bundledAgain }) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(PACKAGE, entry)],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minifyIdentifiers: true,
    minifySyntax: true,
    // Only so are the comments kept that tell bundlers which imports are none of theirs.
    minifyWhitespace: !bundledAgain,
    metafile: true,
    write: false,
    external: ["onnxruntime-web/*"],
    // No bundler that reads the file shall look for others beside it.
    define: { "import.meta.url": '"pagevec:inline"' },
    plugins: [packedModule(packed)],
    logLevel: "warning",
  });
  const packages = Object.keys(metafile.inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );
  return { text: outputFiles[0].text, packages };
}

function packedModule(packed) {
  return {
    name: "packed",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]engine[\\/]packed\.js$/ }, () => ({
        contents: `export const packed = ${packed};`,
      }));
    },
  };
}

/** Who takes code of others along says whose it is. */
async function checkNotice(packages) {
  const notice = await readFile(join(ROOT, "NOTICE"), "utf8");
  const unnamed = packages.filter((name) => !notice.includes(`\n${name} (`));
  if (unnamed.length === 0) return;
  throw new Error(`NOTICE does not name what pagevec/inline contains: ${unnamed[0]}`);
}
