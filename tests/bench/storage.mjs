/**
 * What it costs to keep a second copy: journal records of 100 documents with vectors of 384
 * dimensions, and snapshots as large as 100,000 of them make, in a worker in Chromium.
 */
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const ARGS = { rounds: 200, recordBytes: 184_000, parts: 40, partBytes: 4 * 2 ** 20 };

const environment = await openEnvironment({ models: "vocab" });
const page = await environment.openPage();
const times = await page.evaluate((args) => window.benchStorage(args), ARGS);
await environment.close();

for (const [name, list] of Object.entries(times)) {
  const value = median(list);
  const alone = name.replace("copied", "alone");
  const ratio = value / median(times[alone]);
  report({ name: `storage.${name}`, value, unit: "ms", ratio, against: alone });
}
