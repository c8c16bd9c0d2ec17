import { absoluteUrl } from "#platform";
import type { EngineOptions } from "../engine/open.js";
import { placeUrls } from "../models/store.js";
import type { Device } from "./onnx/runtime-options.js";
import type { OnTruncate } from "./truncation.js";

/** What callers may say of every model that onnxruntime-web can run. */
export interface RuntimeChoice extends EngineOptions {
  /**
   * Where onnxruntime-web computes. "webgpu" needs `ortUrl` on bundled pages, and rejects with code
   * "unsupported" where there is no WebGPU. Default "wasm".
   */
  device?: Device;
  /** Where onnxruntime-web's ort-wasm-simd-threaded.wasm is, if the bundler does not take it along. */
  ortWasmUrl?: string | URL;
  /** Folder that serves onnxruntime-web's dist, for device "webgpu". */
  ortUrl?: string | URL;
  /** Threads of ONNX Runtime, on pages that are crossOriginIsolated. Default 1. */
  threads?: number;
  /**
   * Told after a call which of its texts were cut to the model's `maxTokens`. Default: one console.warn
   * per function.
   */
  onTruncate?: OnTruncate;
  /** Told what went wrong without stopping the call, e.g. no room in the cache. Default: console.warn. */
  onWarning?: (message: string) => void;
}

/** The places in it, for the worker: all absolute, since its base is not the page's. */
export function placesOf(options: RuntimeChoice & { modelUrl?: string | readonly string[] }) {
  const { modelUrl, ortWasmUrl, ortUrl, threads, wasmUrl } = options;
  return {
    modelUrl: placeUrls(modelUrl),
    ortWasmUrl: absolute(ortWasmUrl),
    ortUrl: placeUrls(ortUrl)?.[0],
    wasmUrl: absolute(wasmUrl),
    threads,
  };
}

function absolute(url: string | URL | undefined): string | undefined {
  return url === undefined ? undefined : absoluteUrl(url);
}
