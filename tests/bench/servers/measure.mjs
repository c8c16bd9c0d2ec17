/** Measures one system of systems.mjs: node measure.mjs NAME ROWS FOLDER QUERIES [--json]; FOLDER of ensureDataset(). */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { median, report } from "../report.mjs";
import { shareOf } from "../scaling/in-node.mjs";
import { K } from "../scaling/life.mjs";
import { DIMENSION } from "../search/vectors.mjs";
import { diskOf, memoryOf, startSystem } from "./systems.mjs";

const BATCH = 1_000;
const POLL_MS = 200;
/** Until what is still to be written by then is on the disk. */
const REST_MS = 10_000;
const MIB = 2 ** 20;

const [name, rows, folder, queries] = process.argv.slice(2);
await measure(name, Number(rows), readerOf(folder, Number(rows), Number(queries)));

/** Reads of the folder: rows, then queries, and the rows that answer each. */
function readerOf(folder, rows, count) {
  const file = openSync(join(folder, "vectors.f32"), "r");
  const read = (from, count) => {
    const all = new Float32Array(count * DIMENSION);
    readSync(file, all, 0, all.byteLength, from * DIMENSION * Float32Array.BYTES_PER_ELEMENT);
    return Array.from({ length: count }, (_, i) =>
      all.subarray(i * DIMENSION, (i + 1) * DIMENSION),
    );
  };
  const truth = new Int32Array(readFileSync(join(folder, "truth.i32")).buffer);
  const queries = read(rows, count);
  return { read, queries, truth, close: () => closeSync(file) };
}

async function measure(name, rows, { read, queries, truth, close }) {
  const tell = (what, value, unit) =>
    report({ name: `servers.${name}.${rows}.${what}`, value, unit });
  const system = await startSystem(name);
  const { pid, folder } = system;
  tell("empty.memory", (await memoryOf(pid)).resident / MIB, "MiB");
  try {
    const configuration = { hnsw: { space: "cosine" } };
    const notes = await system.client.createCollection({ name: "notes", configuration });
    const begin = performance.now();
    await push(notes, rows, read);
    tell("pushed", (performance.now() - begin) / 1000, "s");
    tell("pushed.memory", (await memoryOf(pid)).resident / MIB, "MiB");
    while ((await notes.getIndexingStatus()).numUnindexedOps > 0) await sleep(POLL_MS);
    tell("indexed", (performance.now() - begin) / 1000, "s");
    await sleep(REST_MS);
    const { resident, anonymous, peak } = await memoryOf(pid);
    tell("memory", resident / MIB, "MiB");
    tell("memory.anonymous", anonymous / MIB, "MiB");
    tell("memory.peak", peak / MIB, "MiB");
    tell("disk", (await diskOf(folder)) / MIB, "MiB");
    await ask(notes, queries, truth, tell);
    tell("memory.after-queries", (await memoryOf(pid)).resident / MIB, "MiB");
  } finally {
    await system.stop();
    close();
  }
}

async function push(notes, rows, read) {
  for (let at = 0; at < rows; at += BATCH) {
    const embeddings = read(at, Math.min(BATCH, rows - at));
    await notes.add({ ids: embeddings.map((_, i) => String(at + i)), embeddings });
  }
}

/** One query a call, one call after another; the first round warms up. */
async function ask(notes, queries, truth, tell) {
  const found = [];
  let times = [];
  for (const round of ["warm", "measured"]) {
    if (round === "measured") times = [];
    for (const [i, query] of queries.entries()) {
      const begin = performance.now();
      const { ids } = await notes.query({ queryEmbeddings: [query], nResults: K, include: [] });
      times.push(performance.now() - begin);
      found[i] = ids[0].map(Number);
    }
  }
  const sorted = times.sort((a, b) => a - b);
  tell("query", median(sorted), "ms");
  tell("query.p95", sorted[Math.floor(0.95 * sorted.length)], "ms");
  tell("recall", shareOf(truth, found), `recall@${K}`);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
