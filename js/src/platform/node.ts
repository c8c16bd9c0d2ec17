import { readFile as read } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** The bytes of a file: URL. */
export async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await read(url));
}

/** An address as an absolute URL: one with a scheme as it is, anything else as a path. */
export function absoluteUrl(given: string | URL): string {
  const address = String(given);
  // One letter is a Windows drive, not a scheme.
  const hasScheme = /^[a-z][a-z\d+.-]+:/i.test(address);
  return hasScheme ? address : pathToFileURL(resolve(address)).href + trailingSlash(address);
}

function trailingSlash(address: string): string {
  return /[\\/]$/.test(address) ? "/" : "";
}
