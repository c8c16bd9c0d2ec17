import { throwIfAborted } from "../errors.js";
import { locks } from "./holds.js";

const turns = new Map<string, Promise<void>>();

/**
 * Runs work of one name, such as a collection's id, one after another: of writes that read before they
 * write, what one has read is still true when it writes. Work that fails does not hold up the next.
 */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(name) ?? Promise.resolve()).then(work);
  const ended = mine.then(
    () => {},
    () => {},
  );
  turns.set(name, ended);
  try {
    return await mine;
  } finally {
    if (turns.get(name) === ended) turns.delete(name);
  }
}

/**
 * The same among all tabs of this origin. Without Web Locks (pages without HTTPS, older Node) in this tab alone.
 * @throws aborted
 */
export async function alone<T>(
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const manager = locks();
  if (!manager) {
    return inTurn(name, () => {
      throwIfAborted(signal);
      return work();
    });
  }
  try {
    return await manager.request(`pagevec-alone/${name}`, signal ? { signal } : {}, work);
  } catch (cause) {
    throwIfAborted(signal);
    throw cause;
  }
}
