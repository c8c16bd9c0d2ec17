import { sha1Hex, uuid5 } from "../client/uuid5.js";

/** What of a name or a key stays as it is: case does not tell Weaviate's names apart. */
const PLAIN = /[^a-z0-9]/g;
/** Of a collection's name, for people; the rest is told by a hash. */
const READABLE = 60;
/** Weaviate's names have 255 characters at most. */
const LONGEST_PROPERTY = 200;
/** RFC 9562, appendix A: also what generate_uuid5() of Weaviate's clients takes. */
const NAMESPACE_DNS = "6ba7b8109dad11d180b400c04fd430c8";

/** The class of a collection of that name, the `attempt`-th that may be free. */
export function className(prefix: string, name: string, attempt: number): string {
  const readable = name.toLowerCase().slice(0, READABLE).replace(PLAIN, "_");
  const hash = sha1Hex(name).slice(0, 8);
  return `${prefix}_${readable}_${hash}${attempt > 0 ? `_${attempt}` : ""}`;
}

/** The property with the numbers of a metadata key. Keys that differ have properties that differ. */
export function numberProperty(key: string): string {
  const escaped = key.replace(PLAIN, (unit) => `_${unit.charCodeAt(0).toString(16)}_`);
  if (escaped.length <= LONGEST_PROPERTY) return `number_${escaped}`;
  return `hashed_${sha1Hex(key)}`;
}

/** An object's UUID: version 5 of the record's id, as Weaviate's clients make it. */
export function objectId(id: string): string {
  return uuid5(NAMESPACE_DNS, id);
}
