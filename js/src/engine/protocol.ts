import { PagevecError, type PagevecErrorCode } from "../errors.js";
import type { CallOptions, Progress } from "../types.js";

/** What a service knows about the call it serves. */
export interface CallContext {
  signal: AbortSignal;
  progress(progress: Progress): void;
}

/** Names of methods with what goes in and out: values that structured clone can copy. */
export type MethodMap<M> = { [K in keyof M]: { params: unknown; result: unknown } };

/** The functions behind a method map. They run in the worker, or in place. */
export type Service<M extends MethodMap<M>> = {
  [K in keyof M]: (params: M[K]["params"], context: CallContext) => Promise<M[K]["result"]>;
};

export interface EngineCallOptions extends CallOptions {
  /** Buffers in the params that a worker is given instead of a copy: the caller has no more use for them. */
  transfer?: Transferable[];
}

/** The caller's end of a service, wherever it runs. */
export interface Engine<M extends MethodMap<M>> {
  /** False once the worker or the core has failed, or was closed: every call rejects. */
  readonly alive: boolean;
  call<K extends keyof M & string>(
    method: K,
    params: M[K]["params"],
    options?: EngineCallOptions,
  ): Promise<M[K]["result"]>;
  /** Ends the worker. Calls under way and later ones reject with code "closed". */
  close(): Promise<void>;
}

/** Where the guest finds the wasm core. */
export interface CoreOptions {
  /** Folder that serves core.*.wasm, when the bundler does not move them by itself. */
  wasmUrl?: string | URL;
  /**
   * The core itself, from where it cannot be fetched: the bytes of core.simd128.wasm or, with SIMD
   * that is relaxed, core.relaxed.wasm, or what WebAssembly.compile() made of them (which workers
   * share). The package's other wasm files, loaded on demand, come from `wasmUrl` all the same.
   */
  wasmBinary?: BufferSource | WebAssembly.Module;
  /** Forces a SIMD variant; by default the best that the browser runs. */
  variant?: "simd128" | "relaxed";
}

/** What the first call will load beside the core: it comes at the same time. */
export type Ahead = "storage";

/** Host to guest. */
export type Request =
  | { type: "start"; core: CoreOptions; ahead?: Ahead | undefined }
  | { type: "call"; id: number; method: string; params: unknown }
  | { type: "abort"; id: number; reason: string };

/** Guest to host. `started` or `failed` answers `start`; a later `failed`: the core has trapped. */
export type Response =
  | { type: "started" }
  | { type: "failed"; error: WireError }
  | { type: "progress"; id: number; progress: Progress }
  | { type: "result"; id: number; value: unknown }
  | { type: "error"; id: number; error: WireError };

/** A PagevecError as plain data. */
export interface WireError {
  code: PagevecErrorCode;
  message: string;
}

/** Any thrown value as plain data: one place decides what a foreign exception means. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof PagevecError) return { code: thrown.code, message: thrown.message };
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  if (isTrap(thrown)) {
    return {
      code: "engine_failed",
      message: `the wasm core stopped (${message}), often for lack of memory; reopen the client`,
    };
  }
  return { code: "internal", message };
}

/** Whether wasm code stopped in the middle: what it was changing may be half changed. */
export function isTrap(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError;
}

/** Whether it stopped for want of memory: nothing else in the core aborts (wasm/memory.cpp). */
export function isOutOfMemory(thrown: unknown): boolean {
  return isTrap(thrown) && (thrown as Error).message.startsWith("Aborted(");
}

export function fromWireError(error: WireError): PagevecError {
  return new PagevecError(error.code, error.message);
}
