// Loaded on demand: only pagevec/inline carries its files in itself.
import { PagevecError } from "../errors.js";
import { connectWorker } from "./host.js";
import type { Packed } from "./packed.js";
import type { CoreOptions, Engine, MethodMap } from "./protocol.js";

/** The bytes of a file that is packed as Packed.wasm says. */
export async function unpackWasm(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

/**
 * An engine in a worker that is made from text; undefined, with a warning, where the page may not
 * start such workers: a Content-Security-Policy without blob: in worker-src, or Trusted Types.
 * @throws what connectWorker() throws once the worker runs.
 */
export async function connectPacked<M extends MethodMap<M>>(
  { wasm, worker: script }: Required<Packed>,
  core: CoreOptions,
): Promise<Engine<M> | undefined> {
  const parts = [`globalThis.pagevecWasm=${JSON.stringify(wasm)};`, script];
  const url = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
  let refused: unknown;
  try {
    const worker = new Worker(url, { type: "module" });
    // A script that may not run says no message; one that runs and fails does.
    worker.addEventListener("error", ({ message }) => {
      if (!message) refused = "its script is refused";
    });
    return await connectWorker<M>(worker, core);
  } catch (cause) {
    // The constructor throws no PagevecError.
    if (cause instanceof PagevecError && refused === undefined) throw cause;
    console.warn(
      `pagevec: no worker can be started from a blob: address here (${refused ?? cause}), so pagevec runs in the page's own thread; allow worker-src blob:, or pass worker: false`,
    );
    return undefined;
  } finally {
    URL.revokeObjectURL(url);
  }
}
