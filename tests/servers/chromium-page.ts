import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";

export interface ChromiumPage {
  /** Without a slash at its end. */
  origin: string;
  /** Runs one of the functions that page.ts puts on window. */
  // biome-ignore lint/suspicious/noExplicitAny: what goes in and out is JSON
  call(name: string, ...args: unknown[]): Promise<any>;
  close(): Promise<void>;
}

/** Bundles page.ts over the built package and opens it in headless Chromium. */
export async function openChromiumPage(): Promise<ChromiumPage> {
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
  const scripts = outputFiles.map(({ path, contents }) => [path, contents] as const);
  const html = '<!doctype html><script type="module" src="/page.js"></script>';
  const server = await startServer({
    files: { ...Object.fromEntries(scripts), "/index.html": html },
  });
  const browser = await launchChromium();
  const page = await browser.context.newPage();
  await page.goto(`${server.url}index.html`);
  await page.waitForFunction(() => "callChroma" in window);
  return {
    origin: server.url.slice(0, -1),
    call: (name, ...args) =>
      page.evaluate(
        ([method, list]) =>
          (window as never as Record<string, (...list: unknown[]) => unknown>)[method]?.(...list),
        [name, args] as const,
      ),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
