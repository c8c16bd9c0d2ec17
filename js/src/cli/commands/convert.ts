import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { prepareModel } from "../../embedding/hub/prepare.js";
import { PagevecError } from "../../errors.js";
import { placeUrls } from "../../models/store.js";
import { kilobytes, print, progressLine, readArguments } from "./arguments.js";

const HELP = `Usage: pagevec convert MODEL [options]

Makes one .pvm file, which pagevec's own engine runs, of a BERT-family model in the layout of Sentence
Transformers.

  MODEL           a folder with config.json, vocab.txt or tokenizer.json, and model.safetensors; or owner/name on the
                  Hugging Face hub
  --out FILE      default NAME.pvm
  --model-url URL  folder of a server that has the repository's files, in the hub's place
  --revision REV  of the repository; default main
  --rerank        a cross-encoder
  --json          what was made as JSON`;

const OPTIONS = {
  out: { type: "string" },
  "model-url": { type: "string", multiple: true },
  revision: { type: "string" },
  rerank: { type: "boolean" },
} as const;

export async function run(args: string[]): Promise<void> {
  const given = readArguments(args, HELP, 1, OPTIONS);
  if (!given) return;
  const [model = ""] = given.operands;
  const name = basename(resolve(model));
  const here = existsSync(model);
  const source = {
    repository: here ? name : model,
    revision: given.text("revision") ?? "main",
    ...(given.flag("rerank") ? { task: "rerank" as const } : {}),
    modelUrl: here ? placeUrls(model) : placeUrls(given.texts("model-url")),
  };
  const params = {
    source,
    engine: "native" as const,
    device: "wasm" as const,
    dtype: "fp32" as const,
    wasmUrl: undefined,
  };
  const context = { signal: new AbortController().signal, progress: progressLine() };
  const { files, spec } = await prepareModel(params, context, (message) => console.error(message));
  const [file] = files;
  if (!file) throw new PagevecError("internal", `${model} gave no file`);
  const out = resolve(given.text("out") ?? `${name}.pvm`);
  await writeFile(out, file);
  const { dimensions, maxTokens, pooling } = spec;
  print(given.flag("json"), { out, bytes: file.length, dimensions, maxTokens, pooling }, () => [
    `${out}: ${kilobytes(file.length)}, ${dimensions} dimensions, ${maxTokens} tokens, ${pooling} pooling`,
  ]);
}
