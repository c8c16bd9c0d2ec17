import { readFile as read } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FolderCache, modelFolder } from "./node-models.js";
import { NodeWorker } from "./node-thread.js";

/** A thread that runs the package's services, with the face of a web worker. */
export function startThread(): Worker {
  return new NodeWorker(new URL("../node/thread.js", import.meta.url)) as unknown as Worker;
}

/** What keeps models where there is no Cache API; undefined: nothing is to. */
export function openFolderCache(): FolderCache | undefined {
  const folder = modelFolder();
  return folder === undefined ? undefined : new FolderCache(folder);
}

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
