/**
 * What deleting costs: 90 % of 20,000 vectors go at random, the rest is rebuilt in slices, and is
 * compared with a collection that never held more. The core in Node, one query a call, efSearch 64.
 *
 *   --n 20000   rows, 100,000 at most
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadCore } from "../../js/dist/engine/load.js";
import { OPERATION, VECTORS } from "../../js/dist/engine/module.js";
import { unwrap } from "../../js/dist/engine/outcome.js";
import { packStrings } from "../../js/dist/engine/packed-strings.js";
import { uniform } from "../support/mulberry32.mjs";
import { median, report } from "./report.mjs";

const { values } = parseArgs({
  options: { n: { type: "string", default: "20000" }, json: { type: "boolean", default: false } },
});
const ROWS = Number(values.n);
const KEPT = ROWS / 10;
const DIMENSION = 384;
const K = 10;
const EF_SEARCH = 64;
const SAMPLE = 500;
const ROUNDS = 9;
const COSINE = 2;
const HNSW = 2;
const GLOSSES = `${process.env.PAGEVEC_CACHE}/bench/glosses-minilm-384.f32`;

const random = uniform(42);

/** Real ones where `bench search` left them, else points around random centres. */
function vectors() {
  if (existsSync(GLOSSES)) {
    const bytes = readFileSync(GLOSSES);
    return new Float32Array(bytes.buffer, bytes.byteOffset, ROWS * DIMENSION);
  }
  const noise = () => random() + random() + random() - 1.5;
  const centres = Float32Array.from({ length: (ROWS / 50) * DIMENSION }, noise);
  return Float32Array.from({ length: ROWS * DIMENSION }, (_, i) => {
    const centre = (Math.floor(i / DIMENSION) * 7) % (ROWS / 50);
    return centres[centre * DIMENSION + (i % DIMENSION)] + noise();
  });
}

function write(collection, operation, numbers, values) {
  const ids = packStrings(numbers.map(String));
  const dimension = values.length === 0 ? 0 : DIMENSION;
  const record = collection.prepare(operation, ids, null, null, null, values, dimension, 1);
  unwrap(collection.apply(unwrap(record)));
}

/** Does all index work in slices of 64 rows. Returns the longest slice and the whole, in ms. */
function finish(collection) {
  let longest = 0;
  const begin = performance.now();
  for (let left = 1; left > 0; ) {
    const before = performance.now();
    left = collection.maintain(64);
    longest = Math.max(longest, performance.now() - before);
  }
  return { longest, total: performance.now() - begin };
}

function recall(collection) {
  let hits = 0;
  for (let i = 0; i < SAMPLE; ++i) {
    const position = Math.floor((i * collection.count()) / SAMPLE);
    const exact = unwrap(collection.nearestTo(position, K, 0, true));
    const found = unwrap(collection.nearestTo(position, K, EF_SEARCH, false));
    hits += found.filter((distance) => distance <= exact[K - 1]).length;
  }
  return hits / (SAMPLE * K);
}

function queriesPerSecond(collection, queries) {
  const begin = performance.now();
  for (let i = 0; i < SAMPLE; ++i) {
    const query = queries.subarray(i * DIMENSION, (i + 1) * DIMENSION);
    unwrap(collection.query(query, DIMENSION, K, EF_SEARCH, null, null, null, null, 0));
  }
  return (SAMPLE * 1000) / (performance.now() - begin);
}

const core = await loadCore();
const all = vectors();
const VECTOR_FORMS = VECTORS.kept + VECTORS.rescored;
const create = () => unwrap(core.createCollection(COSINE, HNSW, 16, 100, EF_SEARCH, VECTOR_FORMS));
const numbers = Array.from({ length: ROWS }, (_, i) => i);
const order = numbers
  .map((number) => [random(), number])
  .sort((a, b) => a[0] - b[0])
  .map(([, number]) => number);
const gone = order.slice(KEPT);
const kept = order.slice(0, KEPT).sort((a, b) => a - b);
const keptVectors = new Float32Array(KEPT * DIMENSION);
for (const [i, number] of kept.entries()) {
  keptVectors.set(all.subarray(number * DIMENSION, (number + 1) * DIMENSION), i * DIMENSION);
}
const queries = new Float32Array(SAMPLE * DIMENSION);
for (let i = 0; i < SAMPLE; ++i) {
  const from = gone[i] * DIMENSION;
  queries.set(all.subarray(from, from + DIMENSION), i * DIMENSION);
}

const rebuilt = create();
write(rebuilt, OPERATION.add, numbers, all);
finish(rebuilt);
const full = rebuilt.bytes();
write(rebuilt, OPERATION.delete, gone, new Float32Array(0));
const marked = queriesPerSecond(rebuilt, queries);
const { longest, total } = finish(rebuilt);
const fresh = create();
write(fresh, OPERATION.add, kept, keptVectors);
finish(fresh);

const speeds = { fresh: [], rebuilt: [] };
for (let round = 0; round < ROUNDS; ++round) {
  speeds.fresh.push(queriesPerSecond(fresh, queries));
  speeds.rebuilt.push(queriesPerSecond(rebuilt, queries));
}
const against = "fresh";
const [freshSpeed, rebuiltSpeed] = [median(speeds.fresh), median(speeds.rebuilt)];
const [freshRecall, rebuiltRecall] = [recall(fresh), recall(rebuilt)];
report({ name: "deletes.fresh.speed", value: freshSpeed, unit: "queries/s" });
report({
  name: "deletes.marked.speed",
  value: marked,
  unit: "queries/s",
  ratio: marked / freshSpeed,
  against,
});
report({
  name: "deletes.rebuilt.speed",
  value: rebuiltSpeed,
  unit: "queries/s",
  ratio: rebuiltSpeed / freshSpeed,
  against,
});
report({ name: "deletes.fresh.recall", value: freshRecall, unit: `recall@${K}` });
report({
  name: "deletes.rebuilt.recall",
  value: rebuiltRecall,
  unit: `recall@${K}`,
  ratio: rebuiltRecall / freshRecall,
  against,
});
report({ name: "deletes.full.bytes", value: full / ROWS, unit: "bytes/record" });
report({ name: "deletes.fresh.bytes", value: fresh.bytes() / KEPT, unit: "bytes/record" });
report({
  name: "deletes.rebuilt.bytes",
  value: rebuilt.bytes() / KEPT,
  unit: "bytes/record",
  ratio: rebuilt.bytes() / fresh.bytes(),
  against,
});
report({ name: "deletes.rebuild", value: total, unit: "ms" });
report({ name: "deletes.rebuild.longest-slice", value: longest, unit: "ms" });
