// Loaded on demand: what to say when a file of the package is not where it should be.
import { absoluteUrl } from "#platform";
import { PagevecError } from "../errors.js";

/**
 * The error for a wasm file that a server has answered with something else.
 * @param url where it was asked for
 * @param bytes what came, with which HTTP status
 */
export function wasmNotServed(url: string, status: number, bytes: Uint8Array): PagevecError {
  return new PagevecError(
    "engine_failed",
    `the wasm core at ${url} ${answerOf(status, bytes)}; ${remedyFor(url)}`,
  );
}

/**
 * The error for a worker whose script could not be loaded: looks what its address answers.
 * @param source the address, or the function in which it stands
 */
export async function workerNotLoaded(source: string | object | undefined): Promise<PagevecError> {
  const url = typeof source === "function" ? addressIn(source) : source && absoluteUrl(`${source}`);
  const answer = url === undefined ? undefined : await answerAt(url);
  // A script came, so something that it imports did not.
  const remedy = answer?.isScript
    ? 'import maps do not reach workers: import "pagevec/inline", or bundle pagevec/worker and pass its address as workerUrl'
    : remedyFor(url ?? "");
  return new PagevecError(
    "engine_failed",
    `the worker's script${url === undefined ? "" : ` at ${url}`} ${answer?.told ?? "could not be loaded"}; ${remedy}; or pass worker: false to run in place`,
  );
}

/** Browsers do not say which script it was: what the bundler has left or put there, if it is a text. */
function addressIn(maker: object): string | undefined {
  const address = /new URL\((?:\/\*.*?\*\/\s*)?["'`]([^"'`]+)/.exec(String(maker))?.[1];
  const script = /[\w-]+:\/\/[^\s)]+?(?=:\d+:\d+)/.exec(new Error().stack ?? "")?.[0];
  return script && address && new URL(address, script).href;
}

async function answerAt(url: string): Promise<{ told: string; isScript?: boolean }> {
  try {
    const response = await fetch(url);
    const isScript = response.ok && /javascript/.test(response.headers.get("content-type") ?? "");
    if (isScript) return { told: "is there, but what it imports could not be loaded", isScript };
    return { told: answerOf(response.status, new Uint8Array(await response.arrayBuffer())) };
  } catch (cause) {
    return { told: `could not be loaded (${cause})` };
  }
}

/** What came in place of a wasm file or a script: "answered 404", "is not served: got HTML". */
export function answerOf(status: number, bytes: Uint8Array): string {
  if (status >= 300) return `answered ${status}`;
  const begin = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  if (begin.startsWith("<")) return "is not served: got HTML";
  if (bytes.length === 0) return "is not served: got an empty answer";
  return `is something else: got ${JSON.stringify(begin.slice(0, 24))}`;
}

/** What to do, by the tool that has lost the file. */
export function remedyFor(url: string): string {
  // Where this script itself lies tells: import.meta.url would put build folders into bundles.
  const optimized = `${url}\n${new Error().stack}`.includes("/.vite/deps/");
  if (optimized || /\/node_modules\/(\.vite|wasm)\//.test(url)) {
    return 'Vite\'s dependency optimizer has parted pagevec from its files: set optimizeDeps: { exclude: ["pagevec"] } in the Vite config';
  }
  if (/\/(pagevec|js)\/(wasm|dist)\/[^/]*$/.test(url) || isHashed(url)) {
    return "the server must have all files of the build, or wasmUrl and workerUrl say where they are";
  }
  return 'bundlers such as esbuild and Rollup leave such files behind: serve the package\'s wasm folder and its worker, and pass their addresses as wasmUrl and workerUrl, or import "pagevec/inline"';
}

/** Whether a bundler has given the file a name of its own, so that it knows of it. */
function isHashed(url: string): boolean {
  const file = url.replace(/[?#].*/, "").replace(/.*\//, "");
  return (
    file !== "" && !/^(worker\.js|(core\.\w+|converter|sentencepiece|static)\.wasm)$/.test(file)
  );
}
