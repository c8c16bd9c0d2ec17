import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { applyDense, readDense } from "../../js/src/embedding/dense.js";
import type { LocalEmbeddingFunction } from "../../js/src/embedding/local-model.js";
import { localModel } from "../../js/src/embedding/named-model.js";
import { type LoopbackServer, startServer } from "../../tools/loopback-server.mjs";
import { denseSafetensors, makeTinyBert } from "../support/tiny-bert.mjs";

let server: LoopbackServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => server.files.clear());

const opened: LocalEmbeddingFunction[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((model) => model.close()));
});

function open(name: string): LocalEmbeddingFunction {
  const given = { modelUrl: server.url + name, worker: false as const, onWarning() {} };
  const model = localModel(`test/${name}`, given);
  opened.push(model);
  return model;
}

test("two layers in one file, and a file of another length", () => {
  const shapes = [
    { inputs: 2, outputs: 1, bias: true, activation: "identity" as const },
    { inputs: 1, outputs: 2, bias: false, activation: "tanh" as const },
  ];
  const file = new Uint8Array(Float32Array.of(2, 3, 0.5, 1, -1).buffer);
  const [first, second] = readDense(shapes, file).map(
    (layer) => (input: Float32Array) => applyDense(layer, input),
  );
  expect(first?.(Float32Array.of(1, 10))).toEqual(Float32Array.of(32.5));
  expect(second?.(Float32Array.of(1))).toEqual(Float32Array.of(Math.tanh(1), Math.tanh(-1)));
  for (const wrong of [file.subarray(4), new Uint8Array(24), new Uint8Array(21)]) {
    expect(() => readDense(shapes, wrong)).toThrow(expect.objectContaining({ code: "corrupt" }));
  }
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
      "2_Dense/model.safetensors": denseSafetensors("F32", [5, 32], weights, biases),
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
