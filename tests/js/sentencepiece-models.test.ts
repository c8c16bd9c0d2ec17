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
import { sentencePieceOf } from "../../js/src/embedding/hub/unigram.js";
import type { LocalEmbeddingFunction } from "../../js/src/embedding/local-model.js";
import { type LocalModelOptions, localModel } from "../../js/src/embedding/named-model.js";
import { loadTokenizer } from "../../js/src/index.js";
import { type LoopbackServer, startServer } from "../../tools/loopback-server.mjs";
import {
  cases,
  farFrom,
  type HubModelCase,
  hubModelFiles,
  maxTokens,
  t5Model,
  texts,
  unigramModel,
} from "../support/hub-models.mjs";
import { tokenizerJson } from "../support/sentencepiece-json.mjs";

const FIXTURES = new URL("../fixtures/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, FIXTURES));
function findCase(model: string, kind: HubModelCase["kind"]): HubModelCase {
  return cases.find((each) => each.model === model && each.kind === kind) as HubModelCase;
}

let server: LoopbackServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.files.clear();
  server.requests.length = 0;
  for (const name of ["multilingual-bert", "xlm-roberta"] as const) {
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

const requested = (path: string) => server.requests.some((request) => request.path === path);

describe("localModel() with XLM-RoBERTa's vocabulary", () => {
  test("BertModel whose tokenizer has no class: tokenizer.json, token types, the prompts", async () => {
    const warnings: string[] = [];
    const model = open("multilingual-bert", { onWarning: (message) => warnings.push(message) });
    expect(farFrom(findCase("multilingual-bert", "document"), await model.generate(texts))).toEqual(
      [],
    );
    expect(
      farFrom(findCase("multilingual-bert", "query"), await model.generateForQueries(texts)),
    ).toEqual([]);
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
      expect(farFrom(findCase("xlm-roberta", "document"), await model.generate(texts))).toEqual([]);
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
