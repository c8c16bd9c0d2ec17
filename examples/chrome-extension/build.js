// Makes dist/, the folder that chrome://extensions loads unpacked. All code, the wasm and the model are in it.
import { cpSync, rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: ["background", "content", "offscreen", "popup", "search-worker"].map(
    (name) => `src/${name}.ts`,
  ),
  bundle: true,
  format: "esm",
  outdir: "dist",
  // An optional peer that only ONNX models load.
  external: ["onnxruntime-web/*"],
});
cpSync("static", "dist", { recursive: true });
cpSync("node_modules/pagevec/wasm", "dist/pagevec", { recursive: true });
cpSync("node_modules/@pagevec/all-minilm-l6-v2", "dist/model", { recursive: true });
