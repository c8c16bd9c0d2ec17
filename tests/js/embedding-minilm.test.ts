import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { LocalEmbeddingFunction } from "../../js/src/embedding/local-model.js";
import { miniLM } from "../../js/src/embedding/minilm.js";
import { localModel } from "../../js/src/embedding/named-model.js";
import { openOnnxEncoder } from "../../js/src/embedding/onnx/session.js";
import { loadTokenizer } from "../../js/src/embedding/tokenizer.js";
import { findFile, findModel } from "../../js/src/models/manifest.js";
import type { Progress } from "../../js/src/types.js";
import {
  compareWithFixture,
  LIMITS,
  maxDifference,
  readFixture,
} from "../contract/embedding-fixtures.js";
import { modelFolder } from "./model-folder.js";

const MODEL = "all-MiniLM-L6-v2";
const FIRST_DOWNLOAD_MS = 900_000;
const RUN_MS = 120_000;

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/embeddings/all-minilm-l6-v2.${name}`, import.meta.url));
const fixture = readFixture(read("json").toString(), new Uint8Array(read("f32")).buffer);

let modelUrl: string;
beforeAll(() => {
  modelUrl = modelFolder(MODEL, ["vocab", "int8", "fp32", "pvm"]);
}, FIRST_DOWNLOAD_MS);

const ENGINES = {
  native: { engine: "native" },
  int8: { dtype: "int8" },
  fp32: { dtype: "fp32" },
} as const;

describe.each(["native", "int8", "fp32"] as const)("miniLM %s", (name) => {
  let model: LocalEmbeddingFunction;
  let vectors: Float32Array[];
  const cut: number[][] = [];

  beforeAll(async () => {
    const onTruncate = (indices: number[]) => cut.push(indices);
    model = miniLM({ ...ENGINES[name], modelUrl, worker: false, onTruncate });
    vectors = await model.generate(fixture.texts);
  }, RUN_MS);
  afterAll(() => model.close());

  test("the fixture's vectors", () => {
    const { failures } = compareWithFixture(fixture, vectors, LIMITS[name]);
    expect(failures).toEqual([]);
  });

  test("a text alone has the vector that it has among others", async () => {
    const rows = [0, 5, 60, 120, 150];
    for (const row of rows) {
      const alone = await model.generateForQueries([fixture.texts[row] as string]);
      expect(maxDifference(alone, [vectors[row] as Float32Array])).toBe(0);
    }
  });

  test("tells which texts it cut", () => {
    // Those that the reference tokenizer cuts.
    expect(cut[0]).toEqual([145, 146, 147, 148, 149, 150, 151, 152, 153, 154]);
  });

  test("tells how long the parts took", () => {
    expect(model.lastTimings.run).toBeGreaterThan(0);
    expect(model.lastTimings.tokenize).toBeGreaterThan(0);
  });
});

describe("miniLM", () => {
  test("has its own tokenizer, which others than the manifest's models do not", async () => {
    const text = "Antidisestablishmentarianism is a word.";
    const own = await miniLM({ modelUrl }).tokenizer();
    const same = await loadTokenizer(MODEL, { modelUrl });
    expect(own?.count(text)).toBe(same.count(text));
    expect(own?.count(text)).toBeGreaterThan(10);
    expect(own?.maxTokens).toBe(256);
    own?.close();
    same.close();
    expect(localModel("someone/else").tokenizer()).toBeUndefined();
  });

  test('"f" has the numbers of Chroma\'s documentation in fp32', async () => {
    const model = miniLM({ dtype: "fp32", modelUrl, worker: false });
    const [vector] = await model.generate(["f"]);
    const expected = [0.0503581, 0.0626462, -0.0618272];
    expected.forEach((value, i) => expect(vector?.[i]).toBeCloseTo(value, 6));
    await model.close();
  });

  test("describes itself and loads nothing before it is used", async () => {
    const model = miniLM({ modelUrl: "/nowhere", worker: false });
    expect(model).toMatchObject({ name: "pagevec-minilm", dimensions: 384, maxTokens: 256 });
    expect(model.defaultSpace()).toBe("cosine");
    expect(model.getConfig()).toMatchObject({ model: MODEL, engine: "auto", maxTokens: 256 });
    expect(model.engine).toBeUndefined();
    expect(await model.isCached()).toBe(false);
    await model.close();
    await expect(model.generate(["a"])).rejects.toMatchObject({ code: "closed" });
  });

  test("a model that is not there is named, and a later call tries again", async () => {
    const model = miniLM({ modelUrl: "/nowhere", worker: false });
    for (let i = 0; i < 2; i++) {
      await expect(model.load()).rejects.toMatchObject({
        code: "not_found",
        message: expect.stringMatching(/nowhere\/all-MiniLM-L6-v2.pvm.*nowhere\/vocab.txt/),
      });
    }
    await model.close();
  });

  test("load reports its progress and stops when aborted", async () => {
    const model = miniLM({ modelUrl, worker: false });
    const controller = new AbortController();
    const aborted = model.load({ signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    const seen: Progress[] = [];
    await model.load({ onProgress: (progress) => seen.push(progress) });
    const bytes = findFile(findModel("all-MiniLM-L6-v2"), "pvm").contents[0]?.bytes;
    expect(seen.at(-1)).toMatchObject({ stage: "download", done: bytes, total: bytes });
    expect(model.engine).toBe("native");
    await model.close();
  });

  test("warns of cut texts once when nobody listens", async () => {
    const warn = jest.spyOn(console, "warn").mockImplementation(() => {});
    const model = miniLM({ modelUrl, worker: false });
    const long = "word ".repeat(300);
    await model.generate(["short", long]);
    expect(model.lastTruncated).toEqual([1]);
    await model.generate([long]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("cut to 256 tokens"));
    warn.mockRestore();
    await model.close();
  });

  test("close ends a load under way", async () => {
    const model = miniLM({ modelUrl, worker: false });
    const loading = expect(model.load()).rejects.toMatchObject({ code: "closed" });
    await model.close();
    await loading;
  });

  test("auto runs on onnx where no source has the .pvm file, and says so once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pagevec-onnx-only-"));
    mkdirSync(join(folder, "onnx"));
    for (const path of ["vocab.txt", "onnx/model_quantized.onnx"]) {
      symlinkSync(join(modelUrl, path), join(folder, path));
    }
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const model = miniLM({ modelUrl: folder, worker: false, onWarning });
    expect(await model.generate(["a", "b"])).toHaveLength(2);
    expect(model.engine).toBe("onnx");
    expect(warnings).toEqual([
      expect.stringMatching(/MiniLM-L6-v2.pvm cannot be read.*runs on onnx/),
    ]);
    await model.close();
    rmSync(folder, { recursive: true });
  });

  test("auto does not hide a .pvm file that is another file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pagevec-wrong-pvm-"));
    writeFileSync(join(folder, `${MODEL}.pvm`), "no model");
    const model = miniLM({ modelUrl: folder, worker: false });
    await expect(model.load()).rejects.toMatchObject({ code: "hash_mismatch" });
    await model.close();
    rmSync(folder, { recursive: true });
  });

  test("device webgpu is refused where there is none", async () => {
    const model = miniLM({ device: "webgpu", modelUrl, worker: false });
    expect(model.getConfig()).toMatchObject({ engine: "onnx", device: "webgpu", dtype: "fp32" });
    await expect(model.load()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("WebGPU"),
    });
    await model.close();
  });

  test("refuses an unknown dtype", () => {
    expect(() => miniLM({ dtype: "int4" as "int8" })).toThrow('dtype is "int4"');
  });
});

test("bytes that are no ONNX model are refused", async () => {
  const spec = { dimensions: 384, pooling: "mean", normalize: true } as const;
  await expect(openOnnxEncoder(new Uint8Array(100), spec)).rejects.toMatchObject({
    code: "engine_failed",
    message: expect.stringContaining("cannot open the model"),
  });
});

describe("loadTokenizer", () => {
  test("encodes, counts and cuts on the calling thread", async () => {
    const tokenizer = await loadTokenizer(MODEL, { modelUrl });
    expect(tokenizer.encode("Hello, wörld")).toEqual({
      ids: [101, 7592, 1010, 2088, 102],
      offsets: [
        [0, 0],
        [0, 5],
        [5, 6],
        [7, 12],
        [0, 0],
      ],
      truncated: false,
    });
    const long = "word ".repeat(300);
    expect(tokenizer.count(long)).toBe(302);
    expect(tokenizer.encode(long)).toMatchObject({ truncated: true });
    expect(tokenizer.encode(long).ids).toHaveLength(256);
    tokenizer.close();
    expect(() => tokenizer.encode("a")).toThrow("the tokenizer was closed");
  });

  test("cuts where it is told to, or never", async () => {
    const short = await loadTokenizer(MODEL, { modelUrl, maxTokens: 4 });
    expect(short.encode("one two three four").ids).toHaveLength(4);
    const whole = await loadTokenizer(MODEL, { modelUrl, maxTokens: 0 });
    expect(whole.encode("word ".repeat(300))).toMatchObject({ truncated: false });
    await expect(loadTokenizer(MODEL, { modelUrl, maxTokens: -1 })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    await expect(loadTokenizer("gpt", {})).rejects.toMatchObject({ code: "not_found" });
    short.close();
    whole.close();
  });
});
