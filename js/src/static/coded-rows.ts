import { corrupt } from "./format.js";

const ZERO = 64;
const SCALE_BYTES = 4;

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
  if (!Number.isFinite(scale)) throw corrupt("vectors");
  return Float32Array.from(row.subarray(SCALE_BYTES), (code) => scale * (code - ZERO));
}
