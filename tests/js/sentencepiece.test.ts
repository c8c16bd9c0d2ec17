import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sentencePieceLayout } from "../../js/src/embedding/hub/tokenizer.js";
import { type IdMapping, loadTokenizer, type PagevecErrorCode } from "../../js/src/index.js";
import { startServer } from "../../tools/loopback-server.mjs";
import type { TokenizerCase } from "./support/sentencepiece.js";

const fixture = (name: string) =>
  readFile(new URL(`../fixtures/sentencepiece/${name}`, import.meta.url));

async function casesOf(name: string): Promise<TokenizerCase[]> {
  const lines = (await fixture(name)).toString().trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

const failing = (code: PagevecErrorCode) => expect.objectContaining({ code });

describe.each<[string, IdMapping]>([
  ["unigram", "xlm-r"],
  ["bpe", "plain"],
  ["t5", "t5"],
])("%s.model mapped as %s", (name, mapping) => {
  test("gives the library's ids and offsets", async () => {
    const tokenizer = await loadTokenizer({
      sentencepiece: await fixture(`${name}.model`),
      mapping,
    });
    for (const { text, ids, offsets } of await casesOf(`${name}.${mapping}.jsonl`)) {
      expect(tokenizer.encode(text)).toEqual({ ids, offsets, truncated: false });
      expect(tokenizer.count(text)).toBe(ids.length);
    }
    tokenizer.close();
    expect(() => tokenizer.encode("a")).toThrow(failing("closed"));
  });

  test("cuts a text to maxTokens and says so", async () => {
    const sentencepiece = await fixture(`${name}.model`);
    const whole = await loadTokenizer({ sentencepiece, mapping });
    const short = await loadTokenizer({ sentencepiece, mapping }, { maxTokens: 6 });
    expect([whole.maxTokens, short.maxTokens]).toEqual([0, 6]);
    const text = "a mythical being that guards the house";
    const { ids } = whole.encode(text);
    const added = mapping === "plain" ? [] : ids.slice(-1);
    const expected = [...ids.slice(0, 6 - added.length), ...added];
    expect(short.encode(text)).toMatchObject({ ids: expected, truncated: true });
    expect(short.count(text)).toBe(ids.length);
  });
});

test("a text is JavaScript's: lone surrogates are U+FFFD, offsets are code points", async () => {
  const tokenizer = await loadTokenizer({ sentencepiece: await fixture("bpe.model") });
  expect(tokenizer.encode("a\ud800b \udc00")).toEqual(tokenizer.encode("a\ufffdb \ufffd"));
  const { offsets } = tokenizer.encode("🧑 a");
  expect(offsets.at(-1)).toEqual([1, 3]);
  expect(tokenizer.encode("")).toEqual({ ids: [], offsets: [], truncated: false });
});

describe("over HTTP", () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let bytes: Buffer;
  beforeAll(async () => {
    bytes = await fixture("t5.model");
    const html = Buffer.from("<!doctype html><title>not found</title>");
    server = await startServer({
      files: { "/spiece.model": bytes, "/page": html, "/cut": bytes.subarray(0, 5001) },
    });
  });
  afterAll(() => server.close());

  const load = (path: string, options = {}) =>
    loadTokenizer({ sentencepiece: `${server.url}${path}`, mapping: "t5" }, options);

  test("a model is loaded by its address, with progress", async () => {
    const seen: number[] = [];
    const onProgress = ({ done }: { done: number }) => seen.push(done);
    const [byAddress, byBytes] = await Promise.all([
      load("spiece.model", { onProgress }),
      loadTokenizer({ sentencepiece: bytes, mapping: "t5" }),
    ]);
    expect(byAddress.encode("the house")).toEqual(byBytes.encode("the house"));
    expect(seen.at(-1)).toBe(bytes.length);
  });

  test("what is no model is refused", async () => {
    await expect(load("missing")).rejects.toEqual(failing("not_found"));
    await expect(load("page")).rejects.toEqual(failing("not_found"));
    await expect(load("cut")).rejects.toEqual(failing("corrupt"));
    const signal = AbortSignal.abort();
    await expect(load("spiece.model", { signal })).rejects.toEqual(failing("aborted"));
  });
});

test("hostile models, odd mappings and limits are errors, not crashes", async () => {
  const model = await fixture("t5.model");
  const load = (sentencepiece: Uint8Array, mapping?: IdMapping, maxTokens?: number) =>
    loadTokenizer({ sentencepiece, ...(mapping && { mapping }) }, { maxTokens: maxTokens ?? 0 });
  await expect(load(new Uint8Array(0))).rejects.toEqual(failing("corrupt"));
  await expect(load(new Uint8Array(1000).fill(0x0a))).rejects.toEqual(failing("corrupt"));
  await expect(load(new Uint8Array(33 << 20))).rejects.toEqual(failing("limit_exceeded"));
  await expect(load(model, "xlm-r")).rejects.toEqual(failing("invalid_argument"));
  await expect(load(model, "bert" as IdMapping)).rejects.toThrow("plain, xlm-r, t5");
  await expect(load(model, "t5", -1)).rejects.toEqual(failing("invalid_argument"));
  for (const name of ["missing.model", new URL("file:///missing.model")]) {
    await expect(loadTokenizer({ sentencepiece: name })).rejects.toEqual(failing("not_found"));
  }
  // Flipped bytes: refused, or a model that tokenizes.
  for (let at = 7; at < model.length; at += 499) {
    const flipped = new Uint8Array(model);
    flipped[at] = (flipped[at] as number) ^ 0x55;
    const tokenizer = await load(flipped, "t5").catch((error) => {
      expect(["corrupt", "limit_exceeded", "invalid_argument"]).toContain(error.code);
    });
    if (tokenizer) expect(tokenizer.encode("the house①").ids.at(-1)).toBe(1);
  }
});

// The library builds tables, and takes unused pieces apart again, by recursion as deep as a piece is
// long: the module's stack must hold it.
test.each([
  ["Unigram", 1],
  ["BPE", 2],
])("the longest pieces fit the stack: %s", async (_, modelType) => {
  const field = (number: number, content: Uint8Array) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(content.length)]), content]);
  const varint = (n: number) => (n < 128 ? [n] : [(n & 127) | 128, n >> 7]);
  const piece = (text: string, type: number, score: number) => {
    const float = Buffer.alloc(4);
    float.writeFloatLE(score);
    const rest = [Buffer.from([0x15]), float, Buffer.from([0x18, type])];
    return field(1, Buffer.concat([field(1, Buffer.from(text)), ...rest]));
  };
  const pieces = [piece("<unk>", 2, 0), piece("a", 1, 0)];
  for (let n = 2; n <= 1024; ++n) pieces.push(piece("a".repeat(n), 5, n));
  const sentencepiece = Buffer.concat([...pieces, field(2, Buffer.from([0x18, modelType]))]);
  const tokenizer = await loadTokenizer({ sentencepiece });
  expect(tokenizer.count("a".repeat(5000))).toBe(5001);
});

test("the hub's tokenizer classes name their file and mapping", () => {
  const xlmr = { path: "sentencepiece.bpe.model", mapping: "xlm-r" };
  expect(sentencePieceLayout("XLMRobertaTokenizer")).toEqual(xlmr);
  expect(sentencePieceLayout("XLMRobertaTokenizerFast")).toEqual(xlmr);
  expect(sentencePieceLayout("T5TokenizerFast")).toEqual({ path: "spiece.model", mapping: "t5" });
  for (const other of ["BertTokenizer", "toString", ""]) {
    expect(sentencePieceLayout(other)).toBeUndefined();
  }
});
