import { PEERS } from "./peers.mjs";

/**
 * What can be measured: where it runs; `exact`: it compares with every row, so efSearch means nothing;
 * `fixed`: efSearch cannot be changed; `most`: rows above which it is left out, and why.
 */
export const SYSTEMS = {
  relaxed: { where: "page" },
  simd128: { where: "page" },
  int4: { where: "page" },
  binary: { where: "page" },
  "flat-int8": { where: "page", exact: true },
  "flat-binary": { where: "page", exact: true },
  flat: { where: "page", exact: true },
  "hnswlib-wasm": { where: "page" },
  edgevec: { where: "page", fixed: true, most: 10_000, why: "building takes over five minutes" },
  orama: { where: "page", exact: true },
  "native-hnswlib": { where: "native" },
  "native-usearch": { where: "native" },
  "native-usearch-i8": { where: "native", optional: true },
};
/** Native indexes above these rows only with --native, the other systems not at all. */
const MOST_COMPARED = 100_000;

/**
 * The names of what runs over so many rows.
 * @param {{peers?: string, native: boolean}} options --peers: names, joined by commas
 */
export function chooseSystems(rows, { peers, native }) {
  const asked = peers?.split(",");
  for (const name of asked ?? []) {
    if (SYSTEMS[name]) continue;
    throw new Error(`--peers has "${name}"; choose of ${Object.keys(SYSTEMS).join(",")}`);
  }
  return Object.keys(SYSTEMS).filter((name) => {
    const { where, most = Number.POSITIVE_INFINITY, why, optional } = SYSTEMS[name];
    if (asked ? !asked.includes(name) : optional) return false;
    if (rows > MOST_COMPARED)
      return where === "native" ? native : (asked ?? ["relaxed"]).includes(name);
    if (rows <= most) return true;
    console.error(`${name} is left out at ${rows} rows: ${why}`);
    return false;
  });
}

/**
 * All systems have the same calls, wherever they run. modes: "qps" where many queries can be one call,
 * "single" where one query can; peers in the page have nothing else.
 */
export function openSystem(name, page, native) {
  const { where, exact = false, fixed = false } = SYSTEMS[name];
  const about = { name, exact, fixed };
  if (where === "native") {
    const call = (given) => native.call({ system: name, ...given });
    return {
      ...about,
      modes: ["qps"],
      build: () => call({ call: "build" }),
      search: ({ ef }) => call({ call: "search", ef }),
      store: () => call({ call: "store" }),
    };
  }
  const script = PEERS[name] && `/peers/${name}/index.js`;
  return {
    ...about,
    modes: script ? ["single"] : ["qps", "single"],
    build: () => page.evaluate((a) => window.searchBuild(a), { system: name, script }),
    search: (given) => page.evaluate((a) => window.searchRun(a), { system: name, ...given }),
    label: () => page.evaluate((a) => window.searchLabel(a), { system: name }),
    filtered: (given) => page.evaluate((a) => window.searchFiltered(a), { system: name, ...given }),
    store: () => page.evaluate((a) => window.searchStore(a), { system: name }),
  };
}
