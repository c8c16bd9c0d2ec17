import { PagevecError } from "../errors.js";
import type { ModelSpec } from "../models/manifest.js";
import type { Device } from "./onnx/runtime-options.js";

/** Weights of different precision of one model. */
export type Dtype = "int8" | "fp32";

/** What runs a model: the core's own forward pass, or ONNX Runtime Web. */
export type ModelEngine = "native" | "onnx";

/** What a caller may say of how a model is run. */
export interface EngineChoice {
  engine?: "auto" | ModelEngine | undefined;
  device?: Device | undefined;
  dtype?: Dtype | undefined;
}

/** How a model is run. "auto": native where the model has a .pvm file that can be had, else onnx. */
export interface ResolvedEngine {
  engine: "auto" | ModelEngine;
  device: Device;
  /** Of the ONNX file. */
  dtype: Dtype;
}

/**
 * @param dtypeOnWasm the precision when none is given.
 * @throws invalid_argument for a value that is none of these, and for "native" on "webgpu".
 */
export function resolveEngine(choice: EngineChoice, dtypeOnWasm: Dtype = "int8"): ResolvedEngine {
  const engine = oneOf("engine", choice.engine ?? "auto", ["auto", "native", "onnx"]);
  const device = oneOf("device", choice.device ?? "wasm", ["wasm", "webgpu"]);
  // Quantized operators are slow on WebGPU, or run beside it.
  const fallback = device === "webgpu" ? "fp32" : dtypeOnWasm;
  const dtype = oneOf("dtype", choice.dtype ?? fallback, ["int8", "fp32"]);
  if (engine === "native" && device === "webgpu") {
    throw new PagevecError(
      "invalid_argument",
      'device "webgpu" runs through ONNX Runtime Web; leave engine out, or make it "onnx"',
    );
  }
  // Who names a precision of the ONNX file, or WebGPU, means ONNX.
  const meansOnnx = device === "webgpu" || choice.dtype !== undefined;
  return { engine: engine === "auto" && meansOnnx ? "onnx" : engine, device, dtype };
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  const choices = allowed.map((each) => `"${each}"`).join(", ");
  throw new PagevecError("invalid_argument", `${name} is "${value}"; use one of ${choices}`);
}

/** The files that a model needs. A .pvm file has its vocabulary inside. */
export function filesOf(spec: ModelSpec, engine: ModelEngine, dtype: Dtype): string[] {
  if (engine === "native") return ["pvm"];
  return [spec.tokenizer.file, dtype, ...(spec.dense ? ["dense"] : [])];
}

/** The engines to try, in order. */
export function enginesOf(spec: ModelSpec, engine: ResolvedEngine["engine"]): ModelEngine[] {
  if (engine !== "auto") return [engine];
  return spec.files.pvm ? ["native", "onnx"] : ["onnx"];
}
