import { absoluteUrl, readFile } from "#platform";
import { PagevecError } from "../errors.js";
import type { Bytes } from "./cache.js";
import { download } from "./download.js";
import { PartialFile } from "./partial-file.js";

export interface PlainFileOptions {
  maxBytes: number;
  signal?: AbortSignal | undefined;
  onBytes?: ((received: number) => void) | undefined;
}

const RETRY_DELAY_MS = 500;

/**
 * A file that no manifest knows, so that nothing but its reader can check it. It is not cached.
 * @throws not_found, network; aborted.
 */
export async function loadPlainFile(
  address: string | URL,
  { maxBytes, signal, onBytes }: PlainFileOptions,
): Promise<Bytes> {
  const url = absoluteUrl(address);
  if (url.startsWith("file:")) {
    return readFile(new URL(url)).catch((cause) => {
      if (cause instanceof PagevecError) throw cause;
      throw new PagevecError("not_found", `${url} cannot be read: ${cause}`, { cause });
    });
  }
  const file = await PartialFile.open("", maxBytes, undefined);
  await download(url, file, { signal, onBytes, retryDelayMs: RETRY_DELAY_MS });
  return file.bytes;
}
