import { PagevecError } from "../errors.js";
import type { KeptPart } from "./store.js";

// Parts of a snapshot whose payload is that of an earlier snapshot's part.

/** Of the frame of a block, see docs/snapshot-format.md: of a part that is kept nothing else is new. */
const HEADER_BYTES = 56;
/** The payload's length and checksum, which the headers of both parts have. */
const SEAL_OFFSET = 40;
const SEAL_BYTES = 12;

/** A part's header, and where its payload was written. */
export interface KeptPlace {
  /** A generation in IndexedDB, the number of a file in folders. */
  source: number;
  /** Of the part there. */
  number: number;
  header: Uint8Array;
}

/** By number, the parts of a snapshot that are not written whole. */
export type Layout = ReadonlyMap<number, KeptPlace>;

/** In place of a part's number: the layout, where a snapshot has one. */
export const LAYOUT = -1;

export function isKept(part: Uint8Array | KeptPart): part is KeptPart {
  return "header" in part;
}

/** Of the whole part. */
export function lengthOf({ header }: KeptPart): number {
  return HEADER_BYTES + new DataView(header.buffer, header.byteOffset).getUint32(SEAL_OFFSET, true);
}

/**
 * A header and the payload of an older part, in that one's memory.
 * @throws corrupt when it is another payload
 */
export function withHeader(header: Uint8Array, older: Uint8Array): Uint8Array {
  const sealIn = (part: Uint8Array) => part.subarray(SEAL_OFFSET, SEAL_OFFSET + SEAL_BYTES).join();
  if (older.byteLength < HEADER_BYTES || sealIn(header) !== sealIn(older)) {
    throw new PagevecError("corrupt", "a part that a snapshot took over is not the one it was");
  }
  older.set(header);
  return older;
}

/**
 * A part with its payload; read: from the snapshot that is replaced.
 * @throws conflict when that is gone; corrupt
 */
export function wholePart(
  part: Uint8Array | KeptPart,
  read: (number: number) => Uint8Array | undefined,
): Uint8Array {
  if (!isKept(part)) return part;
  const older = read(part.from);
  if (!older) throw new PagevecError("conflict", `part ${part.from} of the snapshot is gone`);
  return withHeader(part.header, older);
}

/** Of a place: part and number (u32), source (f64), the header. */
const PLACE_BYTES = 16 + HEADER_BYTES;

export function packLayout(layout: Layout): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.size * PLACE_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [part, { source, number, header }] of layout) {
    view.setUint32(at, part, true);
    view.setUint32(at + 4, number, true);
    view.setFloat64(at + 8, source, true);
    bytes.set(header, at + 16);
    at += PLACE_BYTES;
  }
  return bytes;
}

/** Of what is damaged some layout, by which parts are missing or are not what their headers say. */
export function unpackLayout(bytes: Uint8Array = new Uint8Array(0)): Layout {
  const layout = new Map<number, KeptPlace>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + PLACE_BYTES <= bytes.byteLength; at += PLACE_BYTES) {
    layout.set(view.getUint32(at, true), {
      number: view.getUint32(at + 4, true),
      source: view.getFloat64(at + 8, true),
      header: bytes.subarray(at + 16, at + PLACE_BYTES),
    });
  }
  return layout;
}

/** Where the payload of a part is that is taken over from a snapshot, which may itself have taken it over. */
export function placeOf({ header, from }: KeptPart, older: Layout, source: number): KeptPlace {
  const place = older.get(from) ?? { source, number: from };
  return { ...place, header };
}

/** Whether a payload that was written so is one of these. */
export function keeps(layout: Layout, source: number, number: number): boolean {
  return [...layout.values()].some((place) => place.source === source && place.number === number);
}

/** Where the payloads of a layout are. */
export function sourcesOf(layout: Layout): number[] {
  return [...new Set([...layout.values()].map(({ source }) => source))];
}
