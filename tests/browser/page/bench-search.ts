import { watchMemories } from "./memories.js";
import { DIMENSION, SearchData } from "./search/data.js";
import { PagevecSystem } from "./search/pagevec.js";
import type { SearchSystem } from "./search/system.js";

interface SearchBench {
  data: SearchData;
  systems: Map<string, SearchSystem>;
  /** Bytes of all wasm memories of the page. */
  memory(): number;
}

const OWN: Record<string, () => SearchSystem> = {
  relaxed: () => new PagevecSystem({ variant: "relaxed", index: "hnsw", quantization: "int8" }),
  simd128: () => new PagevecSystem({ variant: "simd128", index: "hnsw", quantization: "int8" }),
  int4: () => new PagevecSystem({ variant: "relaxed", index: "hnsw", quantization: "int4" }),
  binary: () => new PagevecSystem({ variant: "relaxed", index: "hnsw", quantization: "binary" }),
  "flat-int8": () => new PagevecSystem({ variant: "relaxed", index: "flat", quantization: "int8" }),
  "flat-binary": () =>
    new PagevecSystem({ variant: "relaxed", index: "flat", quantization: "binary" }),
  flat: () => new PagevecSystem({ variant: "relaxed", index: "flat", quantization: "none" }),
};

let bench: SearchBench | undefined;

/** folder: what tests/bench/search/dataset.py made; then the calls below are about these rows. */
export async function searchOpen(args: { folder: string; rows: number; queries: number }) {
  const memory = watchMemories();
  const data = await SearchData.open(args.folder, args.rows, args.queries);
  bench = { data, memory, systems: new Map() };
}

/**
 * Indexes all rows. script: where a peer's adapter is.
 * Returns seconds, and the bytes that the index takes (0: not known).
 */
export async function searchBuild({ system, script }: { system: string; script?: string }) {
  const { data, memory, systems } = bench as SearchBench;
  const before = memory();
  let made = systems.get(system);
  if (made === undefined) {
    made = script ? await (await import(/* @vite-ignore */ script)).open() : OWN[system]?.();
    systems.set(system, made as SearchSystem);
  }
  const { build, bytes, allBytes } = made as SearchSystem;
  const seconds = await build.call(made, data);
  return { seconds, bytes: bytes?.call(made) ?? memory() - before, allBytes: allBytes?.call(made) };
}

/** The first so many queries. */
export async function searchRun(args: {
  system: string;
  ef: number;
  single: boolean;
  queries: number;
}) {
  const { data, systems } = bench as SearchBench;
  const queries = data.queries.subarray(0, args.queries * DIMENSION);
  const { seconds, rows } = await (systems.get(args.system) as SearchSystem).search({
    ...args,
    queries,
  });
  return { seconds, queries: rows.length, recall: data.recall(rows) };
}

/** Gives the rows the labels that searchFiltered() goes by. pagevec's systems only, as below. */
export function searchLabel({ system }: { system: string }) {
  const { data, systems } = bench as SearchBench;
  (systems.get(system) as PagevecSystem).setLabels(data);
}

/** As searchRun, one query a call, where the label is below the limit: limit / 1000 of the rows. */
export function searchFiltered(args: {
  system: string;
  ef: number;
  limit: number;
  queries: number;
}) {
  const { data, systems } = bench as SearchBench;
  const queries = data.queries.subarray(0, args.queries * DIMENSION);
  const system = systems.get(args.system) as PagevecSystem;
  const { seconds, rows } = system.searchBelow(queries, args.ef, args.limit);
  return { seconds, queries: rows.length, recall: data.recall(rows, args.limit) };
}

/** Undefined for a system that cannot. */
export function searchStore({ system }: { system: string }) {
  return (bench as SearchBench).systems.get(system)?.store?.();
}
