import { describe, expect, test } from "@jest/globals";
import { type EngineChoice, enginesOf, resolveEngine } from "../../js/src/embedding/engines.js";
import { findModel } from "../../js/src/models/manifest.js";

describe("resolveEngine", () => {
  test.each<[EngineChoice, object]>([
    [{}, { engine: "auto", device: "wasm", dtype: "int8" }],
    [{ engine: "native" }, { engine: "native", device: "wasm" }],
    [{ engine: "native", dtype: "fp32" }, { engine: "native" }],
    [{ engine: "onnx" }, { engine: "onnx", device: "wasm", dtype: "int8" }],
    [{ dtype: "fp32" }, { engine: "onnx", device: "wasm", dtype: "fp32" }],
    [{ dtype: "int8" }, { engine: "onnx", dtype: "int8" }],
    [{ device: "webgpu" }, { engine: "onnx", device: "webgpu", dtype: "fp32" }],
    [
      { device: "webgpu", dtype: "int8" },
      { engine: "onnx", device: "webgpu", dtype: "int8" },
    ],
  ])("%j", (choice, resolved) => {
    expect(resolveEngine(choice)).toMatchObject(resolved);
  });

  test.each<[string, object]>([
    ['engine is "webnn"; use one of "auto", "native", "onnx"', { engine: "webnn" }],
    ['device is "gpu"; use one of "wasm", "webgpu"', { device: "gpu" }],
    ['dtype is "int4"; use one of "int8", "fp32"', { dtype: "int4" }],
    ["runs through ONNX Runtime Web", { engine: "native", device: "webgpu" }],
  ])("%s", (message, choice) => {
    expect(() => resolveEngine(choice as EngineChoice)).toThrow(message);
  });
});

test("auto is native first where there is a .pvm file", () => {
  const spec = findModel("all-MiniLM-L6-v2");
  expect(enginesOf(spec, "auto")).toEqual(["native", "onnx"]);
  expect(enginesOf({ ...spec, files: {} }, "auto")).toEqual(["onnx"]);
  expect(enginesOf(spec, "onnx")).toEqual(["onnx"]);
});
