import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { build } from "esbuild";
import { _electron } from "playwright-core";
import { listen } from "../support/listen.mjs";
import { WAIT_MS } from "./environment.mjs";

const TEXTS = [
  { path: "/home/a/rain.txt", name: "rain.txt", text: "It will pour tomorrow, take an umbrella." },
  { path: "/home/a/rates.md", name: "rates.md", text: "Bond prices fell as rates rose." },
];
const DOWNLOAD_MS = 30_000;

/** The renderer in Chromium behind the app's own handler of its scheme; Electron itself where it can be had. */
export async function electron(test, environment) {
  const folder = environment.install("electron");
  await test("the types of main, preload and renderer are right, and all are built", async () => {
    await environment.run(folder, "npm", ["run", "build"]);
    for (const file of ["main.cjs", "preload.cjs", "renderer/index.html"]) {
      assert.ok(existsSync(join(folder, "dist", file)), file);
    }
  });
  await test("the renderer adds chosen texts and finds them by meaning, also after a reload", () =>
    useRenderer(environment, folder));
  await test("Electron starts the app and shows its page", async () => {
    if (await canStart(environment, folder)) return startApp(folder);
    console.log("electron: its binary cannot be downloaded here; not started, types checked only");
  });
}

async function useRenderer(environment, folder) {
  const server = await serveApp(folder);
  const browser = await environment.launch();
  try {
    const page = await browser.context.newPage();
    const requests = [];
    browser.context.on("request", (request) => requests.push(request.url()));
    // What preload.ts gives the page.
    await page.addInitScript((texts) => (window.files = { chooseTexts: async () => texts }), TEXTS);
    await page.goto(`${server.url}index.html`);
    await page.getByRole("button", { name: "Add texts…" }).click();
    for (let visit = 1; visit <= 2; ++visit) {
      await page.getByRole("status").filter({ hasText: "2 texts" }).waitFor({ timeout: WAIT_MS });
      await page.getByRole("combobox", { name: "Search" }).fill("weather forecast");
      const option = page.getByRole("option").first();
      await option.waitFor({ timeout: WAIT_MS });
      assert.match(await option.textContent(), /^rain\.txt/);
      await page.reload();
    }
    const elsewhere = requests.filter((url) => !url.startsWith(server.url));
    assert.deepEqual(elsewhere, [], "everything is in the app");
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The handler that main.ts gives to protocol.handle(), behind a loopback server in place of app:. */
async function serveApp(folder) {
  const outfile = join(folder, "dist/app-files.mjs");
  const entry = join(folder, "src/app-files.ts");
  await build({ entryPoints: [entry], bundle: true, platform: "node", format: "esm", outfile });
  const { appFile } = await import(outfile);
  const server = createServer(async (request, response) => {
    const asked = new Request(new URL(request.url, "http://notes"));
    const answer = await appFile(join(folder, "dist/renderer"), asked);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    await pipeline(Readable.fromWeb(answer.body), response).catch(() => undefined);
  });
  const { url, close } = await listen(server);
  return { url: `${url}/`, close };
}

/** Whether npm's electron has its binary, or gets it. */
async function canStart(environment, folder) {
  const binary = join(folder, "node_modules/electron/dist/electron");
  if (!existsSync(binary)) {
    const install = ["node_modules/electron/install.js"];
    const got = environment.run(folder, process.execPath, install).catch(() => undefined);
    await Promise.race([got, new Promise((ended) => setTimeout(ended, DOWNLOAD_MS).unref())]);
  }
  return existsSync(binary);
}

async function startApp(folder) {
  const app = await _electron.launch({ cwd: folder, args: [".", "--no-sandbox"] });
  const window = await app.firstWindow();
  await window.getByRole("status").filter({ hasText: "texts" }).waitFor({ timeout: WAIT_MS });
  await app.close();
}
