import assert from "node:assert/strict";
import { Client } from "pagevec";
import { chroma } from "pagevec/servers/chroma";
import { modelsFolder } from "../../tools/model-cache.mjs";
import { exampleUnder } from "../browser/snippets.mjs";
import { starterOf } from "../servers/starter.mjs";
import { fill, lines, serveReranker, TEXTS } from "./recipe-cases.mjs";

const CHROMA = "http://localhost:8000";
const QUESTION = "a place to live in";
/** Of words that the small models of the tests know. */
const HOUSES = ["old house", "the new house", "rain snow wind"];

/** For each section of the guides: what a user does with its page, and what comes of it. */
export const GUIDE_CASES = {
  "adapters.chromadb": chromaClient,
  "adapters.langchain-js": langchain,
  "adapters.llamaindex-ts": llamaindex,
  "adapters.ai-sdk": aiSdk,
  index,
  sync,
  servers,
};

async function chromaClient({ open }) {
  assert.deepEqual(await lines(await open(), 2), ["green tea", "[b]"]);
}

async function langchain({ open, context }) {
  const tiny = await serveReranker(context);
  const metadatas = [1, 10, 20].map((from) => ({ loc: { lines: { from } } }));
  const page = await open({ texts: HOUSES, metadatas, question: QUESTION });
  const [nearest, ...best] = await lines(page, 4);
  assert.equal(nearest, "the new house");
  const scores = new Map(best.map((line) => [line.slice(line.indexOf(" ") + 1), parseFloat(line)]));
  assert.deepEqual([...scores.keys()].sort(), [...HOUSES].sort());
  for (const [text, score] of scores) {
    const expected = tiny.logitOf(QUESTION, text);
    assert.ok(Math.abs(score - expected) < 0.1, `${text}: ${score}, not ${expected}`);
  }
  assert.deepEqual(
    [...scores.values()],
    [...scores.values()].sort((a, b) => b - a),
  );
}

async function llamaindex({ open }) {
  const page = await open({ texts: Object.values(TEXTS), question: "How do plants make sugar?" });
  const [first] = await lines(page, 3);
  assert.match(first, /^0\.\d+ .*leaves make sugar/s);
}

async function aiSdk({ open, context }) {
  modelsFolder("e5-small-v2", "vocab,pvm");
  const tiny = await serveReranker(context);
  const page = await open({ texts: HOUSES, question: QUESTION });
  const logits = HOUSES.map((text) => tiny.logitOf(QUESTION, text));
  const best = HOUSES[logits.indexOf(Math.max(...logits))];
  assert.deepEqual(await lines(page, 2), [`3 384 ${best}`, "384"]);
}

async function index({ open }) {
  assert.deepEqual(await lines(await open(), 1), ["200"]);
}

/** Beside a Chroma server, to which this process writes as another device would. */
async function sync({ open, setup, context, server, failures }) {
  const chromaServer = await serveChroma(context, CHROMA, server);
  const other = await Client.open({ engine: chroma({ url: chromaServer.url }) });
  try {
    await fill(await setup(), { client: "notes", name: "notes", documents: [TEXTS.rain] });
    assert.deepEqual(await lines(await open(), 1), ["1 sent, 0 fetched, 0 changed on both sides"]);
    const notes = await other.getCollection({ name: "notes" });
    const { documents, embeddings } = await notes.get({ include: ["documents", "embeddings"] });
    assert.deepEqual(documents, [TEXTS.rain]);
    await notes.add({ ids: ["there"], documents: [TEXTS.bonds], embeddings });
    assert.deepEqual(await lines(await open(), 1), ["0 sent, 1 fetched, 0 changed on both sides"]);
    // That the collection is there already is the server's answer, which browsers print.
    const conflict =
      "Failed to load resource: the server responded with a status of 409 (Conflict)";
    assert.deepEqual(failures.splice(0), [conflict]);
  } finally {
    await other.close();
    await chromaServer.stop();
  }
}

/** The server has the configuration that the document shows, with the test's values. */
async function servers({ open, context, server }) {
  const yaml = await exampleUnder("docs/servers.md", "## Chroma", "yaml");
  const configure = (settings) =>
    yaml.replace(/^(\w+): .*$/gm, (_, key) => `${key}: ${JSON.stringify(settings[key])}`);
  const chromaServer = await serveChroma(context, "https://chroma.example", server, configure);
  try {
    assert.deepEqual(await lines(await open(), 1), ["[green tea]"]);
  } finally {
    await chromaServer.stop();
  }
}

/** A new Chroma server, which answers for this address in the pages that this server gives. */
async function serveChroma(context, address, page, configure) {
  const start = await starterOf("chroma");
  const { port, stop } = await start([new URL(page.url).origin], configure);
  const url = `http://127.0.0.1:${port}`;
  await context.route(`${address}/**`, async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: url + pathname + search }) });
  });
  return { url, stop };
}
