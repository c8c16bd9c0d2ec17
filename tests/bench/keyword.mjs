/**
 * Keyword search of 100,000 WordNet glosses on the core in Chromium: the 10 best of three words that
 * stand together in one gloss (or with "and", of all three; or of their first three letters; or
 * misspelled, two letters exchanged), documents included. hybrid: the same words and the gloss's vector of
 * 384 dimensions, 100 candidates of each ranking (the default), through a graph.
 */
import { basename } from "node:path";
import { openEnvironment } from "../browser/environment.mjs";
import { median, report } from "./report.mjs";
import { benchFolder, ensureVectors, orderedTexts } from "./search/vectors.mjs";

const DOCUMENTS = 100_000;
const QUERIES = 500;
const WORDS = 3;

const vectors = await ensureVectors();
const documents = orderedTexts().slice(0, DOCUMENTS);
const asked = Array.from({ length: QUERIES }, (_, q) => (q * 7919) % documents.length);
const texts = asked.map((document, q) => {
  const words = documents[document].match(/[\p{L}\d]+/gu);
  const begin = (q * 31) % Math.max(1, words.length - WORDS);
  return words.slice(begin, begin + WORDS);
});
const each = (change) => texts.map((words) => words.map(change).join(" "));
const exchanged = (word) => word.replace(/^(.)(.)(.)(?=.)/u, "$1$3$2");
const plain = each((word) => word);
const queries = {
  or: { texts: plain, settings: {} },
  and: { texts: plain, settings: { allWords: 1 } },
  prefix: { texts: each((word) => word.slice(0, 3)), settings: { prefix: 2 } },
  fuzzy: { texts: each(exchanged), settings: { fuzzy: 255 } },
  passages: { texts: plain, settings: { passages: 1, passageLength: 200, explain: 1 } },
  hybrid: { texts: plain, settings: { candidates: 100 }, vectorsOf: asked },
};

const environment = await openEnvironment({ mounts: { "/bench/": benchFolder() } });
const page = await environment.openPage();
const args = { documents, queries, vectorsUrl: `/bench/${basename(vectors.path)}` };
const { buildMs, times, bytes } = await page.evaluate((a) => window.benchKeyword(a), args);
const characters = documents.reduce((sum, text) => sum + text.length, 0);
report({ name: "keyword.build", value: buildMs, unit: "ms" });
report({
  name: "keyword.memory",
  value: bytes / 2 ** 20,
  unit: "MiB",
  ratio: bytes / characters,
  against: "the text",
});
for (const [name, list] of Object.entries(times)) {
  const sorted = [...list].sort((a, b) => a - b);
  report({ name: `keyword.${name}`, value: median(list), unit: "ms/query" });
  report({
    name: `keyword.${name}.p95`,
    value: sorted[Math.floor(sorted.length * 0.95)],
    unit: "ms",
  });
}
await environment.close();
