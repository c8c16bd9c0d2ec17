import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { modelsFolder } from "../../tools/model-cache.mjs";
import { listen } from "../support/listen.mjs";
import { PIECES, startOllama } from "../support/ollama.mjs";
import { makeTinyCrossEncoder } from "../support/tiny-bert.mjs";
import { transformersFiles } from "../support/transformers-files.mjs";
import { firstShows, WAIT_MS } from "./environment.mjs";
import { serveRepository } from "./served.mjs";

const PROXY = fileURLToPath(new URL("../../docs/examples/provider-proxy.mjs", import.meta.url));
const SUGAR = "Chlorophyll takes up light, and with water and carbon dioxide leaves make sugar.";
const RERANKER = "cross-encoder/ms-marco-MiniLM-L-6-v2";
export const TEXTS = {
  plants: [
    "Botanists of the eighteenth century travelled far and named thousands of species. ",
    `${SUGAR} `,
    "A garden wall keeps the wind away, and roses climb along its southern side. ",
  ]
    .map((sentence) => sentence.repeat(6).trim())
    .join("\n\n"),
  bonds: "Bond prices fell as interest rates rose, and lenders waited.",
  rain: "It will pour tomorrow, so take an umbrella with you.",
};

/** For each document of docs/recipes and docs/migrate: what a user does with its page, and what comes of it. */
export const CASES = {
  "search-notes": searchNotes,
  "long-documents": longDocuments,
  hybrid,
  rerank,
  rag,
  offline,
  tabs,
  reembed,
  files,
  "beside-minisearch": besideMiniSearch,
  "beside-orama": besideOrama,
  "beside-dexie": besideDexie,
  proxy,
  react,
  "transformers-hnswlib": transformersHnswlib,
  chromadb,
  orama,
};

/** Waits until the page has printed so many lines. */
export async function lines(page, count) {
  await isPrinted(page, () => page.printed.length >= count);
  return page.printed;
}

async function isPrinted(page, done) {
  const end = Date.now() + WAIT_MS;
  while (!done()) {
    if (Date.now() > end) throw new Error(`printed: ${page.printed.join(" | ")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function keepNote(page, note) {
  await page.getByLabel("A note").fill(note);
  await page.getByRole("button", { name: "Keep" }).click();
}

async function searchNotes({ open }) {
  const page = await open();
  for (const note of [TEXTS.bonds, TEXTS.rain]) await keepNote(page, note);
  await page.getByRole("searchbox").fill("weather forecast");
  await firstShows(page, "li", "It will pour");
  await keepNote(page, "The weather forecast: snow in the mountains");
  await firstShows(page, "li", "snow in the mountains");
}

async function longDocuments({ open }) {
  const page = await open({ texts: TEXTS });
  const [place, same] = await lines(page, 2);
  const [id, begin, end] = place.split(" ");
  assert.equal(id, "plants");
  assert.ok(TEXTS.plants.slice(Number(begin), Number(end)).includes(SUGAR));
  assert.equal(same, "true");
}

async function hybrid({ open }) {
  const printed = await lines(await open(), 3);
  assert.match(printed[0], /^tent A tent for two with a waterproof floor/);
  const stove = printed.find((line) => line.startsWith("stove"));
  assert.match(stove, /boils «water» in four minutes/);
}

async function rerank({ open, context }) {
  const tiny = await serveReranker(context);
  const texts = { money: "old house", house: "the new house", rain: "rain snow wind" };
  const printed = await lines(await open({ texts }), 4);
  const scored = printed.slice(0, 3).map((line) => line.split(" "));
  assert.deepEqual(scored.map(([id]) => id).sort(), ["house", "money", "rain"]);
  for (const [id, score] of scored) {
    const expected = tiny.logitOf("how do I get my money back", texts[id]);
    assert.ok(Math.abs(Number(score) - expected) < 0.1, `${id}: ${score}, not ${expected}`);
  }
  const scores = scored.map(([, score]) => Number(score));
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
  assert.ok(Number(printed[3]) > 0);
}

/** A cross-encoder of random weights in place of the hub's: the order is its order. */
export async function serveReranker(context) {
  const tiny = makeTinyCrossEncoder({ seed: 1 });
  await serveRepository(context, RERANKER, tiny.files);
  return tiny;
}

async function rag({ open, context }) {
  const service = await startOllama();
  try {
    await context.route("http://localhost:11434/**", (route) => {
      const { pathname } = new URL(route.request().url());
      return route.continue({ url: service.url + pathname });
    });
    const page = await open({ texts: TEXTS });
    await page.getByLabel("Question").fill("How do plants make sugar?");
    await page.getByRole("button", { name: "Ask" }).click();
    await page.locator("#sources").filter({ hasText: "plants" }).waitFor({ timeout: WAIT_MS });
    assert.equal(await page.locator("output").textContent(), PIECES.join(""));
    const { body } = service.requests.at(-1);
    assert.ok(body.prompt.includes(SUGAR), body.prompt);
  } finally {
    await service.close();
  }
}

/** The page alone: that it starts without a server is the test of examples/vite-pwa. */
async function offline({ open }) {
  const page = await open();
  const status = page.getByRole("status").filter({ hasText: /^ready; .*(granted|refused)/ });
  await status.waitFor({ timeout: WAIT_MS });
}

async function tabs({ open }) {
  const pages = [await open(), await open()];
  for (const [i, page] of pages.entries()) {
    await page.getByLabel("Item").fill(`item ${i}`);
    await page.getByRole("button", { name: "Add" }).click();
    for (const each of pages) {
      await each.getByRole("listitem").nth(i).waitFor({ timeout: WAIT_MS });
      assert.equal(await each.getByRole("listitem").nth(i).textContent(), `item ${i}`);
    }
  }
}

async function reembed({ open, setup }) {
  modelsFolder("bge-small-en-v1.5", "vocab,pvm");
  const before = { client: "archive", name: "letters" };
  const letters = ["The ship reached Lisbon after nine days", "The harvest was poor this year"];
  await fill(await setup(), { ...before, documents: letters });
  const moved = await lines(await open(), 3);
  assert.deepEqual([moved[0], ...moved.slice(-2)], ["0 of 2", "2 of 2", letters[0]]);
  // The next visit finds it moved.
  assert.deepEqual(await lines(await open(), 1), [letters[0]]);
}

async function files({ open, setup }) {
  const notes = { client: "my-files", name: "notes" };
  await fill(await setup(), { ...notes, documents: [TEXTS.bonds, TEXTS.rain] });
  const page = await open();
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: WAIT_MS }),
    page.getByRole("button", { name: "Save" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "notes.pvar");
  await page.getByLabel("Load").setInputFiles(await download.path());
  const status = page
    .getByRole("status")
    .filter({ hasText: "2 notes; about the weather: It will" });
  await status.first().waitFor({ timeout: WAIT_MS });
}

/** In a page that has pagevec: what an earlier visit has left. */
export async function fill(page, given) {
  await page.evaluate(async ({ client: clientName, name, documents }) => {
    const { Client, miniLM } = window.pagevec;
    const client = await Client.open({ name: clientName });
    const embeddingFunction = miniLM();
    const collection = await client.getOrCreateCollection({ name, embeddingFunction });
    await collection.upsert({ ids: documents.map((_, i) => `id${i}`), documents });
    await client.close();
  }, given);
}

async function besideMiniSearch({ open }) {
  const articles = Object.entries(TEXTS).map(([id, text]) => ({ id, title: id, text }));
  const printed = await lines(await open({ articles }), 2);
  assert.equal(printed[0], "[rain] false");
  assert.match(printed[1], /^\[rain, .*\] true$/);
}

async function besideOrama({ open }) {
  const articles = Object.entries(TEXTS).map(([id, text]) => ({
    id,
    title: id,
    text,
    kind: { rain: "weather", bonds: "money" }[id] ?? "nature",
  }));
  const printed = await lines(await open({ articles }), 2);
  // The misspelled word is Orama's to find.
  assert.equal(printed[0], "[rain] 1");
  assert.match(printed[1], /^\[rain, .*\] \[bonds\]$/);
}

/** Notes of two tabs, one of which is closed meanwhile. */
async function besideDexie({ open }) {
  const first = await open();
  for (const note of [TEXTS.bonds, TEXTS.rain]) await keepNote(first, note);
  await first.getByRole("searchbox").fill("weather forecast");
  await firstShows(first, "li", "It will pour");
  const second = await open();
  await second.getByRole("searchbox").fill("weather forecast");
  await firstShows(second, "li", "It will pour");
  await keepNote(second, "The weather forecast: snow in the mountains");
  for (const page of [first, second]) await firstShows(page, "li", "snow in the mountains");
  await second.getByText("snow in the mountains").click();
  for (const page of [first, second]) await firstShows(page, "li", "It will pour");
  assert.equal(await first.getByRole("listitem").count(), 2);
}

async function proxy({ open, context }) {
  const service = await startEmbeddingService();
  const env = {
    ...process.env,
    PORT: "0",
    OPENAI_API_KEY: "sk-secret",
    OPENAI_ORIGIN: service.url,
  };
  const child = spawn(process.execPath, [PROXY], { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [said] = await new Promise((resolve) =>
      child.stdout.once("data", (...all) => resolve(all)),
    );
    const port = /port (\d+)/.exec(said)[1];
    await context.route("**/api/openai/**", (route) => {
      const { pathname } = new URL(route.request().url());
      assert.ok(!JSON.stringify(route.request().headers()).includes("sk-secret"));
      return route.continue({ url: `http://127.0.0.1:${port}${pathname}` });
    });
    assert.deepEqual(await lines(await open(), 1), ["rain"]);
    assert.equal(service.requests.length, 2);
    for (const { authorization, body } of service.requests) {
      assert.equal(authorization, "Bearer sk-secret");
      assert.deepEqual([body.model, body.dimensions], ["text-embedding-3-small", 512]);
    }
  } finally {
    child.kill();
    await service.close();
  }
}

/** Answers as OpenAI's /v1/embeddings does: a text's vector points where its words about rain do. */
async function startEmbeddingService() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const body = await json(request);
    requests.push({ authorization: request.headers.authorization, body });
    const vectorOf = (text) =>
      Array.from({ length: body.dimensions }, (_, i) =>
        Number(i === (/pour|weather/.test(text) ? 0 : 1)),
      );
    const data = body.input.map((text, index) => {
      const floats = Float32Array.from(vectorOf(text));
      const base64 = Buffer.from(floats.buffer).toString("base64");
      const embedding = body.encoding_format === "base64" ? base64 : [...floats];
      return { object: "embedding", index, embedding };
    });
    response.writeHead(200, { "content-type": "application/json" });
    const usage = { prompt_tokens: 3, total_tokens: 3 };
    response.end(JSON.stringify({ object: "list", model: body.model, data, usage }));
  });
  return { requests, ...(await listen(server)) };
}

async function react({ open }) {
  const page = await open();
  for (const note of [TEXTS.bonds, TEXTS.rain]) {
    await page.getByRole("button", { name: "Keep" }).and(page.locator(":enabled")).waitFor();
    await keepNote(page, note);
    await page.waitForFunction(() => document.querySelector("[name=note]").value === "", null, {
      timeout: WAIT_MS,
    });
  }
  await page.getByRole("searchbox").fill("weather forecast");
  await firstShows(page, "li", "It will pour");
  assert.equal(await page.getByRole("alert").count(), 0);
}

/** The code before runs as well, and prints the same. */
async function transformersHnswlib({ open, context, folder }) {
  await serveTransformers(context);
  const modules = join(folder, "node_modules/@huggingface/transformers/node_modules");
  const runtime = join(modules, "onnxruntime-web/dist");
  await context.route("https://cdn.jsdelivr.net/npm/onnxruntime-web@*/dist/*", (route) => {
    const path = join(runtime, route.request().url().split("/").at(-1));
    return route.fulfill({ path, headers: { "access-control-allow-origin": "*" } });
  });
  assert.deepEqual(await lines(await open(), 1), ["It will pour tomorrow"]);
  const before = await open({}, undefined, "before-transformers-hnswlib");
  // hnswlib-wasm tells of its file system, too.
  await isPrinted(before, () => before.printed.includes("It will pour tomorrow"));
}

/** What transformers.js downloads, from this machine's copies; the configurations are of the model's repository. */
async function serveTransformers(context) {
  const folder = join(modelsFolder("all-MiniLM-L6-v2", "vocab,tokenizer,int8"), "all-MiniLM-L6-v2");
  const made = transformersFiles(512);
  const hub = "https://huggingface.co/Xenova/all-MiniLM-L6-v2/resolve/main/";
  await context.route(`${hub}**`, (route) => {
    const path = route.request().url().slice(hub.length);
    const headers = { "access-control-allow-origin": "*" };
    if (made[path])
      return route.fulfill({ body: made[path], contentType: "application/json", headers });
    return route.fulfill({ path: join(folder, path), headers });
  });
}

/** The code before runs as well, over the same model, and prints the same. */
async function orama({ open }) {
  const before = () => {
    let model;
    window.embed = async (text) => {
      model ??= window.pagevec.miniLM();
      return [...(await model.generate([text]))[0]];
    };
  };
  for (const page of [await open(), await open({}, before, "before-orama")]) {
    assert.deepEqual(await lines(page, 1), ["Tent"]);
  }
}

/** The move reads a stand-in for the old client's collection, with rows as chromadb's get() gives them. */
async function chromadb({ open, setup }) {
  const page = await open({}, () => {
    const row = (i) => Float32Array.from({ length: 384 }, (_, at) => Number(at === i));
    window.chroma = {
      async get({ limit, offset }) {
        const places = Array.from({ length: 1500 }, (_, i) => i).slice(offset, offset + limit);
        return {
          ids: places.map((i) => `old${i}`),
          documents: places.map((i) => `old document ${i}`),
          metadatas: places.map((i) => ({ i })),
          embeddings: places.map((i) => [...row(i % 384)]),
        };
      },
    };
  });
  assert.equal((await lines(page, 1))[0], "It will pour tomorrow");
  const reader = await setup();
  const count = () =>
    reader.evaluate(async () => {
      const client = await window.pagevec.Client.open({ name: "notes" });
      const notes = await client.getCollection({ name: "notes" });
      const { ids } = await notes.get({ where: { i: { $gte: 0 } }, include: [] });
      await client.close();
      return ids.length;
    });
  const end = Date.now() + WAIT_MS;
  while ((await count()) < 1500 && Date.now() < end);
  assert.equal(await count(), 1500);
}
