import { absoluteUrl, startThread } from "#platform";
import { PagevecError } from "../errors.js";
import { connectInPlace, connectWorker } from "./host.js";
import { loadCore } from "./load.js";
import { type Packed, packed } from "./packed.js";
import type { Ahead, CoreOptions, Engine, MethodMap, Service } from "./protocol.js";

export interface EngineOptions extends CoreOptions {
  /**
   * true: in a dedicated worker, so that the page stays free (the default where Worker exists), in
   * Node a thread.
   * false: in place. Or a module worker that runs the package's worker.js: what the function makes
   * each time one is needed (models need more than one), or one that was made just now, which ends
   * with the client.
   */
  worker?: boolean | Worker | (() => Worker);
  /**
   * Address of the package's worker.js, when the bundler does not take it along by itself. Under
   * Trusted Types a TrustedScriptURL, as a policy's createScriptURL() makes it.
   */
  workerUrl?: string | URL | ScriptAddress;
}

/** TrustedScriptURL, which TypeScript's DOM types do not have yet. */
export interface ScriptAddress {
  toString(): string;
  toJSON(): string;
}

/**
 * Starts an engine: the wasm core with its services.
 * @param ahead what the first call will load; a worker out of pagevec/inline has it in itself.
 * @throws engine_failed when the worker or the core cannot be loaded; unsupported without wasm SIMD.
 */
export async function openEngine<M extends MethodMap<M>>(
  options: EngineOptions = {},
  ahead?: Ahead,
): Promise<Engine<M>> {
  const { worker = hasWebWorkers(), workerUrl, wasmUrl, ...rest } = options;
  const { variant, wasmBinary } = rest;
  // Absolute: a worker's base is not the page's.
  const core = {
    variant,
    wasmBinary,
    wasmUrl: wasmUrl === undefined ? undefined : absoluteUrl(wasmUrl),
  };
  if (worker === true && workerUrl === undefined && packed?.worker !== undefined) {
    const { connectPacked } = await import("./unpack.js");
    const engine = await connectPacked<M>(packed as Required<Packed>, core);
    if (engine) return engine;
  } else if (worker !== false) {
    const source = workerUrl ?? (worker === true ? makeWorker : undefined);
    return connectWorker<M>(makeWorker(worker, workerUrl), core, source, ahead);
  }
  // The composition root, loaded only when it runs here; the worker has it from worker.js.
  const { createServices, loadAhead } = await import("../services.js");
  loadAhead(ahead);
  return connectInPlace(createServices(await loadCore(core), core) as unknown as Service<M>);
}

/** Workers that callers have made: each serves one engine. */
const taken = new WeakSet<Worker>();

/** Of options that have others beside them. */
export function engineOptionsOf(options: EngineOptions): EngineOptions {
  const { worker, workerUrl, wasmUrl, wasmBinary, variant } = options;
  return { worker, workerUrl, wasmUrl, wasmBinary, variant } as EngineOptions;
}

/** Whether there is anything else to run in than this thread. */
export function hasThreads(): boolean {
  return startThread !== undefined || hasWebWorkers();
}

/** In Node, ONNX Runtime Web makes that of worker_threads global, which is another. */
export function hasWebWorkers(): boolean {
  return typeof Worker === "function" && "addEventListener" in Worker.prototype;
}

/** A worker that has not been told yet where the core is. @throws engine_failed, unsupported */
export function makeWorker(
  worker: true | Worker | (() => Worker),
  url: EngineOptions["workerUrl"],
): Worker {
  if (typeof worker === "function") return worker();
  if (typeof worker === "object") return takeWorker(worker);
  if (startThread && !hasWebWorkers() && url === undefined) return startThread();
  if (typeof Worker !== "function") {
    throw new PagevecError("unsupported", "there is no Worker here; pass worker: false");
  }
  try {
    // What is trusted under Trusted Types must arrive as it is.
    if (url !== undefined) return new Worker(url as string | URL, { type: "module" });
    // Bundlers look for exactly this expression.
    return new Worker(new URL("../worker.js", import.meta.url), { type: "module" });
  } catch (cause) {
    throw new PagevecError(
      "engine_failed",
      `the worker cannot be made: ${cause}; pass a workerUrl of the page's own origin (under Trusted Types, a TrustedScriptURL), or worker: false to run in place`,
      { cause },
    );
  }
}

function takeWorker(worker: Worker): Worker {
  if (taken.has(worker)) {
    const message = "this worker serves, or has served, an engine; pass a function that makes one";
    throw new PagevecError("invalid_argument", message);
  }
  taken.add(worker);
  return worker;
}
