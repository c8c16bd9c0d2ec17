import { readFile } from "#platform";
import { PagevecError, reasonOf } from "../errors.js";
import { corrupt, type FileEntry, type FileKind, fileName, MANIFEST } from "./format.js";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The files of a static index on a server. What came is checked by its length and SHA-256, where the page
 * is a secure context, and by gzip's own CRC-32 anywhere.
 */
export class SiteFiles {
  /** Of the answers so far, as they were sent, without headers. */
  received = 0;

  /** @param base the folder's address, which ends with a slash */
  constructor(
    readonly base: URL,
    private readonly onReceived: (bytes: number) => void,
  ) {}

  /** @throws not_found, network, corrupt */
  async manifest(): Promise<unknown> {
    // The only name whose content changes: the cache must ask.
    const bytes = await this.download(MANIFEST, { cache: "no-cache" });
    return parseJson(bytes, MANIFEST);
  }

  /** What a file unpacks to. @throws not_found, network, corrupt */
  async get(kind: FileKind, entry: FileEntry): Promise<Bytes> {
    const [hash, length] = entry;
    const name = fileName(kind, entry);
    const bytes = await unpack(await this.download(name), length, name);
    const digest = await globalThis.crypto?.subtle?.digest("SHA-256", bytes);
    if (bytes.length !== length || (digest && !hexOf(digest).startsWith(hash))) throw corrupt(name);
    return bytes;
  }

  /** @throws not_found, network, corrupt */
  async json(kind: FileKind, entry: FileEntry): Promise<unknown> {
    return parseJson(await this.get(kind, entry), kind);
  }

  private async download(name: string, init?: RequestInit): Promise<Bytes> {
    const url = new URL(name, this.base);
    try {
      if (url.protocol === "file:") return this.note(await readFile(url));
      const response = await fetch(url, init);
      if (response.ok) return this.note(new Uint8Array(await response.arrayBuffer()));
      throw new PagevecError(
        response.status === 404 ? "not_found" : "network",
        `${url.href} answered ${response.status}; publish the whole folder that pagevec build wrote`,
      );
    } catch (cause) {
      if (cause instanceof PagevecError) throw cause;
      const missing = (cause as { code?: string })?.code === "ENOENT";
      const message = `${url.href} cannot be read: ${reasonOf(cause)}`;
      throw new PagevecError(missing ? "not_found" : "network", message, { cause });
    }
  }

  private note(bytes: Bytes): Bytes {
    this.received += bytes.length;
    this.onReceived(this.received);
    return bytes;
  }
}

/** @throws corrupt for what is damaged or longer than it should be */
async function unpack(sent: Bytes, length: number, name: string): Promise<Bytes> {
  // A server may have unpacked it on the way.
  if (sent[0] !== 0x1f || sent[1] !== 0x8b) return sent;
  const bytes = new Uint8Array(length);
  let at = 0;
  const reader = new Blob([sent]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes.set(part.value, at);
      at += part.value.length;
    }
  } catch (cause) {
    // Bytes that are no gzip, or a set() beyond the end.
    reader.cancel().catch(() => {});
    throw corrupt(name, cause);
  }
  return bytes.subarray(0, at);
}

function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw corrupt(what, cause);
  }
}

function hexOf(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
