// Drives Chromium through the demo's main job by its real controls: index, search, go offline,
// reload, search again.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launchChromium } from "./chromium.mjs";
import { printReport } from "./demo-report.mjs";

const QUERIES = [
  "a vehicle with two wheels and pedals",
  "somebody who repairs teeth",
  "instrument for measuring temperature",
];
const OWN_QUERY = "what should I do in the morning";
const MINUTE = 60_000;
/** In a drawer that is closed. */
const UNSEEN = { state: "attached", timeout: MINUTE };

/**
 * @param {object} job
 * @param {{url: string, close(): Promise<void>}} job.server
 * @param {number} job.entries how many to index
 * @param {string} job.pictures folder for screenshots
 * @param {(context: import("playwright-core").BrowserContext) => Promise<void>} [job.inspect] called
 *   once everything is indexed, before the server ends
 * @returns {Promise<boolean>} whether every query had answers, the same ones before and after
 */
export async function driveDemo({ server, entries, pictures, inspect }) {
  mkdirSync(pictures, { recursive: true });
  const browser = await launchChromium({ viewport: { width: 1180, height: 860 } });
  try {
    const page = browser.context.pages()[0] ?? (await browser.context.newPage());
    const complaints = watchComplaints(page);
    await openPage(page, server.url, entries);
    await takePictures(page, pictures, "empty");
    const indexing = await indexEntries(page, entries);
    const online = await askAll(page);
    const own = await searchOwnText(page, pictures);
    await ask(page, QUERIES[0]);
    await takePictures(page, pictures, "answers");
    await page.waitForSelector("#offline-state[data-ready]", UNSEEN);
    await inspect?.(browser.context);

    await server.close();
    await browser.context.setOffline(true);
    await page.reload();
    await page.waitForSelector("#opening-state[data-ms]", UNSEEN);
    const openingMs = Number(await page.getAttribute("#opening-state", "data-ms"));
    await page.waitForSelector('#model[data-phase="ready"]', { timeout: MINUTE });
    const offline = await askAll(page);
    await takePictures(page, pictures, "offline");
    return printReport({
      entries,
      indexing,
      online,
      own,
      openingMs,
      offline,
      complaints,
      pictures,
    });
  } finally {
    await browser.close();
  }
}

/** Everything that the page itself would be ashamed of. */
function watchComplaints(page) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (/Content.Security.Policy/i.test(text)) complaints.push(text);
  });
  return complaints;
}

async function openPage(page, url, entries) {
  await page.addInitScript((choice) => {
    localStorage.setItem("reverse-dictionary.entries", choice);
    // The dictionary starts empty: all of it is embedded here.
    localStorage.setItem("reverse-dictionary.starter", "none");
  }, String(entries));
  await page.goto(url);
  await page.waitForSelector("body[data-ready]", { timeout: MINUTE });
}

/** Presses Start and waits for the end. */
async function indexEntries(page, entries) {
  const phase = (name) =>
    page.waitForSelector(`#dictionary-panel[data-phase="${name}"], #error:not([hidden])`, {
      timeout: 5 * MINUTE + entries * 200,
    });
  await page.click("#index-toggle");
  await phase("done");
  if (await page.isVisible("#error")) throw new Error(await page.textContent("#error-text"));
  const data = await page.$eval("#dictionary-panel", (panel) => ({ ...panel.dataset }));
  return { rate: Number(data.rate), seconds: Number(data.seconds) };
}

async function askAll(page) {
  const answers = [];
  for (const query of QUERIES) answers.push(await ask(page, query));
  return answers;
}

/** Types a query and reads the answers by meaning with their times off the page. */
async function ask(page, query) {
  await page.fill("#query", "");
  await page.waitForSelector("#columns:not([data-query])", { state: "attached" });
  await page.fill("#query", query);
  await page.waitForSelector(`#columns[data-query="${query}"]`, {
    state: "attached",
    timeout: MINUTE,
  });
  return page.evaluate((text) => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    return {
      query: text,
      results: all('[data-mode="vector"] .result').map((item) => ({
        id: item.dataset.id,
        distance: item.dataset.distance,
        word: item.querySelector(".title").textContent,
      })),
      times: all("#timings li[data-ms]").map((part) => ({
        part: part.dataset.part,
        ms: Number(part.dataset.ms),
      })),
    };
  }, query);
}

async function searchOwnText(page, pictures) {
  await page.selectOption("#collection", "my-text");
  await page.click("#own-sample");
  await page.click("#own-add");
  await page.waitForSelector("#own-delete:not([hidden])", { timeout: MINUTE });
  const answer = await ask(page, OWN_QUERY);
  await takePictures(page, pictures, "own-text");
  await page.selectOption("#collection", "dictionary");
  return answer;
}

/** Desktop and a narrow phone, light and dark. */
async function takePictures(page, folder, name) {
  const desktop = page.viewportSize();
  for (const [device, viewport] of [
    ["desktop", desktop],
    ["phone", { width: 360, height: 740 }],
  ]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${device}-${colorScheme}.png`) });
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > viewport.width) throw new Error(`${name}: ${width} px wide on a ${device}`);
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(desktop);
}
