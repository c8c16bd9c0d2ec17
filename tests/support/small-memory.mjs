// The wasm core with a memory that cannot grow far, to see what becomes of a collection when it is full.

import { mkdir, readFile, writeFile } from "node:fs/promises";

const WASM = new URL("../../js/wasm/", import.meta.url);
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;

/** Writes core.*.wasm with a memory of at most so many bytes into a folder. */
export async function writeSmallCores(folder, bytes) {
  await mkdir(folder, { recursive: true });
  for (const name of ["core.simd128.wasm", "core.relaxed.wasm"]) {
    const core = new Uint8Array(await readFile(new URL(name, WASM)));
    await writeFile(new URL(name, folder), withMaximum(core, bytes / 2 ** 16));
  }
}

/** The module with another maximum of pages in its memory section (WebAssembly 2.0, 5.5.7). */
function withMaximum(module, pages) {
  for (let at = 8; at < module.length; ) {
    const size = readNumber(module, at + 1);
    if (module[at] !== MEMORY_SECTION) {
      at = size.end + size.value;
      continue;
    }
    // One memory: its count, its flags, its first and its greatest number of pages.
    const least = readNumber(module, size.end + 2);
    if (module[size.end] !== 1 || !(module[size.end + 1] & HAS_MAXIMUM)) break;
    const limits = [1, HAS_MAXIMUM, ...number(least.value), ...number(pages)];
    const section = [MEMORY_SECTION, ...number(limits.length), ...limits];
    return Buffer.concat([
      module.subarray(0, at),
      Uint8Array.from(section),
      module.subarray(size.end + size.value),
    ]);
  }
  throw new Error("the module has no memory with a maximum");
}

/** An unsigned LEB128 number. */
function readNumber(bytes, at) {
  for (let value = 0, shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end: at };
  }
}

function number(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(Math.floor(value / 0x80))];
}
