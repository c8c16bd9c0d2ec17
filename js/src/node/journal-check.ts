import { BlockFile, HEADER_BYTES, MAGIC_TEXT, placeIn } from "../storage/block-file.js";
import type { RandomFile } from "../storage/files.js";

/** What is behind the last whole block of a journal. */
export interface JournalRest {
  at: number;
  bytes: number;
  /** Blocks that can be seen in it; 0 in one that is only torn. */
  batches: number;
  /** false: a batch that was being written when its process ended, and was told to nobody. */
  damaged: boolean;
}

type Checksum = (bytes: Uint8Array) => number;

/**
 * Looks through a journal without changing it. A process that ends in the middle of a write leaves the
 * beginning of a block at the end of the file; anything else that is no block is damage.
 */
export function checkJournal(file: RandomFile, crc32c: Checksum): JournalRest {
  const { bytes: at } = BlockFile.open(untouched(file), crc32c, true);
  const bytes = file.size() - at;
  const rest = file.read(at, bytes);
  const first = placeIn(rest.subarray(0, HEADER_BYTES), at, crc32c);
  const torn = first ? first.at + first.length > file.size() : bytes < HEADER_BYTES;
  if (torn) return { at, bytes, batches: 0, damaged: false };
  return { at, bytes, batches: blocksIn(rest, crc32c), damaged: true };
}

/** Headers that can be read, wherever they begin. */
function blocksIn(rest: Uint8Array, crc32c: Checksum): number {
  const bytes = Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength);
  let found = 0;
  for (let at = bytes.indexOf(MAGIC_TEXT); at >= 0; ) {
    const place = placeIn(bytes.subarray(at, at + HEADER_BYTES), at, crc32c);
    if (place) found += 1;
    at = bytes.indexOf(MAGIC_TEXT, place ? place.at + place.length : at + 1);
  }
  return found;
}

function untouched(file: RandomFile): RandomFile {
  const nothing = () => {};
  const read = file.read.bind(file);
  const size = file.size.bind(file);
  return { read, size, write: nothing, truncate: nothing, flush: nothing, close: nothing };
}
