import type { ModelSpec } from "../models/manifest.js";

/** Weights of different precision of one model. */
export type Dtype = "int8" | "fp32";

/** What runs a model: the core's own forward pass, or ONNX Runtime Web. */
export type ModelEngine = "native" | "onnx";

/** The files that a model needs. A .pvm file has its vocabulary inside. */
export function filesOf(spec: ModelSpec, engine: ModelEngine, dtype: Dtype): string[] {
  return engine === "native" ? ["pvm"] : [spec.tokenizer.file, dtype];
}
