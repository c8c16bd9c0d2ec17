#!/usr/bin/env node
// Kills a Node process with SIGKILL at a random moment, while it writes into a folder of pagevec/node,
// again and again on one folder. After each kill the folder must have every batch that was acknowledged,
// whole, and at most the one that was under way besides; and nothing may be reported as lost.
//
//   node tests/kill/node.mjs [--kills N] [--durability relaxed|strict] [--seed N] [--report FILE]
//
// N kills of each durability, or of the one that is named; half of the writers have their database in
// a thread.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openClient } from "../../js/dist/node/index.js";
import { uniform } from "../support/mulberry32.mjs";
import { batchesIn, COLLECTION, problemIn } from "./node-batches.mjs";

const WRITER = fileURLToPath(new URL("node-writer.mjs", import.meta.url));
/** Share of the processes that are killed while they start and open. */
const EARLY = 0.2;
const EARLY_MS = 400;
const WRITING_MS = 400;
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

/** Lets a process write for a while and kills it; resolves to the last batch it acknowledged. */
async function killOne(path, durability, first, random) {
  const where = random() < 0.5 ? "thread" : "here";
  const child = spawn(process.execPath, [WRITER, path, durability, where, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  const events = [];
  const lines = createInterface({ input: child.stdout });
  const opened = new Promise((resolve) => {
    lines.on("line", (line) => {
      events.push(JSON.parse(line));
      resolve();
    });
  });
  const read = new Promise((resolve) => lines.once("close", resolve));
  const early = random() < EARLY;
  if (early) await wait(random() * EARLY_MS);
  else {
    await Promise.race([opened, ended, wait(OPENING_LIMIT_MS)]);
    await wait(random() * WRITING_MS);
  }
  child.kill("SIGKILL");
  const code = await ended;
  await read;
  if (code !== null) throw new Error(`the writer ended by itself with code ${code}`);
  if (!early && events.length === 0) throw new Error(`it did not open in ${OPENING_LIMIT_MS} ms`);
  const batches = events.filter(({ event }) => event === "acknowledged").map(({ batch }) => batch);
  return { early, acknowledged: batches.at(-1) ?? first - 1 };
}

/** How many batches the folder has. @throws what is wrong */
async function check(path, acknowledged) {
  const begin = performance.now();
  const client = await openClient({ path, worker: false });
  const collection = await client.getOrCreateCollection(COLLECTION);
  const batches = await batchesIn(collection);
  const opening = performance.now() - begin;
  const { reports, problem } = await client.storage();
  const [checked] = await client.check();
  const wrong =
    batches < acknowledged || batches > acknowledged + 1
      ? `${batches} batches, ${acknowledged} were acknowledged`
      : await problemIn(collection, batches);
  await client.close();
  if (wrong) throw new Error(wrong);
  if (reports.length > 0) throw new Error(`reported: ${reports.map(({ message }) => message)}`);
  if (problem) throw new Error(problem);
  return { batches, opening, snapshot: checked.parts > 0 };
}

async function series(durability, kills, random) {
  const path = await mkdtemp(join(tmpdir(), "pagevec-kill-node-"));
  const counts = { durability, kills: 0, early: 0, batches: 0, ahead: 0, snapshots: 0 };
  const openings = [];
  let batches = 0;
  try {
    for (let kill = 1; kill <= kills; ++kill) {
      const { early, acknowledged } = await killOne(path, durability, batches + 1, random);
      const found = await check(path, acknowledged).catch((cause) => {
        throw new Error(`${durability}, kill ${kill}: ${cause.message}`, { cause });
      });
      counts.kills += 1;
      counts.early += early ? 1 : 0;
      counts.ahead += found.batches > acknowledged ? 1 : 0;
      counts.snapshots += found.snapshot ? 1 : 0;
      counts.batches += found.batches - batches;
      openings.push(found.opening);
      batches = found.batches;
    }
  } finally {
    await rm(path, { recursive: true, force: true });
  }
  openings.sort((a, b) => a - b);
  const openingMs = Math.round(openings[openings.length >> 1] ?? 0);
  console.log(JSON.stringify({ ...counts, openingMs }));
  return counts.kills;
}

console.log(`seed ${values.seed}`);
const random = uniform(Number(values.seed));
const durabilities = values.durability ? [values.durability] : ["relaxed", "strict"];
const total = { passed: 0, failed: 0 };
for (const durability of durabilities) {
  try {
    total.passed += await series(durability, Number(values.kills), random);
  } catch (error) {
    total.failed += 1;
    console.error(error.message);
  }
}
if (values.report) await writeFile(values.report, JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;
