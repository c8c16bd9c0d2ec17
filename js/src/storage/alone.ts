import { throwIfAborted } from "../errors.js";
import { locks } from "./holds.js";

/**
 * Runs work while nobody else of this origin, in this tab or another, runs work of that name. Without Web
 * Locks (pages without HTTPS, Node) it runs at once.
 * @throws aborted
 */
export async function alone<T>(
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const manager = locks();
  if (!manager) return work();
  try {
    return await manager.request(`pagevec-alone/${name}`, signal ? { signal } : {}, work);
  } catch (cause) {
    throwIfAborted(signal);
    throw cause;
  }
}
