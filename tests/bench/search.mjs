/**
 * Vector search in Chromium on real vectors: WordNet glosses through miniLM(), 384 dimensions, M 16,
 * efConstruction 200, k 10, one thread. pagevec in both SIMD variants, with codes of 4 bits and its
 * scans (of codes, and the plain one of floats), hnswlib-wasm, edgevec and Orama in the page, hnswlib and
 * usearch natively (Python), in turns in one run, each in a page or process of its own: the garbage of one must
 * not be another's.
 * build; queries a second at the least efSearch that finds 95, 98 and 99 % of the exact neighbours;
 * heap; saving and loading; filters.
 *
 *   --n 10000,100000   rows; more than 100,000 are copies with noise, for pagevec alone
 *   --rounds 5         how often each search has its turn
 *   --peers a,b        only these systems (tests/bench/search/systems.mjs)
 *   --native           native indexes above 100,000 rows too
 *   --json             a JSON object a line
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { openEnvironment } from "../browser/environment.mjs";
import { measureBuilds, measureFilters, measureSearch } from "./search/measure.mjs";
import { ensureDataset, ensureNativePython, startNative } from "./search/native.mjs";
import { bundlePeers, PEERS } from "./search/peers.mjs";
import { reportFilters, reportSearch, reportSizes, reportStores } from "./search/rows.mjs";
import { chooseSystems, openSystem, SYSTEMS } from "./search/systems.mjs";
import { benchFolder, ensureVectors } from "./search/vectors.mjs";

const { values } = parseArgs({
  options: {
    n: { type: "string", default: "10000,100000" },
    rounds: { type: "string", default: "5" },
    peers: { type: "string" },
    native: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
/** Below these rows an index is built several times, and the median counts. */
const QUICK_ROWS = 20_000;
const FILTERED_ROWS = 10_000;
/** Of a collection whose settings say nothing. */
const DEFAULT_EF = 100;

const python = await ensureNativePython();
const vectors = await ensureVectors();
const sizes = values.n.split(",").map(Number);
const needsPeers = sizes.some((rows) => chooseSystems(rows, values).some((name) => PEERS[name]));
const peers = needsPeers ? await bundlePeers() : undefined;
const environment = await openEnvironment({
  // The peers' scripts do not run under the tests' policy.
  csp: undefined,
  // For a clock of microseconds.
  isolated: true,
  models: "vocab,pvm",
  mounts: { "/bench/": benchFolder(), ...(peers && { "/peers/": peers }) },
});
console.error(`load average at the start: ${loadavg()[0].toFixed(2)}`);
await reportSizes(peers);
for (const rows of sizes) await measure(rows);
console.error(`load average at the end: ${loadavg()[0].toFixed(2)}`);
await environment.close();

async function measure(rows) {
  const folder = await ensureDataset(python, vectors, rows);
  const names = chooseSystems(rows, values);
  const isNative = names.some((name) => SYSTEMS[name].where === "native");
  const native = isNative ? startNative(python, folder, rows) : undefined;
  const data = { folder: `/bench/search-${rows}/`, rows, queries: vectors.queries };
  const pages = new Map();
  for (const name of names.filter((each) => SYSTEMS[each].where === "page")) {
    const page = await environment.openPage();
    await page.evaluate((a) => window.searchOpen(a), data);
    pages.set(name, page);
  }
  const systems = names.map((name) => openSystem(name, pages.get(name), native));
  await measureBuilds(systems, rows <= QUICK_ROWS ? 3 : 1);
  await measureSearch(systems, ROUNDS);
  reportSearch(rows, systems);
  await reportStores(rows, systems);
  const own = systems.find(({ name }) => name === "relaxed");
  if (own && rows >= FILTERED_ROWS) {
    const ef = own.speeds.get(0.98)?.ef ?? 64;
    reportFilters(rows, await measureFilters(own, ef, ROUNDS));
    reportFilters(rows, await measureFilters(own, DEFAULT_EF, ROUNDS), ".default");
  }
  native?.close();
  for (const page of pages.values()) await page.close();
}
