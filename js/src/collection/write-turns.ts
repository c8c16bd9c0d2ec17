import type { CollectionAddress } from "../database/methods.js";

const turns = new Map<string, Promise<void>>();

/**
 * Runs the writes of a collection that read before they write one after another: what one has read
 * is still true when it writes. A write that fails does not hold up the next.
 */
export async function inTurn<T>(
  { collection }: CollectionAddress,
  work: () => Promise<T>,
): Promise<T> {
  const mine = (turns.get(collection) ?? Promise.resolve()).then(work);
  const ended = mine.then(
    () => {},
    () => {},
  );
  turns.set(collection, ended);
  try {
    return await mine;
  } finally {
    if (turns.get(collection) === ended) turns.delete(collection);
  }
}
