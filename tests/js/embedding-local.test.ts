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

  constructor(readonly packTokens: number) {}

  async encode(ids: Int32Array, lengths: Uint32Array): Promise<Float32Array> {
    if (this.closed) throw new Error("used after close");
    if (this.order !== "" && this.packTokens > 1) this.order += " ";
    const vectors: number[] = [];
    let begin = 0;
    for (const length of lengths) {
      const first = length > 0 ? (ids[begin] as number) : 0;
      vectors.push(length, first);
      this.order += String.fromCharCode(first);
      begin += length;
    }
    this.onEncode(this.order);
    return Float32Array.from(vectors);
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

function setUp(packTokens = 1) {
  const tokenizer = new FakeTokenizer();
  const encoder = new FakeEncoder(packTokens);
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

  test("the longest texts go first, packed as full as they may be, and come back in order", async () => {
    const { embedder, encoder } = setUp(5);
    const texts = ["a", "bbbb", "cc", "", "ddddd", "ee"];
    const result = await embedder.embed(texts, "bulk", context());
    expect(encoder.order).toBe("d b cea\0");
    expect([...result.vectors]).toEqual([1, 97, 4, 98, 2, 99, 0, 0, 5, 100, 2, 101]);
  });

  test("many texts are tokenized and packed window by window", async () => {
    const { embedder, encoder } = setUp(8);
    const texts = Array.from({ length: 10_000 }, (_, i) => (i % 2 ? "ab" : "xyz"));
    const result = await embedder.embed(texts, "bulk", context());
    for (const [row, text] of texts.entries()) {
      expect(result.vectors[2 * row]).toBe(text.length);
      expect(result.vectors[2 * row + 1]).toBe(text.charCodeAt(0));
    }
    // The long ones of the second window come after the short ones of the first.
    expect(encoder.order.indexOf("a")).toBeLessThan(encoder.order.lastIndexOf("x"));
  });

  test("reports progress between packs", async () => {
    const { embedder } = setUp();
    const call = context();
    await embedder.embed(["a", "b", "c"], "bulk", call);
    expect(call.seen[0]).toEqual({ stage: "embed", done: 1, total: 3 });
  });

  test("a query waits for one pack of the bulk, not for the rest", async () => {
    const { embedder, encoder } = setUp(2);
    let query: Promise<unknown> | undefined;
    encoder.onEncode = (order) => {
      if (order === "ab") query = embedder.embed(["q"], "query", context());
    };
    await embedder.embed(["a", "b", "c", "d"], "bulk", context());
    await query;
    expect(encoder.order).toBe("ab q cd");
  });

  test("a query waits for one text where packs are of one text", async () => {
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

  test("timers run between two packs: the thread stays responsive", async () => {
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

  test("an abort ends the call between two packs and no other call", async () => {
    const { embedder, encoder } = setUp();
    const controller = new AbortController();
    encoder.onEncode = (order) => order === "ab" && controller.abort();
    const aborted = embedder.embed(["a", "b", "c"], "bulk", context(controller.signal));
    const other = embedder.embed(["z"], "bulk", context());
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    expect((await other).vectors[1]).toBe(122);
    expect(encoder.order).toBe("abz");
  });

  test("a trap goes on as it is, so that the worker is ended", async () => {
    const { embedder, encoder } = setUp();
    const trap = new WebAssembly.RuntimeError("unreachable");
    encoder.onEncode = () => {
      throw trap;
    };
    await expect(embedder.embed(["a"], "bulk", context())).rejects.toBe(trap);
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
