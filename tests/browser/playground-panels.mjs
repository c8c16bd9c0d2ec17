import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchChromium } from "../../tools/chromium.mjs";
import { POLICY } from "../../tools/demo-policy.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { ask, CANARY, compare } from "./playground-ask.mjs";
import { filesView, transfers } from "./playground-files.mjs";
import { filterBuilder } from "./playground-filter.mjs";
import { findings, missedByTab } from "./playground-looks.mjs";
import { openView } from "./playground-page.mjs";
import { startServices } from "./playground-services.mjs";

const DEMO = fileURLToPath(new URL("../../web-demo/dist", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../build/playground", import.meta.url));
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };
const VIEWS = ["files", "ask", "providers", "doctor"];

/** The playground's views of files, questions, providers and the doctor, by their real controls. */
export async function playgroundPanels(test, environment) {
  mkdirSync(PICTURES, { recursive: true });
  for (const [device, viewport] of Object.entries(SIZES)) {
    const services = await startServices();
    const visit = await openVisit(environment, device, viewport);
    const step = (name, run) => test(`${device}: ${name}`, run);
    try {
      await filesView(step, visit);
      await transfers(step, visit);
      await filterBuilder(step, visit);
      await ask(step, visit, services);
      await compare(step, visit, services);
      await doctorView(step, visit);
      await looks(step, visit);
      await step(
        "no error of the page's, no breach of the policy but those that were meant",
        () => {
          assert.deepEqual(visit.complaints, []);
        },
      );
      await secrets(step, visit, services);
    } finally {
      await visit.close();
      await services.close();
    }
  }
}

async function openVisit(environment, device, viewport) {
  const models = environment.mounts["/models/"];
  const mounts = { "/": DEMO, "/models/": models, "/tests/": environment.mounts["/"] };
  const server = await startServer({ mounts, csp: POLICY });
  const browser = await launchChromium({ viewport, acceptDownloads: true });
  await browser.context.grantPermissions(["clipboard-read", "clipboard-write"], {
    origin: new URL(server.url).origin,
  });
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  const visit = { page, server, device, viewport, complaints: [], logged: [], open: true };
  page.on("pageerror", (error) => visit.complaints.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    visit.logged.push(message.text());
    // What a service that refuses or is not there leaves in the console is the browser's own.
    const meant = /Failed to load resource|CORS policy|net::ERR|Refused to connect|violates the/;
    if (message.type() === "error" && !meant.test(message.text())) {
      visit.complaints.push(message.text());
    }
  });
  await page.goto(server.url);
  await page.waitForSelector("body[data-ready]", { timeout: 60_000 });
  visit.pictures = PICTURES;
  visit.inspector = await openInspector(browser.context, server);
  await page.bringToFront();
  visit.close = async (inspect) => {
    if (!visit.open) return;
    visit.open = false;
    await browser.close(inspect);
    await server.close();
  };
  return visit;
}

/** Another tab of the same origin, with pagevec on its window: it sees what the page has stored. */
async function openInspector(context, server) {
  const inspector = await context.newPage();
  await inspector.goto(`${server.url}tests/`);
  await inspector.waitForFunction(() => "suites" in window);
  await inspector.evaluate(async () => {
    const client = await window.pagevec.Client.open({ name: "reverse-dictionary" });
    window.inspectFiles = () => client.getCollection({ name: "files", embeddingFunction: null });
  });
  return inspector;
}

async function doctorView(test, { page }) {
  await test("the doctor looks by itself, finds nothing bad, and its report is copied", async () => {
    await openView(page, "doctor");
    await page.waitForSelector("#view-doctor[data-health]", { timeout: 60_000 });
    const found = await page.$$eval("#doctor-list .finding", (items) =>
      items.map(({ dataset }) => [dataset.id, dataset.health]),
    );
    assert.equal(found.length, 19);
    assert.deepEqual(
      found.filter(([, health]) => health !== "good"),
      [["persisted", "warning"]],
    );
    assert.match(await page.textContent("#doctor-summary"), /19 things tried: 1 thing could/);
    await page.click("#doctor-copy");
    await page.waitForFunction(
      () => document.querySelector("#doctor-copy").textContent === "Copied",
    );
    const report = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(report, /^pagevec \d/);
    for (const [id] of found) assert(report.includes(` ${id}: `), id);
    await page.click("#doctor-again");
    await page.waitForSelector("#doctor-again:not([disabled])", { timeout: 60_000 });
    assert.equal((await page.$$("#doctor-list .finding")).length, 19);
  });
}

/** axe, widths, pictures and the keyboard, in each view as the other cases have left it. */
async function looks(test, { page, device, viewport, pictures }) {
  for (const view of VIEWS) {
    await openView(page, view);
    await page.waitForTimeout(300);
    for (const colorScheme of ["light", "dark"]) {
      await test(`axe finds nothing in ${view}, ${colorScheme}`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({
          path: join(pictures, `${view}-${device}-${colorScheme}.png`),
          fullPage: true,
        });
        assert.deepEqual(await findings(page), []);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert(width <= viewport.width, `${view} is ${width} px wide`);
      });
    }
    await test(`${view} fits between a phone and a desktop, too`, async () => {
      for (const width of [600, 905, 1180]) {
        await page.setViewportSize({ width, height: 800 });
        const needed = await page.evaluate(() => document.documentElement.scrollWidth);
        assert(needed <= width, `${needed} px at ${width}`);
      }
      await page.setViewportSize(viewport);
    });
    await test(`every control of ${view} is reached by Tab, and shows that it is`, async () => {
      assert.deepEqual(await missedByTab(page), []);
    });
  }
  await page.emulateMedia({ colorScheme: null });
}

/** Keys were typed, sent and refused by now; the profile on the disk is searched for them. */
async function secrets(test, visit, services) {
  await test("keys are in no storage, address or log, and not in the profile", async () => {
    const { page } = visit;
    const used = services.requests.filter(({ headers }) =>
      JSON.stringify(headers).includes(CANARY),
    );
    assert(used.length >= 3, "the key was not used at all");
    const stored = await page.evaluate(everythingStored);
    assert(stored.includes("Photosynthesis"), "the search of the storage finds nothing at all");
    assert(!stored.includes(CANARY));
    assert(!page.url().includes(CANARY));
    assert.deepEqual(
      visit.logged.filter((line) => line.includes(CANARY)),
      [],
    );
    const places = { [CANARY]: [], Photosynthesis: [] };
    await visit.close(async (profile) => {
      for (const file of await readdir(profile, { recursive: true, withFileTypes: true })) {
        if (!file.isFile()) continue;
        const path = join(file.parentPath, file.name);
        const bytes = await readFile(path);
        for (const [needle, found] of Object.entries(places)) {
          const wide = Buffer.from(needle, "utf16le");
          if (bytes.includes(needle) || bytes.includes(wide)) found.push(path);
        }
      }
    });
    assert.notEqual(places.Photosynthesis.length, 0, "the search of the profile finds nothing");
    assert.deepEqual(places[CANARY], []);
  });
}

/** Runs in the page: localStorage, sessionStorage, IndexedDB and files, as one text. */
async function everythingStored() {
  const decoder = new TextDecoder("latin1");
  const parts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
  const text = (value) =>
    value instanceof ArrayBuffer ? decoder.decode(value) : JSON.stringify(value);
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve) => {
      indexedDB.open(name).onsuccess = (event) => resolve(event.target.result);
    });
    for (const store of database.objectStoreNames) {
      const request = database.transaction(store).objectStore(store).getAll();
      await new Promise((resolve) => (request.onsuccess = resolve));
      parts.push(...request.result.map(text));
    }
    database.close();
  }
  return parts.join("\n");
}
