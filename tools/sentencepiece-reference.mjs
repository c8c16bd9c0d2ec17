// Texts for the sentencepiece tokenizer and the library's own answers to them
// (tools/sentencepiece-reference.py), for tests and for tests/fixtures/sentencepiece.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { glosses } from "./glosses.mjs";

const SCRIPT = fileURLToPath(new URL("sentencepiece-reference.py", import.meta.url));
const TOKENIZER_FIXTURES = new URL(
  "../tests/fixtures/tokenizer/bert-uncased.jsonl",
  import.meta.url,
);

const LOCALES =
  "am ar as az be bg bn bo bs ca chr cs cy da de dz el en es et eu fa fi fr ga gl gu ha he hi hr hu hy id ig is it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl or pa pl ps pt ro ru sd si sk sl sq sr sv sw ta te th ti tk tr ug uk ur uz vi yi yo zh zh-Hant zu".split(
    " ",
  );
const REGIONS =
  "AD AE AF AL AM AR AT AU AZ BA BD BE BG BH BO BR BT BW BY CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DO DZ EC EE EG ES ET FI FJ FR GA GB GE GH GR GT GW HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KM KR KW KZ LA LB LK LR LT LV MA MD ME MG MK ML MM MN MX MY MZ NA NE NG NL NO NP NZ OM PA PE PH PK PL PT PY QA RO RS RU RW SA SD SE SG SI SK SN SO SR SS SV SY TD TH TJ TN TR TW TZ UA UG US UY UZ VE VN YE ZA ZM ZW".split(
    " ",
  );

/** Names of countries in some eighty languages and forty scripts, from CLDR. */
export function names() {
  return LOCALES.flatMap((locale) => {
    const display = new Intl.DisplayNames(locale, { type: "region" });
    return REGIONS.map((region) => display.of(region) ?? region);
  });
}

/** What models are trained on: real glosses and names. */
export function corpus() {
  return [...glosses().slice(0, 8000), ...names()];
}

/** What is special to sentencepiece: spaces, normalization, special tokens and odd bytes. */
const ODD_TEXTS = [
  ...["", " ", "  ", "\n", "\t\r\n", "\u3000", "a", " a", "a ", "  a  b  ", "a\u00a0b", "a\u200bb"],
  ...["▁", "▁a", "a▁b", "▁▁", "ﬁne ﬃ", "①②③ ㍿ ㌔", "ﷺ", "Ａｂｃ　１２", "ｶﾞｷﾞ", "é e\u0301 ệ"],
  ...["\u0301", "a\u0000b", "\u0000", "\ufffd", "a\ufffd\ufffdb", "\ufeffa", "🧑‍🚀 👍🏽 🇫🇷", "𝔘𝔫𝔦"],
  ...[
    "<s>",
    "</s>",
    "<unk>",
    "<pad>",
    "<mask>",
    "a <mask> b",
    "<s>x</s> y",
    "a<mask>b",
    "<mask><mask>",
  ],
  ...["< s>", "<s", "<<s>>", "</s", "<user> <user>x", "##ab##", "<ctl>", "<0x41>", "A<0x41>"],
  ...["1234567890", "3.14e-10", "http://a.b/c?d=e&f", "x".repeat(200), "ab ".repeat(100)],
  ...[
    "𒀀𒁀",
    "ꯀꯁ",
    "\u{10ffff}",
    "\ue000",
    "שָׁלוֹם",
    "नमस्ते दुनिया",
    "ภาษาไทย",
    "한국어 한글",
    "日本語のテキスト",
  ],
];

/** Texts in many scripts, well-formed, some thousands. */
export function texts() {
  const lines = readFileSync(TOKENIZER_FIXTURES, "utf8").split("\n").filter(Boolean);
  const tokenizerTexts = lines.map((line) => JSON.parse(line).text);
  const unseen = glosses().slice(-1000);
  const all = [
    ...ODD_TEXTS,
    ...tokenizerTexts,
    ...unseen,
    ...names().filter((_, i) => i % 7 === 0),
  ];
  // A lone surrogate has no UTF-8: the library's package refuses it.
  return all.map((text) => text.toWellFormed());
}

/**
 * Trains NAME.model in the folder and writes what the sentencepiece library makes of the texts.
 * @param {{folder: string, models?: {name: string, options: object}[], texts: string[],
 *   encodings: {model: string, mapping: string, output: string}[]}} job files are in the folder
 */
export async function runReference({ folder, models = [], texts, encodings }) {
  const trained = join(folder, "corpus.txt");
  if (models.length > 0) await writeFile(trained, corpus().join("\n"));
  const answer = spawnSync("python3", [SCRIPT], {
    cwd: folder,
    input: JSON.stringify({ models, texts, encodings }),
    env: { ...process.env, PYTHONPATH: process.env.PAGEVEC_PYTHON, PYTHONIOENCODING: "utf-8" },
    encoding: "utf8",
  });
  await rm(trained, { force: true });
  if (answer.status === 0) return;
  throw new Error(
    `the sentencepiece reference failed: ${answer.error ?? answer.stderr}; ./dev setup installs what it needs`,
  );
}
