import { relaxedSimd, simd } from "wasm-feature-detect";
import { absoluteUrl, readFile } from "#platform";
import { PagevecError } from "../errors.js";
import type { ConverterModule } from "./converter-module.js";
import type { CoreModule } from "./module.js";
import type { CoreOptions } from "./protocol.js";

/** Emscripten's module factory, as far as it is used here. */
export type ModuleFactory<M> = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
}) => Promise<M>;

type Variant = NonNullable<CoreOptions["variant"]>;

// Literal import() and new URL() so that bundlers see the files and take them along.
const VARIANTS = {
  simd128: {
    glue: () => import("../../wasm/core.simd128.mjs"),
    wasm: () => new URL("../../wasm/core.simd128.wasm", import.meta.url),
  },
  relaxed: {
    glue: () => import("../../wasm/core.relaxed.mjs"),
    wasm: () => new URL("../../wasm/core.relaxed.wasm", import.meta.url),
  },
} as const;

const CONVERTER = {
  glue: () => import("../../wasm/converter.mjs"),
  wasm: () => new URL("../../wasm/converter.wasm", import.meta.url),
};

/** Compiled modules by URL: compiling costs more than instantiating, and a page may load twice. */
const compiled = new Map<string, Promise<WebAssembly.Module>>();

/**
 * Loads the wasm core: relaxed SIMD where the browser has it, else simd128.
 * @throws unsupported without wasm SIMD; engine_failed when the core cannot be had or started, with
 *   the reason.
 */
export async function loadCore(options: CoreOptions = {}): Promise<CoreModule> {
  const variant = options.variant ?? (await bestVariant());
  return loadModule(`core.${variant}`, VARIANTS[variant], options.wasmUrl);
}

/**
 * Loads the converter of models, a wasm module of its own. Its memory is only given back when the
 * worker ends.
 * @throws as loadCore().
 */
export function loadConverter(wasmUrl?: CoreOptions["wasmUrl"]): Promise<ConverterModule> {
  return loadModule("converter", CONVERTER, wasmUrl);
}

/** Where a wasm module and its script are, when the caller names no folder. */
export interface WasmFiles<M> {
  glue(): Promise<{ default: ModuleFactory<M> }>;
  wasm(): URL;
}

/**
 * Loads `name`.wasm and its script.
 * @throws engine_failed when it cannot be had or started, with the reason.
 */
export async function loadModule<M>(
  name: string,
  files: WasmFiles<M>,
  folder: CoreOptions["wasmUrl"],
): Promise<M> {
  const module = await compileOnce(wasmUrl(name, files, folder));
  return instantiate(module, await loadGlue(name, files));
}

async function loadGlue<M>(name: string, files: WasmFiles<M>): Promise<ModuleFactory<M>> {
  try {
    return (await files.glue()).default;
  } catch (cause) {
    const message = `${name}.mjs, the script of the wasm core, cannot be loaded: ${cause}`;
    throw new PagevecError("engine_failed", message, { cause });
  }
}

/** Emscripten's own promise stays pending when the instance cannot be made. */
function instantiate<M>(module: WebAssembly.Module, create: ModuleFactory<M>): Promise<M> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      const message = `the wasm core cannot be started, often for lack of memory: ${cause}`;
      reject(new PagevecError("engine_failed", message, { cause }));
    };
    create({
      instantiateWasm(imports, receive) {
        WebAssembly.instantiate(module, imports)
          .then((instance) => receive(instance, module))
          .catch(fail);
        return {};
      },
    }).then(resolve, fail);
  });
}

async function bestVariant(): Promise<Variant> {
  if (await relaxedSimd()) return "relaxed";
  if (await simd()) return "simd128";
  throw new PagevecError(
    "unsupported",
    "this browser has no WebAssembly SIMD; pagevec needs Chrome 91, Firefox 89, Safari 16.4 or newer",
  );
}

function wasmUrl(name: string, files: WasmFiles<unknown>, folder: CoreOptions["wasmUrl"]): URL {
  if (folder === undefined) return files.wasm();
  const base = absoluteUrl(folder);
  return new URL(`${name}.wasm`, base.endsWith("/") ? base : `${base}/`);
}

function compileOnce(url: URL): Promise<WebAssembly.Module> {
  let module = compiled.get(url.href);
  if (module === undefined) {
    module = compile(url);
    compiled.set(url.href, module);
    // A failed download must not be remembered: the next call tries again.
    module.catch(() => compiled.delete(url.href));
  }
  return module;
}

async function compile(url: URL): Promise<WebAssembly.Module> {
  const bytes = await readWasm(url);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new PagevecError(
      "engine_failed",
      `the wasm core cannot be compiled: ${cause}; a Content-Security-Policy must allow 'wasm-unsafe-eval' in script-src`,
      { cause },
    );
  }
}

async function readWasm(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const reading = url.protocol === "file:" ? readFile(url) : download(url);
  const bytes = await reading.catch((cause) => {
    if (cause instanceof PagevecError) throw cause;
    const message = `the wasm core at ${url.href} cannot be read: ${cause}`;
    throw new PagevecError("engine_failed", message, { cause });
  });
  const magic = bytes[0] === 0x00 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  if (!magic) {
    const what = bytes[0] === 0x3c ? "an HTML page" : "something else";
    throw new PagevecError(
      "engine_failed",
      `${url.href} is ${what}, not the wasm core; serve the package's wasm folder and pass its address as wasmUrl`,
    );
  }
  return bytes;
}

async function download(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new PagevecError(
      "engine_failed",
      `the wasm core at ${url.href} answered ${response.status}; serve the package's wasm folder and pass its address as wasmUrl`,
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}
