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
import { type InstructorOptions, instructor } from "../../js/src/embedding/instructor.js";
import type { LocalEmbeddingFunction } from "../../js/src/embedding/local-model.js";
import { INSTRUCTOR_MODELS } from "../../js/src/models/instructor-manifest.js";
import type { Progress } from "../../js/src/types.js";
import { type LoopbackServer, startServer } from "../../tools/loopback-server.mjs";
import {
  cases,
  farFrom,
  type HubModelCase,
  hubModelFiles,
  maxTokens,
  texts,
} from "../support/hub-models.mjs";
import { denseSafetensors } from "../support/tiny-bert.mjs";

const files = hubModelFiles("instructor");
const DENSE = files["2_Dense/pytorch_model.bin"] as Uint8Array<ArrayBuffer>;
const ONNX = files["onnx/model.onnx"] as Uint8Array;

jest.setTimeout(60_000);

let server: LoopbackServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.files.clear();
  server.requests.length = 0;
  for (const [path, content] of Object.entries(files))
    server.files.set(`/instructor/${path}`, content);
});

const opened: LocalEmbeddingFunction[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((model) => model.close()));
});

function open(options: InstructorOptions = {}): LocalEmbeddingFunction {
  const given = { modelUrl: `${server.url}instructor`, worker: false as const, onTruncate() {} };
  const model = instructor({ ...given, ...options });
  opened.push(model);
  return model;
}

describe("instructor()", () => {
  const given = cases.filter(({ model }) => model === "instructor");

  test.each(given.map((each) => [each.instruction?.slice(0, 20), each] as const))(
    "instruction %j: the vectors of the reference",
    async (_, each) => {
      const model = open(each.instruction === "" ? {} : { instruction: each.instruction ?? "" });
      expect(farFrom(each, await model.generate(texts))).toEqual([]);
      expect(farFrom(each, await model.generateForQueries(texts))).toEqual([]);
      expect(model).toMatchObject({
        dimensions: 24,
        maxTokens: maxTokens,
        engine: "onnx",
      });
    },
  );

  test("queries may have an instruction of their own", async () => {
    const [, science, question] = given as [HubModelCase, HubModelCase, HubModelCase];
    const model = open({
      instruction: science.instruction as string,
      queryInstruction: question.instruction as string,
    });
    expect(farFrom(science, await model.generate(texts))).toEqual([]);
    expect(farFrom(question, await model.generateForQueries(texts))).toEqual([]);
  });

  test("spaces of Python's strip() around a text do not count, others do", async () => {
    const model = open({ instruction: "Represent: " });
    const [plain, spaces, mark] = await model.generate([
      "word",
      "\x1c\x85\u3000 word\n\x1f",
      "\ufeffword",
    ]);
    expect(spaces).toEqual(plain);
    expect(mark).not.toEqual(plain);
  });

  test("the folder of the ONNX file comes before the repository", async () => {
    server.files.set("/export/onnx/encoder_model.onnx", ONNX);
    server.fail("/instructor/onnx/model.onnx", { status: 404, times: 2 });
    const seen: Progress[] = [];
    const model = open({ modelUrl: [`${server.url}export`, `${server.url}instructor`] });
    await model.load({ onProgress: (progress) => seen.push(progress) });
    const { length } = ONNX;
    expect(seen).toContainEqual({ stage: "download", done: length, total: length, bytes: length });
    expect(farFrom(given[0] as HubModelCase, await model.generate(texts))).toEqual([]);
    await expect(open().load()).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/onnx\/model.onnx or onnx\/encoder_model.onnx; export it/),
    });
  });

  test("dense weights as safetensors, and weights that do not fit", async () => {
    const weights = readTorchFile(DENSE);
    const { shape, bytes } = weights.get("linear.weight") as { shape: number[]; bytes: Uint8Array };
    const path = "/instructor/2_Dense/model.safetensors";
    server.files.set(path, denseSafetensors("F32", shape, bytes));
    const model = open();
    expect(farFrom(given[0] as HubModelCase, await model.generate(texts))).toEqual([]);
    expect(server.requests.some(({ path }) => path.endsWith("pytorch_model.bin"))).toBe(false);
    const cases: [Uint8Array, string][] = [
      [denseSafetensors("F16", shape, bytes), "unsupported"],
      [denseSafetensors("F32", [16, 24], bytes), "corrupt"],
      [denseSafetensors("F32", shape, bytes.subarray(4)), "corrupt"],
      [new Uint8Array(5), "corrupt"],
      [new Uint8Array(50), "corrupt"],
    ];
    for (const [file, code] of cases) {
      server.files.set(path, file);
      await expect(open().load()).rejects.toMatchObject({ code });
    }
  });

  test("says what it is, in Chroma's words", () => {
    expect(open()).toMatchObject({ name: "instructor", dimensions: 768, maxTokens: 512 });
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
    expect(open({ model: "a/b" }).dimensions).toBe(0);
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
