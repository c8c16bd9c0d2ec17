/**
 * The vectors that `./dev bench search` runs on: glosses of WordNet through miniLM() in Chromium, kept
 * in the cache until the model or the texts change. By hand: node tests/bench/search/vectors.mjs
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { glosses } from "../../../tools/glosses.mjs";
import { openEnvironment } from "../../browser/environment.mjs";

export const DIMENSION = 384;
const ROWS = 100_000;
const QUERIES = 1_000;
/** Familiar words come first in the list, so the queries are spread over it. */
const EVERY = (ROWS + QUERIES) / QUERIES;
const CHUNK = 2_000;
const MANIFEST = new URL("../../../models/manifest.json", import.meta.url);

/** Where the bench keeps what is dear to make. */
export function benchFolder() {
  const { PAGEVEC_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = PAGEVEC_CACHE ?? join(XDG_CACHE_HOME || join(homedir(), ".cache"), "pagevec");
  return join(resolve(cache), "bench");
}

/**
 * Makes glosses-minilm-384.f32 unless it is there: 100,000 rows, then 1,000 queries, of 384
 * little-endian float32 each, of length 1. Beside it a .json that says what they are of.
 * @returns {Promise<{path: string, rows: number, queries: number, hash: string}>} hash: of model and texts
 */
export async function ensureVectors() {
  const path = join(benchFolder(), "glosses-minilm-384.f32");
  const texts = orderedTexts();
  const about = {
    rows: ROWS,
    queries: QUERIES,
    dimension: DIMENSION,
    order: `tools/glosses.mjs without every ${EVERY}th of the first ${ROWS + QUERIES}, then those`,
    hash: hashOf(texts),
  };
  const found = await readFile(`${path}.json`, "utf8").catch(() => "{}");
  if (JSON.parse(found).hash !== about.hash) {
    await mkdir(benchFolder(), { recursive: true });
    await embed(texts, `${path}.part`);
    await rename(`${path}.part`, path);
    await writeFile(`${path}.json`, `${JSON.stringify(about, null, 1)}\n`);
  }
  return { path, rows: ROWS, queries: QUERIES, hash: about.hash };
}

/** What the vectors are of: the rows' texts, then those of the queries. */
export function orderedTexts() {
  const all = glosses().slice(0, ROWS + QUERIES);
  const isQuery = (_, i) => i % EVERY === EVERY - 1;
  return [...all.filter((text, i) => !isQuery(text, i)), ...all.filter(isQuery)];
}

/** Of the model file's hash, which the manifest pins, and the texts. */
function hashOf(texts) {
  const { models } = JSON.parse(readFileSync(MANIFEST, "utf8"));
  const { files } = models.find(({ name }) => name === "all-MiniLM-L6-v2");
  return createHash("sha256").update(files.pvm.sha256).update(JSON.stringify(texts)).digest("hex");
}

async function embed(texts, target) {
  const environment = await openEnvironment({ models: "vocab,pvm" });
  environment.server.files.set("/glosses.json", JSON.stringify(texts));
  const page = await environment.openPage();
  const file = await open(target, "w");
  let done = 0;
  await page.exposeFunction("keepVectors", async (base64) => {
    await file.write(Buffer.from(base64, "base64"));
    done = Math.min(done + CHUNK, texts.length);
    if (done % (5 * CHUNK) === 0) console.error(`embedded ${done} of ${texts.length} glosses`);
  });
  await page.evaluate((args) => window.embedAll(args), {
    textsUrl: "/glosses.json",
    options: { modelUrl: environment.modelUrl, engine: "native", concurrency: 2 },
    chunk: CHUNK,
  });
  const { size } = await file.stat();
  await file.close();
  await environment.close();
  const expected = texts.length * DIMENSION * Float32Array.BYTES_PER_ELEMENT;
  if (size !== expected) throw new Error(`${target} has ${size} bytes instead of ${expected}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await ensureVectors()).path);
