import { corrupt } from "./format.js";

const ZERO = 64;
/** The largest code. */
const MOST = 127;
const SCALE_BYTES = 4;

/** Bytes of a coded row: its scale, and a byte a dimension. */
export function codedRowBytes(dimension: number): number {
  return SCALE_BYTES + dimension;
}

/**
 * A vector of coded rows (src/static/coded_rows.h).
 * @param count how many rows there are; all have one length
 * @throws corrupt when they do not
 */
export function decodeRow(rows: Uint8Array, place: number, count: number): Float32Array {
  const rowBytes = rows.length / count;
  if (!Number.isInteger(rowBytes) || rowBytes <= SCALE_BYTES) throw corrupt("vectors");
  const row = rows.subarray(place * rowBytes, (place + 1) * rowBytes);
  const scale = new DataView(row.buffer, row.byteOffset).getFloat32(0, true);
  const codes = row.subarray(SCALE_BYTES);
  const sound = scale >= 0 && scale <= 1 && codes.every((code) => code >= 1 && code <= MOST);
  if (!sound) throw corrupt("vectors");
  return Float32Array.from(codes, (code) => scale * (code - ZERO));
}
