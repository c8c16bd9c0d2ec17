/**
 * Where the exact scan hands over to HNSW: both indexes over the same vectors (clustered, 384
 * dimensions, cosine, efSearch 64), one query a call, on the core in Chromium.
 */
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const SIZES = [1_000, 2_000, 5_000, 10_000, 20_000];
const QUERIES = 200;
const ROUNDS = 5;

const environment = await openEnvironment();
const page = await environment.openPage();
for (const rows of SIZES) {
  const args = { rows, queries: QUERIES, rounds: ROUNDS };
  const { flat, hnsw, linkMs, recall } = await page.evaluate((a) => window.benchSearch(a), args);
  const flatMicros = median(flat);
  const hnswMicros = median(hnsw);
  report({ name: `search.flat.${rows}`, value: flatMicros, unit: "us/query" });
  report({
    name: `search.hnsw.${rows}`,
    value: hnswMicros,
    unit: "us/query",
    ratio: flatMicros / hnswMicros,
    against: "flat",
  });
  report({ name: `search.recall.${rows}`, value: recall, unit: "recall@10" });
  report({ name: `search.link.${rows}`, value: rows / (linkMs / 1000), unit: "rows/s" });
}
await environment.close();
