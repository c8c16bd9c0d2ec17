import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Bytes } from "../../js/src/models/cache.js";
import type { ModelSpec } from "../../js/src/models/manifest.js";
import { type LoadOptions, ModelStore } from "../../js/src/models/store.js";
import { startServer } from "../../tools/loopback-server.mjs";
import { MemoryCache } from "../contract/memory-cache.js";
import { makeBytes, makeSpec, modelStoreContract } from "../contract/model-store.js";

describe("model store contract: memory", () => {
  const cache = new MemoryCache();
  for (const { name, run } of modelStoreContract) {
    test(name, () => run({ openCache: async () => cache }));
  }
});

describe("over HTTP", () => {
  const PATH = "/tiny/model.onnx";
  const bytes: Bytes = makeBytes(6 * 1024 * 1024, 3);
  let server: Awaited<ReturnType<typeof startServer>>;
  let cache: MemoryCache;
  let spec: ModelSpec;
  let modelUrl: string;

  beforeEach(async () => {
    server = await startServer({ files: { [PATH]: bytes } });
    cache = new MemoryCache();
    spec = await makeSpec("tiny", { "model.onnx": bytes });
    modelUrl = `${server.url}tiny`;
  });
  afterEach(() => server.close());

  const load = async (options: LoadOptions = {}) =>
    (await ModelStore.open(cache, 1)).load(spec, "model.onnx", { modelUrl, ...options });
  const ranges = () => server.requests.map(({ range }) => range);

  test("reports the bytes that have come, up to all of them", async () => {
    const seen: number[] = [];
    const loaded = await load({ onBytes: (received) => seen.push(received) });
    expect(Buffer.compare(loaded, bytes)).toBe(0);
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(bytes.length);
  });

  test("the second load sends no request", async () => {
    await load();
    await load();
    expect(server.requests).toHaveLength(1);
  });

  test("a connection that breaks is taken up where it broke", async () => {
    server.fail(PATH, { cutAfter: 3_000_000 });
    expect(Buffer.compare(await load(), bytes)).toBe(0);
    expect(ranges()).toEqual([undefined, expect.stringMatching(/^bytes=[1-3]\d*-$/)]);
    expect(server.requests[1]?.status).toBe(206);
  });

  test("a server that ignores the range is read from the start", async () => {
    server.fail(PATH, { cutAfter: 3_000_000, times: 1 });
    const controller = new AbortController();
    const stop = (received: number) => received > 1_000_000 && controller.abort();
    await expect(load({ signal: controller.signal, onBytes: stop })).rejects.toMatchObject({
      code: "aborted",
    });
    server.fail(PATH, { ignoreRange: true });
    expect(Buffer.compare(await load(), bytes)).toBe(0);
    expect(server.requests.at(-1)).toMatchObject({ range: expect.any(String), status: 200 });
  });

  test("a file that changed on the server is read from the start", async () => {
    server.files.set(PATH, makeBytes(bytes.length, 8));
    server.fail(PATH, { cutAfter: 2_000_000, times: 1 });
    const controller = new AbortController();
    const stop = (received: number) => received > 1_000_000 && controller.abort();
    await expect(load({ signal: controller.signal, onBytes: stop })).rejects.toThrow();
    server.files.set(PATH, bytes);
    expect(Buffer.compare(await load(), bytes)).toBe(0);
    expect(ranges().slice(-2)).toEqual([expect.stringMatching(/^bytes=/), undefined]);
  });

  test("what the server cannot do just now is tried again", async () => {
    server.fail(PATH, { status: 503, times: 2 });
    expect(Buffer.compare(await load(), bytes)).toBe(0);
    expect(server.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
  });

  test("a server that stays down is given up", async () => {
    server.fail(PATH, { status: 503, times: 100 });
    await expect(load()).rejects.toMatchObject({
      code: "network",
      message: expect.stringContaining("model.onnx answered 503"),
    });
    expect(server.requests).toHaveLength(4);
  });

  test("a missing file is not asked for twice", async () => {
    await expect(load({ modelUrl: `${server.url}other/` })).rejects.toMatchObject({
      code: "not_found",
      message: `pagevec: ${server.url}other/model.onnx answered 404; is the file served there?`,
    });
    expect(server.requests).toHaveLength(1);
  });

  test("changed bytes are refused and not kept", async () => {
    server.fail(PATH, { corrupt: true });
    await expect(load()).rejects.toMatchObject({ code: "hash_mismatch" });
    expect(cache.entries.size).toBe(0);
    expect(Buffer.compare(await load(), bytes)).toBe(0);
  });

  test("an HTML answer is refused, named and not kept", async () => {
    server.fail(PATH, { html: true });
    await expect(load()).rejects.toMatchObject({
      code: "not_found",
      message: `pagevec: ${modelUrl}/model.onnx answered with an HTML page: the file is not served there; check modelUrl`,
    });
    expect(cache.entries.size).toBe(0);
  });

  test("an aborted load stops at once, also between two attempts", async () => {
    server.fail(PATH, { status: 503, times: 100 });
    const signal = AbortSignal.timeout(50);
    const store = await ModelStore.open(cache, 60_000);
    const begin = performance.now();
    await expect(store.load(spec, "model.onnx", { modelUrl, signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test("a caller that does not wait may write over the file before it is kept", async () => {
    const put = cache.put.bind(cache);
    const stored: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    cache.put = async (key, value) => {
      if (key.startsWith("sha256/")) await held;
      stored.push(key);
      await put(key, value);
    };
    const room: Bytes = new Uint8Array(bytes.length);
    let kept: Promise<void> | undefined;
    const loaded = await load({ room: () => room, onKeeping: (keeping) => (kept = keeping) });
    expect(Buffer.compare(loaded, bytes)).toBe(0);
    expect(stored.filter((key) => key.startsWith("sha256/"))).toEqual([]);
    room.fill(0);
    release();
    await kept;
    expect(Buffer.compare(await load(), bytes)).toBe(0);
    expect(server.requests).toHaveLength(1);
    expect([...cache.entries.keys()].filter((key) => key.startsWith("partial/"))).toEqual([]);
  });

  test("without room in the cache the file is used all the same", async () => {
    cache.quota = 1000;
    const warnings: string[] = [];
    const loaded = await load({ onWarning: (message) => warnings.push(message) });
    expect(Buffer.compare(loaded, bytes)).toBe(0);
    expect(warnings).toEqual([expect.stringContaining("could not be cached")]);
    expect(cache.entries.size).toBe(0);
  });

  test("a cache that fails altogether does not keep the file from being used", async () => {
    const refuse = () => Promise.reject(new DOMException("blocked", "InvalidStateError"));
    Object.assign(cache, { get: refuse, put: refuse, delete: refuse, list: refuse });
    const warnings: string[] = [];
    const loaded = await load({ onWarning: (message) => warnings.push(message) });
    expect(Buffer.compare(loaded, bytes)).toBe(0);
    expect(warnings).toEqual([expect.stringContaining("could not be cached")]);
  });

  test("any listed export of the weights is right, and cached as what it is", async () => {
    const other = await makeSpec("tiny", { "model.onnx": makeBytes(7_000_000, 4) });
    const file = spec.files["model.onnx"];
    const contents = [...(other.files["model.onnx"]?.contents ?? []), ...(file?.contents ?? [])];
    spec = { ...spec, files: { "model.onnx": { path: "model.onnx", urls: [], contents } } };
    expect((await load()).length).toBe(bytes.length);
    expect((await load()).length).toBe(bytes.length);
    expect(server.requests).toHaveLength(1);
  });
});
