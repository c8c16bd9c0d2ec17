import { createHash } from "node:crypto";
import { wellFormed } from "../../collection/validate.js";
import type { StoredSuggestion } from "../../static/format.js";
import type { CheckedPage } from "./check-page.js";

const LEAST = 32;
const MOST = 128;

/** What a site suggests: a given list, then titles, then headings; each once, ascending by key. */
export function suggestionsOf(
  given: readonly string[],
  pages: readonly CheckedPage[],
  most: number,
  fold: (text: string) => string,
): StoredSuggestion[] {
  const found = new Map<string, StoredSuggestion>();
  const add = (text: string, url: string) => {
    const key = fold(text);
    if (key !== "" && found.size < most && !found.has(key)) found.set(key, { key, text, url });
  };
  for (const text of given) add(wellFormed(text), "");
  for (const { title, url } of pages) add(wellFormed(title), url);
  for (const { url, sections } of pages) {
    for (const { heading, anchor } of sections) {
      add(wellFormed(heading), anchor === "" ? url : `${url}#${encodeURIComponent(anchor)}`);
    }
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Parts that end after keys which themselves choose it: the others stay when one is added. */
export function inSuggestionShards(suggestions: StoredSuggestion[]): StoredSuggestion[][] {
  const shards: StoredSuggestion[][] = [];
  let shard: StoredSuggestion[] = [];
  for (const suggestion of suggestions) {
    shard.push(suggestion);
    const [byte = 0] = createHash("sha256").update(suggestion.key).digest();
    if (shard.length < MOST && (shard.length < LEAST || byte % 32 !== 0)) continue;
    shards.push(shard);
    shard = [];
  }
  return shard.length > 0 ? [...shards, shard] : shards;
}
