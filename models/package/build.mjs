import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const DEFAULT_MODEL = "all-MiniLM-L6-v2";
const FETCH = fileURLToPath(new URL("../fetch", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../../build/packages", import.meta.url));

const HELP = `Usage: models/package/build [model] [--models DIR] [--to DIR]

Makes the companion package of a model, ready for npm pack and npm publish: its .pvm file, its
vocabulary and its entry of models/manifest.json. Converts the model when its .pvm is missing.

  model     default ${DEFAULT_MODEL}
  --models  folder of the models; default as models/fetch --where prints it
  --to      folder of the packages; default build/packages`;

function findModel(name) {
  const manifest = JSON.parse(readFileSync(new URL("../manifest.json", import.meta.url), "utf8"));
  const model = manifest.models.find((candidate) => candidate.name === name);
  if (!model?.files.pvm?.companion) throw new Error(`no companion package is known for "${name}"`);
  return model;
}

/** "@scope/name@version" as {name, version}. */
function splitCompanion(companion) {
  const at = companion.lastIndexOf("@");
  return { name: companion.slice(0, at), version: companion.slice(at + 1) };
}

function packageOf(model) {
  const { pvm, vocab } = model.files;
  return {
    ...splitCompanion(pvm.companion),
    description: `${model.name} for pagevec's own engine: one file of quantized weights`,
    license: model.licence,
    homepage: `https://huggingface.co/${model.hub}`,
    keywords: ["pagevec", "embedding", "sentence-transformers", model.name],
    files: [pvm.path, vocab.path, "manifest.json", "NOTICE.md"],
    exports: {
      [`./${pvm.path}`]: `./${pvm.path}`,
      [`./${vocab.path}`]: `./${vocab.path}`,
      "./manifest.json": "./manifest.json",
      "./package.json": "./package.json",
    },
  };
}

/** A template of this folder with its {{places}} filled in. */
function fill(template, model) {
  const { name: packageName, version } = splitCompanion(model.files.pvm.companion);
  const megabytes = (model.files.pvm.bytes / 1e6).toFixed(1);
  const places = { ...model, packageName, version, megabytes, file: model.files.pvm.path };
  const text = readFileSync(new URL(template, import.meta.url), "utf8");
  return text.replace(/\{\{(\w+)\}\}/g, (_, place) => String(places[place]));
}

function fetchFiles(model, folder) {
  const to = folder ? ["--to", folder] : [];
  const got = spawnSync(FETCH, [model.name, "--files", "vocab,pvm", ...to], { stdio: "inherit" });
  if (got.status !== 0) throw new Error(`the files of ${model.name} could not be had; see above`);
  return folder ?? spawnSync(FETCH, ["--where"], { encoding: "utf8" }).stdout.trim();
}

function build(name, { models, to }) {
  const model = findModel(name);
  const source = join(fetchFiles(model, models && resolve(models)), model.name);
  const folder = join(to ? resolve(to) : OUTPUT, splitCompanion(model.files.pvm.companion).name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { pvm, vocab } = model.files;
  for (const { path } of [pvm, vocab]) copyFileSync(join(source, path), join(folder, path));
  const entry = { ...model, files: { vocab, pvm } };
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(entry, null, 2)}\n`);
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(packageOf(model), null, 2)}\n`);
  writeFileSync(join(folder, "README.md"), fill("README.template.md", model));
  writeFileSync(join(folder, "NOTICE.md"), fill("NOTICE.template.md", model));
  console.log(folder);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: "string" },
    to: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(HELP);
} else {
  try {
    build(positionals[0] ?? DEFAULT_MODEL, values);
  } catch (error) {
    console.error(`models/package/build: ${error.message}`);
    process.exitCode = 1;
  }
}
