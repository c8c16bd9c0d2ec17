import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import type { DatabaseMethods } from "../../js/src/database/methods.js";
import { type Port, serve } from "../../js/src/engine/guest.js";
import { connectInPlace, connectWorker } from "../../js/src/engine/host.js";
import { loadCore } from "../../js/src/engine/load.js";
import { openEngine } from "../../js/src/engine/open.js";
import type { Ahead, Engine, Service } from "../../js/src/engine/protocol.js";
import { PagevecError } from "../../js/src/errors.js";

interface Methods {
  double: { params: Float32Array; result: Float32Array };
  count: { params: number; result: number };
  fail: { params: string; result: never };
  wait: { params: null; result: never };
  trap: { params: null; result: never };
}

const service: Service<Methods> = {
  async double(values) {
    return values.map((value) => 2 * value);
  },
  async count(total, { progress }) {
    for (let done = 1; done <= total; ++done) progress({ stage: "count", done, total });
    return total;
  },
  async fail(kind) {
    if (kind === "typed") throw new PagevecError("not_found", "there is no such thing");
    throw new TypeError("a slip");
  },
  async trap() {
    throw new WebAssembly.RuntimeError("unreachable");
  },
  wait(_, { signal }) {
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(new PagevecError("aborted", "stopped", { cause: signal.reason }));
      });
    });
  },
};

/** A worker whose thread is this one: real structured clone and message order through a channel. */
function workerLike(start: (ahead?: Ahead) => Promise<Service<Methods>>): Worker {
  const { port1, port2 } = new MessageChannel();
  serve(port2 as unknown as Port, (_, ahead) => start(ahead) as Promise<never>);
  port1.start();
  port2.start();
  return Object.assign(port1, {
    terminate() {
      port1.close();
      port2.close();
    },
  }) as unknown as Worker;
}

const engines: [string, () => Promise<Engine<Methods>>][] = [
  ["in place", async () => connectInPlace(service)],
  [
    "through messages",
    () =>
      connectWorker<Methods>(
        workerLike(async () => service),
        {},
      ),
  ],
];

describe.each(engines)("an engine %s", (_, open) => {
  let engine: Engine<Methods>;
  beforeEach(async () => {
    engine = await open();
  });
  afterEach(() => engine.close());

  test("returns results and leaves the caller's arrays alone", async () => {
    const values = new Float32Array([1, 2.5]);
    expect([...(await engine.call("double", values))]).toEqual([2, 5]);
    expect([...values]).toEqual([1, 2.5]);
  });

  test("reports progress in order", async () => {
    const seen: number[] = [];
    await engine.call("count", 3, { onProgress: ({ done }) => seen.push(done) });
    expect(seen).toEqual([1, 2, 3]);
  });

  test("hands on typed errors and names foreign ones", async () => {
    await expect(engine.call("fail", "typed")).rejects.toMatchObject({
      name: "PagevecError",
      code: "not_found",
      message: "pagevec: there is no such thing",
    });
    await expect(engine.call("fail", "foreign")).rejects.toMatchObject({
      code: "internal",
      message: "pagevec: TypeError: a slip",
    });
  });

  test("aborts a call under way, and one that has not begun", async () => {
    const controller = new AbortController();
    const call = engine.call("wait", null, { signal: controller.signal });
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 5);
    const error = await call.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "aborted" });
    expect(error.cause).toBe(reason);
    await expect(engine.call("count", 1, { signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  test("refuses everything once the core has trapped", async () => {
    await expect(engine.call("trap", null)).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("unreachable"),
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(engine.call("count", 1)).rejects.toMatchObject({ code: "engine_failed" });
  });

  test("refuses calls after close", async () => {
    await engine.close();
    await expect(engine.call("count", 1)).rejects.toMatchObject({ code: "closed" });
  });
});

describe("what keeps an engine from starting is told as engine_failed", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test("a Worker that is none of the web's is left alone", async () => {
    const { Worker: NodeWorker } = await import("node:worker_threads");
    Object.assign(globalThis, { Worker: NodeWorker });
    try {
      const engine = await openEngine<DatabaseMethods>({});
      const params = { name: "node", storage: "memory" as const };
      expect(await engine.call("db.open", params)).toEqual({ database: 1 });
      await engine.close();
    } finally {
      Reflect.deleteProperty(globalThis, "Worker");
    }
  });

  test("a page that may not make the worker", async () => {
    const NoWorker = class extends EventTarget {
      constructor() {
        super();
        throw new DOMException("cannot be accessed from origin", "SecurityError");
      }
    };
    Object.assign(globalThis, { Worker: NoWorker });
    try {
      const workerUrl = "https://elsewhere.example/worker.js";
      await expect(openEngine({ workerUrl })).rejects.toMatchObject({
        code: "engine_failed",
        message: expect.stringMatching(/cannot be accessed.*workerUrl/),
      });
    } finally {
      Reflect.deleteProperty(globalThis, "Worker");
    }
  });

  test("a policy that forbids wasm", async () => {
    jest.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError("no eval"));
    // A variant that no other test compiles: modules that are compiled are kept.
    await expect(loadCore({ variant: "relaxed" })).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringMatching(/no eval.*wasm-unsafe-eval/),
    });
  });

  test("no memory for the instance", async () => {
    jest.spyOn(WebAssembly, "instantiate").mockRejectedValue(new RangeError("Out of memory"));
    await expect(loadCore()).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("Out of memory"),
    });
  });

  test("a file that is no wasm is named with what it is, and what to do", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pagevec-wasm-"));
    await writeFile(join(folder, "core.simd128.wasm"), "<!doctype html><p>App");
    await expect(loadCore({ wasmUrl: folder, variant: "simd128" })).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringMatching(/core\.simd128\.wasm is not served: got HTML; .*wasmUrl/),
    });
    await rm(folder, { recursive: true });
  });

  test("a folder of wasm files that is not there, as a path or a URL", async () => {
    const missing = { code: "engine_failed", message: expect.stringContaining("nowhere/core.") };
    await expect(loadCore({ wasmUrl: "nowhere" })).rejects.toMatchObject(missing);
    const wasmUrl = new URL("nowhere/", import.meta.url);
    await expect(loadCore({ wasmUrl })).rejects.toMatchObject(missing);
  });
});

describe("the core as bytes", () => {
  const file = new URL("../../js/wasm/core.simd128.wasm", import.meta.url);

  test("as a view, a buffer or a compiled module, with the script of either variant", async () => {
    const bytes = new Uint8Array(await readFile(file));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const binaries = [shifted.subarray(3), bytes.buffer, await WebAssembly.compile(bytes)];
    // Nothing is read: where the files would be is nowhere.
    for (const wasmBinary of binaries) {
      const core = await loadCore({ wasmBinary, wasmUrl: "nowhere" });
      expect(typeof core.createCollection).toBe("function");
    }
    expect(await loadCore({ wasmBinary: bytes, variant: "relaxed" })).toBeDefined();
  });

  test("anything else is refused", async () => {
    for (const wasmBinary of [new Uint8Array(), new TextEncoder().encode("<!doctype html>"), "x"]) {
      await expect(loadCore({ wasmBinary: wasmBinary as BufferSource })).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining("wasmBinary"),
      });
    }
  });
});

test("a worker that was made before serves one engine", async () => {
  const worker = workerLike(async () => service);
  const engine = await openEngine<Methods>({ worker });
  expect(await engine.call("count", 2)).toBe(2);
  await engine.close();
  await expect(openEngine({ worker })).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining("pass a function"),
  });
});

test("closing a worker rejects what is under way", async () => {
  const engine = await connectWorker<Methods>(
    workerLike(async () => service),
    {},
  );
  const call = engine.call("wait", null);
  await engine.close();
  await expect(call).rejects.toMatchObject({ code: "closed" });
});

test("a guest that cannot start says why", async () => {
  const start = async () => {
    throw new PagevecError("engine_failed", "no core here");
  };
  await expect(connectWorker<Methods>(workerLike(start), {})).rejects.toMatchObject({
    code: "engine_failed",
    message: "pagevec: no core here",
  });
});

test("a value that cannot be cloned is refused before it is sent", async () => {
  const engine = await connectWorker<Methods>(
    workerLike(async () => service),
    {},
  );
  await expect(engine.call("count", (() => 1) as never)).rejects.toMatchObject({
    code: "invalid_argument",
  });
  expect(await engine.call("count", 2)).toBe(2);
  await engine.close();
});

test("a worker hears before its core is there what it will need", async () => {
  const heard: (Ahead | undefined)[] = [];
  const start = async (ahead?: Ahead) => {
    heard.push(ahead);
    return service;
  };
  const plain = await connectWorker<Methods>(workerLike(start), {});
  const other = await connectWorker<Methods>(workerLike(start), {}, undefined, "storage");
  expect(heard).toEqual([undefined, "storage"]);
  await Promise.all([plain.close(), other.close()]);
});
