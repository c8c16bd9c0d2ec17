/**
 * A static index of 20,000 WordNet glosses, built in Node and read by Chromium: bytes to the first answer by
 * keywords and by vector with everything that the page loads, compressed as servers do (gzip) where the files are
 * not; recall@10 of vector searches against the exact search of the floats; texts a second of the build with MiniLM
 * in two threads; milliseconds a query once the files are there.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { miniLM } from "pagevec/node";
import { openStatic } from "pagevec/static";
import { buildStatic } from "pagevec/static/build";
import { glosses } from "../../tools/glosses.mjs";
import { modelsFolder, modelUrl } from "../../tools/model-cache.mjs";
import { measureStaticPage } from "../support/static-page.mjs";
import { median, report } from "./report.mjs";

const DOCUMENTS = 20_000;
const QUERIES = 300;
const K = 10;

const texts = glosses().slice(0, DOCUMENTS);
const words = texts.map((text) => text.split(":")[0]);
const pages = texts.map((text, i) => ({
  url: `https://glosses.example/${i}`,
  title: "",
  sections: [{ anchor: "", heading: "", text }],
}));
const suggestions = words.filter((_, i) => i % 10 === 0);
const out = mkdtempSync(join(tmpdir(), "pagevec-static-"));
const model = miniLM({
  modelUrl: modelUrl(modelsFolder("all-MiniLM-L6-v2", "pvm")),
  concurrency: 2,
});
await model.load();
try {
  const built = await buildStatic({ pages, out, embeddingFunction: model, suggestions });
  report({ name: "static.build", value: built.embedded / built.seconds, unit: "texts/s" });
  report({ name: "static.size", value: built.bytes / 2 ** 20, unit: "MiB" });
  report({ name: "static.probes", value: built.probes, unit: `of ${built.clusters} clusters` });
  const again = await buildStatic({ pages, out, embeddingFunction: model, suggestions });
  report({ name: "static.rebuild", value: again.seconds, unit: "s, nothing changed" });
  await measureAnswers();
  const page = await measureStaticPage(out, {
    keyword: "how do plants make sugar",
    vector: suggestions[7],
  });
  for (const [name, value] of Object.entries(page)) {
    report({ name: `static.${name}`, value, unit: name.endsWith("ms") ? "ms" : "bytes" });
  }
} finally {
  await model.close();
  rmSync(out, { recursive: true });
}

async function measureAnswers() {
  const vectors = await model.generate(texts);
  const asked = Array.from({ length: QUERIES }, (_, i) => {
    // What a visitor may type: some words of a gloss, or a word by itself.
    const at = (i * 7919) % DOCUMENTS;
    const some = texts[at].match(/[\p{L}\d]+/gu) ?? [];
    return i % 3 === 0 ? words[at] : some.slice(1, 5).join(" ");
  });
  const queries = await model.generateForQueries(asked);
  const index = await openStatic(out);
  const spent = { vector: [], keyword: [] };
  let found = 0;
  for (const [i, embedding] of queries.entries()) {
    const expected = exact(vectors, embedding);
    const limits = { limit: K, onePerPage: false };
    await index.search({ embedding, mode: "vector", ...limits });
    const answer = await index.search({ embedding, mode: "vector", ...limits });
    found += answer.rows.filter(({ id }) => expected.has(Number(id))).length;
    spent.vector.push(answer.timings.search);
    await index.search({ text: asked[i], mode: "keyword", ...limits });
    const byWords = await index.search({ text: asked[i], mode: "keyword", ...limits });
    spent.keyword.push(byWords.timings.search);
  }
  await index.close();
  report({ name: "static.recall", value: found / (K * QUERIES), unit: `recall@${K}` });
  for (const [name, times] of Object.entries(spent)) {
    report({ name: `static.${name}.query`, value: median(times), unit: "ms, files there" });
  }
}

/** The k rows with the largest dot products. */
function exact(vectors, query) {
  const scored = vectors.map((vector, i) => {
    let sum = 0;
    for (let d = 0; d < query.length; ++d) sum += vector[d] * query[d];
    return [sum, i];
  });
  scored.sort((a, b) => b[0] - a[0]);
  return new Set(scored.slice(0, K).map(([, i]) => i));
}
