import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { LocalEmbeddingFunction } from "../../js/src/embedding/local-model.js";
import { type LocalModelOptions, localModel } from "../../js/src/embedding/named-model.js";
import type { Progress } from "../../js/src/types.js";
import { type LoopbackServer, startServer } from "../../tools/loopback-server.mjs";
import { cosine, makeTinyBert, type TinyBertOptions } from "../support/tiny-bert.mjs";
import { modelFolder } from "./model-folder.js";

const TEXTS = [
  "cat sits on the mat",
  "the old house",
  "",
  "rain sun snow wind red blue green tree",
];
/** 8-bit weights without calibration, at 32 dimensions. */
const MIN_COSINE = 0.995;

let server: LoopbackServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const opened: LocalEmbeddingFunction[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((model) => model.close()));
});

type Files = Record<string, string | Uint8Array | undefined>;

/** Serves a tiny model with these files instead of its own (undefined: without them). */
function serve(options: TinyBertOptions = {}, changes: Files = {}) {
  const tiny = makeTinyBert(options);
  server.files.clear();
  server.requests.length = 0;
  for (const [path, content] of Object.entries({ ...tiny.files, ...changes })) {
    if (content !== undefined) server.files.set(`/tiny/${path}`, content);
  }
  return tiny;
}

function open(options: LocalModelOptions = {}, name = "test/tiny"): LocalEmbeddingFunction {
  const given = { modelUrl: `${server.url}tiny`, worker: false as const, ...options };
  const model = localModel(name, given);
  opened.push(model);
  return model;
}

/** What a JSON file of the tiny model says, changed. */
function changed(path: string, fields: object): string {
  return JSON.stringify({ ...JSON.parse(makeTinyBert().files[path] as string), ...fields });
}

describe("a BERT of a repository", () => {
  test.each<TinyBertOptions>([
    { pooling: "mean", normalize: true },
    { pooling: "cls", normalize: true, seed: 2 },
    { pooling: "mean", normalize: false, seed: 3 },
  ])("%j: converted, its vectors are those of the reference", async (options) => {
    const tiny = serve(options);
    const model = open();
    expect([model.dimensions, model.maxTokens, model.engine]).toEqual([0, 0, undefined]);
    const vectors = await model.generate(TEXTS);
    expect(model).toMatchObject({ dimensions: tiny.dimensions, maxTokens: 16, engine: "native" });
    for (const [i, text] of TEXTS.entries()) {
      const reference = tiny.vectorOf(`passage: ${text}`);
      const vector = vectors[i] as Float32Array;
      expect(cosine(vector, reference)).toBeGreaterThan(MIN_COSINE);
      expect(Math.hypot(...vector) / Math.hypot(...reference)).toBeCloseTo(1, 1);
    }
  });

  test("queries get the prompt of queries", async () => {
    const tiny = serve();
    const [vector] = await open().generateForQueries(["cat"]);
    expect(cosine(vector as Float32Array, tiny.vectorOf("query: cat"))).toBeGreaterThan(MIN_COSINE);
    expect(cosine(vector as Float32Array, tiny.vectorOf("cat"))).toBeLessThan(MIN_COSINE);
  });

  test("prefixes and the length are the caller's if he says so", async () => {
    const tiny = serve();
    const model = open({
      queryPrefix: "",
      documentPrefix: "green ",
      maxTokens: 6,
      onTruncate() {},
    });
    const long = "red blue old new house river tree";
    const [query] = await model.generateForQueries([long]);
    const [document] = await model.generate([long]);
    expect(model.lastTruncated).toEqual([0]);
    expect(cosine(query as Float32Array, tiny.vectorOf(long, 6))).toBeGreaterThan(MIN_COSINE);
    expect(cosine(document as Float32Array, tiny.vectorOf(`green ${long}`, 6))).toBeGreaterThan(
      MIN_COSINE,
    );
    expect(model.getConfig()).toMatchObject({
      model: "test/tiny",
      revision: "main",
      queryPrefix: "",
      documentPrefix: "green ",
      maxTokens: 6,
    });
  });

  test("more tokens than the model has positions are refused", async () => {
    serve();
    await expect(open({ maxTokens: 49 }).load()).rejects.toMatchObject({
      code: "invalid_argument",
      message: "pagevec: maxTokens is 49; test/tiny takes at most 48",
    });
    await open({ maxTokens: 48 }).load();
  });

  test("a plain transformer is pooled by the mean, not normalized, without prompts", async () => {
    const tiny = serve(
      { normalize: false },
      { "modules.json": undefined, "config_sentence_transformers.json": undefined },
    );
    const [vector] = await open().generate(["cat dog"]);
    expect(cosine(vector as Float32Array, tiny.vectorOf("cat dog"))).toBeGreaterThan(MIN_COSINE);
  });

  test("the vocabulary may be in tokenizer.json, the transformer in a folder", async () => {
    const { files, words } = makeTinyBert();
    const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
    const tokenizer = {
      model: { type: "WordPiece", vocab },
      normalizer: { type: "BertNormalizer", lowercase: true, strip_accents: null },
    };
    const modules = JSON.parse(files["modules.json"] as string);
    modules[0].path = "0_Transformer";
    const inFolder = ["config.json", "sentence_bert_config.json", "model.safetensors"];
    const tiny = serve(
      {},
      {
        "modules.json": JSON.stringify(modules),
        "vocab.txt": undefined,
        "0_Transformer/tokenizer.json": JSON.stringify(tokenizer),
        ...Object.fromEntries(inFolder.map((path) => [`0_Transformer/${path}`, files[path]])),
        ...Object.fromEntries(inFolder.map((path) => [path, undefined])),
      },
    );
    const [vector] = await open().generate(["the mat"]);
    expect(cosine(vector as Float32Array, tiny.vectorOf("passage: the mat"))).toBeGreaterThan(
      MIN_COSINE,
    );
  });

  test("reports the download and the conversion", async () => {
    serve();
    const seen: Progress[] = [];
    await open().load({ onProgress: (progress) => seen.push(progress) });
    const bytes = (server.files.get("/tiny/model.safetensors") as Uint8Array).length;
    expect(seen).toContainEqual({ stage: "download", done: bytes, total: bytes, bytes });
    expect(seen.at(-1)).toEqual({ stage: "convert", done: 1, total: 1 });
  });

  test("an aborted load rejects with aborted, and a later one works", async () => {
    serve();
    server.fail("/tiny/model.safetensors", { delayMs: 200 });
    const model = open();
    const signal = AbortSignal.timeout(100);
    await expect(model.load({ signal })).rejects.toMatchObject({ code: "aborted" });
    await model.load();
  });
});

describe("what is not a BERT", () => {
  const distil = { "config.json": changed("config.json", { model_type: "distilbert" }) };

  test("runs from its ONNX file, and a warning says why", async () => {
    const tiny = serve({}, { ...distil, "onnx/model.onnx": makeTinyBert().onnx() });
    const warnings: string[] = [];
    const model = open({ onWarning: (message) => warnings.push(message) });
    const [vector] = await model.generate(["cat sits"]);
    expect(model.engine).toBe("onnx");
    expect(cosine(vector as Float32Array, tiny.wordVectorOf("passage: cat sits"))).toBeCloseTo(
      1,
      6,
    );
    expect(warnings).toEqual([expect.stringContaining("it is distilbert, not bert")]);
  });

  test("engine onnx takes the ONNX file of a BERT, too", async () => {
    const tiny = serve({}, { "onnx/model.onnx": makeTinyBert().onnx() });
    const model = open({ engine: "onnx" });
    const [vector] = await model.generate(["cat sits"]);
    expect(cosine(vector as Float32Array, tiny.wordVectorOf("passage: cat sits"))).toBeCloseTo(
      1,
      6,
    );
    expect(server.requests.some(({ path }) => path.endsWith("safetensors"))).toBe(false);
  });

  test.each<[string, Files, LocalModelOptions]>([
    ["it is distilbert, not bert; and there is no onnx/model.onnx", distil, {}],
    ["it is distilbert, not bert", distil, { engine: "native" }],
    [
      "its activation is relu",
      { "config.json": changed("config.json", { hidden_act: "relu" }) },
      {},
    ],
    [
      "its positions are relative_key",
      { "config.json": changed("config.json", { position_embedding_type: "relative_key" }) },
      {},
    ],
    ["safetensors", { "model.safetensors": "no tensors" }, {}],
    [
      "hidden 32 does not divide into 3 heads",
      { "config.json": changed("config.json", { num_attention_heads: 3 }) },
      {},
    ],
  ])("without one it is refused: %s", async (message, changes, options) => {
    serve({}, changes);
    await expect(open(options).load()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(new RegExp(`test/tiny.*${message}`)),
    });
  });
});

describe("what pagevec cannot run is refused and named", () => {
  const pooling = (mode: string) => ({
    "1_Pooling/config.json": JSON.stringify({ [`pooling_mode_${mode}`]: true }),
  });
  const modules = (...kinds: string[]) => ({
    "modules.json": JSON.stringify(
      kinds.map((kind, idx) => ({ idx, path: "", type: `sentence_transformers.models.${kind}` })),
    ),
  });
  const tokenizer = (fields: object) => ({ "tokenizer.json": JSON.stringify(fields) });
  const normalizer = { type: "BertNormalizer", lowercase: true };

  test.each<[string, Files]>([
    ["pools by max;", pooling("max_tokens")],
    ["pools by mean_sqrt_len;", pooling("mean_sqrt_len_tokens")],
    ["pools by lasttoken;", pooling("lasttoken")],
    ["pools by nothing;", { "1_Pooling/config.json": "{}" }],
    [
      "pools by cls and mean;",
      {
        "1_Pooling/config.json": JSON.stringify({
          pooling_mode_cls_token: true,
          pooling_mode_mean_tokens: true,
        }),
      },
    ],
    [
      "it leaves its prompt out of the pooling; and there is no onnx/model.onnx",
      {
        "1_Pooling/config.json": JSON.stringify({
          pooling_mode_mean_tokens: true,
          include_prompt: false,
        }),
      },
    ],
    ["Transformer, Pooling, LSTM", modules("Transformer", "Pooling", "LSTM")],
    [
      "Transformer, Pooling, Normalize, Dense",
      modules("Transformer", "Pooling", "Normalize", "Dense"),
    ],
    ["CLIPModel", modules("CLIPModel")],
    ["it is BPE", tokenizer({ model: { type: "BPE" } })],
    [
      "pieces from <s> a;",
      tokenizer({
        model: {
          type: "Unigram",
          vocab: [
            ["<s>", 0],
            ["a", 0],
          ],
        },
      }),
    ],
    ["its normalizer is Lowercase", tokenizer({ normalizer: { type: "Lowercase" } })],
    ["accents and capitals", tokenizer({ normalizer: { ...normalizer, strip_accents: false } })],
    ["Chinese", tokenizer({ normalizer: { ...normalizer, handle_chinese_chars: false } })],
    ["texts begin with <s>", { "tokenizer_config.json": '{"cls_token":{"content":"<s>"}}' }],
  ])("%s", async (message, changes) => {
    serve({}, changes);
    await expect(open().load()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(message),
    });
  });

  test.each<[string, Files]>([
    ["config.json is no JSON", { "config.json": "{" }],
    ["modules.json is not a list", { "modules.json": "{}" }],
    ["hidden_size is 0", { "config.json": changed("config.json", { hidden_size: 0 }) }],
  ])("%s", async (message, changes) => {
    serve({}, changes);
    await expect(open().load()).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining(message),
    });
  });
});

describe("files that are not there", () => {
  test("an empty folder, or one that answers with pages, is not_found", async () => {
    server.files.clear();
    await expect(open().load()).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("config.json answered 404"),
    });
    for (const path of ["modules.json", "config.json"])
      server.fail(`/tiny/${path}`, { html: true });
    await expect(open().load()).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("HTML page"),
    });
  });

  test("a server that fails is network, not another engine", async () => {
    serve({}, { "onnx/model.onnx": makeTinyBert().onnx() });
    server.fail("/tiny/model.safetensors", { status: 500, times: 4 });
    await expect(open().load()).rejects.toMatchObject({ code: "network" });
  });

  test("the next folder is asked", async () => {
    const tiny = serve();
    const model = open({ modelUrl: [`${server.url}nothing/`, `${server.url}tiny/`] });
    const [vector] = await model.generate(["cat"]);
    expect(cosine(vector as Float32Array, tiny.vectorOf("passage: cat"))).toBeGreaterThan(
      MIN_COSINE,
    );
  });
});

describe("names", () => {
  test("without modelUrl the hub is asked, at the revision", async () => {
    const urls: string[] = [];
    const spy = jest.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
      urls.push(String(url));
      return new Response("", { status: 401 });
    });
    const model = localModel("owner/name", { revision: "v1.5", worker: false });
    await expect(model.load()).rejects.toMatchObject({ code: "not_found" });
    expect(urls).toContain("https://huggingface.co/owner/name/resolve/v1.5/config.json");
    spy.mockRestore();
    await model.close();
  });

  test("what is no repository is refused", async () => {
    const model = localModel("minilm", { worker: false });
    await expect(model.load()).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining('"minilm" is no model of the manifest'),
    });
  });

  test.each(["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])(
    "%s is the manifest's model, with its .pvm file",
    async (name) => {
      const modelUrl = modelFolder("all-MiniLM-L6-v2", ["pvm"]);
      const model = open({ modelUrl, maxTokens: 512, queryPrefix: "q: " }, name);
      expect(model).toMatchObject({ dimensions: 384, maxTokens: 512 });
      const [vector] = await model.generate(["a"]);
      expect(vector).toHaveLength(384);
      expect(model.engine).toBe("native");
    },
    900_000,
  );

  test("refuses bad lengths", () => {
    expect(() => localModel("a/b", { maxTokens: 2 })).toThrow("maxTokens is 2");
    expect(() => localModel("all-MiniLM-L6-v2", { maxTokens: 513 })).toThrow("takes at most 512");
  });
});
