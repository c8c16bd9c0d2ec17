#!/usr/bin/env node
// The suites that need a real browser, against the built package in headless Chromium.
//
//   node tests/browser/run.mjs [suite...] [--report FILE] [--rounds N] [--seed N]
//
// Rounds and seed are those of the suite soak.

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { archive } from "./archive.mjs";
import { clip } from "./clip.mjs";
import { contracts } from "./contracts.mjs";
import { doctor } from "./doctor.mjs";
import { durability } from "./durability.mjs";
import { openEnvironment } from "./environment.mjs";
import { fixtures } from "./fixtures.mjs";
import { gateway } from "./gateway.mjs";
import { hubModels } from "./hub-models.mjs";
import { localModels } from "./local-models.mjs";
import { mainJob } from "./main-job.mjs";
import { nodeFiles } from "./node-files.mjs";
import { objects } from "./objects.mjs";
import { playground } from "./playground.mjs";
import { playgroundPanels } from "./playground-panels.mjs";
import { policies } from "./policies.mjs";
import { providers } from "./providers.mjs";
import { readme } from "./readme.mjs";
import { reembed } from "./reembed.mjs";
import { soak } from "./soak.mjs";
import { storedForm } from "./stored-form.mjs";
import { tabs } from "./tabs.mjs";
import { widgets } from "./widgets.mjs";

const SUITES = {
  contracts,
  policies,
  doctor,
  tabs,
  durability,
  archive,
  "node-files": nodeFiles,
  soak,
  providers,
  "stored-form": storedForm,
  reembed,
  objects,
  readme,
  widgets,
  fixtures,
  "local-models": localModels,
  "hub-models": hubModels,
  clip,
  "main-job": mainJob,
  playground,
  "playground-panels": playgroundPanels,
  gateway,
};
/** Needs what only its own command installs. */
const APART = ["gateway"];
const USUAL = Object.keys(SUITES).filter((name) => !APART.includes(name));

const { values, positionals } = parseArgs({
  options: {
    report: { type: "string" },
    rounds: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
  },
  allowPositionals: true,
});
const options = {
  everything: positionals.length === 0,
  rounds: Number(values.rounds),
  seed: Number(values.seed),
};
const total = { passed: 0, failed: 0 };

/** Runs one case; a failure is printed and counted, and the next case runs. */
async function test(name, run) {
  try {
    await run();
    total.passed += 1;
  } catch (error) {
    total.failed += 1;
    console.error(`FAILED ${name}\n  ${String(error.stack ?? error).replaceAll("\n", "\n  ")}`);
  }
}

const environment = await openEnvironment();
try {
  for (const name of options.everything ? USUAL : positionals) {
    if (!SUITES[name])
      throw new Error(`no suite ${name}; one of: ${Object.keys(SUITES).join(", ")}`);
    const before = { ...total };
    await test(`${name}: the suite itself`, async () => {
      await SUITES[name](test, environment, options);
      // The suite's end is no case of its own.
      total.passed -= 1;
    });
    const ran = total.passed + total.failed - before.passed - before.failed;
    console.log(`${name}: ${ran} cases, ${total.failed - before.failed} failed`);
    if (ran === 0) total.failed += 1;
  }
} finally {
  await environment.close();
}
if (values.report) await writeFile(values.report, JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;
