import { PagevecError } from "../../errors.js";

// Apart from what needs onnxruntime-web's types: who has not installed it reads these.

/** Where ONNX Runtime computes. */
export type Device = "wasm" | "webgpu";

export interface RuntimeOptions {
  /** Default "wasm". */
  device?: Device | undefined;
  /** Where ort-wasm-simd-threaded.wasm is: its address, or its folder with a slash at the end. */
  ortWasmUrl?: string | undefined;
  /** Folder, with a slash at the end, that serves onnxruntime-web's dist: for device "webgpu". */
  ortUrl?: string | undefined;
  /** More than 1 only takes effect on pages that are crossOriginIsolated. Default 1. */
  threads?: number | undefined;
}

/** @throws unsupported where there is no WebGPU. */
export async function requireWebGpu(): Promise<void> {
  const { gpu } = (globalThis.navigator ?? {}) as { gpu?: { requestAdapter(): Promise<unknown> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (adapter) return;
  const what = gpu ? "has no WebGPU adapter" : "has no WebGPU";
  throw new PagevecError("unsupported", `this browser ${what}; use device "wasm"`);
}
