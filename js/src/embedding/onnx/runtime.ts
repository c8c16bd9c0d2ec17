import { PagevecError } from "../../errors.js";
import { type RuntimeOptions, requireWebGpu } from "./runtime-options.js";

/** ONNX Runtime Web. Its builds have the same face. */
export type Runtime = typeof import("onnxruntime-web/wasm");

export const WASM_FILE = "ort-wasm-simd-threaded.wasm";
const WEBGPU_FILE = "ort.webgpu.bundle.min.mjs";

/**
 * Loads ONNX Runtime Web, here and nowhere else, when the first model needs it. Its settings are
 * global: `options` count for the page's first session only.
 * @throws engine_failed when it is missing; unsupported for "webgpu" where there is no WebGPU.
 */
export async function loadRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { device = "wasm", ortWasmUrl, threads = 1 } = options;
  if (device === "webgpu") await requireWebGpu();
  const runtime = device === "webgpu" ? await importWebGpu(options.ortUrl) : await importWasm();
  const { wasm } = runtime.env;
  // Without isolation there is no SharedArrayBuffer; asking for threads would only print warnings.
  wasm.numThreads = globalThis.crossOriginIsolated ? threads : 1;
  if (device === "wasm" && ortWasmUrl !== undefined) {
    wasm.wasmPaths = { wasm: ortWasmUrl.endsWith("/") ? ortWasmUrl + WASM_FILE : ortWasmUrl };
  }
  return runtime;
}

/** The module alone: nothing is set, and its wasm is not loaded. @throws engine_failed when it is missing */
export async function importWasm(): Promise<Runtime> {
  try {
    return await import("onnxruntime-web/wasm");
  } catch (cause) {
    throw new PagevecError(
      "engine_failed",
      "onnxruntime-web cannot be loaded; install it beside pagevec: npm install onnxruntime-web (pagevec/inline finds it with worker: false only)",
      { cause },
    );
  }
}

/**
 * Hidden from bundlers: they would lay its 27 MB of wasm into the output of every page, more than
 * some hosts take, although few pages ask for WebGPU.
 */
async function importWebGpu(folder: string | undefined): Promise<Runtime> {
  const address = folder === undefined ? "onnxruntime-web/webgpu" : folder + WEBGPU_FILE;
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ address);
  } catch (cause) {
    throw new PagevecError(
      "engine_failed",
      `${address} cannot be loaded; serve the folder dist of onnxruntime-web and pass its address as ortUrl`,
      { cause },
    );
  }
}
