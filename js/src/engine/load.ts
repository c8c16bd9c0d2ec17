import { relaxedSimd, simd } from "wasm-feature-detect";
import { absoluteUrl, readFile } from "#platform";
import { PagevecError } from "../errors.js";
import type { ConverterModule } from "./converter-module.js";
import type { CoreModule } from "./module.js";
import { packed } from "./packed.js";
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
export const VARIANTS = {
  simd128: {
    glue: () => import("../../wasm/core.simd128.mjs"),
    wasm: () => new URL("../../wasm/core.simd128.wasm", import.meta.url),
  },
  relaxed: {
    glue: () => import("../../wasm/core.relaxed.mjs"),
    wasm: () => new URL("../../wasm/core.relaxed.wasm", import.meta.url),
  },
} as const;

export const CONVERTER = {
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
  const { wasmUrl, wasmBinary, variant = await bestVariant() } = options;
  return loadModule(`core.${variant}`, VARIANTS[variant], wasmUrl, wasmBinary);
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
 * Loads `name`.wasm and its script: from `binary`, else from `folder`, else from what this entry of
 * the package carries in itself, else from beside the script.
 * @throws engine_failed when it cannot be had or started, with the reason.
 */
export async function loadModule<M>(
  name: string,
  files: WasmFiles<M>,
  folder: CoreOptions["wasmUrl"],
  binary?: CoreOptions["wasmBinary"],
): Promise<M> {
  // Both at once; of two failures the module's is told.
  const glue = loadGlue(name, files);
  glue.catch(() => {});
  const module = await (binary === undefined
    ? compileOnce(name, files, folder)
    : compileBinary(binary));
  return instantiate(module, await glue);
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

/** @throws unsupported without wasm SIMD. */
export async function bestVariant(): Promise<Variant> {
  if (await relaxedSimd()) return "relaxed";
  if (await simd()) return "simd128";
  throw new PagevecError(
    "unsupported",
    "this browser has no WebAssembly SIMD; pagevec needs Chrome 91, Firefox 89, Safari 16.4 or newer",
  );
}

export function wasmUrl(
  name: string,
  files: WasmFiles<unknown>,
  folder: CoreOptions["wasmUrl"],
): URL {
  if (folder === undefined) return files.wasm();
  const base = absoluteUrl(folder);
  return new URL(`${name}.wasm`, base.endsWith("/") ? base : `${base}/`);
}

function compileOnce(
  name: string,
  files: WasmFiles<unknown>,
  folder: CoreOptions["wasmUrl"],
): Promise<WebAssembly.Module> {
  const inside = folder === undefined ? packed?.wasm[name] : undefined;
  const url = inside === undefined ? wasmUrl(name, files, folder) : undefined;
  const key = url?.href ?? name;
  let module = compiled.get(key);
  if (module === undefined) {
    module = (url ? readWasm(url) : unpack(inside as string)).then(compile);
    compiled.set(key, module);
    // A failed download must not be remembered: the next call tries again.
    module.catch(() => compiled.delete(key));
  }
  return module;
}

async function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  return (await import("./unpack.js")).unpackWasm(base64);
}

async function compileBinary(binary: BufferSource | WebAssembly.Module) {
  if (binary instanceof WebAssembly.Module) return binary;
  const bytes = ArrayBuffer.isView(binary)
    ? new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength)
    : new Uint8Array(binary);
  if (isWasm(bytes)) return compile(bytes);
  const message =
    "wasmBinary must be the bytes of core.simd128.wasm or core.relaxed.wasm, or the compiled module";
  throw new PagevecError("invalid_argument", message);
}

async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
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

/** The bytes, once they are known to be wasm: servers answer an HTML page for what they do not have. */
async function readWasm(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const reading = url.protocol === "file:" ? readFile(url).then(whole) : download(url);
  const { bytes, status } = await reading.catch((cause) => {
    if (cause instanceof PagevecError) throw cause;
    const message = `the wasm core at ${url.href} cannot be read: ${cause}`;
    throw new PagevecError("engine_failed", message, { cause });
  });
  if (status < 300 && isWasm(bytes)) return bytes;
  // A site that was deployed anew may have lost this script as well.
  const explain = await import("./explain.js").catch(() => undefined);
  throw (
    explain?.wasmNotServed(url.href, status, bytes) ??
    new PagevecError("engine_failed", `${url.href} is not the wasm core; reload the page`)
  );
}

async function download(url: URL) {
  const response = await fetch(url);
  return { bytes: new Uint8Array(await response.arrayBuffer()), status: response.status };
}

function whole(bytes: Uint8Array<ArrayBuffer>) {
  return { bytes, status: 200 };
}

export function isWasm(bytes: Uint8Array): boolean {
  return String(bytes.subarray(0, 4)) === "0,97,115,109";
}
