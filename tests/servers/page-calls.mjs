#!/usr/bin/env node
// Opens page.ts over the built package in headless Chromium, on a port of loopback, and prints what
// the functions that it puts on window answer. In a process of its own: neither esbuild nor the driver
// of the browser runs inside Jest.
//
//   node tests/servers/page-calls.mjs PORT '[["callServer", "chroma", { "url": "..." }, "prefix"], ...]'

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";

const [port, calls] = process.argv.slice(2);
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  outdir: "/",
  write: false,
  external: ["onnxruntime-web/*"],
  logLevel: "silent",
});
const files = Object.fromEntries(outputFiles.map(({ path, contents }) => [path, contents]));
files["/index.html"] = '<!doctype html><script type="module" src="/page.js"></script>';
const server = await startServer({ files, port: Number(port) });
const browser = await launchChromium();
try {
  const page = await browser.context.newPage();
  page.on("pageerror", (error) => console.error(`page: ${error.stack ?? error}`));
  await page.goto(`${server.url}index.html`);
  await page.waitForFunction(() => "refusalOf" in window);
  const answers = [];
  for (const call of JSON.parse(calls)) {
    answers.push(await page.evaluate(([name, ...list]) => window[name](...list), call));
  }
  console.log(JSON.stringify(answers));
} finally {
  await browser.close();
  await server.close();
}
