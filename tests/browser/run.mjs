#!/usr/bin/env node
// The suites that need a real browser, against the built package in headless Chromium.
//
//   node tests/browser/run.mjs [suite...] [--report FILE] [--rounds N] [--seed N]
//
// Rounds and seed are those of the suite soak.

import { parseArgs } from "node:util";
import { Cases } from "../support/cases.mjs";
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
import { staticIndex } from "./static.mjs";
import { storedForm } from "./stored-form.mjs";
import { sync } from "./sync.mjs";
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
  static: staticIndex,
  reembed,
  sync,
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
const names = positionals.length > 0 ? positionals : USUAL;
const unknown = names.find((name) => !Object.hasOwn(SUITES, name));
if (unknown) throw new Error(`no suite ${unknown}; one of: ${Object.keys(SUITES).join(", ")}`);
const options = {
  everything: positionals.length === 0,
  rounds: Number(values.rounds),
  seed: Number(values.seed),
};
const cases = new Cases();
const environment = await openEnvironment();
for (const name of names) {
  await cases.suite(name, () => SUITES[name](cases.test, environment, options));
}
await cases.end(values.report, environment.close);
