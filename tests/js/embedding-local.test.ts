import { describe, expect, test } from "@jest/globals";
import type { Encoder } from "../../js/src/embedding/encoder.js";
import { LocalEmbedder, type TextTokenizer } from "../../js/src/embedding/local-embedder.js";
import type { CallContext } from "../../js/src/engine/protocol.js";
import { PagevecError } from "../../js/src/errors.js";
import type { Progress } from "../../js/src/types.js";

const DIMENSION = 2;
const MAX_TOKENS = 5;

/** One token per byte, so that a text's vector is [bytes, first byte]. */
class FakeTokenizer implements TextTokenizer {
  closed = false;

  ids(text: string, maxTokens: number) {
    const bytes = new TextEncoder().encode(text);
    return {
      ids: Int32Array.from(bytes.subarray(0, maxTokens)),
      truncated: bytes.length > maxTokens,
    };
  }
  close(): void {
    this.closed = true;
  }
}

class FakeEncoder implements Encoder {
  closed = false;
  /** First bytes of the texts, in the order in which they were run. */
  order = "";
  onEncode: (order: string) => void = () => {};

  async encode(ids: Int32Array, out: Float32Array): Promise<void> {
    if (this.closed) throw new Error("used after close");
    this.order += String.fromCharCode(ids[0] ?? 0);
    out[0] = ids.length;
    out[1] = ids[0] ?? 0;
    this.onEncode(this.order);
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

function setUp() {
  const tokenizer = new FakeTokenizer();
  const encoder = new FakeEncoder();
  const embedder = new LocalEmbedder(tokenizer, encoder, DIMENSION, MAX_TOKENS);
  return { tokenizer, encoder, embedder };
}

function context(signal = new AbortController().signal): CallContext & { seen: Progress[] } {
  const seen: Progress[] = [];
  return { signal, progress: (progress) => seen.push(progress), seen };
}

describe("embed", () => {
  test("gives one vector per text, in order, and names the texts it cut", async () => {
    const { embedder } = setUp();
    const result = await embedder.embed(["a", "bbbbbb", "", "ddddd"], "bulk", context());
    expect([...result.vectors]).toEqual([1, 97, 5, 98, 0, 0, 5, 100]);
    expect(result).toMatchObject({ dimension: 2, truncated: [1] });
    expect(result.timings.tokenize).toBeGreaterThanOrEqual(0);
  });

  test("no texts: no vectors", async () => {
    const { embedder } = setUp();
    const result = await embedder.embed([], "bulk", context());
    expect(result.vectors).toHaveLength(0);
  });

  test("reports progress, the last time when all is done", async () => {
    const { embedder } = setUp();
    const call = context();
    await embedder.embed(["a", "b", "c"], "bulk", call);
    expect(call.seen[0]).toEqual({ stage: "embed", done: 1, total: 3 });
    expect(call.seen.at(-1)).toEqual({ stage: "embed", done: 3, total: 3 });
  });

  test("a query waits for one text of the bulk, not for the rest", async () => {
    const { embedder, encoder } = setUp();
    let query: Promise<unknown> | undefined;
    encoder.onEncode = (order) => {
      if (order === "ab") query = embedder.embed(["q", "r"], "query", context());
    };
    await embedder.embed(["a", "b", "c", "d"], "bulk", context());
    await query;
    expect(encoder.order).toBe("abqrcd");
  });

  test("bulks are done one after another", async () => {
    const { embedder, encoder } = setUp();
    const calls = [["a", "b"], ["c"], ["d"]].map((texts) =>
      embedder.embed(texts, "bulk", context()),
    );
    await Promise.all(calls);
    expect(encoder.order).toBe("abcd");
  });

  test("timers run between two texts: the thread stays responsive", async () => {
    const { embedder, encoder } = setUp();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    encoder.onEncode = () => {
      const end = performance.now() + 2;
      while (performance.now() < end);
    };
    await embedder.embed(Array(20).fill("a"), "bulk", context());
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  test("an abort ends the call between two texts and no other call", async () => {
    const { embedder, encoder } = setUp();
    const controller = new AbortController();
    encoder.onEncode = (order) => order === "ab" && controller.abort();
    const aborted = embedder.embed(["a", "b", "c"], "bulk", context(controller.signal));
    const other = embedder.embed(["z"], "bulk", context());
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    expect((await other).vectors[1]).toBe(122);
    expect(encoder.order).toBe("abz");
  });

  test("a failing model fails its call only", async () => {
    const { embedder, encoder } = setUp();
    encoder.onEncode = (order) => {
      if (order === "a") throw new Error("out of memory");
    };
    await expect(embedder.embed(["a"], "bulk", context())).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("out of memory"),
    });
    expect((await embedder.embed(["b"], "bulk", context())).vectors[0]).toBe(1);
  });
});

describe("close", () => {
  test("rejects what is under way and frees the parts once", async () => {
    const { embedder, encoder, tokenizer } = setUp();
    const call = embedder.embed(["a", "b", "c"], "bulk", context());
    const rejected = expect(call).rejects.toBeInstanceOf(PagevecError);
    await Promise.all([embedder.close(), embedder.close()]);
    await rejected;
    expect(encoder.closed && tokenizer.closed).toBe(true);
    expect(encoder.order).toBe("a");
    await expect(embedder.embed(["a"], "query", context())).rejects.toMatchObject({
      code: "closed",
    });
  });
});
