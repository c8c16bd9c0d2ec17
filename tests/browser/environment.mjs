import { fileURLToPath } from "node:url";
import { build } from "vite";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { modelsFolder } from "../../tools/model-cache.mjs";
import { POLICY } from "../support/policy.mjs";
import { writeSmallCores } from "../support/small-memory.mjs";

const PAGE = fileURLToPath(new URL("page", import.meta.url));
const SMALL_MEMORY = new URL("../../build/small-memory/", import.meta.url);
const STORED = fileURLToPath(new URL("../fixtures/database/", import.meta.url));
const MODEL_FILES = "vocab,tokenizer,int8,fp32,safetensors,pvm";
const OUTPUT = fileURLToPath(new URL("../../build/browser-tests", import.meta.url));

/**
 * The test page, bundled as a user would bundle it, served on loopback, open in Chromium.
 * @param {object} options of the server, for benchmarks: `mounts` come to those of the tests. And
 *   `models`: which files of the model are needed.
 */
export async function openEnvironment({ models: files = MODEL_FILES, ...options } = {}) {
  await build({
    root: PAGE,
    base: "./",
    logLevel: "warn",
    worker: { format: "es" },
    build: { outDir: OUTPUT, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 2000 },
  });
  const models = modelsFolder("all-MiniLM-L6-v2", files);
  await writeSmallCores(SMALL_MEMORY, 32 * 2 ** 20);
  const small = fileURLToPath(SMALL_MEMORY);
  const mounts = {
    "/": OUTPUT,
    "/models/": models,
    "/small-memory/": small,
    "/stored/": STORED,
    ...options.mounts,
  };
  const server = await startServer({ csp: POLICY, ...options, mounts });
  const browser = await launchChromium();
  return {
    server,
    mounts,
    modelUrl: "/models/all-MiniLM-L6-v2/",
    modelsFolder: models,
    context: browser.context,
    /** A fresh page of the test bundle, with window.pagevec and window.suites. */
    async openPage(url = server.url) {
      const page = await browser.context.newPage();
      page.on("pageerror", (error) => console.error(`page: ${error.stack ?? error}`));
      await page.goto(url);
      await page.waitForFunction(() => "suites" in window);
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
