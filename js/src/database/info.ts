import type { CollectionInfo } from "./methods.js";

/** What clients know of a collection, of all that is kept of it. */
export function info(kept: CollectionInfo): CollectionInfo {
  const { id, name, metadata, configuration, embeddingFunction } = kept;
  return { id, name, metadata, configuration, embeddingFunction };
}

/** A random UUID. crypto.randomUUID is missing on pages that are not served over HTTPS. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte, i) => {
    if (i === 6) return ((byte & 0x0f) | 0x40).toString(16);
    if (i === 8) return ((byte & 0x3f) | 0x80).toString(16);
    return byte.toString(16).padStart(2, "0");
  });
  const part = (from: number, to: number) => hex.slice(from, to).join("");
  return [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16)].join("-");
}
