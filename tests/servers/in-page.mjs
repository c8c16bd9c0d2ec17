#!/usr/bin/env node
// Has a page in Chromium make the calls of same-calls.ts, with an origin of its own, real fetch, real CORS.
// Prints what became of them, as JSON.
//
//   node tests/servers/in-page.mjs SERVER OPTIONS
//
// SERVER: the module in js/src/servers and the function that it exports. OPTIONS: its own, as JSON.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";

const [server, options] = process.argv.slice(2);
const contents = `
  import { Client } from "../../js/src/client.ts";
  import { ${server} } from "../../js/src/servers/${server}.ts";
  import { runSameCalls } from "./same-calls.ts";
  window.run = async (options) => {
    const client = await Client.open({ engine: ${server}(options) });
    return runSameCalls(client, "page");
  };`;
const { outputFiles } = await build({
  stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  write: false,
  external: ["onnxruntime-web/*", "*.mjs"],
  logLevel: "error",
});
const page = '<!doctype html><script type="module" src="/page.js"></script>';
const site = await startServer({
  files: { "/index.html": page, "/page.js": outputFiles[0].text },
});
const browser = await launchChromium();
try {
  const tab = await browser.context.newPage();
  tab.on("pageerror", (error) => console.error(`page: ${error.stack ?? error}`));
  await tab.goto(`${site.url}index.html`);
  await tab.waitForFunction(() => "run" in window);
  console.log(
    JSON.stringify(await tab.evaluate((given) => window.run(given), JSON.parse(options))),
  );
} finally {
  await browser.close();
  await site.close();
}
