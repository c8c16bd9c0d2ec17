import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { glosses } from "../tools/glosses.mjs";

const DEFAULT_MODEL = "all-MiniLM-L6-v2";
const CONVERTER = new URL("../build/wasm/wasm/converter.mjs", import.meta.url);
const FETCH = fileURLToPath(new URL("fetch", import.meta.url));

const HELP = `Usage: models/convert [model]

Quantizes a model's fp32 weights into one .pvm file beside them (models/fetch --where), which
miniLM({ engine: "native" }) runs. Takes some minutes; the same input gives the same bytes.
Needs the converter: tools/build converter.

  model     default ${DEFAULT_MODEL}`;

/** What safetensors do not say of a model's shape (its config.json). */
const SHAPES = { "all-MiniLM-L6-v2": { heads: 12, layerNormEpsilon: 1e-12 } };

/**
 * Texts for calibration: glosses, single words and passages, then words and letters of the
 * vocabulary, so that every script has a say. Which ones is part of the file's identity.
 */
function calibrationTexts(vocabulary) {
  const all = glosses();
  const spread = (list, count, make) =>
    Array.from({ length: count }, (_, i) => make(Math.floor(((i + 0.5) * list.length) / count)));
  const words = vocabulary.split("\n").filter((word) => word !== "" && !/^(\[|##)/.test(word));
  const letters = words.filter((word) => [...word].length === 1 && word > "\u007f");
  return [
    ...spread(all, 400, (i) => all[i]),
    ...spread(all, 150, (i) => all[i].split(":")[0]),
    ...spread(all, 16, (i) => all.slice(i, i + 20).join(" ")),
    ...spread(words, 120, (i) => words.slice(i, i + 24).join(" ")),
    ...spread(letters, 60, (i) => {
      const few = letters.slice(i, i + 20);
      return `${few.slice(0, 7).join("")} ${few.slice(7, 12).join("")}, ${few.slice(12).join("")}`;
    }),
  ];
}

/** PackedStrings of js/src/engine/module.ts. */
function packStrings(texts) {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(texts.length);
  const parts = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return new Uint8Array(Buffer.concat([count, ...parts]));
}

function findModel(name) {
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", import.meta.url), "utf8"));
  const model = manifest.models.find((candidate) => candidate.name === name);
  if (!model || !SHAPES[name]) throw new Error(`there is no model "${name}" to convert`);
  return model;
}

/** What the file says of itself. */
function infoOf({ name, hub, revision, licence, space, prefixes, files }) {
  const source = { hub, revision, safetensors: files.safetensors.sha256 };
  return JSON.stringify({ name, licence, source, space, prefixes });
}

/** The module leaves it to its loader how wasm is had. */
async function loadConverter() {
  const { default: createConverter } = await import(CONVERTER.href);
  const bytes = readFileSync(new URL(CONVERTER.href.replace(/mjs$/, "wasm")));
  return createConverter({
    instantiateWasm(imports, receive) {
      WebAssembly.instantiate(bytes, imports).then(({ instance, module }) =>
        receive(instance, module),
      );
      return {};
    },
  });
}

async function convertFile(model, folder) {
  const converter = await loadConverter();
  const read = (name) => new Uint8Array(readFileSync(join(folder, model.files[name].path)));
  const vocabulary = read("vocab");
  const options = {
    ...SHAPES[model.name],
    classifier: false,
    maxTokens: model.maxTokens,
    pooling: model.pooling,
    normalize: model.normalize,
    lowercase: model.tokenizer.lowercase,
  };
  const texts = packStrings(calibrationTexts(Buffer.from(vocabulary).toString()));
  const { code, message, value } = converter.convert(
    read("safetensors"),
    vocabulary,
    infoOf(model),
    options,
    texts,
  );
  if (code !== 0) throw new Error(message);
  return value;
}

/**
 * Converts a model in its folder, fetching what it needs.
 * @returns {Promise<string>} the path of the .pvm file
 */
export async function convert(name = DEFAULT_MODEL) {
  if (!existsSync(CONVERTER)) throw new Error("the converter is not built: tools/build converter");
  const model = findModel(name);
  const got = spawnSync(FETCH, [name, "--files", "vocab,safetensors"], { stdio: "inherit" });
  if (got.status !== 0) throw new Error(`the weights of ${name} could not be fetched`);
  const root = spawnSync(FETCH, ["--where"], { encoding: "utf8" }).stdout.trim();
  const target = join(root, name, `${name}.pvm`);
  const file = await convertFile(model, join(root, name));
  await writeFile(`${target}.part`, file);
  await rename(`${target}.part`, target);
  const sha256 = createHash("sha256").update(file).digest("hex");
  console.error(`${target}: ${file.length} bytes, SHA-256 ${sha256}`);
  return target;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) {
    console.log(HELP);
  } else {
    await convert(positionals[0]).catch((error) => {
      console.error(`models/convert: ${error.message}`);
      process.exitCode = 1;
    });
  }
}
