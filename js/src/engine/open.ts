import { absoluteUrl } from "#platform";
import { PagevecError } from "../errors.js";
import { connectInPlace, connectWorker } from "./host.js";
import { loadCore } from "./load.js";
import type { CoreOptions, Engine, MethodMap, Service } from "./protocol.js";

export interface EngineOptions extends CoreOptions {
  /**
   * true: in a dedicated worker, so that the page stays free (the default where Worker exists).
   * false: in place. A function: makes the worker itself, e.g. under Trusted Types.
   */
  worker?: boolean | (() => Worker);
  /** Address of the package's worker.js, when the bundler does not take it along by itself. */
  workerUrl?: string | URL;
}

/**
 * Starts an engine: the wasm core with its services.
 * @throws engine_failed when the worker or the core cannot be loaded; unsupported without wasm SIMD.
 */
export async function openEngine<M extends MethodMap<M>>(
  options: EngineOptions = {},
): Promise<Engine<M>> {
  const { worker = typeof Worker === "function", workerUrl, wasmUrl, variant } = options;
  // Absolute: a worker's base is not the page's.
  const core = { variant, wasmUrl: wasmUrl === undefined ? undefined : absoluteUrl(wasmUrl) };
  if (worker !== false) return connectWorker<M>(makeWorker(worker, workerUrl), core);
  // The composition root, loaded only when it runs here; the worker has it from worker.js.
  const { createServices } = await import("../services.js");
  return connectInPlace(createServices(await loadCore(core), core) as unknown as Service<M>);
}

function makeWorker(worker: true | (() => Worker), url: string | URL | undefined): Worker {
  if (typeof worker === "function") return worker();
  if (typeof Worker !== "function") {
    throw new PagevecError("unsupported", "there is no Worker here; pass worker: false");
  }
  try {
    if (url !== undefined) return new Worker(url, { type: "module" });
    // Bundlers look for exactly this expression.
    return new Worker(new URL("../worker.js", import.meta.url), { type: "module" });
  } catch (cause) {
    throw new PagevecError(
      "engine_failed",
      `the worker cannot be made: ${cause}; pass a workerUrl of the page's own origin, or worker: false to run in place`,
      { cause },
    );
  }
}
