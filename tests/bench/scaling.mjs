/**
 * What collections of many vectors need: adding them in batches of 1,000 until the graph is linked, memory,
 * disk, closing, opening, searching at a recall of .95 and .98, deleting half. Real vectors of 384
 * dimensions; above 100,000 rows copies with noise (tests/bench/search/dataset.py).
 *
 *   --n 10000,100000     rows
 *   --in node,page       pagevec/node in place, over a folder; Chromium, durable storage, in the worker
 *   --form default       of FORMS, joined by commas
 *   --json               a JSON object a line
 */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { report } from "./report.mjs";
import { FORMS } from "./scaling/forms.mjs";
import { liveInNode } from "./scaling/in-node.mjs";
import { liveInPage } from "./scaling/in-page.mjs";
import { ensureDataset, ensureNativePython } from "./search/native.mjs";
import { ensureVectors } from "./search/vectors.mjs";

const { values } = parseArgs({
  options: {
    n: { type: "string", default: "10000,100000" },
    in: { type: "string", default: "node,page" },
    form: { type: "string", default: "default" },
    json: { type: "boolean", default: false },
  },
});
const PLACES = { node: liveInNode, page: liveInPage };

const python = await ensureNativePython();
const vectors = await ensureVectors();
for (const rows of values.n.split(",").map(Number)) {
  const folder = await ensureDataset(python, vectors, rows);
  for (const form of values.form.split(",")) {
    for (const place of values.in.split(",")) {
      const configuration = { ...FORMS[form], hnsw: { space: "cosine" } };
      const scratch = await mkdtemp(join(tmpdir(), "pagevec-scaling-"));
      console.error(`load average: ${loadavg()[0].toFixed(2)}`);
      await PLACES[place]({
        folder,
        rows,
        queries: vectors.queries,
        scratch,
        configuration,
        report: (name, value, unit) =>
          report({ name: `scaling.${place}.${form}.${rows}.${name}`, value, unit }),
      });
      await rm(scratch, { recursive: true });
    }
  }
}
console.error(`load average at the end: ${loadavg()[0].toFixed(2)}`);
