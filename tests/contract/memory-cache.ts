import type { ByteCache, Bytes, CacheEntry } from "../../js/src/models/cache.js";

/** The cache of the tests that run where there is no Cache API. */
export class MemoryCache implements ByteCache {
  readonly entries = new Map<string, Bytes>();
  /** put() rejects from this many stored bytes on. */
  quota = Number.POSITIVE_INFINITY;

  async get(key: string): Promise<Bytes | undefined> {
    return this.entries.get(key)?.slice();
  }

  async put(key: string, bytes: Bytes): Promise<void> {
    const stored = [...this.entries.values()].reduce((sum, entry) => sum + entry.length, 0);
    if (stored + bytes.length > this.quota) {
      throw new DOMException("the quota has been exceeded", "QuotaExceededError");
    }
    this.entries.set(key, bytes.slice());
  }

  async delete(key: string): Promise<void> {
    this.entries.delete(key);
  }

  async list(): Promise<CacheEntry[]> {
    return [...this.entries].map(([key, { length }]) => ({ key, bytes: length }));
  }
}
