import assert from "node:assert/strict";
import { join } from "node:path";
import { FLAGS } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { firstShows, WAIT_MS } from "./environment.mjs";

const PAGES = {
  "/rates.html": [
    "Markets today",
    "Bond prices fell as the central bank raised interest rates.",
    "monetary policy",
  ],
  "/rain.html": [
    "Outlook",
    "It will pour tomorrow, with strong wind from the west.",
    "is a storm coming",
  ],
  "/cats.html": ["At home", "The cat slept on the warm windowsill all afternoon.", "sleepy pets"],
};

/** Loaded unpacked; it reads what is visited, and its popup finds it. */
export async function chromeExtension(test, environment) {
  const folder = environment.install("chrome-extension");
  await environment.run(folder, "npm", ["run", "build"]);
  const dist = join(folder, "dist");
  const files = Object.fromEntries(
    Object.entries(PAGES).map(([path, [title, text]]) => [
      path,
      `<!doctype html><meta charset="utf-8"><title>${title}</title><p>${text}</p>`,
    ]),
  );
  const server = await startServer({ files });
  const args = [...FLAGS, `--disable-extensions-except=${dist}`, `--load-extension=${dist}`];
  const browser = await environment.launch({ args, ignoreDefaultArgs: ["--disable-extensions"] });
  const { context } = browser;
  try {
    let popup;
    await test("pages that are visited are found by meaning in the popup", async () => {
      const background =
        context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
      const page = await context.newPage();
      popup = await context.newPage();
      await popup.goto(new URL("popup.html", background.url()).href);
      for (const [path, [title, , question]] of Object.entries(PAGES)) {
        await page.goto(new URL(path, server.url).href);
        await search(popup, question, title);
      }
      assert.equal(await popup.getByRole("listitem").count(), 3);
      const link = popup.getByRole("link", { name: "At home" });
      assert.equal(await link.getAttribute("href"), new URL("/cats.html", server.url).href);
    });
    await test("they are kept when the offscreen document ends", async () => {
      await popup.evaluate(() => chrome.offscreen.closeDocument());
      await search(popup, "monetary policy", "Markets today");
    });
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Pages are kept one after the other, so the question is put again until the answer is there. */
async function search(popup, question, title) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    await popup.getByRole("searchbox").fill("");
    await popup.getByRole("searchbox").fill(question);
    const shown = firstShows(popup, "li a", title, 2000);
    if (await shown.then(() => true).catch(() => false)) return;
    if (Date.now() > end) throw new Error(`${await popup.textContent("body")}: no ${title} first`);
  }
}
