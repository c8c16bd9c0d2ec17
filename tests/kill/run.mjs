#!/usr/bin/env node
// Kills Chromium with SIGKILL, the whole process group at a random moment, while a page writes, again
// and again on one profile; and damages its files between starts. After each start the collection must
// have the state of the last acknowledged batch, or of the one that was under way.
//
//   node tests/kill/run.mjs [--kills N] [--durability relaxed|strict] [--seed N] [--report FILE]
//
// N kills of each durability, or of the one that is named.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "vite";
import { startServer } from "../../tools/loopback-server.mjs";
import { uniform } from "../support/mulberry32.mjs";
import { POLICY } from "../support/policy.mjs";
import { Browser } from "./browser.mjs";
import { DAMAGES } from "./damages.mjs";

const PAGE = fileURLToPath(new URL("page", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../../build/kill-test", import.meta.url));
/** Before every so many starts the files are damaged. */
const DAMAGE_EVERY = 5;
/** Share of the browsers that are killed while they start, open and recover. */
const EARLY = 0.2;
const EARLY_MS = 900;
const WRITING_MS = [20, 720];
const OPENING_LIMIT_MS = 60_000;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    durability: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
    report: { type: "string" },
  },
});

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One profile and its kills. */
class Series {
  counts = {
    kills: 0,
    early: 0,
    batches: 0,
    ahead: 0,
    recovered: 0,
    unprompted: 0,
    lost: 0,
    damages: {},
  };
  failures = [];
  openings = [];
  acknowledged = 0;

  constructor(server, durability, random) {
    Object.assign(this, { server, durability, random });
  }

  async run(kills) {
    this.profile = await mkdtemp(join(tmpdir(), "pagevec-kill-"));
    try {
      for (let start = 1; start <= kills && this.failures.length === 0; ++start) {
        const due = start % DAMAGE_EVERY === 0;
        await this.start(start, due ? DAMAGES[(start / DAMAGE_EVERY - 1) % DAMAGES.length] : null);
      }
    } finally {
      await rm(this.profile, { recursive: true, force: true, maxRetries: 9, retryDelay: 100 });
    }
  }

  async start(number, damage) {
    const { counts } = this;
    await damage?.apply(this.profile, this.random);
    if (damage) counts.damages[damage.name] = (counts.damages[damage.name] ?? 0) + 1;
    if (damage?.loses) this.acknowledged = 0;
    // What damage did, the next page that opens has to say.
    const early = !damage && this.random() < EARLY;
    const events = await this.killOne(number, early);
    counts.kills += 1;
    counts.early += early ? 1 : 0;
    const problem = this.problemIn(events, damage, early);
    if (problem) {
      const after = damage?.name ?? "a kill";
      this.failures.push(`${this.durability}, start ${number}, after ${after}: ${problem}`);
    }
    this.count(events, damage);
  }

  /** Lets a browser write for a while and kills it; resolves to what its page said. */
  async killOne(number, early) {
    const run = `${this.durability}-${number}`;
    const query = new URLSearchParams({
      run,
      durability: this.durability,
      acknowledged: this.acknowledged,
    });
    const from = this.server.requests.length;
    const events = () =>
      this.server.requests
        .slice(from)
        .filter(({ path }) => path.startsWith("/report/"))
        .map(({ path }) => JSON.parse(path.slice("/report/".length)))
        .filter((event) => event.run === run);
    const browser = new Browser(this.profile, `${this.server.url}?${query}`);
    if (early) await wait(this.random() * EARLY_MS);
    else {
      const limit = performance.now() + OPENING_LIMIT_MS;
      while (events().length === 0 && performance.now() < limit) await wait(5);
      await wait(WRITING_MS[0] + this.random() * (WRITING_MS[1] - WRITING_MS[0]));
    }
    await browser.kill();
    return events();
  }

  /** What is not as promised. */
  problemIn(events, damage, early) {
    const failed = events.find(({ event }) => event === "failed");
    if (failed) return failed.error;
    const opened = events.find(({ event }) => event === "opened");
    if (!opened) return early ? null : `the page did not open within ${OPENING_LIMIT_MS} ms`;
    const told = opened.reports.map(({ kind, message }) => `${kind}: ${message}`).join("; ");
    const kinds = opened.reports.map(({ kind }) => kind);
    if (opened.wrong) {
      return `after batch ${this.acknowledged} it has ${opened.wrong} (reported: ${told || "nothing"})`;
    }
    if (kinds.includes("lost") && !damage?.loses) return `reported ${told}`;
    if (damage?.expects && !kinds.includes(damage.expects)) {
      return `${damage.expects} was to be reported, it was ${told || "nothing"}`;
    }
    return opened.copy === "kept" ? null : `no second copy: ${opened.copyProblem}`;
  }

  /** unprompted: nobody but the kills has done something to the files. */
  count(events, damage) {
    for (const { event, ...what } of events) {
      if (event === "opened" && what.batch !== undefined) {
        if (what.batch > this.acknowledged) this.counts.ahead += 1;
        for (const kind of ["recovered", "lost"]) {
          if (what.reports.some((report) => report.kind === kind)) this.counts[kind] += 1;
        }
        if (what.reports.length > 0 && !damage) this.counts.unprompted += 1;
        this.openings.push(what.opening);
        this.acknowledged = Math.max(this.acknowledged, what.batch);
      }
      if (event === "acknowledged") {
        this.counts.batches += 1;
        this.acknowledged = what.batch;
      }
    }
  }
}

await build({
  root: PAGE,
  base: "./",
  logLevel: "error",
  worker: { format: "es" },
  build: { outDir: OUTPUT, emptyOutDir: true, target: "es2022" },
});
const server = await startServer({ csp: `${POLICY}; img-src data:`, mounts: { "/": OUTPUT } });
const total = { passed: 0, failed: 0 };
try {
  console.log(`seed ${values.seed}`);
  const durabilities = values.durability ? [values.durability] : ["relaxed", "strict"];
  for (const [i, durability] of durabilities.entries()) {
    const series = new Series(server, durability, uniform(Number(values.seed) + i));
    await series.run(Number(values.kills));
    const { counts, failures, openings } = series;
    openings.sort((a, b) => a - b);
    const opening = { median: openings[openings.length >> 1], most: openings.at(-1) };
    console.log(`${durability}: ${JSON.stringify({ ...counts, opening })}`);
    for (const failure of failures) console.error(`FAILED ${failure}`);
    total.failed += failures.length;
    total.passed += counts.kills - failures.length;
  }
} finally {
  await server.close();
}
if (values.report) await writeFile(values.report, JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;
