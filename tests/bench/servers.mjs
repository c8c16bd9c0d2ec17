/**
 * What a server costs beside pagevec's own folder: the same vectors of 384 dimensions, pushed by pagevec in
 * batches of 1,000 over loopback, memory of the process that keeps them, disk, queries one after another with
 * each one's own settings. The servers are those of `./dev test servers`; Linux.
 *
 *   --n 100000                              rows
 *   --of pagevec,chroma,weaviate,qdrant     which
 *   --json                                  a JSON object a line
 *
 * PAGEVEC_QDRANT: the program of a Qdrant server, without which the tests' own stands for it.
 */
import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureDataset, ensureNativePython } from "./search/native.mjs";
import { ensureVectors } from "./search/vectors.mjs";

const MEASURE = fileURLToPath(new URL("servers/measure.mjs", import.meta.url));
const { values } = parseArgs({
  options: {
    n: { type: "string", default: "100000" },
    of: { type: "string", default: "pagevec,chroma,weaviate,qdrant" },
    json: { type: "boolean", default: false },
  },
});

const vectors = await ensureVectors();
for (const rows of values.n.split(",")) {
  const folder = await ensureDataset(await ensureNativePython(), vectors, Number(rows));
  for (const name of values.of.split(",")) {
    console.error(`load average: ${loadavg()[0].toFixed(2)}`);
    // Each in a process of its own: of pagevec it is the one that keeps the vectors.
    const args = [MEASURE, name, rows, folder, String(vectors.queries)];
    const { status } = spawnSync(process.execPath, [...args, ...(values.json ? ["--json"] : [])], {
      stdio: "inherit",
    });
    if (status !== 0) process.exit(1);
  }
}
console.error(`load average at the end: ${loadavg()[0].toFixed(2)}`);
