import { loadCore } from "../../../js/dist/engine/load.js";
import type { CollectionHandle } from "../../../js/dist/engine/module.js";
import { OPERATION, VECTORS } from "../../../js/dist/engine/module.js";
import { unwrap } from "../../../js/dist/engine/outcome.js";
import { packStrings } from "../../../js/dist/engine/packed-strings.js";

const DIMENSION = 8;
const HNSW = 2;
const K = 10;
const EF_SEARCH = 64;
const BATCH = 10_000;
const CALLS = 50;

interface FilterBench {
  rows: number;
  /** Name and JSON of each `where`. */
  filters: [name: string, where: string][];
  rounds: number;
}

export interface FilterTimes {
  matches: number;
  /** Microseconds: the first use of its keys, which makes their columns. */
  first: number;
  /** Microseconds a call, of each round: the set alone, made anew and remembered. */
  cold: number[];
  repeated: number[];
  /** Microseconds a query, of each round: with another filter each time, and with the same. */
  queryCold: number[];
  queryRepeated: number[];
}

/** Filters on a linked collection. `none`: the calls without a filter. */
export async function benchFilter({ rows, filters, rounds }: FilterBench) {
  const core = await loadCore();
  const collection = unwrap(
    core.createCollection(0, HNSW, 16, 100, EF_SEARCH, VECTORS.kept + VECTORS.rescored),
  );
  const random = mulberry32(7);
  for (let begin = 0; begin < rows; begin += BATCH) addRows(collection, begin, rows, random);
  while (collection.maintain(1024) > 0);

  const points = Array.from({ length: CALLS }, () =>
    Float32Array.from({ length: DIMENSION }, () => random()),
  );
  const searchAll = (where: (call: number) => string | null) =>
    micros((call) => search(collection, points[call] as Float32Array, where(call)));
  // The same condition as texts that the core has forgotten since it saw them.
  const other = (where: string) => (call: number) => where + " ".repeat(call);

  const times: Record<string, FilterTimes> = {};
  const none = { set: [] as number[], query: [] as number[] };
  for (const [name, where] of filters) {
    const begin = performance.now();
    count(collection, where, 0);
    const first = (performance.now() - begin) * 1000;
    const matches = count(collection, where, rows);
    times[name] = { matches, first, cold: [], repeated: [], queryCold: [], queryRepeated: [] };
  }
  for (let round = 0; round < rounds; ++round) {
    none.set.push(micros(() => count(collection, null, 0)));
    none.query.push(searchAll(() => null));
    for (const [name, where] of filters) {
      const row = times[name] as FilterTimes;
      const text = other(where);
      row.cold.push(micros((call) => count(collection, text(call), 0)));
      row.repeated.push(micros(() => count(collection, where, 0)));
      row.queryCold.push(searchAll(text));
      row.queryRepeated.push(searchAll(() => where));
    }
  }
  collection.delete();
  return { none, times };
}

function addRows(collection: CollectionHandle, begin: number, rows: number, random: () => number) {
  const numbers = Array.from({ length: Math.min(BATCH, rows - begin) }, (_, i) => begin + i);
  const metadatas = numbers.map((n) =>
    JSON.stringify({
      half: `g${n % 2}`,
      tenth: `g${n % 10}`,
      hundredth: `g${n % 100}`,
      thousandth: `g${n % 1000}`,
      // A number of its own for every record, in mixed order.
      n: (n * 7919) % rows,
    }),
  );
  const vectors = Float32Array.from({ length: numbers.length * DIMENSION }, () => random());
  const record = collection.prepare(
    OPERATION.add,
    packStrings(numbers.map(String)),
    null,
    packStrings(metadatas),
    null,
    vectors,
    DIMENSION,
    1,
  );
  unwrap(collection.apply(unwrap(record)));
}

function count(collection: CollectionHandle, where: string | null, limit: number): number {
  return unwrap(collection.get(null, where, null, null, 0, limit, 0)).count;
}

function search(collection: CollectionHandle, point: Float32Array, where: string | null): void {
  unwrap(collection.query(point, DIMENSION, K, EF_SEARCH, null, where, null, null, 0));
}

/** Of one call. Many are timed together: the page's clock is too coarse for one. */
function micros(work: (call: number) => void): number {
  const begin = performance.now();
  for (let call = 0; call < CALLS; ++call) work(call);
  return ((performance.now() - begin) * 1000) / CALLS;
}

/** Tommy Ettinger's mulberry32: small, seeded, good enough for test data. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
