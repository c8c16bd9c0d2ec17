import { loadCore } from "../../../js/dist/engine/load.js";
import type { CollectionHandle } from "../../../js/dist/engine/module.js";
import { OPERATION, VECTORS } from "../../../js/dist/engine/module.js";
import { unwrap } from "../../../js/dist/engine/outcome.js";
import { packStrings, unpackStrings } from "../../../js/dist/engine/packed-strings.js";

const REAL = 384;
const COSINE = 2;
const INDEX = { flat: 1, hnsw: 2 };
/** Without a divisor of 384 but 1, so that a step of so many dimensions meets all of them. */
const STEPS = [1, 5, 7, 11, 13, 17, 19, 23];
const K = 10;
const BATCH = 500;
const QUERIES = 200;
const ROUNDS = 5;
/** Of every ten records, which one the filter takes. */
const TENTH = JSON.stringify({ tenth: 3 });

interface ThresholdRow {
  rows: number;
  /** Microseconds a query, a round: all rows; the graph; all rows with a filter that takes a tenth. */
  scan: number[];
  walk: number[];
  tenth: number[];
  recall: number;
  /** Microseconds a row. */
  link: number;
}

/** A real vector in another dimension: cut, or repeated, each time in another order. */
function spread(source: Float32Array, at: number, dimension: number, target: Float32Array): void {
  for (let i = 0; i < dimension; ++i) {
    const step = STEPS[Math.floor(i / REAL)] as number;
    target[i] = source[at * REAL + ((i * step) % REAL)] as number;
  }
}

function fitAll(source: Float32Array, first: number, count: number, dimension: number) {
  const all = new Float32Array(count * dimension);
  for (let i = 0; i < count; ++i) {
    spread(source, first + i, dimension, all.subarray(i * dimension, (i + 1) * dimension));
  }
  return all;
}

/** One row for each of sizes, in a heap that grows with them. */
export async function benchThresholds(args: {
  vectorsUrl: string;
  firstQuery: number;
  dimension: number;
  sizes: number[];
}): Promise<ThresholdRow[]> {
  const { dimension, firstQuery } = args;
  const source = new Float32Array(await (await fetch(args.vectorsUrl)).arrayBuffer());
  const queries = fitAll(source, firstQuery, QUERIES, dimension);
  const core = await loadCore();
  const make = (index: number) =>
    unwrap(core.createCollection(COSINE, index, 16, 100, 100, VECTORS.kept + VECTORS.rescored));
  const flat = make(INDEX.flat);
  const graph = make(INDEX.hnsw);
  const rows: ThresholdRow[] = [];
  let count = 0;
  for (const size of args.sizes) {
    const before = count;
    for (; count < size; count += BATCH) {
      const vectors = fitAll(source, count, BATCH, dimension);
      for (const collection of [flat, graph]) add(collection, count, vectors, dimension);
    }
    const begin = performance.now();
    while (graph.maintain(256) > 0);
    const link = ((performance.now() - begin) * 1000) / (size - before);
    const row: ThresholdRow = { rows: size, scan: [], walk: [], tenth: [], recall: 0, link };
    for (let round = 0; round <= ROUNDS; ++round) {
      const exact = ask(flat, queries, dimension, null);
      const found = ask(graph, queries, dimension, null);
      const filtered = ask(flat, queries, dimension, TENTH);
      if (round === 0) continue; // compiles what is hot
      row.scan.push(exact.micros);
      row.walk.push(found.micros);
      row.tenth.push(filtered.micros);
      row.recall = shareOf(exact.ids, found.ids);
    }
    rows.push(row);
  }
  return rows;
}

function add(c: CollectionHandle, first: number, vectors: Float32Array, dimension: number): void {
  const numbers = Array.from({ length: BATCH }, (_, i) => first + i);
  const ids = packStrings(numbers.map(String));
  // Not every tenth row in turn: those lie at even distances in memory.
  const tenths = packStrings(numbers.map((n) => JSON.stringify({ tenth: ((n * 7919) >> 3) % 10 })));
  const record = c.prepare(OPERATION.add, ids, null, tenths, null, vectors, dimension, 1);
  unwrap(c.apply(unwrap(record)));
}

/** One query a call. */
function ask(c: CollectionHandle, queries: Float32Array, dimension: number, where: string | null) {
  const ids: string[][] = [];
  const begin = performance.now();
  for (let at = 0; at < queries.length; at += dimension) {
    const query = queries.subarray(at, at + dimension);
    const { records } = unwrap(c.query(query, dimension, K, 0, null, where, null, null, 0));
    ids.push(unpackStrings(records.ids) as string[]);
  }
  return { ids, micros: ((performance.now() - begin) * 1000) / QUERIES };
}

function shareOf(exact: string[][], found: string[][]): number {
  let hits = 0;
  for (const [q, ids] of exact.entries()) {
    hits += ids.filter((id) => found[q]?.includes(id)).length;
  }
  return hits / (exact.length * K);
}
