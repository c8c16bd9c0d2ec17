import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DIMENSION } from "../search/vectors.mjs";
import { K, liveThrough } from "./life.mjs";

const ROW_BYTES = DIMENSION * Float32Array.BYTES_PER_ELEMENT;

/** A life in a folder, in this process and its only thread: so a wait is one of the whole process. */
export async function liveInNode({ folder, rows, queries, scratch, configuration, report }) {
  const memory = watchMemory();
  const { openClient } = await import("../../../js/dist/node/index.js");
  const file = openSync(join(folder, "vectors.f32"), "r");
  const read = (from, count) => {
    const vectors = new Float32Array(count * DIMENSION);
    readSync(file, vectors, 0, vectors.byteLength, from * ROW_BYTES);
    return vectors;
  };
  const asked = read(rows, queries);
  const truth = new Int32Array(readFileSync(join(folder, "truth.i32")).buffer).subarray(
    0,
    queries * K,
  );
  let client;
  const place = {
    open: async () => {
      client = await openClient({ path: join(scratch, "folder"), worker: false });
      return client;
    },
    data: {
      rows,
      chunk: (from, count) => read(from, Math.min(count, rows - from)),
      recall: (found) => shareOf(truth, found),
    },
    queries: Array.from({ length: queries }, (_, i) =>
      asked.subarray(i * DIMENSION, (i + 1) * DIMENSION),
    ),
    memory,
    disk: async () => folderBytes(join(scratch, "folder")),
    report,
  };
  await liveThrough(place, configuration);
  closeSync(file);
}

/** Tells the bytes of the memory that was made last: each client has one of its own. */
function watchMemory() {
  let newest;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...given) => {
    const result = await instantiate(...given);
    const { exports } = result.instance ?? result;
    const memory = Object.values(exports).find((each) => each instanceof WebAssembly.Memory);
    if (memory) newest = memory;
    return result;
  };
  return () => newest.buffer.byteLength;
}

/** Of its files. */
async function folderBytes(folder) {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The share of the exact answers that was found. */
export function shareOf(truth, found) {
  let hits = 0;
  for (const [q, rows] of found.entries()) {
    const exact = truth.subarray(q * K, (q + 1) * K);
    hits += exact.filter((row) => rows.includes(row)).length;
  }
  return hits / (found.length * K);
}
