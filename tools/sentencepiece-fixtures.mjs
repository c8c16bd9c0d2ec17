#!/usr/bin/env node
// Writes tests/fixtures/sentencepiece: three small models and the library's answers to some texts.
// The models are the same on every run with the same ICU (names) and WordNet (glosses).

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runReference, texts } from "./sentencepiece-reference.mjs";

const FOLDER = fileURLToPath(new URL("../tests/fixtures/sentencepiece/", import.meta.url));
const RULES = "rules.tsv";

// A few rules of each kind; NFKC's own are in unigram.model.
const hex = (text) => [...text].map((c) => c.codePointAt(0).toString(16)).join(" ");
const rules = [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("").map((c) => [c, c.toLowerCase()]),
  ...[..."０１２３４５６７８９"].map((c) => [c, c.normalize("NFKC")]),
  ...[
    ["ﬁ", "fi"],
    ["①", "1"],
    ["㍿", "株式会社"],
    ["e\u0301", "é"],
    ["\u3000", " "],
    ["\u0301", ""],
  ],
];

// At most this long, so that the files stay small.
const short = texts().filter((text) => text.length <= 60);
const chosen = short.filter((_, i) => i < 60 || i % 17 === 0);

await writeFile(
  join(FOLDER, RULES),
  rules.map(([from, to]) => `${hex(from)}\t${hex(to)}\n`).join(""),
);
await runReference({
  folder: FOLDER,
  texts: chosen,
  models: [
    { name: "unigram", options: { model_type: "unigram", vocab_size: 2000 } },
    {
      name: "bpe",
      options: {
        model_type: "bpe",
        vocab_size: 1500,
        byte_fallback: true,
        split_digits: true,
        character_coverage: 0.98,
        normalization_rule_name: "identity",
        remove_extra_whitespaces: false,
        user_defined_symbols: ["<user>", "##", "▁▁"],
        control_symbols: ["<ctl>"],
      },
    },
    {
      name: "t5",
      options: {
        model_type: "unigram",
        vocab_size: 1000,
        character_coverage: 0.98,
        normalization_rule_tsv: RULES,
        pad_id: 0,
        eos_id: 1,
        unk_id: 2,
        bos_id: -1,
      },
    },
  ],
  encodings: [
    { model: "unigram.model", mapping: "xlm-r", output: "unigram.xlm-r.jsonl" },
    { model: "bpe.model", mapping: "plain", output: "bpe.plain.jsonl" },
    { model: "t5.model", mapping: "t5", output: "t5.t5.jsonl" },
  ],
});
await rm(join(FOLDER, RULES));
