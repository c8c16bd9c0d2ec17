import { PagevecError } from "../errors.js";

// What Node alone has: threads that are no web workers, and a folder for models.
export const startThread: undefined | (() => Worker) = undefined;
export const openFolderCache: undefined | (() => undefined) = undefined;

/** Browsers give pages no files: see platform/node.ts for the other side. */
export async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  throw new PagevecError(
    "unsupported",
    `${url.href} cannot be read in a browser; serve it over http(s) or a custom scheme`,
  );
}

/** An address as an absolute URL, seen from the page (or from the worker's script). */
export function absoluteUrl(address: string | URL): string {
  const base = typeof document === "object" ? document.baseURI : globalThis.location?.href;
  try {
    return new URL(address, base).href;
  } catch (cause) {
    throw new PagevecError("invalid_argument", `"${address}" is no address`, { cause });
  }
}
