import type { ByteCache, Bytes } from "../../js/src/models/cache.js";
import type { ModelSpec } from "../../js/src/models/manifest.js";
import { ModelStore } from "../../js/src/models/store.js";
import { assert, assertEqual, assertRejects, type ContractCase } from "./contract.js";

/** The store over one kind of cache. The network is a fake fetch: see FakeServer. */
export interface ModelStoreContext {
  /** The same cache each time it is asked for, as a page finds it after a reload. */
  openCache(): Promise<ByteCache>;
}

const FOLDER = "https://models.test/tiny/";
const MIB = 1024 * 1024;

/** Bytes that differ from file to file and are no text. */
export function makeBytes(length: number, seed: number): Bytes {
  const bytes = new Uint8Array(length);
  // Marsaglia's xorshift32.
  let state = seed;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  bytes[0] = 1;
  return bytes;
}

export async function makeSpec(name: string, files: Record<string, Bytes>): Promise<ModelSpec> {
  const entries = Object.entries(files).map(async ([path, bytes]) => {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [path, { path, contents: [{ bytes: bytes.length, sha256 }], urls: [] }] as const;
  });
  return {
    name,
    hub: `test/${name}`,
    revision: "1",
    licence: "Apache-2.0",
    architecture: { heads: 1, layerNormEpsilon: 1e-12 },
    dimensions: 4,
    maxTokens: 8,
    pooling: "mean",
    normalize: true,
    space: "cosine",
    prefixes: { query: "", document: "" },
    tokenizer: { type: "wordpiece", file: "vocab.txt", lowercase: true },
    files: Object.fromEntries(await Promise.all(entries)),
  };
}

/** Answers fetch() for FOLDER while a case runs; everything else fails as without a network. */
class FakeServer {
  readonly requests: { path: string; range: string | null }[] = [];
  html = false;
  /** The connection breaks for good after this many bytes of an answer. */
  cutAfter = Number.POSITIVE_INFINITY;

  constructor(readonly files: Record<string, Bytes>) {}

  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    init.signal?.throwIfAborted();
    const path = url.startsWith(FOLDER) ? url.slice(FOLDER.length) : "";
    const range = new Headers(init.headers).get("range");
    this.requests.push({ path, range });
    const bytes = this.files[path];
    if (this.html) {
      return new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    }
    if (!bytes || this.cutAfter <= 0) throw new TypeError("no network");
    const begin = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const headers: Record<string, string> = { etag: '"1"' };
    if (range) headers["content-range"] = `bytes ${begin}-${bytes.length - 1}/${bytes.length}`;
    return new Response(this.stream(bytes.subarray(begin)), { status: range ? 206 : 200, headers });
  }

  private stream(bytes: Bytes): ReadableStream<Bytes> {
    let sent = 0;
    return new ReadableStream({
      pull: (controller) => {
        if (sent >= this.cutAfter) {
          this.cutAfter = 0;
          return controller.error(new TypeError("connection reset"));
        }
        if (sent === bytes.length) return controller.close();
        const end = Math.min(sent + MIB, bytes.length, this.cutAfter);
        controller.enqueue(bytes.slice(sent, end));
        sent = end;
      },
    });
  }
}

interface Scene {
  server: FakeServer;
  spec: ModelSpec;
  /** A store as a new page would open it. */
  open(): Promise<ModelStore>;
  cache: ByteCache;
}

/** Two models of two files each, an empty cache, and the server in the place of fetch. */
async function withScene(context: ModelStoreContext, run: (scene: Scene) => Promise<void>) {
  const files = { "vocab.txt": makeBytes(1000, 1), "onnx/model.onnx": makeBytes(9 * MIB, 2) };
  const server = new FakeServer({ ...files });
  const spec = await makeSpec("tiny", files);
  const cache = await context.openCache();
  for (const { key } of await cache.list()) await cache.delete(key);
  const original = globalThis.fetch;
  globalThis.fetch = ((url: string, init?: RequestInit) => server.fetch(url, init)) as typeof fetch;
  try {
    const open = async () => ModelStore.open(await context.openCache(), 1);
    await run({ server, spec, open, cache });
  } finally {
    globalThis.fetch = original;
    for (const { key } of await cache.list()) await cache.delete(key);
  }
}

const modelUrl = FOLDER;

export const modelStoreContract: readonly ContractCase<ModelStoreContext>[] = [
  {
    name: "a file is downloaded once, then comes from the cache, whatever its address",
    run: (context) =>
      withScene(context, async ({ server, spec, open }) => {
        const first = await (await open()).load(spec, "onnx/model.onnx", { modelUrl });
        assertEqual(first.length, 9 * MIB, "bytes downloaded");
        const again = await (await open()).load(spec, "onnx/model.onnx", {
          modelUrl: "https://b.test",
        });
        assert(equalBytes(first, again), "the cached bytes are the downloaded ones");
        assertEqual(server.requests.length, 1, "requests");
      }),
  },
  {
    name: "a file goes into the memory that is given for it, even if that moves",
    run: (context) =>
      withScene(context, async ({ server, spec, open }) => {
        let memory = new Uint8Array(0);
        const room = (bytes: number) => {
          const moved = new Uint8Array(bytes);
          moved.set(memory.subarray(0, bytes));
          memory = moved;
          return memory;
        };
        const path = "onnx/model.onnx";
        const right = server.files[path] as Bytes;
        server.cutAfter = 5 * MIB;
        const broken = (await open()).load(spec, path, { modelUrl, room });
        await assertRejects(broken, "network", "the broken load");
        server.cutAfter = Number.POSITIVE_INFINITY;
        for (const visit of ["resumed", "downloaded", "cached"]) {
          memory = new Uint8Array(0);
          if (visit === "downloaded") await (await open()).clear();
          const bytes = await (await open()).load(spec, path, { modelUrl, room });
          assert(equalBytes(bytes, right), `the bytes, ${visit}`);
          // A cache may have memory of its own, a download has not.
          assert(visit === "cached" || bytes.buffer === memory.buffer, `the memory, ${visit}`);
        }
      }),
  },
  {
    name: "isCached, cachedBytes and clear know what is there",
    run: (context) =>
      withScene(context, async ({ spec, open }) => {
        const store = await open();
        assertEqual(await store.isCached(spec), false, "isCached at first");
        await store.load(spec, "vocab.txt", { modelUrl });
        assertEqual(await store.isCached(spec, ["vocab.txt"]), true, "isCached of what was loaded");
        assertEqual(await store.isCached(spec), false, "isCached of all");
        await store.load(spec, "onnx/model.onnx", { modelUrl });
        assertEqual(await store.isCached(spec), true, "isCached of all, loaded");
        assertEqual(await store.cachedBytes(spec), 9 * MIB + 1000, "cachedBytes");
        const other = await makeSpec("other", { "vocab.txt": makeBytes(10, 3) });
        await store.clear(other);
        assertEqual(await store.isCached(spec), true, "another model's clear leaves this one");
        await store.clear(spec);
        assertEqual(await store.isCached(spec, ["vocab.txt"]), false, "isCached once cleared");
        assertEqual(await store.cachedBytes(), 0, "cachedBytes once cleared");
      }),
  },
  {
    name: "a cached file that went bad is dropped and loaded again",
    run: (context) =>
      withScene(context, async ({ server, spec, open, cache }) => {
        const good = await (await open()).load(spec, "vocab.txt", { modelUrl });
        const [entry] = await cache.list();
        await cache.put(entry?.key ?? "", makeBytes(good.length, 9));
        const again = await (await open()).load(spec, "vocab.txt", { modelUrl });
        assertEqual(again, good, "the bytes");
        assertEqual(server.requests.length, 2, "requests");
      }),
  },
  {
    name: "a wrong file is refused and not kept",
    run: (context) =>
      withScene(context, async ({ server, spec, open, cache }) => {
        server.files["vocab.txt"] = makeBytes(1000, 7);
        const store = await open();
        await assertRejects(
          store.load(spec, "vocab.txt", { modelUrl }),
          "hash_mismatch",
          "same size",
        );
        server.files["vocab.txt"] = makeBytes(1001, 1);
        await assertRejects(store.load(spec, "vocab.txt", { modelUrl }), "hash_mismatch", "longer");
        server.files["vocab.txt"] = makeBytes(999, 1);
        await assertRejects(
          store.load(spec, "vocab.txt", { modelUrl }),
          "hash_mismatch",
          "shorter",
        );
        assertEqual(await cache.list(), [], "the cache");
      }),
  },
  {
    name: "an HTML page is refused and not kept",
    run: (context) =>
      withScene(context, async ({ server, spec, open, cache }) => {
        server.html = true;
        await assertRejects(
          (await open()).load(spec, "vocab.txt", { modelUrl }),
          "not_found",
          "html",
        );
        server.html = false;
        server.files["vocab.txt"] = new TextEncoder().encode("<html>".padEnd(1000));
        await assertRejects(
          (await open()).load(spec, "vocab.txt", { modelUrl }),
          "not_found",
          "body",
        );
        assertEqual(await cache.list(), [], "the cache");
      }),
  },
  {
    name: "a broken download goes on at the next visit",
    run: (context) =>
      withScene(context, async ({ server, spec, open }) => {
        server.cutAfter = 5 * MIB + 10;
        const first = (await open()).load(spec, "onnx/model.onnx", { modelUrl });
        await assertRejects(first, "network", "without a network");
        server.cutAfter = Number.POSITIVE_INFINITY;
        server.requests.length = 0;
        const store = await open();
        const bytes = await store.load(spec, "onnx/model.onnx", { modelUrl });
        assertEqual(
          server.requests,
          [{ path: "onnx/model.onnx", range: `bytes=${5 * MIB + 10}-` }],
          "requests of the second visit",
        );
        assert(equalBytes(bytes, server.files["onnx/model.onnx"] as Bytes), "the bytes");
        assertEqual(
          await store.cachedBytes(),
          9 * MIB,
          "nothing but the file is left in the cache",
        );
      }),
  },
  {
    name: "an aborted download keeps what has come",
    run: (context) =>
      withScene(context, async ({ server, spec, open }) => {
        const controller = new AbortController();
        const onBytes = (received: number) => {
          if (received >= 5 * MIB) controller.abort();
        };
        const options = { modelUrl, signal: controller.signal, onBytes };
        const first = (await open()).load(spec, "onnx/model.onnx", options);
        await assertRejects(first, "aborted", "the aborted load");
        const bytes = await (await open()).load(spec, "onnx/model.onnx", { modelUrl });
        const range = server.requests.at(-1)?.range ?? "";
        assert(/^bytes=[5-9]\d{6}-$/.test(range), `the second visit asked for ${range}`);
        assert(equalBytes(bytes, server.files["onnx/model.onnx"] as Bytes), "the bytes");
      }),
  },
  {
    name: "a file that changed between two visits is loaded anew",
    run: (context) =>
      withScene(context, async ({ server, spec, open }) => {
        const right = server.files["onnx/model.onnx"] as Bytes;
        server.files["onnx/model.onnx"] = makeBytes(right.length, 5);
        server.cutAfter = 6 * MIB;
        const first = (await open()).load(spec, "onnx/model.onnx", { modelUrl });
        await assertRejects(first, "network", "the broken load");
        server.cutAfter = Number.POSITIVE_INFINITY;
        server.files["onnx/model.onnx"] = right;
        const bytes = await (await open()).load(spec, "onnx/model.onnx", { modelUrl });
        assert(equalBytes(bytes, right), "the bytes");
      }),
  },
  {
    name: "the next address is asked when one fails, and the error names them all",
    run: (context) =>
      withScene(context, async ({ spec, open }) => {
        const store = await open();
        const urls = ["https://down.test/x", FOLDER];
        assertEqual(
          (await store.load(spec, "vocab.txt", { modelUrl: urls })).length,
          1000,
          "bytes",
        );
        await store.clear();
        const down = store.load(spec, "vocab.txt", {
          modelUrl: ["https://a.test", "https://b.test/"],
        });
        const message = await down.catch((error: Error) => error.message);
        for (const url of ["https://a.test/vocab.txt", "https://b.test/vocab.txt"]) {
          assert(String(message).includes(url), `${message} does not name ${url}`);
        }
      }),
  },
];

function equalBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
