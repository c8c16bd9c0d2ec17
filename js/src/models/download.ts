import { PagevecError, throwIfAborted } from "../errors.js";
import type { PartialFile } from "./partial-file.js";

export interface DownloadOptions {
  signal?: AbortSignal | undefined;
  /** `total` as the server says; 0 if it does not. */
  onBytes?: ((received: number, total: number) => void) | undefined;
  /** Wait before the first retry; doubled with each. */
  retryDelayMs: number;
}

/** Attempts without a new byte until the download is given up. */
const MAX_ATTEMPTS = 4;

/** A failure that may be over at the next attempt. */
class Interruption extends Error {}

/**
 * Fills `file` from a URL, going on where it stands. Network failures are retried. Whatever stops
 * the download, the bytes that have come stay in `file` and its cache.
 *
 * A resumed answer is checked by its ETag or Last-Modified, where the server shows one, rather than
 * asked for with If-Range: that header needs a CORS preflight, and the caller checks the hash anyway.
 *
 * @throws aborted; not_found when the server does not have the file, or answers with a page; network
 *   when it cannot be reached or breaks off.
 */
export async function download(url: string, file: PartialFile, options: DownloadOptions) {
  try {
    for (let attempt = 1; ; attempt++) {
      const before = file.received;
      try {
        return await receive(url, file, options);
      } catch (error) {
        throwIfAborted(options.signal);
        if (!(error instanceof Interruption)) throw error;
        if (file.received > before) attempt = 1;
        if (attempt >= MAX_ATTEMPTS)
          throw new PagevecError("network", error.message, { cause: error.cause });
        await wait(options.retryDelayMs * 2 ** (attempt - 1), options.signal);
      }
    }
  } catch (error) {
    // For the next call. What is stored of a whole file is of no use any more.
    await file.flush();
    throw error;
  }
}

async function receive(url: string, file: PartialFile, options: DownloadOptions): Promise<void> {
  let response = await request(url, file.received, options.signal);
  if (response.status === 416 || (response.status === 206 && !continues(response, file))) {
    await response.body?.cancel();
    await file.discard();
    response = await request(url, 0, options.signal);
  } else if (response.status === 206) {
    file.resumed = true;
  }
  refuseUnusable(url, response);
  if (response.status === 200 && file.received > 0) await file.discard();
  file.validator = validatorOf(response);
  // Of a compressed answer it is the length on the way: less, and only the room grows later.
  const rest = Number(response.headers.get("content-length") ?? 0);
  file.expect(file.received + rest);
  await readBody(url, response, file, file.received + rest, options);
}

/** Without a Range again when the first request fails: some servers refuse one across origins. */
async function request(
  url: string,
  from: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const init: RequestInit = { cache: "no-store", ...(signal && { signal }) };
  try {
    if (from > 0) return await fetch(url, { ...init, headers: { range: `bytes=${from}-` } });
  } catch {
    throwIfAborted(signal);
  }
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new Interruption(`${url} cannot be reached (no network, or no CORS headers)`, { cause });
  }
}

/** Whether a partial answer goes on exactly where the file stands. */
function continues(response: Response, file: PartialFile): boolean {
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  // Content-Range is often hidden across origins; the hash has the last word then.
  const fits = range === null || Number(range[1]) === file.received;
  return fits && validatorOf(response) === file.validator;
}

function validatorOf(response: Response): string {
  const tag = response.headers.get("etag") ?? response.headers.get("last-modified") ?? "";
  // A compressed answer has the weak form of the tag that its plain one has.
  return tag.replace(/^W\//, "");
}

function refuseUnusable(url: string, response: Response): void {
  const { status } = response;
  if (status === 408 || status === 429 || status >= 500) {
    throw new Interruption(`${url} answered ${status}`);
  }
  if (!response.ok) {
    // Hubs and stores answer 401 or 403 for what they do not have.
    const code = [401, 403, 404, 410].includes(status) ? "not_found" : "network";
    throw new PagevecError(code, `${url} answered ${status}; is the file served there?`);
  }
  if (response.headers.get("content-type")?.startsWith("text/html")) throw answeredHtml(url);
}

function answeredHtml(url: string): PagevecError {
  return new PagevecError(
    "not_found",
    `${url} answered with an HTML page: the file is not served there; check modelUrl`,
  );
}

async function readBody(
  url: string,
  response: Response,
  file: PartialFile,
  total: number,
  options: DownloadOptions,
) {
  const reader = response.body?.getReader();
  if (!reader) throw new Interruption(`${url} answered without a body`);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new Interruption(`the connection to ${url} broke after ${file.received} bytes`, {
          cause,
        });
      });
      if (done) return;
      if (file.received === 0 && value[0] === 0x3c) throw answeredHtml(url);
      if (!file.append(value)) {
        await file.discard();
        throw new PagevecError(
          "hash_mismatch",
          `${url} is larger than the file should be; is it another file?`,
        );
      }
      options.onBytes?.(file.received, total);
      throwIfAborted(options.signal);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error;
  }
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(
        new PagevecError("aborted", "the call was aborted by its AbortSignal", {
          cause: signal?.reason,
        }),
      );
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
