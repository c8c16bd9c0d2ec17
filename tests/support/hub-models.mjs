/**
 * The models of tests/fixtures/hub-models: their files with the tokenizers, and the reference's vectors.
 * hub-models.d.mts describes the exports.
 */

import { readdirSync, readFileSync } from "node:fs";
import { tokenizerJson } from "./sentencepiece-json.mjs";

const FIXTURES = new URL("../fixtures/", import.meta.url);
const read = (path) => new Uint8Array(readFileSync(new URL(path, FIXTURES)));

export const unigramModel = read("sentencepiece/unigram.model");
export const t5Model = read("sentencepiece/t5.model");

/** What is not in the fixtures' folders. */
const TOKENIZERS = {
  "multilingual-bert": {
    "tokenizer.json": JSON.stringify(tokenizerJson(unigramModel, "xlm-r")),
  },
  "xlm-roberta": { "sentencepiece.bpe.model": unigramModel },
  instructor: { "spiece.model": t5Model },
};

/** @type {import("./hub-models.d.mts").hubModelFiles} */
export function hubModelFiles(name) {
  const folder = new URL(`hub-models/${name}/`, FIXTURES);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.split(`/hub-models/${name}/`)[1])
    .map((path) => path.replace(/^\/+/, ""));
  const fixed = files.map((path) => [path, read(`hub-models/${name}/${path}`)]);
  return { ...Object.fromEntries(fixed), ...TOKENIZERS[name] };
}

const expected = JSON.parse(new TextDecoder().decode(read("hub-models/expected.json")));
const floats = new Float32Array(read("hub-models/expected.f32").buffer);

export const { texts, maxTokens } = expected;

/** Both run in float32, in another order and once padded. */
const TOLERANCE = 2e-5;

let at = 0;
/** @type {import("./hub-models.d.mts").HubModelCase[]} */
export const cases = expected.cases.map(({ dimensions, ...given }) => {
  const vectors = texts.map((_, i) =>
    floats.subarray(at + i * dimensions, at + (i + 1) * dimensions),
  );
  at += dimensions * texts.length;
  return { ...given, dimensions, vectors };
});

/** @type {import("./hub-models.d.mts").farFrom} */
export function farFrom({ vectors }, found) {
  return vectors.flatMap((reference, i) => {
    const vector = [...(found[i] ?? [])];
    const most = Math.max(...reference.map((value, at) => Math.abs(value - vector[at])));
    const near = vector.length === reference.length && most < TOLERANCE;
    return near ? [] : [{ text: texts[i], most }];
  });
}
