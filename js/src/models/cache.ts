import { openFolderCache } from "#platform";

/** Bytes with a buffer of their own, as the Web Crypto and Cache APIs want them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A small persistent map. Keys are paths: letters, digits, "-", "%", "." and "/". */
export interface ByteCache {
  /** `into` gives memory for so many bytes; a cache may answer with memory of its own all the same. */
  get(key: string, into?: (bytes: number) => Bytes): Promise<Bytes | undefined>;
  /** Rejects when the browser refuses to store more. */
  put(key: string, bytes: Bytes): Promise<void>;
  delete(key: string): Promise<void>;
  list(): Promise<CacheEntry[]>;
}

export interface CacheEntry {
  key: string;
  bytes: number;
}

const CACHE_NAME = "pagevec-models";
/** The Cache API wants web addresses as keys; .invalid is reserved (RFC 2606), never fetched. */
const KEY_BASE = "https://pagevec.invalid/";

/** The models' cache of this origin, in Node a folder; undefined where there is none (insecure pages). */
export async function openModelCache(): Promise<ByteCache | undefined> {
  if (typeof caches === "undefined") return openFolderCache?.();
  try {
    return new CacheApiCache(await caches.open(CACHE_NAME));
  } catch {
    // Some browsers have the API and refuse it: private windows, blocked site data.
    return undefined;
  }
}

/** Over the Cache API: it is there in windows and workers and takes large files off the heap. */
class CacheApiCache implements ByteCache {
  constructor(private readonly cache: Cache) {}

  async get(key: string, into?: (bytes: number) => Bytes): Promise<Bytes | undefined> {
    const response = await this.cache.match(KEY_BASE + key);
    const reader = into && response?.body?.getReader();
    if (!reader) return response && new Uint8Array(await response.arrayBuffer());
    const length = Number(response?.headers.get("content-length"));
    let received = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      // Longer than it said: it has gone bad, and the caller finds that out by the hash.
      if (received + part.value.length > length) break;
      into(length).set(part.value, received);
      received += part.value.length;
    }
    return into(length).subarray(0, received);
  }

  async put(key: string, bytes: Bytes): Promise<void> {
    const headers = {
      "content-type": "application/octet-stream",
      "content-length": `${bytes.length}`,
    };
    await this.cache.put(KEY_BASE + key, new Response(bytes, { headers }));
  }

  async delete(key: string): Promise<void> {
    await this.cache.delete(KEY_BASE + key);
  }

  async list(): Promise<CacheEntry[]> {
    const requests = await this.cache.keys();
    return Promise.all(
      requests.map(async (request) => {
        const response = await this.cache.match(request);
        const bytes = Number(response?.headers.get("content-length") ?? 0);
        return { key: request.url.slice(KEY_BASE.length), bytes };
      }),
    );
  }
}
