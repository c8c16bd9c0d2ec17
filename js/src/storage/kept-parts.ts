import { PagevecError } from "../errors.js";
import type { KeptPart, KeptPlace, Manifest, NewParts } from "./store.js";

/** Of the frame of a block, see docs/snapshot-format.md: of a part that is kept nothing else is new. */
const HEADER_BYTES = 56;
/** The payload's length and checksum, which the headers of both parts have. */
const SEAL_OFFSET = 40;
const SEAL_BYTES = 12;

export function isKept(part: Uint8Array | KeptPart): part is KeptPart {
  return "header" in part;
}

export function isHeader(bytes: ArrayBuffer): boolean {
  return bytes.byteLength === HEADER_BYTES;
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
  const whole = header.byteLength === HEADER_BYTES && older.byteLength >= HEADER_BYTES;
  if (!whole || sealIn(header) !== sealIn(older)) {
    throw new PagevecError("corrupt", "a part that a snapshot took over is not the one it was");
  }
  older.set(header);
  return older;
}

/** All parts whole, for a store that writes them again; read: from the snapshot that is replaced. */
export async function* wholeParts(
  parts: NewParts,
  read: (number: number) => Uint8Array | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    if (!isKept(part)) {
      yield part;
      continue;
    }
    const older = read(part.from);
    if (!older) throw new PagevecError("conflict", `part ${part.from} of the snapshot is gone`);
    yield withHeader(part.header, older);
  }
}

/** Where the payload of a part of a snapshot is. */
export function placeOf(
  { snapshot }: Manifest,
  part: number,
): [generation: number, number: number] {
  const found = snapshot.kept?.find(([number]) => number === part);
  return found ? [found[1], found[2]] : [snapshot.generation, part];
}

/** Of all parts under which payloads of a snapshot may be. */
export function generationsOf({ snapshot: { generation, kept = [] } }: Manifest): number[] {
  return [...new Set([generation, ...kept.map((place) => place[1])])];
}

/** Whether a snapshot took the part over that was written so. */
export function keeps(
  kept: readonly KeptPlace[] = [],
  generation: number,
  number: number,
): boolean {
  return kept.some((place) => place[1] === generation && place[2] === number);
}
