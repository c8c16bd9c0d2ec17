import { codedRowBytes } from "../../static/coded-rows.js";
import { corrupt } from "../../static/format.js";

/** A cluster's file (StaticReader::addCluster in src/static): the passages' numbers, ascending, and their rows. */
export function writeCluster(members: [number: number, row: Uint8Array][]): Uint8Array {
  const numbers: number[] = [];
  putVarint(numbers, members.length);
  let next = 0;
  for (const [number] of members) {
    putVarint(numbers, number + 1 - next);
    next = number + 1;
  }
  return Buffer.concat([Uint8Array.from(numbers), ...members.map(([, row]) => row)]);
}

/** @throws corrupt */
export function readCluster(bytes: Uint8Array, dimension: number): [number, Uint8Array][] {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw corrupt("vectors");
  };
  const count = varint();
  const size = codedRowBytes(dimension);
  if (count * (size + 1) > bytes.length) throw corrupt("vectors");
  let next = 0;
  const numbers = Array.from({ length: count }, () => {
    next += varint();
    return next - 1;
  });
  if (bytes.length !== at + count * size) throw corrupt("vectors");
  return numbers.map((number, i) => [number, bytes.subarray(at + i * size, at + (i + 1) * size)]);
}

function putVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}
