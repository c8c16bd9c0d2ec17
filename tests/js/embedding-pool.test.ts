import { describe, expect, test } from "@jest/globals";
import type { EmbedResult, Priority } from "../../js/src/embedding/local-embedder.js";
import type { EmbedBackend } from "../../js/src/embedding/model-worker.js";
import { WorkerPool } from "../../js/src/embedding/worker-pool.js";
import { PagevecError, throwIfAborted } from "../../js/src/errors.js";
import { findModel } from "../../js/src/models/manifest.js";
import type { CallOptions, Progress } from "../../js/src/types.js";

const DIMENSION = 2;
const spec = { ...findModel("all-MiniLM-L6-v2"), dimensions: DIMENSION };
const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** A text's vector is [its length, its first character]; texts that begin with "!" are cut. */
class FakeWorker implements EmbedBackend {
  readonly model = { handle: 1, engine: "native" as const, spec, warnings: [] };
  alive = true;
  closed = false;
  readonly calls: { texts: readonly string[]; priority: Priority }[] = [];
  /** What it does before it answers. */
  before: (texts: readonly string[], priority: Priority) => Promise<void> = nextTask;

  async embed(
    texts: readonly string[],
    priority: Priority,
    options: CallOptions = {},
  ): Promise<EmbedResult> {
    this.calls.push({ texts, priority });
    await this.before(texts, priority);
    throwIfAborted(options.signal);
    return {
      vectors: Float32Array.from(texts.flatMap((text) => [text.length, text.charCodeAt(0)])),
      dimension: DIMENSION,
      truncated: texts.flatMap((text, i) => (text.startsWith("!") ? [i] : [])),
      timings: { tokenize: 1, run: 2 },
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** Stops for good in the middle of the next call. */
  failNext(): void {
    this.before = async () => {
      this.alive = false;
      throw new PagevecError("engine_failed", "the wasm core stopped");
    };
  }
}

function makePool(count: number) {
  const workers = Array.from({ length: count }, () => new FakeWorker());
  const [first, ...others] = workers as [FakeWorker, ...FakeWorker[]];
  const warnings: string[] = [];
  const opening = others.map((worker) => Promise.resolve(worker));
  const pool = new WorkerPool(first, opening, (message) => warnings.push(message));
  return { pool, workers, warnings, first };
}

/** Texts of many lengths. */
const texts = Array.from(
  { length: 500 },
  (_, i) => String.fromCharCode(33 + (i % 90)) + "x".repeat((i * 37) % 400),
);

function expectVectors(result: EmbedResult, of: readonly string[]): void {
  expect([...result.vectors]).toEqual(of.flatMap((text) => [text.length, text.charCodeAt(0)]));
}

describe("bulk", () => {
  test("every text has its vector, in order, and all workers had a part", async () => {
    const { pool, workers } = makePool(3);
    await pool.ready;
    const result = await pool.embed(texts, "bulk");
    expectVectors(result, texts);
    expect(result.truncated).toEqual(texts.flatMap((text, i) => (text.startsWith("!") ? [i] : [])));
    for (const { calls } of workers) expect(calls.length).toBeGreaterThan(3);
    const shares = workers.flatMap(({ calls }) => calls);
    expect(shares.flatMap((share) => share.texts)).toHaveLength(texts.length);
    expect(result.timings).toEqual({ tokenize: shares.length, run: 2 * shares.length });
  });

  test("the longest texts go first, and the last shares are small", async () => {
    const { pool, first } = makePool(1);
    await pool.embed(texts, "bulk");
    const lengths = first.calls.flatMap((call) => call.texts.map((text) => text.length));
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
    const size = (call: { texts: readonly string[] }) => call.texts.join("").length;
    const [begin, end] = [first.calls[0], first.calls.at(-2)] as [
      (typeof first.calls)[0],
      (typeof first.calls)[0],
    ];
    expect(size(end)).toBeLessThan(size(begin) / 2);
  });

  test("no texts: no vectors, and no call", async () => {
    const { pool, first } = makePool(2);
    expect((await pool.embed([], "bulk")).vectors).toHaveLength(0);
    expect(first.calls).toEqual([]);
  });

  test("several bulks at once each get their own", async () => {
    const { pool } = makePool(2);
    const lists = [texts.slice(0, 50), texts.slice(50, 200), texts.slice(200)];
    const results = await Promise.all(lists.map((list) => pool.embed(list, "bulk")));
    for (const [i, result] of results.entries()) expectVectors(result, lists[i] as string[]);
  });

  test("reports progress", async () => {
    const { pool } = makePool(2);
    const seen: Progress[] = [];
    await pool.embed(texts, "bulk", { onProgress: (progress) => seen.push(progress) });
    expect(seen[0]).toMatchObject({ stage: "embed", total: 500 });
    expect(seen[0]?.done).toBeGreaterThan(0);
  });

  test("an abort ends the call at once, and its shares are not dealt any more", async () => {
    const { pool, workers } = makePool(2);
    await pool.ready;
    const controller = new AbortController();
    const aborted = pool.embed(texts, "bulk", { signal: controller.signal });
    const other = pool.embed(["other"], "bulk");
    await nextTask();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(aborted).rejects.toMatchObject({ code: "aborted", cause: reason });
    expectVectors(await other, ["other"]);
    const count = workers.flatMap(({ calls }) => calls).length;
    await nextTask();
    expect(workers.flatMap(({ calls }) => calls)).toHaveLength(count);
    await expect(pool.embed(["a"], "bulk", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  test("a model that fails on a text fails its call, and no other", async () => {
    const { pool, workers } = makePool(2);
    for (const worker of workers) {
      worker.before = async (share) => {
        if (share.includes("bad")) throw new PagevecError("engine_failed", "the model failed");
      };
    }
    const other = pool.embed(texts, "bulk");
    await expect(pool.embed(["good", "bad"], "bulk")).rejects.toMatchObject({
      code: "engine_failed",
    });
    expectVectors(await other, texts);
    expect(pool.alive).toBe(true);
  });
});

describe("queries", () => {
  test("go to the worker with the least to do", async () => {
    const { pool, workers } = makePool(2);
    await pool.ready;
    const [first, second] = workers as [FakeWorker, FakeWorker];
    let release = () => {};
    first.before = () => new Promise((resolve) => (release = resolve));
    const held = pool.embed(["held"], "query");
    for (const text of ["a", "b"]) expectVectors(await pool.embed([text], "query"), [text]);
    expect(first.calls).toHaveLength(1);
    expect(second.calls).toHaveLength(2);
    release();
    await held;
  });

  test("are sent while a bulk is under way, and at most two shares are ahead of them", async () => {
    const { pool, workers } = makePool(2);
    await pool.ready;
    const bulk = pool.embed(texts, "bulk");
    expect(workers.map(({ calls }) => calls.length)).toEqual([2, 2]);
    await pool.embed(["query"], "query");
    const call = workers.flatMap(({ calls }) => calls).find(({ priority }) => priority === "query");
    expect(call?.texts).toEqual(["query"]);
    expectVectors(await bulk, texts);
  });
});

describe("a worker that stops", () => {
  test("is left out; its shares and queries go to the others", async () => {
    const { pool, workers } = makePool(3);
    await pool.ready;
    (workers[1] as FakeWorker).failNext();
    expectVectors(await pool.embed(texts, "bulk"), texts);
    (workers[0] as FakeWorker).failNext();
    expectVectors(await pool.embed(["q"], "query"), ["q"]);
    expect(pool.alive).toBe(true);
  });

  test("when it is the last one, calls fail and the pool says that it is over", async () => {
    const { pool, workers } = makePool(2);
    await pool.ready;
    for (const worker of workers) worker.failNext();
    await expect(pool.embed(texts, "bulk")).rejects.toMatchObject({ code: "engine_failed" });
    expect(pool.alive).toBe(false);
    await expect(pool.embed(["q"], "query")).rejects.toMatchObject({ code: "closed" });
  });

  test("one that cannot be opened is told of, and the others go on", async () => {
    const first = new FakeWorker();
    const warnings: string[] = [];
    const failing = Promise.reject(new PagevecError("engine_failed", "no memory"));
    const pool = new WorkerPool(first, [failing], (message) => warnings.push(message));
    await pool.ready;
    expect(warnings).toEqual(["pagevec: no memory; embedding with fewer workers"]);
    expectVectors(await pool.embed(texts, "bulk"), texts);
  });
});

test("a worker that joins late takes part", async () => {
  const first = new FakeWorker();
  const late = new FakeWorker();
  let join = (_worker: FakeWorker) => {};
  const opening = new Promise<FakeWorker>((resolve) => (join = resolve));
  const pool = new WorkerPool(first, [opening], () => {});
  first.before = async () => {
    join(late);
    await nextTask();
  };
  expectVectors(await pool.embed(texts, "bulk"), texts);
  expect(late.calls.length).toBeGreaterThan(0);
});

test("close rejects what is under way and closes every worker, the late ones too", async () => {
  const first = new FakeWorker();
  const late = new FakeWorker();
  const opening = nextTask().then(() => late);
  const pool = new WorkerPool(first, [opening], () => {});
  const call = expect(pool.embed(texts, "bulk")).rejects.toMatchObject({ code: "closed" });
  await pool.close();
  await call;
  expect([first.closed, late.closed]).toEqual([true, true]);
  await expect(pool.embed(["a"], "query")).rejects.toMatchObject({ code: "closed" });
});
