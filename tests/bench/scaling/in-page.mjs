import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { openEnvironment } from "../../browser/environment.mjs";
import { benchFolder } from "../search/vectors.mjs";

/** A life in Chromium. Memory is that of the page's process: the page, its worker and their wasm memories. */
export async function liveInPage({ folder, rows, queries, configuration, report }) {
  const environment = await openEnvironment({
    models: "vocab",
    mounts: { "/bench/": benchFolder() },
  });
  const page = await environment.openPage();
  await page.exposeFunction("scalingReport", (name, value, unit) => report(name, value, unit));
  await page.exposeFunction("scalingMemory", largestRenderer);
  await page.evaluate((args) => window.benchScaling(args), {
    folder: `/bench/${basename(folder)}/`,
    rows,
    queries,
    configuration,
  });
  await environment.close();
}

/** Resident bytes of the largest page process that descends from this process (Linux). */
function largestRenderer() {
  const parents = new Map();
  const renderers = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      parents.set(pid, /PPid:\s+(\d+)/.exec(status)[1]);
      const isRenderer = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer");
      if (isRenderer) renderers.push([pid, 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)[1])]);
    } catch {} // it ended meanwhile
  }
  const isOurs = (pid) =>
    pid === String(process.pid) || (parents.has(pid) && isOurs(parents.get(pid)));
  return Math.max(...renderers.filter(([pid]) => isOurs(pid)).map(([, bytes]) => bytes));
}
