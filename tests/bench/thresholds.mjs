/**
 * Where a walk of the graph takes over from a scan of the codes, by dimension: on the core in Chromium, with
 * default settings (M 16, efConstruction 100, efSearch 100, k 10), one query a call. The vectors are real ones
 * of 384 dimensions, cut to 256, or repeated in another order of dimensions, which keeps all distances.
 *
 *   --n 2500,5000,10000,20000      rows
 *   --dimensions 256,384,768,1536,3072
 *   --json                         a JSON object a line
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";
import { benchFolder, ensureVectors } from "./search/vectors.mjs";

const { values } = parseArgs({
  options: {
    n: { type: "string", default: "2500,5000,10000,20000" },
    dimensions: { type: "string", default: "256,384,768,1536,3072" },
    json: { type: "boolean", default: false },
  },
});
const sizes = values.n.split(",").map(Number);

const vectors = await ensureVectors();
const environment = await openEnvironment({
  models: "vocab",
  isolated: true,
  mounts: { "/bench/": benchFolder() },
});
for (const dimension of values.dimensions.split(",").map(Number)) {
  const page = await environment.openPage();
  const args = {
    vectorsUrl: `/bench/${basename(vectors.path)}`,
    firstQuery: vectors.rows,
    dimension,
    sizes,
  };
  const rows = await page.evaluate((a) => window.benchThresholds(a), args);
  for (const row of rows) reportRow(dimension, row);
  await page.close();
}
await environment.close();

/** All in microseconds, of a query or of linking a row. */
function reportRow(dimension, { rows, scan, walk, tenth, recall, link }) {
  const name = `thresholds.${dimension}.${rows}`;
  const [scanned, walked, filtered] = [scan, walk, tenth].map(median);
  report({ name: `${name}.scan`, value: scanned, unit: "us" });
  report({
    name: `${name}.walk`,
    value: walked,
    unit: "us",
    ratio: walked / scanned,
    against: "scan",
  });
  report({ name: `${name}.walk.recall`, value: recall, unit: "recall@10" });
  report({ name: `${name}.filtered-10%`, value: filtered, unit: "us" });
  report({ name: `${name}.link`, value: link, unit: "us/row" });
  // So many queries a walk must have answered until it has won back what linking took.
  const won = scanned > walked ? (link * rows) / (scanned - walked) : Number.POSITIVE_INFINITY;
  report({ name: `${name}.won-back`, value: won, unit: "queries" });
}
