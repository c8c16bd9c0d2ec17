import { PagevecError } from "../errors.js";
import type { RandomFile } from "./files.js";

/** Magic, bytes of the block, its number, CRC-32C of the block, CRC-32C of what is before. */
export const MAGIC_TEXT = "PVMB";
const MAGIC = 0x424d5650;
/** "PVMU", of a last block that is to be confirmed. */
const UNCONFIRMED = 0x554d5650;
export const HEADER_BYTES = 24;
const SEAL_OFFSET = 20;
const JOINED_BYTES = 2 ** 20;

type Checksum = (bytes: Uint8Array) => number;
interface Place {
  number: number;
  at: number;
  length: number;
  crc: number;
  confirmed: boolean;
}

/** Numbered blocks one after another in a file, each with its checksum; only the end can be torn. */
export class BlockFile {
  private readonly places = new Map<number, Place>();
  private latest: Place | undefined;
  private end = 0;

  private constructor(
    private readonly file: RandomFile,
    private readonly crc32c: Checksum,
    private readonly thorough: boolean,
  ) {}

  /**
   * Finds the blocks of a file and cuts off what is torn. thorough: what is in the blocks is compared
   * with their checksums now, and the file cut off before the first that is damaged.
   */
  static open(file: RandomFile, crc32c: Checksum, thorough: boolean): BlockFile {
    const blocks = new BlockFile(file, crc32c, thorough);
    blocks.follow();
    if (blocks.end < file.size()) file.truncate(blocks.end);
    return blocks;
  }

  /** Finds the blocks that were written behind those that are known. */
  follow(): void {
    for (;;) {
      const place = this.placeAt(this.end);
      if (!place || (this.thorough && !this.bytesOf(place))) break;
      this.add(place);
    }
  }

  /** The number of the last block; 0 without any. */
  get last(): number {
    return this.latest?.number ?? 0;
  }

  /** The number of the last block, if it was not confirmed; of those before it every one was. */
  get unconfirmed(): number | undefined {
    return this.latest?.confirmed === false ? this.latest.number : undefined;
  }

  get numbers(): number[] {
    return [...this.places.keys()];
  }

  /** Of the file. */
  get bytes(): number {
    return this.end;
  }

  has(number: number): boolean {
    return this.places.has(number);
  }

  /** Of one block. */
  lengthOf(number: number): number {
    return this.places.get(number)?.length ?? 0;
  }

  /**
   * Writes a block behind the others; a failure leaves the file as it was. confirmed: false of one that
   * confirm() or retract() is to follow.
   */
  append(number: number, bytes: Uint8Array, confirmed = true): void {
    const at = this.end + HEADER_BYTES;
    const place = { number, at, length: bytes.byteLength, crc: this.crc32c(bytes), confirmed };
    const header = headerOf(place, this.crc32c);
    try {
      // A small block in one piece: each call costs more than copying it does.
      if (bytes.byteLength <= JOINED_BYTES) this.file.write(this.end, joined(header, bytes));
      else {
        this.file.write(this.end, header);
        this.file.write(at, bytes);
      }
    } catch (cause) {
      this.file.truncate(this.end);
      throw cause;
    }
    this.add(place);
  }

  /** Of the last block, if it is this one. */
  confirm(number: number): void {
    const place = this.latest;
    if (place?.number !== number || place.confirmed) return;
    const confirmed = { ...place, confirmed: true };
    this.file.write(place.at - HEADER_BYTES, headerOf(confirmed, this.crc32c));
    place.confirmed = true;
  }

  /** Takes the last block away, if it is this one. */
  retract(number: number): void {
    const place = this.latest;
    if (place?.number !== number) return;
    this.end = place.at - HEADER_BYTES;
    this.file.truncate(this.end);
    this.places.delete(number);
    this.latest = [...this.places.values()].at(-1);
  }

  /** @throws corrupt */
  read(number: number): Uint8Array | undefined {
    const place = this.places.get(number);
    if (!place) return undefined;
    const bytes = this.bytesOf(place);
    if (bytes) return bytes;
    throw new PagevecError(
      "corrupt",
      `block ${number} of ${this.file.name ?? "the second copy"} fails its checksum`,
    );
  }

  flush(): void {
    this.file.flush();
  }

  /** flush(), while other calls run where the file can do that. */
  async flushAside(): Promise<void> {
    if (this.file.flushAside) await this.file.flushAside();
    else this.file.flush();
  }

  close(): void {
    this.file.close();
  }

  private add(place: Place): void {
    this.places.set(place.number, place);
    this.latest = place;
    this.end = place.at + place.length;
  }

  private placeAt(at: number): Place | undefined {
    const place = placeIn(this.file.read(at, HEADER_BYTES), at, this.crc32c);
    return place && place.at + place.length <= this.file.size() ? place : undefined;
  }

  private bytesOf({ at, length, crc }: Place): Uint8Array | undefined {
    const bytes = this.file.read(at, length);
    return bytes.byteLength === length && this.crc32c(bytes) === crc ? bytes : undefined;
  }
}

function headerOf({ number, length, crc, confirmed }: Place, crc32c: Checksum): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, confirmed ? MAGIC : UNCONFIRMED, true);
  view.setUint32(4, length, true);
  view.setFloat64(8, number, true);
  view.setUint32(16, crc, true);
  view.setUint32(SEAL_OFFSET, crc32c(header.subarray(0, SEAL_OFFSET)), true);
  return header;
}

/** What a header says that was read at a place; undefined of what is none. */
export function placeIn(header: Uint8Array, at: number, crc32c: Checksum): Place | undefined {
  if (header.byteLength < HEADER_BYTES) return undefined;
  const view = new DataView(header.buffer, header.byteOffset);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC && magic !== UNCONFIRMED) return undefined;
  const seal = crc32c(header.subarray(0, SEAL_OFFSET));
  if (view.getUint32(SEAL_OFFSET, true) !== seal) return undefined;
  return {
    number: view.getFloat64(8, true),
    at: at + HEADER_BYTES,
    length: view.getUint32(4, true),
    crc: view.getUint32(16, true),
    confirmed: magic === MAGIC,
  };
}

function joined(header: Uint8Array, bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(header.byteLength + bytes.byteLength);
  framed.set(header);
  framed.set(bytes, header.byteLength);
  return framed;
}
