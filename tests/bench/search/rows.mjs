import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { measureSizes } from "../../../tools/sizes.mjs";
import { report } from "../report.mjs";
import { BARS } from "./measure.mjs";
import { PEERS } from "./peers.mjs";

const MIB = 1024 * 1024;
const OWN = ["relaxed", "simd128", "int4", "binary"];
const AGAINST = ["native-hnswlib", "native-usearch", "native-usearch-i8", "hnswlib-wasm", "flat"];

/** 10000 -> "10k". */
function label(rows) {
  if (rows % 1e6 === 0) return `${rows / 1e6}m`;
  return rows % 1000 === 0 ? `${rows / 1000}k` : String(rows);
}

/**
 * One figure of all systems; pagevec's own once for each system that it is compared with. The row of
 * the relaxed variant, which Chromium takes, has no system's name.
 * @param {(system: object) => number | undefined} pick undefined: the system has none
 */
function reportFigure(rows, systems, figure, unit, pick, { ratios = true } = {}) {
  const values = new Map(systems.map((system) => [system.name, pick(system)]));
  const prefix = `search.${label(rows)}.${figure}`;
  for (const [name, value] of values) {
    if (value === undefined) continue;
    const row = { name: name === "relaxed" ? prefix : `${prefix}.${name}`, value, unit };
    const others = OWN.includes(name) && ratios ? AGAINST.filter((other) => values.get(other)) : [];
    for (const against of others) {
      report({ ...row, ratio: value / values.get(against), against });
    }
    if (others.length === 0) report(row);
  }
}

export function reportSearch(rows, systems) {
  const figure = (...given) => reportFigure(rows, systems, ...given);
  figure("build", "rows/s", ({ seconds }) => rows / seconds);
  for (const bar of BARS) {
    const name = `qps${bar * 100}`;
    const at = ({ speeds }) => speeds.get(bar);
    figure(name, "queries/s", (system) => at(system)?.qps ?? at(system)?.single);
    figure(`${name}.single`, "queries/s", (system) => at(system)?.single);
    const plain = { ratios: false };
    const ef = (system) => (system.exact ? undefined : at(system)?.ef);
    figure(`${name}.ef`, "efSearch", ef, plain);
    figure(`${name}.recall`, "recall@10", (system) => at(system)?.recall, plain);
  }
  figure("bytes", "B/vector", ({ bytes }) => (bytes ? bytes / rows : undefined));
  figure("bytes.all", "B/vector", ({ allBytes }) => (allBytes ? allBytes / rows : undefined));
}

/** Saving and loading, in memory; native ones to a file. */
export async function reportStores(rows, systems) {
  for (const system of systems) system.stored = await system.store();
  const figure = (...given) => reportFigure(rows, systems, ...given);
  figure("save", "ms", ({ stored }) => stored && stored.save * 1000);
  figure("load", "ms", ({ stored }) => stored && stored.load * 1000);
  figure("stored", "MiB", ({ stored }) => stored && stored.bytes / MIB);
}

/** Microseconds a query, as measureFilters() has them. */
export function reportFilters(rows, filters, suffix = "") {
  const against = "unfiltered";
  const all = filters.get(against);
  for (const [share, { seconds, recall }] of filters) {
    const name = `search.${label(rows)}.${share === against ? share : `filter${share}`}${suffix}`;
    const ratio = share === against ? undefined : seconds / all.seconds;
    report({ name, value: seconds * 1e6, unit: "us/query", ratio, against });
    report({ name: `${name}.recall`, value: recall, unit: "recall@10" });
  }
}

/** What a page downloads, gzip -9: core and package; and the bundles of the peers, where they are made. */
export async function reportSizes(peers) {
  const own = await measureSizes(fileURLToPath(new URL("../../../js", import.meta.url)));
  const loaded = ["size.wasm.simd128", "size.wasm.relaxed", "size.js"];
  for (const { name, bytes } of own.filter((part) => loaded.includes(part.name))) {
    report({ name: `search.${name}`, value: bytes / 1024, unit: "KiB" });
  }
  for (const name of peers ? Object.keys(PEERS) : []) {
    const folder = join(peers, name);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    let bytes = 0;
    for (const file of files.filter((entry) => entry.isFile())) {
      const path = join(file.parentPath, file.name);
      bytes += gzipSync(await readFile(path), { level: 9 }).length;
    }
    report({ name: `search.size.${name}`, value: bytes / 1024, unit: "KiB" });
  }
}
