import { loadCore } from "../../../js/dist/engine/load.js";
import { OPERATION, SEARCH_SETTINGS, VECTORS } from "../../../js/dist/engine/module.js";
import { unwrap } from "../../../js/dist/engine/outcome.js";
import { packStrings } from "../../../js/dist/engine/packed-strings.js";

const BATCH = 10_000;
const DIMENSION = 384;
const COSINE = 2;
const HNSW = 2;
const DEFAULTS = { candidates: 10, limit: 10, k1: 1.2, b: 0.75, vectorWeight: 1, keywordWeight: 1 };

interface KeywordBench {
  documents: string[];
  /** Of float32 vectors of the documents, one after another. */
  vectorsUrl: string;
  /**
   * Lists of queries by name, with what settings they run; and whose vector a query has with its text,
   * as the number of a document.
   */
  queries: Record<
    string,
    { texts: string[]; settings: Record<string, number>; vectorsOf?: number[] }
  >;
}

/** Milliseconds of building the keyword index and of each query, and the index's bytes. */
export async function benchKeyword({ documents, vectorsUrl, queries }: KeywordBench) {
  const core = await loadCore();
  const collection = unwrap(
    core.createCollection(COSINE, HNSW, 16, 100, 100, VECTORS.kept + VECTORS.rescored),
  );
  const all = new Float32Array(await (await fetch(vectorsUrl)).arrayBuffer());
  const vectorsOf = (first: number, count: number) =>
    all.subarray(first * DIMENSION, (first + count) * DIMENSION);
  for (let at = 0; at < documents.length; at += BATCH) {
    const texts = documents.slice(at, at + BATCH);
    const ids = packStrings(texts.map((_, i) => String(at + i)));
    const record = collection.prepare(
      OPERATION.add,
      ids,
      packStrings(texts),
      null,
      null,
      vectorsOf(at, texts.length),
      DIMENSION,
      1,
    );
    unwrap(collection.apply(unwrap(record)));
  }
  if (Object.values(queries).some((list) => list.vectorsOf)) while (collection.maintain(256) > 0);
  const begin = performance.now();
  while (collection.buildKeywords(1024) > 0);
  const buildMs = performance.now() - begin;
  const times: Record<string, number[]> = {};
  for (const [name, list] of Object.entries(queries)) {
    const settings: Record<string, number> = { ...DEFAULTS, ...list.settings };
    const numbers = Float32Array.from(SEARCH_SETTINGS, (setting) => settings[setting] ?? 0);
    const search = (text: string, i: number) => {
      const document = list.vectorsOf?.[i];
      const vector = document === undefined ? new Float32Array(0) : vectorsOf(document, 1);
      return collection.search(vector, text, numbers, null, null, null, null, 1);
    };
    // The first with a prefix or a misspelling sorts the dictionary.
    for (const [i, text] of list.texts.slice(0, 20).entries()) unwrap(search(text, i));
    times[name] = list.texts.map((text, i) => {
      const start = performance.now();
      unwrap(search(text, i));
      return performance.now() - start;
    });
  }
  const bytes = collection.keywordBytes();
  collection.delete();
  return { buildMs, times, bytes };
}
