/**
 * How fast miniLM() embeds in Chromium on its own engine, against ONNX Runtime Web (int8 and fp32,
 * length-sorted batches of 32) and transformers.js (int8), one thread each, in turns in one page: all on
 * the page's thread; and miniLM() in its worker, as it is by itself, against ONNX Runtime Web in one.
 * Two workers against one; and how close the vectors are to those of the fp32 model.
 * Short: queries of about 8 tokens, one a call; medium: glosses of about 28; long: passages of 256.
 * Python's onnxruntime runs the int8 file natively behind them, one thread; it is installed at first.
 *
 * ROUNDS: how often each has its turn (3). SETS: which of the sets (short,medium,long,closeness).
 * bge-small-en-v1.5 and e5-small-v2 are converted first, where they are not at hand: some minutes.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadTokenizer } from "pagevec";
import { glosses } from "../../tools/glosses.mjs";
import { modelsFolder, modelUrl } from "../../tools/model-cache.mjs";
import { openEnvironment } from "../browser/environment.mjs";
import { transformersFiles } from "../support/transformers-files.mjs";
import { closeness } from "./closeness.mjs";
import { ensurePython } from "./python.mjs";
import { median, report } from "./report.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const CHOSEN = (process.env.SETS ?? "short,medium,long,closeness").split(",");
const MAX_TOKENS = 256;
const CLOSENESS_TEXTS = 1_000;
const MODEL = "all-MiniLM-L6-v2";
/** Whose closeness to fp32 is measured, and of which files. */
const MODELS = {
  [MODEL]: "vocab,int8,fp32,pvm",
  "bge-small-en-v1.5": "vocab,fp32,pvm",
  "e5-small-v2": "vocab,fp32,pvm",
};
const modules = new URL("../../node_modules/@huggingface/transformers/", import.meta.url);
const NATIVE = fileURLToPath(new URL("native_onnxruntime.py", import.meta.url));
const python = await ensurePython(fileURLToPath(new URL("onnxruntime.txt", import.meta.url)));
const folder = (path) => fileURLToPath(new URL(path, modules));

const environment = await openEnvironment({
  // transformers.js does not run under the tests' policy.
  csp: undefined,
  mounts: {
    "/transformers/": folder("dist"),
    "/transformers-ort/": folder("node_modules/onnxruntime-web/dist"),
  },
});
const tokenizer = await loadTokenizer(MODEL, {
  modelUrl: modelUrl(environment.modelsFolder),
  maxTokens: 0,
});
describeModel();
const sets = makeSets();
const page = await environment.openPage();
for (const [set, texts] of Object.entries(sets)) {
  if (CHOSEN.includes(set)) await measureSpeed(set, texts);
}
if (CHOSEN.includes("closeness")) {
  for (const [model, files] of Object.entries(MODELS)) await measureCloseness(model, files);
}
tokenizer.close();
await environment.close();

/** What transformers.js asks for beside tokenizer.json and the weights. */
function describeModel() {
  for (const [name, text] of Object.entries(transformersFiles(MAX_TOKENS))) {
    environment.server.files.set(environment.modelUrl + name, text);
  }
}

function makeSets() {
  const all = glosses();
  const tokens = (text) => tokenizer.count(text);
  const between = (list, least, most) =>
    list.filter((text) => tokens(text) >= least && tokens(text) <= most);
  const heads = all.map((text) => text.split(";")[0]);
  // Passages that fill the model, cut by characters of the last token.
  const passage = (_, i) => {
    const text = all.slice(40 * i, 40 * i + 40).join(" ");
    const { offsets } = tokenizer.encode(text);
    return [...text].slice(0, offsets[MAX_TOKENS - 2][1]).join("");
  };
  return {
    short: between(heads, 6, 10).slice(0, 256),
    medium: between(all, 20, 40).slice(0, 512),
    long: Array.from({ length: 64 }, passage),
  };
}

async function measureSpeed(set, texts) {
  const oneByOne = set === "short";
  const args = {
    texts,
    oneByOne,
    rounds: ROUNDS,
    modelUrl: environment.modelUrl,
    transformers: {
      script: "/transformers/transformers.min.js",
      wasmPaths: `${environment.server.url}transformers-ort/`,
    },
  };
  const times = await page.evaluate((a) => window.benchEmbed(a), args);
  const rate = (name) => texts.length / (median(times[name]) / 1000);
  const row = (name, against) =>
    report({
      name: `embed.${set}.${name}`,
      value: rate(name),
      unit: "texts/s",
      ratio: against && rate(name) / rate(against),
      against,
    });
  const native = nativeRate(texts, oneByOne);
  const others = ["onnxruntime-web-q8", "onnxruntime-web-fp32", "transformers.js-q8"];
  for (const name of others) row(name);
  for (const name of ["relaxed", "simd128"]) {
    for (const against of others) row(name, against);
    const ratio = rate(name) / native;
    const against = "native-onnxruntime-int8";
    report({ name: `embed.${set}.${name}`, value: rate(name), unit: "texts/s", ratio, against });
  }
  row("onnxruntime-web-q8.worker");
  for (const name of ["relaxed.worker", "simd128.worker"]) row(name, "onnxruntime-web-q8.worker");
  if (!oneByOne) row("two-workers", "relaxed.worker");
}

/** Texts a second of Python's onnxruntime, one thread. */
function nativeRate(texts, oneByOne) {
  const ids = texts.map((text) => tokenizer.encode(text).ids.slice(0, MAX_TOKENS));
  const input = JSON.stringify({
    ids: ids.sort((a, b) => a.length - b.length),
    batch: oneByOne ? 1 : 32,
    rounds: ROUNDS,
    model: join(environment.modelsFolder, MODEL, "onnx/model_quantized.onnx"),
  });
  const { status, stdout, stderr } = spawnSync(python, [NATIVE], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`Python's onnxruntime failed: ${stderr}`);
  return texts.length / median(JSON.parse(stdout));
}

/** How close both kernels come to the fp32 model, and ONNX Runtime's int8 of all-MiniLM-L6-v2. */
async function measureCloseness(model, files) {
  modelsFolder(model, files);
  const common = { modelUrl: environment.modelUrl.replace(MODEL, model) };
  const options = {
    fp32: { ...common, dtype: "fp32" },
    relaxed: { ...common, engine: "native", variant: "relaxed" },
    simd128: { ...common, engine: "native", variant: "simd128" },
    ...(model === MODEL && { "onnx-int8": { ...common, dtype: "int8" } }),
  };
  const texts = mixedTexts();
  const vectors = await page.evaluate((a) => window.benchVectors(a), { model, texts, options });
  const prefix = model === MODEL ? "embed.closeness" : `embed.closeness.${model}`;
  for (const name of Object.keys(options).slice(1)) {
    const measured = closeness(vectors.fp32, vectors[name], texts.length);
    for (const [what, value] of Object.entries(measured)) {
      const unit = what === "recall" ? "recall@10" : "cosine";
      report({ name: `${prefix}.${name}.${what}`, value, unit, against: "fp32" });
    }
  }
}

/** Glosses, short phrases and passages. */
function mixedTexts() {
  const all = glosses();
  const spread = (count, make) =>
    Array.from({ length: count }, (_, i) => make(Math.floor((i * all.length) / count), i));
  return [
    ...spread(CLOSENESS_TEXTS * 0.6, (at) => all[at]),
    ...spread(CLOSENESS_TEXTS * 0.25, (at) => all[at + 1].split(/[:;]/)[0]),
    ...spread(CLOSENESS_TEXTS * 0.15, (at, i) => all.slice(at, at + 2 + (i % 9)).join(" ")),
  ];
}
