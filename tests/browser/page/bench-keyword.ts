import { loadCore } from "../../../js/dist/engine/load.js";
import { OPERATION, SEARCH_SETTINGS, VECTORS } from "../../../js/dist/engine/module.js";
import { unwrap } from "../../../js/dist/engine/outcome.js";
import { packStrings } from "../../../js/dist/engine/packed-strings.js";

const BATCH = 10_000;
const DEFAULTS = { candidates: 10, limit: 10, k1: 1.2, b: 0.75, vectorWeight: 1, keywordWeight: 1 };

interface KeywordBench {
  documents: string[];
  /** Lists of queries by name, with what settings they run. */
  queries: Record<string, { texts: string[]; settings: Record<string, number> }>;
}

/** Milliseconds of building the keyword index and of each query, and the index's bytes. */
export async function benchKeyword({ documents, queries }: KeywordBench) {
  const core = await loadCore();
  const collection = unwrap(
    core.createCollection(0, 1, 16, 100, 100, VECTORS.kept + VECTORS.rescored),
  );
  for (let at = 0; at < documents.length; at += BATCH) {
    const texts = documents.slice(at, at + BATCH);
    const ids = packStrings(texts.map((_, i) => String(at + i)));
    const vectors = new Float32Array(texts.length);
    const record = collection.prepare(
      OPERATION.add,
      ids,
      packStrings(texts),
      null,
      null,
      vectors,
      1,
      1,
    );
    unwrap(collection.apply(unwrap(record)));
  }
  const begin = performance.now();
  while (collection.buildKeywords(1024) > 0);
  const buildMs = performance.now() - begin;
  const times: Record<string, number[]> = {};
  for (const [name, { texts, settings }] of Object.entries(queries)) {
    const all: Record<string, number> = { ...DEFAULTS, ...settings };
    const numbers = Float32Array.from(SEARCH_SETTINGS, (setting) => all[setting] ?? 0);
    const search = (text: string) =>
      collection.search(new Float32Array(0), text, numbers, null, null, null, null, 1);
    // The first with a prefix or a misspelling sorts the dictionary.
    for (const text of texts.slice(0, 20)) unwrap(search(text));
    times[name] = texts.map((text) => {
      const start = performance.now();
      unwrap(search(text));
      return performance.now() - start;
    });
  }
  const bytes = collection.keywordBytes();
  collection.delete();
  return { buildMs, times, bytes };
}
