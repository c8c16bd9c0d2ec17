import { PagevecError } from "../errors.js";
import type { PackedStrings } from "./module.js";

const NULL_LENGTH = 0xffffffff;
const encoder = new TextEncoder();
// Without ignoreBOM a leading U+FEFF would be dropped, and two ids could become one.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Strings as one block for the core (layout: PackedStrings in module.ts). Lone surrogates become
 * U+FFFD, so check ids with isWellFormed() first.
 * @throws limit_exceeded when the block would pass 2 GiB.
 */
export function packStrings(strings: readonly (string | null | undefined)[]): PackedStrings {
  // UTF-8 takes at most three bytes per UTF-16 unit: one allocation, cut to size at the end.
  let capacity = 4;
  for (const text of strings) capacity += 4 + (text?.length ?? 0) * 3;
  if (capacity > 2 ** 31) {
    throw new PagevecError(
      "limit_exceeded",
      `${strings.length} strings take more than 2 GiB; split the batch`,
    );
  }
  const bytes = new Uint8Array(capacity);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, strings.length, true);
  let offset = 4;
  for (const text of strings) {
    if (text === null || text === undefined) {
      view.setUint32(offset, NULL_LENGTH, true);
      offset += 4;
      continue;
    }
    const { written } = encoder.encodeInto(text, bytes.subarray(offset + 4));
    view.setUint32(offset, written, true);
    offset += 4 + written;
  }
  return bytes.slice(0, offset);
}

/** What packStrings or the core packed. */
export function unpackStrings(bytes: PackedStrings): (string | null)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  const strings: (string | null)[] = new Array(count);
  let offset = 4;
  for (let i = 0; i < count; ++i) {
    const length = view.getUint32(offset, true);
    offset += 4;
    if (length === NULL_LENGTH) {
      strings[i] = null;
      continue;
    }
    strings[i] = decoder.decode(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return strings;
}
