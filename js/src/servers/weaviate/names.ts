import { sha1 } from "./sha1.js";

/** What of a name or a key stays as it is: case does not tell Weaviate's names apart. */
const PLAIN = /[^a-z0-9]/g;
/** Of a collection's name, for people; the rest is told by a hash. */
const READABLE = 60;
/** Weaviate's names have 255 characters at most. */
const LONGEST_PROPERTY = 200;
/** RFC 9562, appendix A: also what generate_uuid5() of Weaviate's clients takes. */
const NAMESPACE_DNS = "6ba7b8109dad11d180b400c04fd430c8";

const encoder = new TextEncoder();

/** The class of a collection of that name, the `attempt`-th that may be free. */
export function className(prefix: string, name: string, attempt: number): string {
  const readable = name.toLowerCase().slice(0, READABLE).replace(PLAIN, "_");
  const hash = hex(sha1(encoder.encode(name))).slice(0, 8);
  return `${prefix}_${readable}_${hash}${attempt > 0 ? `_${attempt}` : ""}`;
}

/** The property with the numbers of a metadata key. Keys that differ have properties that differ. */
export function numberProperty(key: string): string {
  const escaped = key.replace(PLAIN, (unit) => `_${unit.charCodeAt(0).toString(16)}_`);
  if (escaped.length <= LONGEST_PROPERTY) return `number_${escaped}`;
  return `hashed_${hex(sha1(encoder.encode(key)))}`;
}

/** An object's UUID: version 5 of the record's id, as Weaviate's clients make it (RFC 9562, 5.5). */
export function objectId(id: string): string {
  const name = encoder.encode(id);
  const bytes = new Uint8Array(16 + name.length);
  for (let i = 0; i < 16; ++i)
    bytes[i] = Number.parseInt(NAMESPACE_DNS.slice(2 * i, 2 * i + 2), 16);
  bytes.set(name, 16);
  const digest = sha1(bytes);
  digest[6] = ((digest[6] as number) & 0x0f) | 0x50;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  return hex(digest.subarray(0, 16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
