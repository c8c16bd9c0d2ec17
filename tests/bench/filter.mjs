/**
 * What filters cost over 100,000 records of 8 dimensions, linked, on the core in Chromium: the set of
 * matching records made anew (cold) and remembered (repeated), and a whole query with each.
 */
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";

const ROWS = 100_000;
const ROUNDS = 9;
const below = (share) => ({ n: { $lt: ROWS * share } });
const FILTERS = Object.entries({
  "string.50%": { half: "g1" },
  "string.10%": { tenth: "g1" },
  "string.1%": { hundredth: "g1" },
  "string.0.1%": { thousandth: "g1" },
  "range.50%": below(0.5),
  "range.10%": below(0.1),
  "range.1%": below(0.01),
  "range.0.1%": below(0.001),
  "between.10%": { $and: [{ n: { $gte: 10_000 } }, { n: { $lt: 20_000 } }] },
  "in.1%": { thousandth: { $in: Array.from({ length: 10 }, (_, i) => `g${i}`) } },
  "in.numbers": { n: { $in: Array.from({ length: 100 }, (_, i) => i * 7) } },
  "not.90%": { tenth: { $ne: "g1" } },
  "and.5%": { $and: [{ tenth: "g1" }, below(0.5)] },
  "or.11%": { $or: [{ tenth: "g1" }, { hundredth: "g2" }] },
}).map(([name, where]) => [name, JSON.stringify(where)]);

const environment = await openEnvironment();
const page = await environment.openPage();
const args = { rows: ROWS, filters: FILTERS, rounds: ROUNDS };
const { none, times } = await page.evaluate((a) => window.benchFilter(a), args);
await environment.close();

const unfiltered = median(none.query);
report({ name: "filter.none", value: median(none.set), unit: "us" });
report({ name: "filter.none.query", value: unfiltered, unit: "us" });
for (const [name, row] of Object.entries(times)) {
  report({ name: `filter.matches.${name}`, value: row.matches, unit: "records" });
  report({ name: `filter.first.${name}`, value: row.first, unit: "us" });
  report({ name: `filter.cold.${name}`, value: median(row.cold), unit: "us" });
  report({ name: `filter.repeated.${name}`, value: median(row.repeated), unit: "us" });
  for (const [kind, list] of [
    ["cold", row.queryCold],
    ["repeated", row.queryRepeated],
  ]) {
    const value = median(list);
    const ratio = value / unfiltered;
    report({ name: `filter.query.${kind}.${name}`, value, unit: "us", ratio, against: "none" });
  }
}
