import * as fs from "node:fs";
import { join } from "node:path";
import type { Folder, RandomFile } from "../../../js/src/storage/files.js";

/** A folder of Node's file system with the rule of the browser's: a file is open once at a time. */
export class NodeFolder implements Folder {
  private static readonly opened = new Set<string>();
  /** Bytes that fit; a write beyond them fails as without room. */
  room = Number.POSITIVE_INFINITY;

  constructor(readonly path: string) {
    fs.mkdirSync(path, { recursive: true });
  }

  async open(name: string): Promise<RandomFile> {
    const path = join(this.path, name);
    if (NodeFolder.opened.has(path)) {
      throw new DOMException("it is open", "NoModificationAllowedError");
    }
    NodeFolder.opened.add(path);
    const file = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT);
    return {
      read(at, length) {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, fs.fstatSync(file).size - at)));
        return bytes.subarray(0, fs.readSync(file, bytes, 0, bytes.byteLength, at));
      },
      write: (at, bytes) => {
        if (at + bytes.byteLength > this.room) {
          // As a disk that is full: some of it is written.
          fs.writeSync(file, bytes, 0, bytes.byteLength >> 1, at);
          throw new DOMException("no room", "QuotaExceededError");
        }
        fs.writeSync(file, bytes, 0, bytes.byteLength, at);
      },
      size: () => fs.fstatSync(file).size,
      truncate: (size) => fs.ftruncateSync(file, size),
      flush: () => fs.fsyncSync(file),
      close: () => {
        NodeFolder.opened.delete(path);
        fs.closeSync(file);
      },
    };
  }

  async names(): Promise<string[]> {
    return fs.readdirSync(this.path);
  }

  async remove(name: string): Promise<void> {
    fs.rmSync(join(this.path, name), { force: true });
  }
}

/** CRC-32C of RFC 3720, bit by bit. */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
