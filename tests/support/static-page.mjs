import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { POLICY } from "./policy.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What a visitor's page has: the public entry, and nothing else. */
const PAGE = `
  import { openStatic } from "pagevec/static";
  import { miniLM } from "pagevec";
  Object.assign(window, { openStatic, miniLM });`;
/** Without the model's side: a bundler leaves what a page does not name. */
const LEAN_PAGE = `
  import { openStatic } from "pagevec/static";
  Object.assign(window, { openStatic });`;
/** Servers compress these on the way; the index's own files are compressed already. */
const COMPRESSED = /\.(js|mjs|wasm|html)$/;

/**
 * A site with an index, bundled by esbuild, on the loopback server, and a browser. `mounts` come to /search/ (the
 * index) and /wasm/; `model`: the page has miniLM() too.
 */
export async function openStaticSite(index, { mounts = {}, model = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "pagevec-site-"));
  await build({
    stdin: { contents: model ? PAGE : LEAN_PAGE, resolveDir: ROOT },
    outdir: folder,
    entryNames: "main",
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["onnxruntime-web/*"],
    logLevel: "error",
  });
  const html = '<!doctype html><title>Site</title><script type="module" src="/main.js"></script>';
  await writeFile(join(folder, "index.html"), html);
  const all = { "/": folder, "/search/": index, "/wasm/": join(ROOT, "js/wasm"), ...mounts };
  const server = await startServer({ csp: POLICY, mounts: all });
  const browser = await launchChromium();
  return {
    server,
    async openPage() {
      const page = await browser.context.newPage();
      page.on("pageerror", (error) => console.error(`page: ${error.stack ?? error}`));
      await page.goto(server.url);
      await page.waitForFunction(() => "openStatic" in window);
      return page;
    },
    /** Of all answers since the count was begun, bodies only, as a server that compresses sends them. */
    transferred() {
      return server.requests
        .filter(({ status }) => status === 200)
        .reduce((sum, { path }) => sum + sizeOf(path, all), 0);
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

function sizeOf(path, mounts) {
  const prefix = Object.keys(mounts)
    .filter((each) => path.startsWith(each))
    .sort((a, b) => b.length - a.length)[0];
  const name = path.endsWith("/") ? `${path}index.html` : path;
  const bytes = readFileSync(join(mounts[prefix], name.slice(prefix.length)));
  return COMPRESSED.test(name) ? gzipSync(bytes, { level: 9 }).length : bytes.length;
}

/**
 * Bytes and milliseconds from an empty page to its first answer: a page of its own for each mode.
 * @param {string} index folder
 * @param {{ keyword?: string, vector?: string }} texts by mode; for a vector one of the suggestions
 */
export async function measureStaticPage(index, texts) {
  const site = await openStaticSite(index);
  const rows = {};
  try {
    for (const [mode, text] of Object.entries(texts)) {
      site.server.requests.length = 0;
      const page = await site.openPage();
      const { ms, found } = await page.evaluate(firstAnswer, { mode, text });
      if (found === 0) throw new Error(`nothing was found for "${text}" by ${mode}`);
      rows[`${mode}.bytes`] = site.transferred();
      rows[`${mode}.first.ms`] = ms;
      await page.close();
    }
  } finally {
    await site.close();
  }
  return rows;
}

async function firstAnswer({ mode, text }) {
  const begin = performance.now();
  const index = await window.openStatic("/search/", { wasmUrl: "/wasm/" });
  const { rows } = await index.search({
    text,
    mode,
    onePerPage: false,
    highlights: mode === "keyword",
  });
  return { ms: performance.now() - begin, found: rows.length };
}
