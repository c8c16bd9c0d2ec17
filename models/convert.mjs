import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { glosses } from "../tools/glosses.mjs";

const DEFAULT_MODEL = "all-MiniLM-L6-v2";
const CONVERTER = new URL("../build/wasm/wasm/converter.mjs", import.meta.url);
const FETCH = fileURLToPath(new URL("fetch", import.meta.url));

const HELP = `Usage: models/convert [model] [--to DIR]

Quantizes a model's fp32 weights into one .pvm file beside them, which pagevec's own engine runs. The
same input gives the same bytes. Needs the converter: tools/build converter.

  model     default ${DEFAULT_MODEL}
  --to      folder of the models; default as models/fetch --where prints it`;

/**
 * Texts for calibration: glosses, single words and passages, then words and letters of the
 * vocabulary, so that every script has a say; each kind has the model's prefixes in turn. Which ones
 * is part of the file's identity. Only every third gloss, so that the others can judge.
 */
function calibrationTexts(vocabulary, prefixes) {
  const all = glosses().filter((_, i) => i % 3 === 0);
  const kinds = [...new Set(Object.values(prefixes))];
  const spread = (list, count, make) =>
    Array.from(
      { length: count },
      (_, i) => kinds[i % kinds.length] + make(Math.floor(((i + 0.5) * list.length) / count)),
    );
  const words = vocabulary.split("\n").filter((word) => word !== "" && !/^(\[|##)/.test(word));
  const letters = words.filter((word) => [...word].length === 1 && word > "\u007f");
  return [
    ...spread(all, 170, (i) => all[i]),
    ...spread(all, 60, (i) => all[i].split(":")[0]),
    ...spread(all, 8, (i) => all.slice(i, i + 20).join(" ")),
    ...spread(words, 36, (i) => words.slice(i, i + 24).join(" ")),
    ...spread(letters, 24, (i) => {
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
  if (!model?.files.pvm) throw new Error(`there is no model "${name}" to convert`);
  return model;
}

/** The file of full-precision weights that the model is converted from. */
function weightsOf({ files }) {
  return files.safetensors ? "safetensors" : "fp32";
}

/** What the file says of itself. */
function infoOf(model) {
  const { name, hub, revision, licence, space, prefixes, files } = model;
  const weights = weightsOf(model);
  const source = { hub, revision, [weights]: files[weights].sha256 };
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
    ...model.architecture,
    classifier: false,
    maxTokens: model.maxTokens,
    pooling: model.pooling,
    normalize: model.normalize,
    lowercase: model.tokenizer.lowercase,
  };
  const texts = calibrationTexts(Buffer.from(vocabulary).toString(), model.prefixes);
  const { code, message, value } = converter.convert(
    read(weightsOf(model)),
    vocabulary,
    infoOf(model),
    options,
    packStrings(texts),
  );
  if (code !== 0) throw new Error(message);
  return value;
}

function modelsFolder() {
  return spawnSync(FETCH, ["--where"], { encoding: "utf8" }).stdout.trim();
}

/**
 * Converts a model in its folder below root, fetching what it needs.
 * @returns {Promise<string>} the path of the .pvm file
 */
export async function convert(name = DEFAULT_MODEL, root = modelsFolder()) {
  if (!existsSync(CONVERTER)) throw new Error("the converter is not built: tools/build converter");
  const model = findModel(name);
  const files = `vocab,${weightsOf(model)}`;
  const got = spawnSync(FETCH, [name, "--files", files, "--to", root], { stdio: "inherit" });
  if (got.status !== 0) throw new Error(`the weights of ${name} could not be fetched`);
  const target = join(root, name, model.files.pvm.path);
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
    options: { to: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) {
    console.log(HELP);
  } else {
    await convert(positionals[0], values.to && resolve(values.to)).catch((error) => {
      console.error(`models/convert: ${error.message}`);
      process.exitCode = 1;
    });
  }
}
