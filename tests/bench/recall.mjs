/**
 * Recall@10 of the graph against the exact search over floats, for every metric and quantization: real
 * vectors (tests/bench/search/vectors.mjs), the core in Node, default settings. For l2 and ip every row
 * and query is stretched by 0.8 to 1.25, so that the metrics differ. And the low-memory forms: codes of 7
 * bits or 1 alone. A scan of the bits too, whose recall is that of their estimates. Not a matter of time: a busy machine gives the same rows.
 *
 *   --n 1000,10000,100000   rows
 *   --ef 100,256            efSearch: the default first
 *   --space, --form         some of the spaces and forms only, joined by commas
 *   --json                  a JSON object a line
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { loadCore } from "../../js/dist/engine/load.js";
import { OPERATION, QUANTIZATION, VECTORS } from "../../js/dist/engine/module.js";
import { unwrap } from "../../js/dist/engine/outcome.js";
import { packStrings, unpackStrings } from "../../js/dist/engine/packed-strings.js";
import { uniform } from "../support/mulberry32.mjs";
import { report } from "./report.mjs";
import { DIMENSION, ensureVectors } from "./search/vectors.mjs";

const { values } = parseArgs({
  options: {
    n: { type: "string", default: "1000,10000,100000" },
    ef: { type: "string", default: "100,256" },
    space: { type: "string", default: "l2,ip,cosine" },
    form: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const EFS = values.ef.split(",").map(Number);
const SPACES = { l2: 0, ip: 1, cosine: 2 };
const FORMS = {
  int8: QUANTIZATION.int8 + VECTORS.kept + VECTORS.rescored,
  int4: QUANTIZATION.int4 + VECTORS.kept + VECTORS.rescored,
  binary: QUANTIZATION.binary + VECTORS.kept + VECTORS.rescored,
  none: QUANTIZATION.none + VECTORS.inHeap,
  "int8.codes-only": QUANTIZATION.int8 + VECTORS.kept,
  "binary.codes-only": QUANTIZATION.binary + VECTORS.kept,
};
const ASKED = values.form?.split(",") ?? Object.keys(FORMS);
const INDEX = { flat: 1, hnsw: 2 };
const K = 10;
const CHUNK = 500;

/** A collection of the rows in a core of its own, whose memory goes with it. */
async function build(space, index, form, rows) {
  const core = await loadCore();
  const made = core.createCollection(SPACES[space], INDEX[index], 16, 100, 100, form);
  const collection = unwrap(made);
  for (let at = 0; at < rows.length; at += CHUNK * DIMENSION) {
    const chunk = rows.subarray(at, at + CHUNK * DIMENSION);
    const first = at / DIMENSION;
    const ids = Array.from({ length: chunk.length / DIMENSION }, (_, i) => String(first + i));
    const packed = packStrings(ids);
    const record = collection.prepare(OPERATION.add, packed, null, null, null, chunk, DIMENSION, 1);
    unwrap(collection.apply(unwrap(record)));
  }
  while (collection.maintain(1024) > 0);
  return collection;
}

/** The ids of each query's answer. */
function search(collection, queries, ef) {
  const answer = collection.query(queries, DIMENSION, K, ef, null, null, null, null, 0);
  const { counts, records } = unwrap(answer);
  const ids = unpackStrings(records.ids);
  return Array.from(counts, (count) => new Set(ids.splice(0, count)));
}

function recall(found, exact) {
  let hits = 0;
  for (const [i, ids] of exact.entries()) hits += [...ids].filter((id) => found[i].has(id)).length;
  return hits / (exact.length * K);
}

function stretched(vectors) {
  const random = uniform(7);
  const result = vectors.slice();
  for (let at = 0; at < result.length; at += DIMENSION) {
    const by = 0.8 + 0.45 * random();
    for (let i = 0; i < DIMENSION; ++i) result[at + i] *= by;
  }
  return result;
}

const vectors = await ensureVectors();
const bytes = await readFile(vectors.path);
const normal = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const uneven = stretched(normal);
for (const n of values.n.split(",").map(Number)) {
  for (const space of values.space.split(",")) {
    const all = space === "cosine" ? normal : uneven;
    const rows = all.subarray(0, n * DIMENSION);
    const queries = all.subarray(vectors.rows * DIMENSION);
    const exact = search(await build(space, "flat", FORMS.none, rows), queries, 0);
    if (ASKED.includes("binary")) {
      const scanned = await build(space, "flat", FORMS.binary, rows);
      const value = recall(search(scanned, queries, 0), exact);
      report({ name: `recall.${n}.${space}.flat-binary`, value, unit: `recall@${K}` });
    }
    for (const name of ASKED) {
      const collection = await build(space, "hnsw", FORMS[name], rows);
      for (const ef of EFS) {
        const value = recall(search(collection, queries, ef), exact);
        report({ name: `recall.${n}.${space}.${name}.ef${ef}`, value, unit: `recall@${K}` });
      }
    }
  }
}
