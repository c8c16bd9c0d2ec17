import { readFileSync } from "node:fs";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from "@jest/globals";
import { readTorchFile } from "../../js/src/embedding/hub/torch-file.js";
import { sentencePieceOf } from "../../js/src/embedding/hub/unigram.js";
import { type InstructorOptions, instructor } from "../../js/src/embedding/instructor.js";
import type { LocalEmbeddingFunction } from "../../js/src/embedding/local-model.js";
import { type LocalModelOptions, localModel } from "../../js/src/embedding/named-model.js";
import { loadTokenizer } from "../../js/src/index.js";
import { INSTRUCTOR_MODELS } from "../../js/src/models/instructor-manifest.js";
import type { Progress } from "../../js/src/types.js";
import { type LoopbackServer, startServer } from "../../tools/loopback-server.mjs";
import {
  cases,
  type HubModelCase,
  hubModelFiles,
  maxTokens,
  t5Model,
  texts,
  unigramModel,
} from "../support/hub-models.mjs";
import { tokenizerJson } from "../support/sentencepiece-json.mjs";
import { makeTinyBert } from "../support/tiny-bert.mjs";

const FIXTURES = new URL("../fixtures/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, FIXTURES));
const DENSE = new Uint8Array(read("hub-models/instructor/2_Dense/pytorch_model.bin"));
/** Both run in float32, in another order and once padded. */
const TOLERANCE = 2e-5;

function findCase(model: string, kind: HubModelCase["kind"]): HubModelCase {
  return cases.find((each) => each.model === model && each.kind === kind) as HubModelCase;
}

function expectVectors(found: readonly Float32Array[], { vectors: reference }: HubModelCase) {
  expect(found).toHaveLength(reference.length);
  const far = found.flatMap((vector, i) => {
    const other = reference[i] as Float32Array;
    const most = Math.max(...other.map((value, at) => Math.abs(value - (vector[at] as number))));
    return vector.length === other.length && most < TOLERANCE ? [] : [[texts[i], most]];
  });
  expect(far).toEqual([]);
}

let server: LoopbackServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.files.clear();
  server.requests.length = 0;
  for (const name of ["multilingual-bert", "xlm-roberta", "instructor"] as const) {
    for (const [path, content] of Object.entries(hubModelFiles(name))) {
      server.files.set(`/${name}/${path}`, content);
    }
  }
});

jest.setTimeout(60_000);

const opened: LocalEmbeddingFunction[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((model) => model.close()));
});

function open(name: string, options: LocalModelOptions = {}): LocalEmbeddingFunction {
  const given = {
    modelUrl: server.url + name,
    worker: false as const,
    onWarning() {},
    onTruncate() {},
  };
  const model = localModel(`test/${name}`, { ...given, ...options });
  opened.push(model);
  return model;
}

function openInstructor(options: InstructorOptions = {}): LocalEmbeddingFunction {
  const given = { modelUrl: `${server.url}instructor`, worker: false as const, onTruncate() {} };
  const model = instructor({ ...given, ...options });
  opened.push(model);
  return model;
}

const requested = (path: string) => server.requests.some((request) => request.path === path);

describe("localModel() with XLM-RoBERTa's vocabulary", () => {
  test("BertModel whose tokenizer has no class: tokenizer.json, token types, the prompts", async () => {
    const warnings: string[] = [];
    const model = open("multilingual-bert", { onWarning: (message) => warnings.push(message) });
    expectVectors(await model.generate(texts), findCase("multilingual-bert", "document"));
    expectVectors(await model.generateForQueries(texts), findCase("multilingual-bert", "query"));
    expect(model).toMatchObject({ dimensions: 16, maxTokens: maxTokens, engine: "onnx" });
    expect(warnings).toEqual([
      expect.stringContaining("vocabulary is sentencepiece's, not WordPiece"),
    ]);
    expect(requested("/multilingual-bert/sentencepiece.bpe.model")).toBe(false);
  });

  test.each(["sentencepiece.bpe.model", "tokenizer.json"])(
    "XLMRobertaModel, its vocabulary in %s",
    async (path) => {
      const content =
        path === "tokenizer.json"
          ? JSON.stringify(tokenizerJson(unigramModel, "xlm-r"))
          : unigramModel;
      server.files.delete("/xlm-roberta/sentencepiece.bpe.model");
      server.files.set(`/xlm-roberta/${path}`, content);
      const model = open("xlm-roberta");
      expectVectors(await model.generate(texts), findCase("xlm-roberta", "document"));
      expect(model.lastTruncated).toContain(texts.length - 1);
      expect(requested("/xlm-roberta/tokenizer.json")).toBe(path === "tokenizer.json");
    },
  );

  test("a tokenizer that is named nowhere is the architecture's", async () => {
    server.files.set("/xlm-roberta/tokenizer_config.json", "{}");
    const [vector] = await open("xlm-roberta").generate(["a"]);
    expect(vector).toHaveLength(16);
    expect(requested("/xlm-roberta/tokenizer.json")).toBe(false);
  });

  test("RoBERTa's positions begin behind the padding's id: two fewer", async () => {
    const long = [texts.at(-1) as string];
    await expect(open("xlm-roberta", { maxTokens: 47 }).load()).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("takes at most 46"),
    });
    expect(await open("xlm-roberta", { maxTokens: 46 }).generate(long)).toHaveLength(1);
    expect(await open("multilingual-bert", { maxTokens: 48 }).generate(long)).toHaveLength(1);
  });

  test("a vocabulary that is missing, or lowercased texts, are refused and named", async () => {
    server.files.delete("/xlm-roberta/sentencepiece.bpe.model");
    const lowercase = JSON.stringify({ do_lower_case: true });
    server.files.set("/multilingual-bert/sentence_bert_config.json", lowercase);
    const messages = {
      "xlm-roberta": "has neither sentencepiece.bpe.model nor tokenizer.json",
      "multilingual-bert": "texts are to be lowercased",
    };
    for (const [name, message] of Object.entries(messages)) {
      await expect(open(name).load()).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining(message),
      });
    }
  });
});

describe("the Unigram model of a tokenizer.json", () => {
  test.each([
    ["xlm-r", "unigram"],
    ["t5", "t5"],
  ] as const)("%s: the ids of the .model file", async (mapping, name) => {
    const model = name === "t5" ? t5Model : unigramModel;
    const tokenizer = await loadTokenizer({
      sentencepiece: sentencePieceOf(tokenizerJson(model, mapping)),
      mapping,
    });
    const lines = read(`sentencepiece/${name}.${mapping}.jsonl`).toString().trim().split("\n");
    const wrong = lines
      .map((line) => JSON.parse(line) as { text: string; ids: number[] })
      .filter(({ text, ids }) => tokenizer.encode(text).ids.join() !== ids.join());
    expect(wrong).toEqual([]);
    expect(lines.length).toBeGreaterThan(200);
    tokenizer.close();
  });

  test.each<[string, string, (json: ReturnType<typeof tokenizerJson>) => void]>([
    ["unsupported", "from </s> <unk>", ({ model }) => model.vocab.splice(0, 2)],
    [
      "unsupported",
      "Lowercase",
      ({ normalizer }) => normalizer.normalizers.push({ type: "Lowercase" }),
    ],
    [
      "unsupported",
      '"never"',
      ({ pre_tokenizer }) =>
        Object.assign(pre_tokenizer.pretokenizers[1] ?? {}, { prepend_scheme: "never" }),
    ],
    ["unsupported", "byte pieces", ({ model }) => Object.assign(model, { byte_fallback: true })],
    ["corrupt", "no list", ({ model }) => model.vocab.push(["a", "b" as never])],
    [
      "corrupt",
      "no base64",
      ({ normalizer }) =>
        Object.assign(normalizer.normalizers[0] ?? {}, { precompiled_charsmap: "%" }),
    ],
  ])("%s: %s", (code, message, change) => {
    const json = tokenizerJson(unigramModel, "xlm-r");
    change(json);
    expect(() => sentencePieceOf(json)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe("instructor()", () => {
  const given = cases.filter(({ model }) => model === "instructor");

  test.each(given.map((each) => [each.instruction?.slice(0, 20), each] as const))(
    "instruction %j: the vectors of the reference",
    async (_, each) => {
      const model = openInstructor(
        each.instruction === "" ? {} : { instruction: each.instruction ?? "" },
      );
      expectVectors(await model.generate(texts), each);
      expectVectors(await model.generateForQueries(texts), each);
      expect(model).toMatchObject({
        dimensions: 24,
        maxTokens: maxTokens,
        engine: "onnx",
      });
    },
  );

  test("queries may have an instruction of their own", async () => {
    const [, science, question] = given as [HubModelCase, HubModelCase, HubModelCase];
    const model = openInstructor({
      instruction: science.instruction as string,
      queryInstruction: question.instruction as string,
    });
    expectVectors(await model.generate(texts), science);
    expectVectors(await model.generateForQueries(texts), question);
  });

  test("spaces of Python's strip() around a text do not count, others do", async () => {
    const model = openInstructor({ instruction: "Represent: " });
    const [plain, spaces, mark] = await model.generate([
      "word",
      "\x1c\x85\u3000 word\n\x1f",
      "\ufeffword",
    ]);
    expect(spaces).toEqual(plain);
    expect(mark).not.toEqual(plain);
  });

  test("the folder of the ONNX file comes before the repository", async () => {
    server.files.set(
      "/export/onnx/encoder_model.onnx",
      read("hub-models/instructor/onnx/model.onnx"),
    );
    server.fail("/instructor/onnx/model.onnx", { status: 404, times: 2 });
    const seen: Progress[] = [];
    const model = openInstructor({ modelUrl: [`${server.url}export`, `${server.url}instructor`] });
    await model.load({ onProgress: (progress) => seen.push(progress) });
    const { length } = read("hub-models/instructor/onnx/model.onnx");
    expect(seen).toContainEqual({ stage: "download", done: length, total: length, bytes: length });
    expectVectors(await model.generate(texts), given[0] as HubModelCase);
    await expect(openInstructor().load()).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/onnx\/model.onnx or onnx\/encoder_model.onnx; export it/),
    });
  });

  test("dense weights as safetensors, and weights that do not fit", async () => {
    const weights = readTorchFile(DENSE);
    const { shape, bytes } = weights.get("linear.weight") as { shape: number[]; bytes: Uint8Array };
    const path = "/instructor/2_Dense/model.safetensors";
    server.files.set(path, safetensors("F32", shape, bytes));
    const model = openInstructor();
    expectVectors(await model.generate(texts), given[0] as HubModelCase);
    expect(requested("/instructor/2_Dense/pytorch_model.bin")).toBe(false);
    const cases: [Uint8Array, string][] = [
      [safetensors("F16", shape, bytes), "unsupported"],
      [safetensors("F32", [16, 24], bytes), "corrupt"],
      [safetensors("F32", shape, bytes.subarray(4)), "corrupt"],
      [new Uint8Array(5), "corrupt"],
      [new Uint8Array(50), "corrupt"],
    ];
    for (const [file, code] of cases) {
      server.files.set(path, file);
      await expect(openInstructor().load()).rejects.toMatchObject({ code });
    }
  });

  test("says what it is, in Chroma's words", () => {
    expect(openInstructor()).toMatchObject({ name: "instructor", dimensions: 768, maxTokens: 512 });
    const stored = (options: InstructorOptions) =>
      JSON.parse(JSON.stringify(instructor(options).getConfig()));
    expect(stored({})).toEqual({ model_name: "hkunlp/instructor-base", device: "cpu" });
    const instruction = "Represent: ";
    expect(stored({ model: "hkunlp/instructor-xl", instruction, dtype: "int8" })).toEqual({
      model_name: "hkunlp/instructor-xl",
      device: "cpu",
      instruction,
      dtype: "int8",
    });
    expect(openInstructor({ model: "a/b" }).dimensions).toBe(0);
    expect(() => instructor({ dtype: "int4" as never })).toThrow('dtype is "int4"');
  });

  test('the package\'s models are those of "instructor" in models/manifest.json', () => {
    const manifest = JSON.parse(
      readFileSync(new URL("../../models/manifest.json", import.meta.url), "utf8"),
    );
    expect(INSTRUCTOR_MODELS).toEqual(manifest.instructor);
  });
});

describe("a file of torch.save()", () => {
  const file = DENSE;

  test("gives the tensors", () => {
    const tensors = readTorchFile(file);
    expect([...tensors.keys()]).toEqual(["linear.weight"]);
    expect(tensors.get("linear.weight")).toMatchObject({ shape: [24, 16] });
    expect(tensors.get("linear.weight")?.bytes).toHaveLength(24 * 16 * 4);
  });

  test("cut, changed or of another kind: refused, without a crash", () => {
    const codes = new Set<string>();
    const attempt = (bytes: Uint8Array) => {
      try {
        readTorchFile(new Uint8Array(bytes));
        codes.add("read");
      } catch (error) {
        codes.add((error as { code: string }).code);
      }
    };
    for (let length = 0; length < file.length; length += 7) attempt(file.subarray(0, length));
    for (let at = 0; at < file.length; at++) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const changed = file.slice();
        changed[at] = (changed[at] as number) ^ bits;
        attempt(changed);
      }
    }
    expect([...codes].sort()).toEqual(["corrupt", "read", "unsupported"]);
  });
});

describe("localModel() of a BERT with layers behind the pooling", () => {
  const module = (kind: string, path: string, idx: number) => ({
    idx,
    path,
    type: `sentence_transformers.models.${kind}`,
  });
  const shape = { in_features: 32, out_features: 5, bias: true };

  function serveDense(config: object): void {
    const tiny = makeTinyBert();
    const files: Record<string, string | Uint8Array> = {
      ...tiny.files,
      "modules.json": JSON.stringify([
        module("Transformer", "", 0),
        module("Pooling", "1_Pooling", 1),
        module("Dense", "2_Dense", 2),
      ]),
      "2_Dense/config.json": JSON.stringify({ ...shape, ...config }),
      "2_Dense/model.safetensors": safetensors("F32", [5, 32], weights, biases),
      "onnx/model.onnx": tiny.onnx(),
    };
    for (const [path, content] of Object.entries(files))
      server.files.set(`/dense/${path}`, content);
  }
  const values = Float32Array.from({ length: 165 }, (_, i) => Math.sin(i * 1.7) / 2);
  const weights = new Uint8Array(values.buffer, 0, 160 * 4);
  const biases = new Uint8Array(values.buffer, 160 * 4);

  test.each([
    ["torch.nn.modules.activation.Tanh", Math.tanh],
    ["torch.nn.modules.linear.Identity", (x: number) => x],
  ])("%s, with biases, not normalized", async (activation_function, activate) => {
    serveDense({ activation_function });
    const model = open("dense");
    const [vector] = await model.generate(["cat sits"]);
    // The tiny model's vector has length 1: its mean is needed.
    const mean = makeTinyBert({ normalize: false }).wordVectorOf("passage: cat sits");
    const reference = Array.from({ length: 5 }, (_, row) => {
      const sum = mean.reduce((all, x, i) => all + x * (values[row * 32 + i] as number), 0);
      return activate(sum + (values[160 + row] as number));
    });
    expect(model).toMatchObject({ dimensions: 5, engine: "onnx" });
    expect(vector).toHaveLength(5);
    for (const [i, value] of reference.entries()) expect(vector?.[i]).toBeCloseTo(value, 5);
  });

  test.each<[string, string, object]>([
    [
      "unsupported",
      "activation of a Dense module is ReLU",
      { activation_function: "torch.nn.ReLU" },
    ],
    ["corrupt", "takes 31 values and is given 32", { in_features: 31 }],
    ["corrupt", "out_features is 0", { out_features: 0 }],
  ])("%s: %s", async (code, message, config) => {
    serveDense(config);
    await expect(open("dense").load()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test("include_prompt false: the mean is the text's without the prompt", async () => {
    const tiny = makeTinyBert({ normalize: false });
    const pooling = { pooling_mode_mean_tokens: true, include_prompt: false };
    const files = { ...tiny.files, "onnx/model.onnx": tiny.onnx() };
    for (const [path, content] of Object.entries(files))
      server.files.set(`/prompt/${path}`, content);
    server.files.set("/prompt/1_Pooling/config.json", JSON.stringify(pooling));
    const [vector] = await open("prompt").generate(["cat sits"]);
    // "[CLS] passage :" are left out.
    const reference = tiny.wordVectorOf("passage: cat sits", 16, 3);
    for (const [i, value] of reference.entries()) expect(vector?.[i]).toBeCloseTo(value, 5);
    expect(opened.at(-1)?.engine).toBe("onnx");
  });
});

/** A file with linear.weight, and perhaps linear.bias. */
function safetensors(dtype: string, shape: number[], weights: Uint8Array, biases?: Uint8Array) {
  const end = weights.length;
  const header = JSON.stringify({
    __metadata__: { format: "pt" },
    "linear.weight": { dtype, shape, data_offsets: [0, end] },
    ...(biases && {
      "linear.bias": { dtype, shape: [shape[0]], data_offsets: [end, end + biases.length] },
    }),
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return new Uint8Array(
    Buffer.concat([length, Buffer.from(header), weights, biases ?? new Uint8Array(0)]),
  );
}
