/**
 * How smooth the playground stays while it embeds 10,000 texts in Chromium: tasks of the main thread over
 * 50 ms, the time between frames, the rate; beside it the time between frames while nothing is done.
 * The built web-demo (tools/build demo) in a fresh profile, on a desktop's screen, with its first view open.
 *
 * TEXTS: how many (10000).
 */
import { fileURLToPath } from "node:url";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { modelsFolder } from "../../tools/model-cache.mjs";
import { POLICY } from "../support/policy.mjs";
import { report } from "./report.mjs";

const TEXTS = Number(process.env.TEXTS ?? 10_000);
/** What the page comes with; these have their vectors already. */
const STARTER = 3_000;
const IDLE_MS = 5_000;
const HOUR = 3_600_000;

const models = modelsFolder("all-MiniLM-L6-v2", "pvm");
const dist = fileURLToPath(new URL("../../web-demo/dist", import.meta.url));
const server = await startServer({ mounts: { "/": dist, "/models/": models }, csp: POLICY });
const browser = await launchChromium({ viewport: { width: 1440, height: 900 } });
try {
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await page.addInitScript(
    (entries) => {
      localStorage.setItem("reverse-dictionary.entries", entries);
    },
    String(STARTER + TEXTS),
  );
  await page.goto(server.url);
  await page.waitForSelector("body[data-ready]");
  await page.click("#model-get");
  await page.waitForSelector('#model[data-phase="ready"]', { timeout: HOUR });
  await page.evaluate(watch);

  await page.waitForTimeout(IDLE_MS);
  reportFrames("idle", await page.evaluate(() => window.readSeen()));
  await page.click("#index-toggle");
  await page.waitForSelector('#dictionary-panel[data-phase="done"]', { timeout: HOUR });
  const seen = await page.evaluate(() => window.readSeen());
  reportFrames("embedding", seen);
  const { rate } = await page.$eval("#dictionary-panel", ({ dataset }) => ({ ...dataset }));
  report({ name: `embedding ${TEXTS} texts`, value: Number(rate), unit: "texts/s" });
} finally {
  await browser.close();
  await server.close();
}

/** In the page: the length of each frame and of each task over 50 ms, since they were last read. */
function watch() {
  let frames = [];
  let tasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: "longtask" });
  let before = performance.now();
  const next = (now) => {
    frames.push(now - before);
    before = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  window.readSeen = () => {
    const seen = { frames, tasks };
    [frames, tasks] = [[], []];
    return seen;
  };
}

function reportFrames(what, { frames, tasks }) {
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  const row = (name, value, unit) => report({ name: `${what}: ${name}`, value, unit });
  row("median frame", at(0.5), "ms");
  row("99th percentile frame", at(0.99), "ms");
  row("longest frame", at(1), "ms");
  row("tasks over 50 ms", tasks.length, "");
  row("longest of them", Math.max(0, ...tasks), "ms");
}
