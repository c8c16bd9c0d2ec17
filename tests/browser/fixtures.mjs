import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadTokenizer } from "pagevec";
import { modelsFolder, modelUrl } from "../../tools/model-cache.mjs";

const DEFAULT = fileURLToPath(new URL("../fixtures", import.meta.url));
const MINILM = "sentence-transformers/all-MiniLM-L6-v2";
/** How a model is run, and the least cosine of each text and of their mean to the fp32 reference. */
const NATIVE = {
  "native simd128": { variant: "simd128", each: 0.995, mean: 0.9995 },
  "native relaxed": { variant: "relaxed", each: 0.995, mean: 0.999 },
};
const ONNX = {
  fp32: { dtype: "fp32", each: 0.99999, mean: 0.99999 },
  int8: { dtype: "int8", each: 0.97, mean: 0.99 },
};
/** By the fixtures' name of the model: its name in the manifest, and how it is run. */
const MODELS = {
  [MINILM]: { name: "all-MiniLM-L6-v2", runs: { ...ONNX, ...NATIVE } },
  "BAAI/bge-small-en-v1.5": { name: "bge-small-en-v1.5", runs: NATIVE },
  "intfloat/e5-small-v2": { name: "e5-small-v2", runs: NATIVE },
};
/** How far a text's vector may move with its batch mates. */
const BATCH_TOLERANCE = 0;

/**
 * Cases of a fixture folder: one a text of tokenizers and embeddings, one a step of recorded
 * sessions. Where everything is tested, only
 * with the model that is at hand: to get and convert the others takes minutes.
 */
export async function fixtures(test, environment, { everything }) {
  const folder = process.env.PAGEVEC_FIXTURES ?? DEFAULT;
  const page = await environment.openPage();
  for (const file of await filesIn(join(folder, "tokenizer"), ".jsonl")) {
    await tokenizerCases(test, environment, page, file);
  }
  for (const file of await filesIn(join(folder, "sentencepiece"), ".jsonl")) {
    await sentencepieceCases(test, page, file);
  }
  for (const file of await filesIn(join(folder, "providers"), ".json")) {
    await weaviateRuleCases(test, page, file);
    if (/^(chroma\.semantics|collection\.trace)/.test(basename(file))) {
      await collectionCases(test, page, file);
    }
  }
  for (const file of await filesIn(join(folder, "embeddings"), ".json")) {
    const { model } = JSON.parse(await readFile(file, "utf8"));
    if (everything && model !== MINILM) {
      console.log(`fixtures: ${model} is left to ./dev test fixtures`);
      continue;
    }
    await embeddingCases(test, environment, page, file);
  }
  await page.close();
}

async function filesIn(folder, ending) {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
  return names.map((name) => join(folder, name));
}

/** {text, ids, offsets} a line: equal in Node and in Chromium. */
async function tokenizerCases(test, environment, page, file) {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  const cases = lines.map((line) => JSON.parse(line));
  const inNode = await loadTokenizer("all-MiniLM-L6-v2", {
    modelUrl: modelUrl(environment.modelsFolder),
    maxTokens: 0,
  });
  const texts = cases.map(({ text }) => text);
  // As JSON: the debugging protocol would change lone surrogates on their way.
  const inChromium = JSON.parse(
    await page.evaluate((args) => window.tokenize(args), {
      modelUrl: environment.modelUrl,
      texts: JSON.stringify(texts),
    }),
  );
  for (const [i, { text, ids, offsets }] of cases.entries()) {
    await test(`tokenizer ${JSON.stringify(text).slice(0, 80)}`, () => {
      const expected = { ids, offsets, truncated: false };
      assert.deepEqual(inNode.encode(text), expected, "in Node");
      assert.deepEqual(inChromium[i], expected, "in Chromium");
      assert.equal(inNode.count(text), ids.length, "count");
    });
  }
  inNode.close();
}

/** MODEL.MAPPING.jsonl beside MODEL.model, lines as above: equal in Chromium. */
async function sentencepieceCases(test, page, file) {
  const [model, mapping] = basename(file).split(".");
  const cases = (await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const bytes = await readFile(join(dirname(file), `${model}.model`));
  const texts = JSON.stringify(cases.map(({ text }) => text));
  const found = JSON.parse(
    await page.evaluate((args) => window.tokenizeWithSentencePiece(args), {
      model: bytes.toString("base64"),
      mapping,
      texts,
    }),
  );
  for (const [i, { text, ids, offsets }] of cases.entries()) {
    await test(`${model}.model ${JSON.stringify(text).slice(0, 80)}`, () => {
      assert.deepEqual(found[i], { ids, offsets, truncated: false });
    });
  }
}

/** weaviate.RULE.json, as in Jest, in Chromium. */
async function weaviateRuleCases(test, page, file) {
  const rule = /^weaviate\.(.+)\.json$/.exec(basename(file))?.[1];
  if (!rule) return;
  const call = { rule, file: await readFile(file, "utf8") };
  const results = await page.evaluate((args) => window.runWeaviateRules(args), call);
  for (const { name, problem } of results) {
    await test(`weaviate.${rule} ${name}`, () => assert.equal(problem, null));
  }
}

/** A session that was recorded against a Chroma server, on IndexedDB in a worker. */
async function collectionCases(test, page, file) {
  const recording = JSON.parse(await readFile(file, "utf8"));
  const name = basename(file, ".json");
  const results = await page.evaluate((args) => window.replayRecording(args), { name, recording });
  for (const { title, failure } of results) {
    await test(`${name} ${title}`, () => assert.equal(failure, null));
  }
}

/** texts with their fp32 vectors: NAME.json beside NAME.f32 (little endian, row i is texts[i]). */
async function embeddingCases(test, environment, page, file) {
  const { model, texts, dimensions } = JSON.parse(await readFile(file, "utf8"));
  const known = MODELS[model];
  if (!known) throw new Error(`${file} is of ${model}, which no run is known for`);
  if (model !== MINILM) modelsFolder(known.name, "pvm");
  const bytes = await readFile(file.replace(/json$/, "f32"));
  const reference = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  const results = {};
  const cut = new Set();
  for (const [run, bars] of Object.entries(known.runs)) {
    const { batch, alone, truncated } = await embed(environment, page, known, bars, texts);
    for (const row of truncated) cut.add(row);
    results[run] = texts.map((_, row) => ({
      similarity: cosine(reference, batch, row, dimensions),
      moved: largestDifference(batch, alone, row, dimensions),
    }));
  }
  // Their references keep 512 ids without a final [SEP], which no tokenizer gives.
  const judged = [...texts.keys()].filter((row) => !cut.has(row));
  if (cut.size > 0) console.log(`fixtures: ${model}: left out ${cut.size} texts that are cut`);
  for (const [run, { mean }] of Object.entries(known.runs)) {
    judgeMean(`${known.name} ${run}`, mean, results[run], judged);
  }
  for (const row of judged) {
    await test(`embedding ${known.name} ${JSON.stringify(texts[row]).slice(0, 80)}`, () => {
      for (const [run, { each }] of Object.entries(known.runs)) {
        const { similarity, moved, mean } = results[run][row];
        assert(similarity >= each, `${run}: cosine ${similarity} is under ${each}`);
        assert(moved <= BATCH_TOLERANCE, `${run}: alone and in a batch differ by ${moved}`);
        assert(
          mean === undefined,
          `${run}: the mean of all texts is ${mean}, and this is the worst`,
        );
      }
    });
  }
}

/** MiniLM through miniLM(); the others, as their file stands, without the prefixes of their models. */
async function embed(environment, page, { name }, { dtype, variant }, texts) {
  if (name !== "all-MiniLM-L6-v2") {
    return page.evaluate((args) => window.embedWithFile(args), { model: name, variant, texts });
  }
  const { modelUrl } = environment;
  const options = dtype
    ? { modelUrl, engine: "onnx", dtype }
    : { modelUrl, engine: "native", variant };
  const vectors = await page.evaluate((args) => window.embedTexts(args), { options, texts });
  return { ...vectors, truncated: [] };
}

/** One case a text: a mean that is too low is the fault of the worst text. */
function judgeMean(run, bar, results, rows) {
  const mean = rows.reduce((sum, row) => sum + results[row].similarity, 0) / rows.length;
  const worst = rows.reduce((a, b) => (results[b].similarity < results[a].similarity ? b : a));
  const least = results[worst].similarity.toFixed(7);
  console.log(`fixtures: ${run} mean ${mean.toFixed(7)}, least ${least}`);
  if (mean < bar) results[worst].mean = mean;
}

function largestDifference(left, right, row, dimensions) {
  let largest = 0;
  for (let i = row * dimensions; i < (row + 1) * dimensions; ++i) {
    largest = Math.max(largest, Math.abs(left[i] - right[i]));
  }
  return largest;
}

function cosine(reference, vectors, row, dimensions) {
  let dot = 0;
  let left = 0;
  let right = 0;
  for (let i = row * dimensions; i < (row + 1) * dimensions; ++i) {
    dot += reference[i] * vectors[i];
    left += reference[i] ** 2;
    right += vectors[i] ** 2;
  }
  return dot / Math.sqrt(left * right);
}
