import { PagevecError } from "../errors.js";

/** Browsers give pages no files: see platform/node.ts for the other side. */
export async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  throw new PagevecError(
    "unsupported",
    `${url.href} cannot be read in a browser; serve it over http(s) or a custom scheme`,
  );
}

/** An address as an absolute URL, seen from the page (or from the worker's script). */
export function absoluteUrl(address: string): string {
  const base = typeof document === "object" ? document.baseURI : globalThis.location?.href;
  return new URL(address, base).href;
}
