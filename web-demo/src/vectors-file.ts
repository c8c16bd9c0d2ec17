/**
 * Reads vectors that tools/starter.mjs wrote: a row of `dimension` signed bytes each, which give its
 * direction; what is returned has length 1.
 * @throws Error when the bytes are no whole number of rows
 */
export function readVectors(bytes: ArrayBuffer, dimension: number): Float32Array[] {
  const values = new Int8Array(bytes);
  if (dimension < 1 || values.length % dimension !== 0) {
    throw new Error(`${values.length} bytes are no rows of ${dimension}`);
  }
  const rows: Float32Array[] = [];
  for (let at = 0; at < values.length; at += dimension) {
    const row = Float32Array.from(values.subarray(at, at + dimension));
    let squares = 0;
    for (const value of row) squares += value * value;
    const length = Math.sqrt(squares) || 1;
    rows.push(row.map((value) => value / length));
  }
  return rows;
}
