/**
 * Export and import of a collection of 100,000 vectors of 384 dimensions, in Chromium: into IndexedDB with its
 * second copy, and into memory. Beside them what opening the same collection takes.
 */
import { defineHelpers } from "../browser/archive.mjs";
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const LARGE = { count: 100_000, dimension: 384 };
const ROUNDS = 3;

const environment = await openEnvironment({ models: "vocab" });
const page = await environment.openPage();
await page.evaluate(defineHelpers);
await page.evaluate(() => window.openAs("bench"));
await page.evaluate((large) => window.fillLarge(large), LARGE);
// Closing stores a snapshot.
await page.evaluate(() => window.openAs("bench"));
const times = await page.evaluate(async (rounds) => {
  const times = { open: [], export: [], import: [], "import.memory": [] };
  const timed = async (name, work) => {
    const begin = performance.now();
    await work();
    times[name].push(performance.now() - begin);
  };
  for (let round = 0; round < rounds; ++round) {
    await window.openAs("bench");
    await timed("export", () => window.exported());
    await timed("open", () => window.count("large"));
    await window.openAs("bench-import");
    await timed("import", () => window.client.import(window.file));
    await window.client.reset();
    const memory = await window.pagevec.Client.open({ name: "memory", storage: "memory" });
    await timed("import.memory", () => memory.import(window.file));
    await memory.close();
  }
  return { ...times, bytes: window.file.size };
}, ROUNDS);
await environment.close();

const { bytes, ...measured } = times;
report({ name: "archive.bytes", value: bytes / 1e6, unit: "MB" });
for (const [name, list] of Object.entries(measured)) {
  const value = median(list);
  report({
    name: `archive.${name}`,
    value,
    unit: "ms",
    ratio: value / median(measured.open),
    against: "open",
  });
}
