import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";

// The package as npm would publish it: packed, and unpacked again where its dependencies are found.
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "build/packed");
const PACKAGE = join(FOLDER, "package");
let tarball: string;

const run = (command: string, args: string[], cwd = ROOT) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const bin = (name: string) => join(ROOT, "node_modules/.bin", name);

/** What the adapters import. */
const FRAMEWORKS = [
  "@ai-sdk/provider",
  "@langchain/core/documents",
  "@langchain/core/embeddings",
  "@langchain/core/retrievers",
  "@langchain/core/retrievers/document_compressors",
  "@langchain/core/utils/math",
  "@langchain/core/vectorstores",
  "@llamaindex/core/embeddings",
  "@llamaindex/core/schema",
  "@llamaindex/core/vector-store",
];

interface Manifest {
  exports: Record<string, string | null | { types: string; default: string }>;
}

beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const packing = run("npm", ["pack", "--json", "--pack-destination", FOLDER], join(ROOT, "js"));
  // What prepack prints comes first.
  const [{ filename }] = JSON.parse(packing.slice(packing.indexOf("[\n")));
  tarball = join(FOLDER, filename);
  run("tar", ["-xzf", tarball, "-C", FOLDER]);
}, 30_000);

/** Every entry that is a script, those behind a pattern too. */
function entries(): string[] {
  const manifest: Manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  return Object.entries(manifest.exports).flatMap(([name, target]) => {
    if (typeof target !== "object" || target === null) return [];
    if (!name.includes("*")) return [name];
    const folder = target.default.slice(0, target.default.indexOf("*"));
    return readdirSync(join(PACKAGE, folder))
      .filter((file) => file.endsWith(".js"))
      .map((file) => name.replace("*", file.slice(0, -3)));
  });
}

test("publint finds nothing to improve", () => {
  expect(run(bin("publint"), ["--strict", tarball])).toContain("All good!");
});

test("its types resolve as its scripts do", () => {
  // It fails by itself for what is wrong. Wasm files have no types, and patterns it does not look into.
  const profile = ["--profile", "esm-only", "--format", "ascii", "--no-color"];
  const report = run(bin("attw"), [tarball, ...profile, "--entrypoints", ...entries()]);
  for (const name of entries()) expect(report).toContain(`"pagevec${name.slice(1)}"`);
}, 60_000);

test("on a server every entry can be imported, and asks for nothing of a page", () => {
  const names = ["window", "self", "document", "indexedDB", "Worker", "caches", "localStorage"];
  // What frameworks look for themselves is their affair: they are there before.
  const script = `
    for (const name of ${JSON.stringify(FRAMEWORKS)}) await import(name);
    const touched = new Set();
    for (const name of ${JSON.stringify(names)}) {
      Object.defineProperty(globalThis, name, { get: () => void touched.add(name) });
    }
    for (const entry of ${JSON.stringify(entries())}) {
      // The worker's own script waits for messages; it belongs into a worker.
      if (entry !== "./worker") await import("pagevec" + entry.slice(1));
      if (touched.size > 0) throw new Error(entry + " asks for " + [...touched]);
    }
    console.log("imported");`;
  writeFileSync(join(PACKAGE, "imports.mjs"), script);
  expect(entries().length).toBeGreaterThan(30);
  expect(run(process.execPath, ["imports.mjs"], PACKAGE)).toBe("imported\n");
}, 30_000);

test("pagevec/inline has what pagevec has, and works where there is nothing but the file", () => {
  const script = `
    import * as main from "pagevec";
    const text = (await import("node:fs")).readFileSync("dist/inline.js", "utf8");
    const inline = await import("data:text/javascript," + encodeURIComponent(text));
    const client = await inline.Client.open({ name: "inline", storage: "memory" });
    const collection = await client.createCollection({ name: "points" });
    await collection.add({ ids: ["a", "b"], embeddings: [[1, 0], [0, 1]] });
    const { ids } = await collection.query({ queryEmbeddings: [[0.1, 1]], nResults: 1 });
    // By another wasm module than the core.
    const { file } = await collection.exportHnswlib();
    const names = [Object.keys(main), Object.keys(inline)];
    console.log(JSON.stringify({ names, ids, exported: file.length }));`;
  writeFileSync(join(PACKAGE, "inline.mjs"), script);
  const { names, ids, exported } = JSON.parse(run(process.execPath, ["inline.mjs"], PACKAGE));
  expect(names[1].sort()).toEqual(names[0].sort());
  expect(ids).toEqual([["b"]]);
  expect(exported).toBeGreaterThan(100);
}, 30_000);

test("pagevec/inline leaves no file for a bundler to look for", () => {
  const text = readFileSync(join(PACKAGE, "dist/inline.js"), "utf8");
  expect(text).not.toMatch(/import\.meta/);
  const imported = [...text.matchAll(/\b(?:from|import\()\s*"([@\w./-]+)"/g)].map(
    ([, name]) => name,
  );
  expect([...new Set(imported)]).toEqual(["onnxruntime-web/wasm"]);
  // Read by bundlers, which would otherwise warn of the address that they cannot see.
  expect(text).toContain("webpackIgnore: true");
});

test("source maps carry their sources; licences come along", () => {
  const maps = readdirSync(join(PACKAGE, "dist"), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".js.map"));
  expect(maps.length).toBeGreaterThan(100);
  for (const file of maps) {
    const { sourcesContent } = JSON.parse(readFileSync(join(PACKAGE, "dist", file), "utf8"));
    expect(sourcesContent?.[0]?.length).toBeGreaterThan(10);
  }
  expect(readFileSync(join(PACKAGE, "NOTICE"), "utf8")).toContain("\nidb (");
  expect(readFileSync(join(PACKAGE, "LICENSE"), "utf8")).toContain("Apache License");
});
