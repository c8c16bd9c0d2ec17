import type { Collection } from "pagevec";
import type { WordMetadata } from "./library.js";
import type { WordList } from "./word-list.js";

/** "none": the visitor deleted the dictionary and fills it himself. */
const STARTER_KEY = "reverse-dictionary.starter";
/** Records at a time: the page stays smooth, and the first ones are found at once. */
const BATCH_SIZE = 500;

/** The dictionary was deleted: it stays empty until the visitor wants something in it. */
export function refuseStarter(): void {
  localStorage.setItem(STARTER_KEY, "none");
}

/** Whether the dictionary is to be filled with what comes with the page. */
export function isStarterWanted(): boolean {
  return localStorage.getItem(STARTER_KEY) !== "none";
}

/**
 * Puts the entries that come with their vectors into the dictionary; it needs no model for that.
 * @param options.wanted the visitor asked for them, also if he had refused them before
 */
export async function fillWithStarter(
  dictionary: Collection<WordMetadata>,
  words: WordList,
  { wanted = false }: { wanted?: boolean } = {},
): Promise<void> {
  if (wanted) localStorage.removeItem(STARTER_KEY);
  if (!isStarterWanted() || (await dictionary.count()) >= words.starterSize) return;
  const { entries, vectors } = await words.starter();
  for (let start = 0; start < entries.length; start += BATCH_SIZE) {
    const batch = entries.slice(start, start + BATCH_SIZE);
    await dictionary.add({
      ids: batch.map(({ id }) => id),
      documents: batch.map(({ document }) => document),
      metadatas: batch.map(({ metadata }) => metadata),
      embeddings: vectors.slice(start, start + BATCH_SIZE),
    });
  }
}
