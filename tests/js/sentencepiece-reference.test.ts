import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type IdMapping, loadTokenizer } from "../../js/src/index.js";
import { runReference, texts } from "../../tools/sentencepiece-reference.mjs";
import type { TokenizerCase } from "./support/sentencepiece.js";

// Models trained here by the library's own Python package, and its answers to thousands of texts.
const unigram = { model_type: "unigram", vocab_size: 3000 };
const MODELS = [
  { name: "unigram", options: unigram },
  {
    name: "folded",
    options: {
      ...unigram,
      normalization_rule_name: "nmt_nfkc_cf",
      byte_fallback: true,
      treat_whitespace_as_suffix: true,
      user_defined_symbols: ["<user>", "house", "한국어"],
    },
  },
  {
    name: "bpe",
    options: { model_type: "bpe", vocab_size: 4000, normalization_rule_name: "nfkc" },
  },
  {
    name: "bytes",
    options: {
      model_type: "bpe",
      vocab_size: 2500,
      byte_fallback: true,
      normalization_rule_name: "identity",
      add_dummy_prefix: false,
      remove_extra_whitespaces: false,
      split_digits: true,
    },
  },
  { name: "t5", options: { ...unigram, pad_id: 0, eos_id: 1, unk_id: 2, bos_id: -1 } },
];
const ENCODINGS: [model: string, mapping: IdMapping][] = [
  ["unigram", "plain"],
  ["unigram", "xlm-r"],
  ["folded", "plain"],
  ["bpe", "plain"],
  ["bpe", "xlm-r"],
  ["bytes", "plain"],
  ["t5", "t5"],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pagevec-sentencepiece-"));
  const encodings = ENCODINGS.map(([model, mapping]) => ({
    model: `${model}.model`,
    mapping,
    output: `${model}.${mapping}.jsonl`,
  }));
  await runReference({ folder, models: MODELS, texts: texts(), encodings });
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));

test.each(ENCODINGS)("%s.model mapped as %s equals the library", async (model, mapping) => {
  const file = await readFile(join(folder, `${model}.${mapping}.jsonl`), "utf8");
  const cases: TokenizerCase[] = file
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(cases.length).toBeGreaterThan(4000);
  const sentencepiece = await readFile(join(folder, `${model}.model`));
  const tokenizer = await loadTokenizer({ sentencepiece, mapping });
  const different = cases.filter(({ text, ids, offsets }) => {
    const found = tokenizer.encode(text);
    return JSON.stringify(found) !== JSON.stringify({ ids, offsets, truncated: false });
  });
  expect(different).toEqual([]);
});
