import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeTinyCrossEncoder } from "../support/tiny-bert.mjs";
import { answers, ask, phase, until } from "./playground-page.mjs";

const FOLDER = "models/tiny-cross-encoder/";
const META = '<meta name="reranker" content="" />';

/** A site that serves a cross-encoder, here a small one with random weights, and says so in its page. */
export async function rerank(test, { page, server, demo }) {
  const html = await readFile(join(demo, "index.html"), "utf8");
  assert(html.includes(META), "the page says where a reranker would be");
  server.files.set("/index.html", html.replace('content="" />', `content="${FOLDER}" />`));
  for (const [path, content] of Object.entries(makeTinyCrossEncoder().files)) {
    server.files.set(`/${FOLDER}${path}`, content);
  }

  await test("a site's cross-encoder reads the best hybrid answers again", async () => {
    await page.goto(`${server.url}index.html`);
    await page.waitForSelector("body[data-ready]");
    await page.click("#model-get");
    await phase(page, "ready");
    await ask(page, "old house by the river");
    assert.equal(await page.locator("#timings .part-rerank[data-ms]").count(), 0);
    const before = (await answers(page, "hybrid")).map(({ id }) => id);
    await page.check("#rerank");
    await until(page, () => document.querySelector("#timings li.part-rerank"));
    const after = await answers(page, "hybrid");
    assert(Number(await page.getAttribute("#timings li.part-rerank", "data-ms")) > 0);
    const scores = after.map(({ score }) => score);
    assert.deepEqual(
      scores,
      [...scores].sort((a, b) => b - a),
    );
    for (const { id, explained } of after) {
      const { rank } = explained.find(({ name }) => name === "before rerank");
      assert(rank >= 1 && rank <= 20);
      if (rank <= 10) assert.equal(before[rank - 1], id, "the rank before is the rank without");
    }
    await page.uncheck("#rerank");
    await until(page, () => !document.querySelector("#timings li.part-rerank"));
    assert.deepEqual(
      (await answers(page, "hybrid")).map(({ id }) => id),
      before,
    );
  });
}
