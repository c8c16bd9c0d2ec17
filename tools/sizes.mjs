import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const KIB = 1024;
/** The page's side, and what worker.js runs on the other: importing it by name keeps it. */
const PAGE_AND_WORKER = `
  export * from "./dist/index.js";
  export { serve } from "./dist/engine/guest.js";
  export { createServices } from "./dist/services.js";`;
const WASM_BUDGETS = {
  "core.simd128": 195 * KIB,
  "core.relaxed": 202 * KIB,
  // On demand, too.
  converter: 120 * KIB,
  // With CLIP's tokenizer, which few pages need either.
  sentencepiece: 124 * KIB,
  // pagevec/static, in place of the core.
  static: 60 * KIB,
};
const JS_BUDGET = 40.5 * KIB;
/** pagevec/inline: every wasm file, all that is loaded on demand, and what of it a worker runs again. */
const INLINE_BUDGET = 882 * KIB;
/** What a page loads on demand: the module, and how the import that asks for it ends. */
const ON_DEMAND = {
  // Why a wasm file or a worker is not there.
  explain: { module: "dist/engine/explain.js", specifier: "*/explain.js", budget: 1.5 * KIB },
  // What pagevec/inline takes, whose files lie in itself.
  unpack: { module: "dist/engine/unpack.js", specifier: "*/unpack.js", budget: 1 * KIB },
  pool: { module: "dist/embedding/worker-pool.js", specifier: "*/worker-pool.js", budget: 2 * KIB },
  // localModel() of what is not in the manifest: on the page, and in the worker.
  repository: {
    module: "dist/embedding/hub/resolve.js",
    specifier: "*/hub/resolve.js",
    budget: 2 * KIB,
  },
  conversion: {
    module: "dist/embedding/hub/prepare.js",
    specifier: "*/hub/prepare.js",
    budget: 5.5 * KIB,
  },
  // Layers behind the pooling: Instructor's and others' weights.
  dense: {
    module: "dist/embedding/hub/dense-weights.js",
    specifier: "*/dense-weights.js",
    budget: 3 * KIB,
  },
  "converter-glue": {
    module: "wasm/converter.mjs",
    specifier: "*/converter.mjs",
    budget: 9 * KIB,
  },
  // Collection.search(): on the page, and in the worker.
  search: {
    module: "dist/collection/search/search.js",
    specifier: "*/search/search.js",
    budget: 4.5 * KIB,
  },
  // The Search API of chromadb.
  expression: {
    module: "dist/collection/search/expression.js",
    specifier: "*/expression.js",
    budget: 4 * KIB,
  },
  "search-calls": {
    module: "dist/database/search-calls.js",
    specifier: "*/search-calls.js",
    budget: 1 * KIB,
  },
  // Collection.recall(): on the page, and in the worker.
  "recall-call": {
    module: "dist/collection/recall-call.js",
    specifier: "*/recall-call.js",
    budget: 1 * KIB,
  },
  recall: {
    module: "dist/database/recall.js",
    specifier: "*/recall.js",
    budget: 1.5 * KIB,
  },
  // Collection.project(): on the page, and in the worker.
  project: {
    module: "dist/collection/project.js",
    specifier: "*/collection/project.js",
    budget: 1 * KIB,
  },
  projection: {
    module: "dist/database/projection.js",
    specifier: "*/projection.js",
    budget: 1 * KIB,
  },
  // What storage: "memory" takes, in the worker.
  memory: {
    module: "dist/storage/memory.js",
    specifier: "*/storage/memory.js",
    budget: 1.75 * KIB,
  },
  // What storage: "indexeddb" takes, in the worker: IndexedDB, the second copy, tabs.
  storage: {
    module: "dist/storage/durable.js",
    specifier: "*/storage/durable.js",
    budget: 16.25 * KIB,
  },
  snapshot: {
    module: "dist/database/store-snapshot.js",
    specifier: "*/store-snapshot.js",
    budget: 1 * KIB,
  },
  // Client.check()
  check: {
    module: "dist/database/check.js",
    specifier: "*/check.js",
    budget: 1 * KIB,
  },
  // Client.createCollection() with a vectorizer, Collection.objects, Collection.generate().
  vectorizer: {
    module: "dist/collection/objects/vectorizer.js",
    specifier: "*/objects/vectorizer.js",
    budget: 3 * KIB,
  },
  media: {
    module: "dist/collection/objects/embed-media.js",
    specifier: "*/embed-media.js",
    budget: 2 * KIB,
  },
  objects: {
    module: "dist/collection/objects/object-writes.js",
    specifier: "*/object-writes.js",
    budget: 6 * KIB,
  },
  // Objects with several vectors: reading, then writing them.
  named: {
    module: "dist/collection/named/named.js",
    specifier: "*/named/named.js",
    budget: 5 * KIB,
  },
  "named-writes": {
    module: "dist/collection/named/named-writes.js",
    specifier: "*/named-writes.js",
    budget: 4 * KIB,
  },
  generate: {
    module: "dist/collection/generate.js",
    specifier: "*/collection/generate.js",
    budget: 6 * KIB,
  },
  // Collections with chunking.
  chunked: {
    module: "dist/collection/chunks/chunked.js",
    specifier: "*/chunks/chunked.js",
    budget: 6 * KIB,
  },
  // Collection.modify() with a configuration.
  modify: {
    module: "dist/collection/modify.js",
    specifier: "*/collection/modify.js",
    budget: 1 * KIB,
  },
  // Collection.reembed(): on the page, and in the worker.
  reembed: {
    module: "dist/collection/reembed.js",
    specifier: "*/collection/reembed.js",
    // Most of it is chunk-writes.js, which collections that cut documents have loaded before.
    budget: 4 * KIB,
  },
  "reembed-calls": {
    module: "dist/database/reembed-calls.js",
    specifier: "*/reembed-calls.js",
    budget: 1.5 * KIB,
  },
  // Collection.push(), pull(), sync().
  sync: {
    module: "dist/collection/sync/sync.js",
    specifier: "*/sync/sync.js",
    budget: 5.5 * KIB,
  },
  hnswlib: {
    module: "dist/database/hnswlib.js",
    specifier: "*/hnswlib.js",
    budget: 2 * KIB,
  },
  // Client.export() and import(): on the page, and in the worker.
  export: {
    module: "dist/collection/export.js",
    specifier: "*/collection/export.js",
    budget: 1 * KIB,
  },
  import: {
    module: "dist/collection/import.js",
    specifier: "*/collection/import.js",
    budget: 3 * KIB,
  },
  transfers: {
    module: "dist/database/transfers.js",
    specifier: "*/transfers.js",
    budget: 5.5 * KIB,
  },
  onnx: {
    module: "dist/embedding/onnx/open.js",
    specifier: "*/onnx/open.js",
    budget: 2 * KIB,
  },
  sentencepiece: {
    module: "dist/embedding/sentencepiece-file.js",
    specifier: "*/sentencepiece-file.js",
    budget: 12 * KIB,
  },
  // With what it shares with the others: ONNX sessions, downloads, the glue of sentencepiece.wasm.
  clip: {
    module: "dist/embedding/clip-model.js",
    specifier: "*/clip-model.js",
    budget: 20 * KIB,
  },
};

/** The hooks, over what every page loads; the element, all that it is made of. */
const UI_BUDGET = 6000;
/** pagevec/doctor, over what every page loads. It looks at sentencepiece's wasm without its glue. */
const DOCTOR_BUDGET = 8 * KIB;

/** The engine of a server of collections, over what every page loads, with the client of providers. */
const SERVER_BUDGET = 15 * KIB;

/** pagevec under other frameworks' names, over what every page loads; the frameworks apart. */
const ADAPTERS = {
  langchain: { module: "dist/adapters/langchain.js", budget: 2.5 * KIB },
  llamaindex: { module: "dist/adapters/llamaindex.js", budget: 2.5 * KIB },
  "ai-sdk": { module: "dist/adapters/ai-sdk.js", budget: 1 * KIB },
  chroma: { module: "dist/adapters/chroma/index.js", budget: 7.5 * KIB },
};
const FRAMEWORKS = ["@langchain/core/*", "@llamaindex/core/*", "@ai-sdk/provider"];

/** pagevec/static: all the JavaScript of a page that searches a static index, its module's glue too. */
const STATIC_BUDGET = 20 * KIB;

/** One provider, over the client that all of them share: requests, batches, checked vectors. */
const PROVIDER_BUDGET = 6000;
const BARE_CLIENT = `
  export * from "./dist/providers/client/http.js";
  export * from "./dist/providers/client/embedding.js";`;
/** What signed requests, and models of Bedrock that are asked in their own way, load besides. */
const OF_PROVIDERS = ["aws-signer", "bedrock-models"];

/**
 * What a page downloads, compressed by gzip -9: each wasm module (of the core's a browser takes one); the
 * JavaScript that every page and its worker load, as one minified file, with the glue of one variant;
 * what each module that is loaded on demand adds, without onnxruntime-web; the hooks without React, the
 * element, and the adapters without their frameworks.
 * @param {string} folder the built npm package
 * @returns {Promise<{name: string, bytes: number, budget: number}[]>}
 */
export async function measureSizes(folder) {
  const sizes = [];
  for (const [name, budget] of Object.entries(WASM_BUDGETS)) {
    const bytes = compressed(await readFile(join(folder, `wasm/${name}.wasm`)));
    sizes.push({ name: `size.wasm.${name.replace("core.", "")}`, bytes, budget });
  }
  const apart = Object.values(ON_DEMAND).map(({ specifier }) => specifier);
  const js = await bundled(folder, PAGE_AND_WORKER, apart);
  sizes.push({ name: "size.js", bytes: js, budget: JS_BUDGET });
  for (const [name, { module, specifier, budget }] of Object.entries(ON_DEMAND)) {
    const others = apart.filter((other) => other !== specifier);
    const contents = `${PAGE_AND_WORKER} export * as onDemand from "./${module}";`;
    const bytes = (await bundled(folder, contents, others)) - js;
    sizes.push({ name: `size.js.${name}`, bytes, budget });
  }
  const inline = compressed(await readFile(join(folder, "dist/inline.js")));
  sizes.push({ name: "size.inline", bytes: inline, budget: INLINE_BUDGET });
  const doctor = `${PAGE_AND_WORKER} export * as doctor from "./dist/doctor/index.js";`;
  const doctorBytes = (await bundled(folder, doctor, [...apart, "*/sentencepiece.mjs"])) - js;
  sizes.push({ name: "size.doctor", bytes: doctorBytes, budget: DOCTOR_BUDGET });
  // What loadModel() takes comes with the model.
  const withModel = [...apart, "*/minilm.js", "*/check-model.js"];
  const site = await bundled(folder, `export * from "./dist/static/index.js";`, withModel);
  sizes.push({ name: "size.static", bytes: site, budget: STATIC_BUDGET });
  const ui = await measureUi(folder, js, apart);
  const servers = await measureServers(folder, js, apart);
  const adapters = await measureAdapters(folder, js, apart);
  return [...sizes, ...ui, ...servers, ...adapters, ...(await measureProviders(folder))];
}

async function measureServers(folder, js, apart) {
  const sizes = [];
  for (const file of (await readdir(join(folder, "dist/servers"))).sort()) {
    // What the seam for others to build on takes alone is in each of them.
    if (!file.endsWith(".js") || file === "server-engine.js") continue;
    const contents = `${PAGE_AND_WORKER} export * as server from "./dist/servers/${file}";`;
    const bytes = (await bundled(folder, contents, apart)) - js;
    sizes.push({ name: `size.server.${file.slice(0, -3)}`, bytes, budget: SERVER_BUDGET });
  }
  return sizes;
}

async function measureAdapters(folder, js, apart) {
  const sizes = [];
  for (const [name, { module, budget }] of Object.entries(ADAPTERS)) {
    const contents = `${PAGE_AND_WORKER} export * as adapter from "./${module}";`;
    // pagevec/registry is loaded where a stored name asks for it.
    const others = [...apart, ...FRAMEWORKS, "*/registry/functions.js"];
    const bytes = (await bundled(folder, contents, others)) - js;
    sizes.push({ name: `size.adapter.${name}`, bytes, budget });
  }
  return sizes;
}

async function measureUi(folder, js, apart) {
  const hooks = `${PAGE_AND_WORKER} export * as hooks from "./dist/react/index.js";`;
  const element = `export * from "./dist/element/index.js";`;
  const sizes = {
    "size.react": (await bundled(folder, hooks, apart)) - js,
    "size.element": await bundled(folder, element, []),
  };
  return Object.entries(sizes).map(([name, bytes]) => ({ name, bytes, budget: UI_BUDGET }));
}

async function measureProviders(folder) {
  const apart = OF_PROVIDERS.map((module) => `*/${module}.js`);
  const bare = await bundled(folder, BARE_CLIENT, apart);
  const added = async (name, path, others) => {
    const contents = `${BARE_CLIENT} export * from "./dist/providers/${path}.js";`;
    const bytes = (await bundled(folder, contents, others)) - bare;
    return { name: `size.provider.${name}`, bytes, budget: PROVIDER_BUDGET };
  };
  const sizes = [];
  for (const file of (await readdir(join(folder, "dist/providers"))).sort()) {
    if (!file.endsWith(".js")) continue;
    const module = file.slice(0, -3);
    sizes.push(await added(module, module, apart));
  }
  for (const module of OF_PROVIDERS) {
    const others = apart.filter((pattern) => pattern !== `*/${module}.js`);
    sizes.push(await added(module, `client/${module}`, others));
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
    external: ["onnxruntime-web/*", "react", "*/core.relaxed.mjs", ...apart],
    logLevel: "silent",
  });
  return compressed(outputFiles[0].contents);
}

function compressed(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}
