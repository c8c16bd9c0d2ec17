// Makes dist/: the pages, the script of their search field, and the wasm that it reads the index with.
import { cpSync, rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: ["src/search.js"],
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  outdir: "dist",
  // An optional peer that only ONNX models load.
  external: ["onnxruntime-web/*"],
});
cpSync("pages", "dist", { recursive: true });
cpSync("node_modules/pagevec/wasm/static.wasm", "dist/pagevec/static.wasm");
