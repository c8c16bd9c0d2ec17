import { absoluteUrl, readFile } from "#platform";
import { PagevecError, throwIfAborted } from "../errors.js";
import { type ByteCache, type Bytes, openModelCache } from "./cache.js";
import { download } from "./download.js";
import { type FileContent, findFile, type ModelFile, type ModelSpec } from "./manifest.js";
import { type FileRoom, PartialFile } from "./partial-file.js";

export interface LoadOptions {
  /** Folders that serve the model's files, or a .pvm file in one, tried in order. Default: the hub. */
  modelUrl?: string | readonly string[] | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the bytes that are there, out of the bytes of the file. */
  onBytes?: ((received: number, total: number) => void) | undefined;
  /** Told when the file could not be cached; the call goes on with the file in memory. */
  onWarning?: ((message: string) => void) | undefined;
  /** Where the file goes; what was read from a disk has memory of its own all the same. */
  room?: FileRoom | undefined;
  /**
   * Given: load() does not wait until what it downloaded is in the cache, which takes longer than
   * opening a model, but hands that over here. It never rejects, and the file may be written over.
   */
  onKeeping?: ((kept: Promise<void>) => void) | undefined;
}

const RETRY_DELAY_MS = 500;
/** Of a file whose length is not known before: what one buffer of the wasm core may hold. */
const MAX_UNKNOWN_BYTES = 2 ** 31;

/** Gets model files: from the cache, else by download. Nothing is used whose SHA-256 is not right. */
export class ModelStore {
  private constructor(
    private readonly cache: ByteCache | undefined,
    private readonly retryDelayMs: number,
  ) {}

  /** The cache is the Cache API where there is one; `null`: none. */
  static async open(cache?: ByteCache | null, retryDelayMs = RETRY_DELAY_MS): Promise<ModelStore> {
    const chosen = cache === undefined ? await openModelCache() : (cache ?? undefined);
    return new ModelStore(chosen, retryDelayMs);
  }

  /**
   * The bytes of one of a model's files.
   * @param name a key of `spec.files`, e.g. "vocab".
   * @throws not_found when no address has the file, network when one cannot be reached,
   *   hash_mismatch when what came is another file (it is thrown away), aborted (what has come is kept
   *   for the next call).
   */
  async load(spec: ModelSpec, name: string, options: LoadOptions = {}): Promise<Bytes> {
    const file = findFile(spec, name);
    const cached = await this.readCached(file, options.room);
    if (cached) {
      options.onBytes?.(cached.length, cached.length);
      return cached;
    }
    const urls = addresses(file, options.modelUrl);
    return firstOf(urls, options.signal, (url) => this.loadFrom(url, spec, file, options));
  }

  /**
   * A file whose contents nobody has told before: what the first address that has it answers.
   * It is not kept: see adopt().
   * @param model under whose name an interrupted download waits for the next call.
   */
  async fetch(model: string, urls: readonly string[], options: LoadOptions = {}): Promise<Bytes> {
    const { signal, onBytes } = options;
    return firstOf(urls, signal, async (url) => {
      if (url.startsWith("file:")) return readLocal(new URL(url));
      const prefix = `${partialPrefix(model)}${encodeURIComponent(url)}`;
      const partial = await PartialFile.open(prefix, MAX_UNKNOWN_BYTES, this.cache);
      await download(url, partial, { signal, onBytes, retryDelayMs: this.retryDelayMs });
      const { bytes } = partial;
      await partial.discard();
      return bytes;
    });
  }

  /** Keeps a file in the cache; its contents, for the files of a ModelSpec. */
  async adopt(bytes: Bytes, onWarning?: LoadOptions["onWarning"]): Promise<FileContent> {
    const content = { bytes: bytes.length, sha256: await sha256(bytes) };
    await this.keep(content, bytes, onWarning);
    return content;
  }

  /** Whether the named files (all, if none are named) are in the cache. */
  async isCached(spec: ModelSpec, names: readonly string[] = Object.keys(spec.files)) {
    const keys = new Set((await this.list()).map(({ key }) => key));
    return names.every((name) =>
      findFile(spec, name).contents.some((content) => keys.has(cacheKey(content))),
    );
  }

  /** Removes a model, or all of them, and whatever unfinished downloads have left. */
  async clear(spec?: Pick<ModelSpec, "name" | "files">): Promise<void> {
    for (const key of await this.keysOf(spec)) await this.cache?.delete(key);
  }

  /** Bytes that a model, or all of them, takes in the cache; unfinished downloads too. */
  async cachedBytes(spec?: ModelSpec): Promise<number> {
    const keys = new Set(await this.keysOf(spec));
    const entries = (await this.list()).filter(({ key }) => keys.has(key));
    return entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private async list() {
    return (await this.cache?.list()) ?? [];
  }

  private async keysOf(spec: Pick<ModelSpec, "name" | "files"> | undefined): Promise<string[]> {
    const keys = (await this.list()).map(({ key }) => key);
    if (!spec) return keys;
    const own = new Set(Object.values(spec.files).flatMap((file) => file.contents.map(cacheKey)));
    return keys.filter((key) => own.has(key) || key.startsWith(partialPrefix(spec.name)));
  }

  private async readCached(file: ModelFile, room?: FileRoom): Promise<Bytes | undefined> {
    for (const content of file.contents) {
      // A cache that cannot be read is a cache without the file.
      const bytes = await this.cache?.get(cacheKey(content), room).catch(() => undefined);
      if (!bytes) continue;
      if (await matchContent(bytes, [content])) return bytes;
      await this.cache?.delete(cacheKey(content)).catch(() => undefined);
    }
    return undefined;
  }

  private async loadFrom(url: string, spec: ModelSpec, file: ModelFile, options: LoadOptions) {
    if (url.startsWith("file:")) return this.readLocal(new URL(url), file, options);
    const maxBytes = Math.max(...file.contents.map(({ bytes }) => bytes));
    const prefix = `${partialPrefix(spec.name)}${encodeURIComponent(url)}`;
    const partial = await PartialFile.open(prefix, maxBytes, this.cache, options.room);
    const { signal, onBytes, onWarning, onKeeping } = options;
    const onReceived = (received: number) => onBytes?.(received, maxBytes);
    for (let attempt = 1; ; attempt++) {
      await download(url, partial, {
        signal,
        onBytes: onReceived,
        retryDelayMs: this.retryDelayMs,
      });
      const { bytes, resumed } = partial;
      const matching = matchContent(bytes, file.contents);
      // Made while others compute the hash.
      const copy = onKeeping && this.cache ? bytes.slice() : bytes;
      const content = await matching;
      const discarded = partial.discard();
      if (content) {
        onBytes?.(bytes.length, bytes.length);
        const kept = discarded.then(() => this.keep(content, copy, onWarning));
        if (onKeeping) onKeeping(kept);
        else await kept;
        return bytes;
      }
      await discarded;
      // A file put together from two visits may mix two versions: once more, from the start.
      if (!resumed || attempt === 2) throw await mismatch(url, bytes, file);
    }
  }

  private async readLocal(url: URL, file: ModelFile, { onBytes }: LoadOptions): Promise<Bytes> {
    const bytes = await readLocal(url);
    if (!(await matchContent(bytes, file.contents))) throw await mismatch(url.href, bytes, file);
    onBytes?.(bytes.length, bytes.length);
    return bytes;
  }

  private async keep(content: FileContent, bytes: Bytes, onWarning: LoadOptions["onWarning"]) {
    if (this.cache) await putOrWarn(this.cache, cacheKey(content), bytes, onWarning);
  }
}

/** The call goes on with the file in memory where the cache has no room for it. */
export async function putOrWarn(
  cache: ByteCache,
  key: string,
  bytes: Bytes,
  onWarning: LoadOptions["onWarning"],
): Promise<void> {
  try {
    await cache.put(key, bytes);
  } catch (error) {
    onWarning?.(
      `pagevec: ${bytes.length} bytes of the model could not be cached (${error}); they are downloaded again next time`,
    );
  }
}

function cacheKey(content: FileContent): string {
  return `sha256/${content.sha256}`;
}

function partialPrefix(model: string): string {
  return `partial/${encodeURIComponent(model)}/`;
}

/** A file of the local file system. @throws not_found when it cannot be read. */
export async function readLocal(url: URL): Promise<Bytes> {
  return readFile(url).catch((cause) => {
    if (cause instanceof PagevecError) throw cause;
    throw new PagevecError("not_found", `${url.href} cannot be read`, { cause });
  });
}

/** What the first address gives that does not fail. */
export async function firstOf<T>(
  urls: readonly string[],
  signal: AbortSignal | undefined,
  load: (url: string) => Promise<T>,
): Promise<T> {
  const failures: PagevecError[] = [];
  for (const url of urls) {
    try {
      return await load(url);
    } catch (error) {
      throwIfAborted(signal);
      if (!(error instanceof PagevecError)) throw error;
      failures.push(error);
    }
  }
  throw combine(failures);
}

function addresses(file: ModelFile, modelUrl: LoadOptions["modelUrl"]): readonly string[] {
  const inPlace = (url: string) =>
    isModelFile(url) && isModelFile(file.path) ? url : folderOf(url) + file.path;
  return placeUrls(modelUrl)?.map(inPlace) ?? file.urls;
}

/** The absolute address of a .pvm file, or of a folder, with a slash at the end. */
export function placeUrl(place: string | URL): string {
  const url = absoluteUrl(place);
  return url.endsWith("/") || isModelFile(url) ? url : `${url}/`;
}

/** Whether a place is a .pvm file rather than a folder. */
export function isModelFile(place: string): boolean {
  return /\.pvm$/i.test(place);
}

/** The folder that a file is in; a folder's own address. */
export function folderOf(url: string): string {
  return url.slice(0, url.lastIndexOf("/") + 1);
}

/** The absolute addresses of the places that a caller names; undefined if he names none. */
export function placeUrls(places: string | URL | readonly (string | URL)[] | undefined) {
  return places === undefined ? undefined : [places].flat().map(placeUrl);
}

async function matchContent(bytes: Bytes, contents: readonly FileContent[]) {
  const candidates = contents.filter((content) => content.bytes === bytes.length);
  if (candidates.length === 0) return undefined;
  const digest = await sha256(bytes);
  return candidates.find((content) => content.sha256 === digest);
}

/** As hexadecimal digits. @throws unsupported on pages that are not served securely. */
export async function sha256(bytes: Bytes): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new PagevecError(
      "unsupported",
      "a file's SHA-256 cannot be computed on an insecure page; serve it over https or from localhost",
    );
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function mismatch(url: string, bytes: Bytes, file: ModelFile): Promise<PagevecError> {
  const expected = file.contents.map((content) => `${content.bytes} bytes, ${content.sha256}`);
  const found = `${bytes.length} bytes, ${await sha256(bytes)}`;
  return new PagevecError(
    "hash_mismatch",
    `${url} is not the model's file: it has SHA-256 of ${found}; expected ${expected.join(" or ")}`,
  );
}

function combine(failures: PagevecError[]): PagevecError {
  const last = failures.at(-1);
  if (!last) return new PagevecError("not_found", "the file has no address to be loaded from");
  if (failures.length === 1) return last;
  const messages = failures.map(({ message }) => message.replace(/^pagevec: /, ""));
  // Absent only if every address says so.
  const { code } = failures.find((failure) => failure.code !== "not_found") ?? last;
  return new PagevecError(code, messages.join("; "), { cause: new AggregateError(failures) });
}

/** Removes every model of this origin from the cache. */
export async function clearModels(): Promise<void> {
  await (await ModelStore.open()).clear();
}

/** Bytes that all models of this origin take in the cache. */
export async function cachedModelBytes(): Promise<number> {
  return (await ModelStore.open()).cachedBytes();
}
