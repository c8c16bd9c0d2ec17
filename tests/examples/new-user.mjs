import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleUnder } from "../browser/snippets.mjs";
import { startTool } from "../bundlers/tool-server.mjs";
import { WAIT_MS } from "./environment.mjs";

const CREATE_VITE = "vite@9.3.0";
const ANSWER = "It will pour tomorrow";
const MOST_LINES = 15;

/** From `npm create vite` to the first answer by meaning, with the code of README.md as it stands there. */
export async function newUser(test, environment) {
  const code = await exampleUnder("README.md", "## Quick start");
  const [pagevec] = environment.tarballs;
  const folder = await mkdtemp(join(tmpdir(), "pagevec-new-user-"));
  const app = join(folder, "app");
  const browser = await environment.launch();
  const timed = timer();
  let server;
  try {
    await test("the quick start is under 15 lines of code", () => {
      const lines = code.split("\n").filter((line) => line.trim() !== "");
      assert.ok(lines.length < MOST_LINES, `${lines.length} lines`);
    });
    await timed("npm create vite", () =>
      environment.run(folder, "npm", [
        ...["create", "--yes", "--prefer-offline", CREATE_VITE, "app"],
        ...["--", "--template", "vanilla-ts", "--no-interactive"],
      ]),
    );
    await timed("npm install", () =>
      environment.run(app, "npm", ["install", "--prefer-offline", pagevec.file]),
    );
    await test("the first search answers by meaning, in Vite's development server", async () => {
      await writeFile(join(app, "src/main.ts"), code);
      server = await timed("vite", () => startTool(join(app, "node_modules/.bin/vite"), [], app));
      const page = await browser.context.newPage();
      await timed("first answer, model included", () => answerOf(page, server.url));
      await timed("answer after a reload", () => answerOf(page, server.url));
      await page.close();
    });
    await test("the template's own check of types and its build take it", async () => {
      await timed("npm run build", () => environment.run(app, "npm", ["run", "build"]));
      assert.match(await readFile(join(app, "dist/index.html"), "utf8"), /<script type="module"/);
    });
    console.log(`new-user: ${timed.told.join(", ")}`);
  } finally {
    await server?.close();
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Opens the page and waits until it has printed the answer; another line or an error is a failure. */
async function answerOf(page, url) {
  const [message] = await Promise.all([
    page.waitForEvent("console", {
      predicate: (one) => one.type() === "log" || one.type() === "error",
      timeout: WAIT_MS,
    }),
    page.goto(url),
  ]);
  assert.equal(message.text(), ANSWER);
}

/** Runs a step and remembers its seconds. */
function timer() {
  const told = [];
  const timed = async (name, step) => {
    const began = performance.now();
    const result = await step();
    told.push(`${name} ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return result;
  };
  return Object.assign(timed, { told });
}
