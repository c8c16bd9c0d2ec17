import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type ClipEmbeddingFunction, clip } from "../../js/src/embedding/clip.js";
import { readClipVocabulary } from "../../js/src/embedding/clip-vocabulary.js";
import {
  neededRegion,
  type Pixels,
  resizeAndCrop,
} from "../../js/src/embedding/images/resample.js";
import { openClipTokenizer } from "../../js/src/engine/sentencepiece.js";
import { clipFiles } from "../../js/src/models/clip-files.js";
import { CLIP_MODELS } from "../../js/src/models/clip-manifest.js";
import { FirstUseStore } from "../../js/src/models/first-use.js";
import type { Progress } from "../../js/src/types.js";
import { startServer } from "../../tools/loopback-server.mjs";
import { MemoryCache } from "../contract/memory-cache.js";

const FOLDER = new URL("../fixtures/clip/", import.meta.url);
const DIMENSIONS = 512;
const SIZE = 224;
const RUN_MS = 60_000;

const read = (name: string) => readFileSync(new URL(name, FOLDER));
const expected: {
  texts: string[];
  files: string[];
  pixels: { width: number; height: number; sha256: string }[];
} = JSON.parse(read("expected.json").toString());
const allVectors = new Float32Array(new Uint8Array(read("expected.f32")).buffer);
const vectorOf = (row: number) => allVectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);

/** The picture by formula of tests/fixtures/clip/generate.py. */
function pixels(width: number, height: number): Pixels {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      data[at] = (x * 7 + y * 3) & 255;
      data[at + 1] = (x * y) & 255;
      data[at + 2] = ((((x >> 3) + (y >> 3)) % 2) * 255 + x) & 255;
      data[at + 3] = x & 255;
    }
  }
  return { width, height, data };
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe("resizeAndCrop", () => {
  test.each(expected.pixels)(
    "$width x $height: the bytes of Pillow",
    ({ width, height, sha256 }) => {
      const picture = pixels(width, height);
      const whole = resizeAndCrop(picture, { left: 0, top: 0, width, height }, width, height, SIZE);
      expect(createHash("sha256").update(whole).digest("hex")).toBe(sha256);

      const region = neededRegion(width, height, SIZE);
      const data = new Uint8Array(region.width * region.height * 4);
      for (let y = 0; y < region.height; y++) {
        const from = ((region.top + y) * width + region.left) * 4;
        data.set(picture.data.subarray(from, from + region.width * 4), y * region.width * 4);
      }
      const part = { width: region.width, height: region.height, data };
      expect(Buffer.compare(resizeAndCrop(part, region, width, height, SIZE), whole)).toBe(0);
    },
  );

  test("of a long strip little more than a square is needed", () => {
    expect(neededRegion(100_000, 300, SIZE).width).toBeLessThan(320);
    expect(neededRegion(300, 100_000, SIZE)).toMatchObject({ left: 0, width: 300 });
  });
});

describe("clip()", () => {
  let model: ClipEmbeddingFunction;
  const cut: number[][] = [];
  beforeAll(() => {
    const onTruncate = (indices: number[]) => cut.push(indices);
    model = clip({ modelUrl: fileURLToPath(FOLDER), worker: false, onTruncate });
  });
  afterAll(() => model.close());

  test(
    "texts: the vectors of Python onnxruntime",
    async () => {
      const vectors = await model.generate(expected.texts);
      for (const [row, vector] of vectors.entries()) {
        expect(cosine(vector, vectorOf(row))).toBeGreaterThan(1 - 1e-4);
      }
      expect(cut[0]).toContain(expected.texts.indexOf("word ".repeat(100).trim()));
      expect(cut[0]).not.toContain(0);
    },
    RUN_MS,
  );

  test(
    "pictures as pixels: the vectors of Python onnxruntime",
    async () => {
      const seen: Progress[] = [];
      const images = expected.pixels.map(({ width, height }) => pixels(width, height));
      const vectors = await model.generateImages(images, { onProgress: (at) => seen.push(at) });
      const first = expected.texts.length + expected.files.length;
      for (const [i, vector] of vectors.entries()) {
        expect(cosine(vector, vectorOf(first + i))).toBeGreaterThan(1 - 1e-4);
      }
      expect(seen.at(-1)).toEqual({ stage: "embed", done: images.length, total: images.length });
    },
    RUN_MS,
  );

  test("texts and pictures at once, and none", async () => {
    const [texts, images, none] = await Promise.all([
      model.generateForQueries(["a photo of a cat"]),
      model.generateImages([pixels(1, 1)]),
      model.generateImages([]),
    ]);
    expect(cosine(texts[0] as Float32Array, vectorOf(0))).toBeGreaterThan(1 - 1e-4);
    expect(images).toHaveLength(1);
    expect(none).toEqual([]);
  });

  test("what is no picture is refused before anything is loaded", async () => {
    await expect(model.generateImages([pixels(1, 1), 7 as never])).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("images[1] is number"),
    });
    const short = { width: 2, height: 2, data: new Uint8Array(15) };
    await expect(model.generateImages([short])).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("2 x 2 pixels has 15 values"),
    });
    await expect(model.generateImages([new Blob(["x"])])).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  test("an aborted call rejects, the next one works", async () => {
    const signal = AbortSignal.abort();
    const aborted = expect.objectContaining({ code: "aborted" });
    await expect(model.generateImages([pixels(3, 3)], { signal })).rejects.toEqual(aborted);
    await expect(model.generate(["x"], { signal })).rejects.toEqual(aborted);
    await expect(model.generate(["x"])).resolves.toHaveLength(1);
  });

  test("says what it is", () => {
    expect(model).toMatchObject({ name: "pagevec-clip", dimensions: 512, maxTokens: 77 });
    expect(model.getConfig()).toEqual({
      model: "openai/clip-vit-base-patch32",
      revision: "main",
      device: "wasm",
      dtype: "int8",
      maxTokens: 77,
    });
    expect(() => clip({ model: "nobody/clip" })).toThrow('there is no CLIP model "nobody/clip"');
    expect(() => clip({ dtype: "int4" as never })).toThrow('dtype is "int4"');
  });

  test("a folder without the model: not found, and the closed function says so", async () => {
    const other = clip({
      modelUrl: fileURLToPath(new URL("../embeddings", FOLDER)),
      worker: false,
    });
    await expect(other.generate(["x"])).rejects.toMatchObject({ code: "not_found" });
    await other.close();
    await expect(other.generate(["x"])).rejects.toMatchObject({ code: "closed" });
  });
});

describe("the tokenizer in wasm", () => {
  test("the ids of Hugging Face tokenizers", async () => {
    const tokenizer = await openClipTokenizer(
      readClipVocabulary(read("vocab.json"), read("merges.txt")),
    );
    const cases = read("tokens.jsonl").toString().trim().split("\n");
    const wrong = cases
      .map((line) => JSON.parse(line) as { text: string; ids: number[] })
      .filter(({ text, ids }) => {
        const found = tokenizer.ids(text.normalize("NFC"), 0).ids;
        return found.join() !== ids.join();
      });
    expect(wrong).toEqual([]);
    expect(cases.length).toBeGreaterThan(2000);
    tokenizer.close();
  });

  test("files that are no vocabulary, or of two models, are refused", async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const vocab = JSON.parse(read("vocab.json").toString());
    const merges = read("merges.txt");
    for (const text of ["", "[", "null", '{"a":"b"}', JSON.stringify({ ...vocab, a: "b" })]) {
      expect(() => readClipVocabulary(bytes(text), merges)).toThrow(
        expect.objectContaining({ code: "corrupt" }),
      );
    }
    expect(() => readClipVocabulary(read("vocab.json"), bytes("a nowhere"))).toThrow(
      'no token "nowhere"',
    );
    const wild = readClipVocabulary(bytes(JSON.stringify({ ...vocab, a: 1e6 })), merges);
    for (const model of [wild, wild.subarray(0, 400), new Int32Array(0)]) {
      await expect(openClipTokenizer(model)).rejects.toMatchObject({ code: "invalid_argument" });
    }
  });
});

describe("files without a pinned hash", () => {
  const FILE = { path: "a/b.bin", url: "https://models.test/a/b.bin", maxBytes: 100 };
  const content = Uint8Array.from({ length: 90 }, (_, i) => i + 1);
  let server: Awaited<ReturnType<typeof startServer>>;
  let cache: MemoryCache;
  let modelUrl: string;
  beforeEach(async () => {
    server = await startServer({ files: { "/m/a/b.bin": content } });
    cache = new MemoryCache();
    modelUrl = `${server.url}m`;
  });
  const store = () => FirstUseStore.open(cache);

  test("what came first is kept and used again, whatever is served later", async () => {
    expect(await (await store()).isCached("m", [FILE], modelUrl)).toBe(false);
    expect([...(await (await store()).load("m", FILE, { modelUrl }))]).toEqual([...content]);
    server.files.set("/m/a/b.bin", content.slice(0, 50));
    expect(await (await store()).load("m", FILE, { modelUrl })).toHaveLength(90);
    expect(server.requests).toHaveLength(1);
    expect(await (await store()).isCached("m", [FILE], modelUrl)).toBe(true);
    await (await store()).clear("m");
    expect(cache.entries.size).toBe(0);
    expect(await (await store()).load("m", FILE, { modelUrl })).toHaveLength(50);
    await server.close();
  });

  test("a changed cache entry is thrown away", async () => {
    await (await store()).load("m", FILE, { modelUrl });
    for (const bytes of cache.entries.values()) bytes[3] = 77;
    expect([...(await (await store()).load("m", FILE, { modelUrl }))]).toEqual([...content]);
    expect(server.requests).toHaveLength(2);
    await server.close();
  });

  test("too long, absent or a page: refused", async () => {
    const load = async (maxBytes: number, path: string) =>
      (await store()).load("m", { ...FILE, path, maxBytes }, { modelUrl });
    await expect(load(89, "a/b.bin")).rejects.toMatchObject({ code: "hash_mismatch" });
    await expect(load(100, "none.bin")).rejects.toMatchObject({ code: "not_found" });
    server.files.set("/m/page.bin", new TextEncoder().encode("<!doctype html>"));
    await expect(load(100, "page.bin")).rejects.toMatchObject({ code: "not_found" });
    await server.close();
  });
});

test('the package\'s CLIP models are those of "clip" in models/manifest.json', () => {
  const manifest = JSON.parse(
    readFileSync(new URL("../../models/manifest.json", import.meta.url), "utf8"),
  );
  const plain = CLIP_MODELS.map((spec) => ({
    ...spec,
    files: Object.fromEntries(
      Object.entries(clipFiles(spec)).map(([name, { url, ...file }]) => {
        expect(url).toBe(
          `https://huggingface.co/${spec.hub}/resolve/${spec.revision}/${file.path}`,
        );
        return [name, file];
      }),
    ),
  }));
  expect(plain).toEqual(manifest.clip);
});
