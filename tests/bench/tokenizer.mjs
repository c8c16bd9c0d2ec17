/** English text to ids, one gloss a call: our tokenizer (wasm, Node) beside @huggingface/tokenizers. */
import { readFile } from "node:fs/promises";
import { Tokenizer } from "@huggingface/tokenizers";
import { loadTokenizer } from "pagevec";
import { glosses } from "../../tools/glosses.mjs";
import { modelsFolder, modelUrl } from "../../tools/model-cache.mjs";
import { interleave, median, report } from "./report.mjs";

const ROUNDS = 7;
const texts = glosses().slice(0, 20_000);
const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;

const folder = modelUrl(modelsFolder("all-MiniLM-L6-v2", "vocab,tokenizer"));
const definition = JSON.parse(await readFile(new URL(`${folder}/tokenizer.json`), "utf8"));
definition.truncation = null;
definition.padding = null;
const theirs = new Tokenizer(definition, {});
const ours = await loadTokenizer("all-MiniLM-L6-v2", { modelUrl: folder });

for (const text of texts.slice(0, 500)) {
  const same = JSON.stringify(ours.encode(text).ids) === JSON.stringify(theirs.encode(text).ids);
  if (!same) throw new Error(`the two disagree on: ${text}`);
}

const times = await interleave(
  {
    theirs: () => texts.forEach((text) => theirs.encode(text)),
    ours: () => texts.forEach((text) => ours.encode(text)),
    count: () => texts.forEach((text) => ours.count(text)),
  },
  ROUNDS,
);
const speed = (name) => megabytes / (median(times[name]) / 1000);
const against = "@huggingface/tokenizers encode";
report({ name: against, value: speed("theirs"), unit: "MB/s" });
for (const name of ["ours", "count"]) {
  const label = name === "ours" ? "pagevec encode" : "pagevec count";
  report({
    name: label,
    value: speed(name),
    unit: "MB/s",
    ratio: speed(name) / speed("theirs"),
    against,
  });
}
