import { loadCore } from "../../../js/dist/engine/load.js";
import type { CollectionHandle, CoreModule } from "../../../js/dist/engine/module.js";
import { OPERATION } from "../../../js/dist/engine/module.js";
import { unwrap } from "../../../js/dist/engine/outcome.js";
import { packStrings, unpackStrings } from "../../../js/dist/engine/packed-strings.js";

const DIMENSION = 384;
const COSINE = 2;
const INDEX = { flat: 1, hnsw: 2 };
const ROWS_PER_CLUSTER = 50;
const K = 10;
const EF_SEARCH = 64;

interface SearchBench {
  rows: number;
  queries: number;
  rounds: number;
}

/** Microseconds a query of each round, by index; flat and hnsw take turns. */
export async function benchSearch({ rows, queries, rounds }: SearchBench) {
  const core = await loadCore();
  const vectors = clustered(rows + queries);
  const asked = vectors.subarray(rows * DIMENSION);
  const flat = fill(core, INDEX.flat, vectors.subarray(0, rows * DIMENSION), rows);
  const hnsw = fill(core, INDEX.hnsw, vectors.subarray(0, rows * DIMENSION), rows);
  const begin = performance.now();
  while (hnsw.maintain(256) > 0);
  const linkMs = performance.now() - begin;
  const recall = overlap(answers(flat, asked, queries), answers(hnsw, asked, queries));
  const times = { flat: [] as number[], hnsw: [] as number[] };
  for (let round = 0; round < rounds; ++round) {
    for (const [name, index] of [
      ["flat", flat],
      ["hnsw", hnsw],
    ] as const) {
      const start = performance.now();
      answers(index, asked, queries);
      times[name].push(((performance.now() - start) * 1000) / queries);
    }
  }
  flat.delete();
  hnsw.delete();
  return { ...times, linkMs, recall };
}

function fill(core: CoreModule, index: number, vectors: Float32Array, rows: number) {
  const collection = unwrap(core.createCollection(COSINE, index, 16, 100, EF_SEARCH));
  const ids = packStrings(Array.from({ length: rows }, (_, row) => String(row)));
  const record = collection.prepare(OPERATION.add, ids, null, null, null, vectors, DIMENSION, 1);
  unwrap(collection.apply(unwrap(record)));
  return collection;
}

/** One call a query, as a page asks. */
function answers(collection: CollectionHandle, asked: Float32Array, queries: number): string[][] {
  return Array.from({ length: queries }, (_, q) => {
    const query = asked.subarray(q * DIMENSION, (q + 1) * DIMENSION);
    const { records } = unwrap(
      collection.query(query, DIMENSION, K, EF_SEARCH, null, null, null, null, 0),
    );
    return unpackStrings(records.ids) as string[];
  });
}

function overlap(exact: string[][], approximate: string[][]): number {
  const found = exact.map((ids, q) => ids.filter((id) => approximate[q]?.includes(id)).length);
  return found.reduce((sum, hits) => sum + hits, 0) / (exact.length * K);
}

/** Points around random centres, in mixed order; the last ones are the queries. */
function clustered(count: number): Float32Array {
  const random = mulberry32(42);
  const noise = () => random() + random() + random() - 1.5;
  const centres = Float32Array.from(
    { length: Math.ceil(count / ROWS_PER_CLUSTER) * DIMENSION },
    noise,
  );
  const vectors = new Float32Array(count * DIMENSION);
  for (let row = 0; row < count; ++row) {
    const centre = Math.floor((random() * centres.length) / DIMENSION) * DIMENSION;
    for (let i = 0; i < DIMENSION; ++i) {
      vectors[row * DIMENSION + i] = (centres[centre + i] as number) + noise();
    }
  }
  return vectors;
}

/** Tommy Ettinger's mulberry32: small, seeded, good enough for test data. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
