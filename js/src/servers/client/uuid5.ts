import { sha1 } from "./sha1.js";

const encoder = new TextEncoder();

/**
 * The UUID of version 5 of a text (RFC 9562, section 5.5).
 * @param namespace 32 hexadecimal digits
 */
export function uuid5(namespace: string, text: string): string {
  const name = encoder.encode(text);
  const bytes = new Uint8Array(16 + name.length);
  for (let i = 0; i < 16; ++i) bytes[i] = Number.parseInt(namespace.slice(2 * i, 2 * i + 2), 16);
  bytes.set(name, 16);
  const digest = sha1(bytes);
  digest[6] = ((digest[6] as number) & 0x0f) | 0x50;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  return hex(digest.subarray(0, 16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The SHA-1 of a text, in hexadecimal digits. */
export function sha1Hex(text: string): string {
  return hex(sha1(encoder.encode(text)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
