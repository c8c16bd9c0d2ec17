import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { cases, farFrom, hubModelFiles, texts } from "../support/hub-models.mjs";
import { cosine, makeTinyBert } from "../support/tiny-bert.mjs";
import { WAIT_MS } from "./environment.mjs";
import { lines, serveReranker } from "./recipe-cases.mjs";
import { serveRepository, startRecorded } from "./served.mjs";

const FIXTURES = new URL("../fixtures/", import.meta.url);
const HUB = "https://huggingface.co/hkunlp/instructor-base/resolve/main/";
const BGE = "BAAI/bge-small-en-v1.5";
/** Where the package with its .pvm file would be. */
const BGE_PACKAGE = "https://cdn.jsdelivr.net/npm/@pagevec/bge-small-en-v1.5@*/**";
/** Of words that the small models of the tests know. */
const HOUSES = ["old house", "the new house", "rain snow wind"];
const PICTURE = "rgb.png";
const CLIP_DIMENSIONS = 512;

/** For each section of README.md that tests/browser/readme.mjs does not run: what comes of its page. */
export const README_CASES = {
  "readme.other-models": otherModels,
  "readme.model-services": modelServices,
};

/** Small models answer for those of the hub; each vector is what another implementation makes. */
async function otherModels({ open, context, server, failures }) {
  const tiny = makeTinyBert({ positions: 512 });
  const reranker = await serveReranker(context);
  await serveRepository(context, BGE, tiny.files);
  await context.route(BGE_PACKAGE, notFound);
  await serveRepository(context, "Xenova/clip-vit-base-patch32", await clipFiles());
  const { "onnx/model.onnx": encoder, ...others } = hubModelFiles("instructor");
  server.files.set("/models/instructor/onnx/model.onnx", encoder);
  await serveRepository(context, "hkunlp/instructor-base", others);
  try {
    const bytes = [...(await readFile(new URL(`clip/images/${PICTURE}`, FIXTURES)))];
    const page = await open({ HUB, documents: HOUSES, bytes }, () => {
      window.file = new File([Uint8Array.from(window.bytes)], "picture.png");
    });
    await page.waitForFunction(() => "science" in window, null, { timeout: WAIT_MS });
    await comparesModel(page, tiny);
    await comparesRanking(page, reranker);
    await comparesPicture(page);
    await comparesScience(page);
    // Files that a model need not have, and those that are in its second folder.
    const worse = failures.splice(0).filter((line) => !/status of 404/.test(line));
    assert.deepEqual(worse, []);
  } finally {
    await context.unroute(BGE_PACKAGE, notFound);
  }
}

function notFound(route) {
  return route.fulfill({ status: 404, headers: { "access-control-allow-origin": "*" } });
}

async function comparesModel(page, tiny) {
  const vectors = await page.evaluate(async (texts) => {
    const vectors = await window.model.generate(texts);
    return vectors.map((vector) => [...vector]);
  }, HOUSES);
  for (const [i, text] of HOUSES.entries()) {
    const near = cosine(vectors[i], tiny.vectorOf(text));
    assert.ok(near > 0.99, `${text}: ${near}`);
  }
}

async function comparesRanking(page, reranker) {
  const ranking = await page.evaluate(() => window.ranking);
  const logits = HOUSES.map((text) => reranker.logitOf("weather forecast", text));
  assert.equal(ranking.length, HOUSES.length);
  for (const { index, score } of ranking) {
    assert.ok(Math.abs(score - logits[index]) < 0.1, `${HOUSES[index]}: ${score}`);
  }
}

async function clipFiles() {
  const tower = "onnx/vision_model_quantized.onnx";
  const paths = ["vocab.json", "merges.txt", tower];
  const read = async (path) => [path, await readFile(new URL(`clip/${path}`, FIXTURES))];
  return Object.fromEntries(await Promise.all(paths.map(read)));
}

async function comparesPicture(page) {
  const expected = JSON.parse(await readFile(new URL("clip/expected.json", FIXTURES), "utf8"));
  const { buffer } = new Uint8Array(await readFile(new URL("clip/expected.f32", FIXTURES)));
  const row = expected.texts.length + expected.files.indexOf(PICTURE);
  const vector = new Float32Array(buffer).subarray(row * CLIP_DIMENSIONS);
  const found = await page.evaluate(() => [...window.picture]);
  const near = cosine(found, vector.subarray(0, CLIP_DIMENSIONS));
  assert.ok(near > 1 - 1e-4, `the picture: ${near}`);
}

async function comparesScience(page) {
  const expected = cases.find(({ instruction }) => /Science/.test(instruction ?? ""));
  const vectors = await page.evaluate(async (texts) => {
    const vectors = await window.science.generate(texts);
    return vectors.map((vector) => [...vector]);
  }, texts);
  assert.deepEqual(farFrom(expected, vectors), []);
}

/** The services answer as they were recorded, behind the page's own server. */
async function modelServices({ open, context }) {
  const embedding = await recorded(context, "openai", "embed.batch-float");
  const generation = await recorded(context, "anthropic", "generate.stream");
  try {
    const page = await open({}, () => {
      window.show = (piece) => console.log(piece);
    });
    const { deltas } = generation.expect;
    assert.deepEqual(await lines(page, deltas.length), deltas);
    const [{ path, headers, body }] = generation.requests;
    assert.equal(path, "/api/anthropic/v1/messages");
    assert.equal(headers.authorization ?? headers["x-api-key"], undefined);
    assert.deepEqual(body.messages, [{ role: "user", content: "What is HNSW?" }]);
    assert.deepEqual([body.model, body.stream], [generation.call.model, true]);
    await comparesEmbedding(page, embedding);
  } finally {
    await embedding.close();
    await generation.close();
  }
}

async function comparesEmbedding(page, { call, expect, requests }) {
  const vectors = await page.evaluate(async (texts) => {
    const vectors = await window.embeddingFunction.generate(texts);
    return vectors.map((vector) => [...vector]);
  }, call.texts);
  assert.deepEqual(vectors, expect.vectors);
  const [{ path, headers, body }] = requests;
  assert.equal(path, "/api/openai/v1/embeddings");
  assert.equal(headers.authorization, undefined);
  assert.deepEqual([body.model, body.input], [call.model, call.texts]);
}

/** An exchange of a provider, and a service that answers so at the address that the page asks. */
async function recorded(context, provider, name) {
  const file = new URL(`providers/${provider}.${name}.json`, FIXTURES);
  const exchange = JSON.parse(await readFile(file, "utf8"));
  const service = await startRecorded(exchange);
  await context.route(`**/api/${provider}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    return route.continue({ url: service.url + pathname });
  });
  return { ...exchange, ...service };
}
