import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

// Budgets of docs/design.md. In a process of its own: esbuild does not run inside Jest.
test("the download stays within its budgets", () => {
  const bench = fileURLToPath(new URL("../bench/size.mjs", import.meta.url));
  const output = execFileSync(process.execPath, [bench, "--json"], { encoding: "utf8" });
  const rows = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const names: string[] = rows.map(({ name }) => name);
  expect(names.filter((name) => name.startsWith("size.provider.")).length).toBeGreaterThan(24);
  expect(names).toContain("size.server.chroma");
  expect(names).toContain("size.server.weaviate");
  expect(names.filter((name) => !/^size\.(provider|server)\./.test(name))).toEqual([
    "size.wasm.simd128",
    "size.wasm.relaxed",
    "size.wasm.converter",
    "size.wasm.sentencepiece",
    "size.wasm.static",
    "size.js",
    "size.js.explain",
    "size.js.unpack",
    "size.js.pool",
    "size.js.repository",
    "size.js.conversion",
    "size.js.dense",
    "size.js.converter-glue",
    "size.js.search",
    "size.js.expression",
    "size.js.search-calls",
    "size.js.recall-call",
    "size.js.recall",
    "size.js.project",
    "size.js.projection",
    "size.js.memory",
    "size.js.storage",
    "size.js.snapshot",
    "size.js.check",
    "size.js.vectorizer",
    "size.js.media",
    "size.js.objects",
    "size.js.named",
    "size.js.named-writes",
    "size.js.generate",
    "size.js.chunked",
    "size.js.modify",
    "size.js.reembed",
    "size.js.reembed-calls",
    "size.js.sync",
    "size.js.hnswlib",
    "size.js.export",
    "size.js.import",
    "size.js.transfers",
    "size.js.onnx",
    "size.js.sentencepiece",
    "size.js.clip",
    "size.inline",
    "size.doctor",
    "size.static",
    "size.react",
    "size.element",
    "size.adapter.langchain",
    "size.adapter.llamaindex",
    "size.adapter.ai-sdk",
    "size.adapter.chroma",
  ]);
  for (const { value, ratio } of rows) {
    expect(value).toBeGreaterThan(0.1);
    expect(ratio).toBeLessThanOrEqual(1);
  }
});
