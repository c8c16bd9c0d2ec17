import { PagevecError } from "../errors.js";
import { type ByteCache, type Bytes, openModelCache } from "./cache.js";
import { download } from "./download.js";
import { PartialFile } from "./partial-file.js";
import { firstOf, type LoadOptions, placeUrl, putOrWarn, readLocal, sha256 } from "./store.js";

/** A file of a model whose SHA-256 the manifest does not know. */
export interface UnpinnedFile {
  /** Where it lies below a `modelUrl`: the layout of the model's repository on the hub. */
  path: string;
  /** Where it is downloaded from when the caller names no `modelUrl`. */
  url: string;
  /** What is longer is not this file. */
  maxBytes: number;
}

const RETRY_DELAY_MS = 500;

/**
 * Gets files whose contents nobody could pin. What the address answers first is trusted: only
 * https, the length limit and whoever parses the file stand between the page and a wrong or hostile
 * one. From then on it is kept with its SHA-256, so that a later visit uses the same bytes or none;
 * a file that changes at its address is not noticed until clear(). Where hashes are known, use
 * ModelStore.
 */
export class FirstUseStore {
  private constructor(private readonly cache: ByteCache | undefined) {}

  /** The cache is the Cache API where there is one; `null`: none. */
  static async open(cache?: ByteCache | null): Promise<FirstUseStore> {
    return new FirstUseStore(cache === undefined ? await openModelCache() : (cache ?? undefined));
  }

  /**
   * The bytes of a file: from the cache, else by download.
   * @throws not_found when no address has it, network when one cannot be reached, hash_mismatch when
   *   it is longer than maxBytes, aborted (what has come is kept for the next call).
   */
  async load(model: string, file: UnpinnedFile, options: LoadOptions = {}): Promise<Bytes> {
    const urls = addresses(file, options.modelUrl);
    for (const url of urls) {
      const bytes = await this.readCached(model, url);
      if (!bytes) continue;
      options.onBytes?.(bytes.length, bytes.length);
      return bytes;
    }
    return firstOf(urls, options.signal, (url) => this.loadFrom(url, model, file, options));
  }

  /** Whether load() would find each of the files in the cache. */
  async isCached(
    model: string,
    files: readonly UnpinnedFile[],
    modelUrl?: LoadOptions["modelUrl"],
  ): Promise<boolean> {
    const keys = await this.keys(model);
    return files.every((file) =>
      addresses(file, modelUrl).some((url) =>
        keys.some((key) => key.startsWith(keyPrefix(model, url))),
      ),
    );
  }

  /** Removes a model's files and what unfinished downloads of it have left. */
  async clear(model: string): Promise<void> {
    for (const key of await this.keys(model)) await this.cache?.delete(key);
  }

  private async keys(model: string): Promise<string[]> {
    const own = keyPrefix(model, "");
    const keys = (await this.cache?.list().catch(() => []))?.map(({ key }) => key) ?? [];
    return keys.filter((key) => key.startsWith(own));
  }

  private async readCached(model: string, url: string): Promise<Bytes | undefined> {
    const prefix = keyPrefix(model, url);
    for (const key of await this.keys(model)) {
      if (!key.startsWith(prefix) || key.startsWith(`${prefix}partial/`)) continue;
      const bytes = await this.cache?.get(key).catch(() => undefined);
      if (bytes && key === prefix + (await sha256(bytes))) return bytes;
      await this.cache?.delete(key).catch(() => undefined);
    }
    return undefined;
  }

  private async loadFrom(url: string, model: string, file: UnpinnedFile, options: LoadOptions) {
    if (url.startsWith("file:")) return readWithin(url, file, options);
    const { signal, onBytes, onWarning } = options;
    const prefix = keyPrefix(model, url);
    const partial = await PartialFile.open(`${prefix}partial`, file.maxBytes, this.cache);
    await download(url, partial, {
      signal,
      onBytes: (received) => onBytes?.(received, file.maxBytes),
      retryDelayMs: RETRY_DELAY_MS,
    });
    const bytes = partial.bytes.slice();
    await partial.discard();
    onBytes?.(bytes.length, bytes.length);
    // Pages where SHA-256 cannot be had have no cache either.
    if (this.cache) {
      await putOrWarn(this.cache, prefix + (await sha256(bytes)), bytes, onWarning);
    }
    return bytes;
  }
}

/** Keys: first-use/model/address/SHA-256, and .../partial/... while it is downloaded. */
function keyPrefix(model: string, url: string): string {
  const folder = `first-use/${encodeURIComponent(model)}/`;
  return url === "" ? folder : `${folder}${encodeURIComponent(url)}/`;
}

function addresses(file: UnpinnedFile, modelUrl: LoadOptions["modelUrl"]): string[] {
  if (modelUrl === undefined) return [file.url];
  return [modelUrl].flat().map((folder) => placeUrl(folder) + file.path);
}

async function readWithin(url: string, file: UnpinnedFile, { onBytes }: LoadOptions) {
  const bytes = await readLocal(new URL(url));
  if (bytes.length > file.maxBytes) {
    const message = `${url} has ${bytes.length} bytes, more than the ${file.maxBytes} that the file may have`;
    throw new PagevecError("hash_mismatch", message);
  }
  onBytes?.(bytes.length, bytes.length);
  return bytes;
}
