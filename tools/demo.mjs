#!/usr/bin/env node
// Serves the built web-demo with the model on loopback and opens it in a browser; without a
// display, or with --headless, drives Chromium through the main job and prints what came out.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { driveDemo } from "./demo-drive.mjs";
import { POLICY } from "./demo-policy.mjs";
import { startServer } from "./loopback-server.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, "web-demo/dist");
const MODEL = "all-MiniLM-L6-v2";
const HELP = `Usage: ./dev demo [--headless] [--entries N] [--port P] [--keep]

  --headless   drive Chromium instead of opening a browser; so without a display
  --entries N  how many entries the headless run indexes; default 5000
  --port P     default: 8137 for a browser, any free one for the headless run
  --keep       go on serving after the headless run`;

async function main() {
  const { values: options } = parseArgs({
    options: {
      headless: { type: "boolean", default: !hasDisplay() },
      entries: { type: "string", default: "5000" },
      port: { type: "string" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (options.help) return console.log(HELP);
  const entries = wholeNumber("--entries", options.entries, 1, 1_000_000);
  const port = options.port && wholeNumber("--port", options.port, 0, 65_535);
  if (!existsSync(join(DIST, "index.html"))) {
    throw new Error("web-demo is not built; run ./dev demo or tools/build demo");
  }
  const models = fetchModel();
  const serve = (at) =>
    startServer({ mounts: { "/": DIST, "/models/": models }, csp: POLICY, port: at });
  if (!options.headless) return openBrowser(await serve(port ?? 8137));

  const server = await serve(port ?? 0);
  const equal = await driveDemo({ server, entries, pictures: join(ROOT, "build/demo") });
  process.exitCode = equal ? 0 : 1;
  // The offline part ends the server.
  if (options.keep) console.log(`serving ${(await serve(server.port)).url} until Ctrl+C`);
}

/** @returns the folder of the models, with the demo's one in it. */
function fetchModel() {
  const fetchTool = join(ROOT, "models/fetch");
  const got = spawnSync(fetchTool, [MODEL, "--files", "pvm"], { stdio: "inherit" });
  if (got.status !== 0) throw new Error(`models/fetch ${MODEL} failed; see above`);
  return spawnSync(fetchTool, ["--where"], { encoding: "utf8" }).stdout.trim();
}

function openBrowser({ url }) {
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(opener, [url], { stdio: "ignore", detached: true });
  child.on("error", () => console.log("no browser could be opened; open the address yourself"));
  child.unref();
  console.log(`serving ${url} until Ctrl+C`);
}

function hasDisplay() {
  if (process.platform === "darwin") return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function wholeNumber(name, text, least, most) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} ${text} is not a whole number from ${least} to ${most}`);
}

main().catch((error) => {
  console.error(`demo: ${error.message}`);
  process.exit(1);
});
