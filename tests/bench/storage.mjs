/**
 * What it costs to keep a collection, in Chromium: batches of 100 documents with vectors of 384
 * dimensions, a snapshot of 100,000 of them, and opening it, through the public API; each beside plain
 * IndexedDB in a worker with the same bytes, in turns in one run.
 *
 *   --records 100000   in the collection whose snapshots are measured
 *   --index flat       without a graph, which takes minutes to build
 *   --rounds 5         snapshots of each durability
 *   --json             a JSON object a line
 */
import { parseArgs } from "node:util";
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    index: { type: "string", default: "auto" },
    json: { type: "boolean", default: false },
  },
});
/** A journal of so many gets no snapshot yet. */
const BATCHES = 80;

const environment = await openEnvironment({ models: "vocab" });
const page = await environment.openPage();
const times = await page.evaluate((args) => window.benchStorage(args), {
  batches: BATCHES,
  records: Number(values.records),
  index: values.index,
  rounds: Number(values.rounds),
});
await environment.close();

for (const [name, list] of Object.entries(times)) {
  const value = median(list);
  const raw = name.replace("pagevec", "raw");
  report({
    name: `storage.${name}`,
    value,
    unit: "ms",
    ratio: value / median(times[raw]),
    against: raw,
  });
}
