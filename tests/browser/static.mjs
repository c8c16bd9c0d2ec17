import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { miniLM } from "pagevec/node";
import { openStatic } from "pagevec/static";
import { buildStatic } from "pagevec/static/build";
import { glosses } from "../../tools/glosses.mjs";
import { modelUrl } from "../../tools/model-cache.mjs";
import { measureStaticPage, openStaticSite } from "../support/static-page.mjs";

/** For the bytes of keyword answers; and, since each is embedded, for all else. */
const MANY = 20_000;
const FEW = 1_000;
const KEYWORD_BYTES = 300_000;

const pagesOf = (texts) =>
  texts.map((text, i) => ({
    url: `/glosses/${i}`,
    title: "",
    sections: [{ anchor: "", heading: "", text }],
  }));

/** A static index on a web server, searched by a page that has nothing of pagevec but pagevec/static. */
export async function staticIndex(test, environment) {
  const texts = glosses();
  const folder = await mkdtemp(join(tmpdir(), "pagevec-static-"));
  try {
    const many = join(folder, "many");
    await buildStatic({ pages: pagesOf(texts.slice(0, MANY)), out: many, suggestions: ["water"] });
    await test("the first keyword answer over 20,000 glosses takes less than 300 KB", async () => {
      const question = { keyword: "how do plants make sugar" };
      const bytes = (await measureStaticPage(many, question))["keyword.bytes"];
      assert(bytes < KEYWORD_BYTES, `it takes ${bytes} bytes`);
      assert(bytes > 50_000, `only ${bytes} bytes were counted`);
    });
    const few = join(folder, "few");
    await embedFew(texts.slice(0, FEW), few, environment);
    await answers(test, few, environment);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function embedFew(texts, out, environment) {
  const model = miniLM({ modelUrl: modelUrl(environment.modelsFolder) });
  const suggestions = texts.slice(0, 50).map((text) => text.split(":")[0]);
  try {
    await buildStatic({ pages: pagesOf(texts), out, embeddingFunction: model, suggestions });
  } finally {
    await model.close();
  }
}

async function answers(test, index, { modelsFolder }) {
  const site = await openStaticSite(index, { model: true, mounts: { "/models/": modelsFolder } });
  const node = await openStatic(index);
  const page = await site.openPage();
  await page.evaluate(open);
  const search = (params) => page.evaluate(ask, params);
  const inNode = async (params) => (await node.search(params)).rows.map(({ id }) => id);

  await test("a page and Node give the same answers, by words and by vectors", async () => {
    const [{ text }] = await node.suggest("");
    for (const params of [
      { text: "a large body of water", mode: "keyword" },
      { text: "wate", mode: "keyword", keyword: { prefix: "last" } },
      { text, mode: "vector" },
      { text, mode: "hybrid" },
    ]) {
      const found = await search(params);
      assert(found.length > 0, JSON.stringify(params));
      assert.deepEqual(found, await inNode(params));
    }
    const [id] = await search({ text: "water", mode: "keyword" });
    const similar = await page.evaluate(
      async (id) => (await window.index.similar(id)).rows.map((row) => row.id),
      id,
    );
    assert.deepEqual(
      similar,
      (await node.similar(id)).rows.map((row) => row.id),
    );
  });

  await test("no file is asked for twice, and none of the model before loadModel()", async () => {
    const paths = site.server.requests.map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length);
    assert(!paths.some((path) => path.startsWith("/models/") || path.includes("core.")));
  });

  await test("with the model any text has a vector", async () => {
    const params = { text: "what one drinks when thirsty", mode: "vector" };
    const refused = await page.evaluate(codeOf, params);
    assert.equal(refused, "unsupported");
    await page.evaluate(() => window.index.loadModel());
    assert.equal((await search(params)).length, 10);
    assert.equal(await page.evaluate(codeOf, params), null);
  });

  await test("files that do not come, or come damaged, are errors, and the next search tries again", async () => {
    const fresh = await site.openPage();
    await fresh.evaluate(open);
    const names = (await readdir(index)).filter((name) => /^(terms|texts)\./.test(name));
    const params = { text: "animal", mode: "keyword" };
    for (const [fault, code] of [
      [{ status: 503 }, "network"],
      [{ corrupt: true }, "corrupt"],
      [{ html: true }, "corrupt"],
      [{ cutAfter: 10 }, "network"],
    ]) {
      for (const name of names) site.server.fail(`/search/${name}`, fault);
      assert.equal(await fresh.evaluate(codeOf, params), code, JSON.stringify(fault));
      for (const name of names) site.server.fail(`/search/${name}`, { times: 0 });
    }
    assert.equal(await fresh.evaluate(codeOf, params), null);
    await fresh.close();
  });

  await test("nothing that a page may not do under the policy is done", async () => {
    const broken = await page.evaluate(() => window.violations);
    assert.deepEqual(broken, []);
  });
  await node.close();
  await site.close();
}

async function open() {
  window.violations = [];
  document.addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
    window.violations.push(violatedDirective),
  );
  const model = () =>
    window.miniLM({ worker: false, wasmUrl: "/wasm/", modelUrl: "/models/all-MiniLM-L6-v2/" });
  window.index = await window.openStatic("/search/", { wasmUrl: "/wasm/", model });
}

async function ask(params) {
  return (await window.index.search(params)).rows.map(({ id }) => id);
}

async function codeOf(params) {
  try {
    await window.index.search(params);
    return null;
  } catch (error) {
    return error.code;
  }
}
