import type { Collection } from "pagevec";
import type { WordMetadata } from "./library.js";
import type { WordList } from "./word-list.js";

/** "in": it has been filled once; "none": the visitor deleted it and fills it himself. */
const STARTER_KEY = "reverse-dictionary.starter";
/** Records at a time: the page stays smooth, and the first ones are found at once. */
const BATCH_SIZE = 500;
/** After the first ones: a query that waits for them is answered before the worker takes the others. */
const FIRST_PAUSE_MS = 150;

/** The dictionary was deleted: it stays empty until the visitor wants something in it. */
export function refuseStarter(): void {
  localStorage.setItem(STARTER_KEY, "none");
}

/** On a first visit: fetches what the dictionary begins with, while the collections are being opened. */
export function fetchStarterEarly(words: WordList): void {
  // A failure is told where the entries are used.
  if (localStorage.getItem(STARTER_KEY) === null) words.starter().catch(() => {});
}

/**
 * Puts the entries that come with their vectors into the dictionary; it needs no model for that.
 * @param options.wanted the visitor asked for them, also if he had refused them before
 * @param options.onBatch is called whenever some more are in
 */
export async function fillWithStarter(
  dictionary: Collection<WordMetadata>,
  words: WordList,
  { wanted = false, onBatch }: { wanted?: boolean; onBatch?: () => void } = {},
): Promise<void> {
  if (wanted) localStorage.removeItem(STARTER_KEY);
  if (localStorage.getItem(STARTER_KEY) === "none") return;
  if ((await dictionary.count()) >= words.starterSize) return;
  const starter = await words.starter();
  for (let start = 0; start < starter.size; start += BATCH_SIZE) {
    const { entries, embeddings } = starter.slice(start, start + BATCH_SIZE);
    await dictionary.add({
      ids: entries.map(({ id }) => id),
      documents: entries.map(({ document }) => document),
      metadatas: entries.map(({ metadata }) => metadata),
      embeddings,
    });
    onBatch?.();
    if (start === 0) await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS));
  }
  words.forgetStarter();
  localStorage.setItem(STARTER_KEY, "in");
}
