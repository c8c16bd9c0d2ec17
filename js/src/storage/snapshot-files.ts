import type { BlockFile } from "./block-file.js";
import { type KeptPlace, LAYOUT, type Layout, placeOf, withHeader } from "./kept-parts.js";
import type { KeptPart } from "./store.js";

/**
 * The parts of a snapshot in files: what is new in a file of its own, payloads that it took over in files of
 * snapshots before it. A layout's sources are the numbers of those files.
 */
export class SnapshotFiles {
  constructor(
    private readonly slot: number,
    private readonly own: BlockFile,
    private readonly layout: Layout,
    /** By number; those that the layout names. */
    private readonly older: ReadonlyMap<number, BlockFile>,
  ) {}

  /** Of the parts, in order. */
  get numbers(): number[] {
    const written = this.own.numbers.filter((number) => number !== LAYOUT);
    return [...written, ...this.layout.keys()].sort((a, b) => a - b);
  }

  /** Numbers of the files. */
  get slots(): number[] {
    return [this.slot, ...this.older.keys()];
  }

  /** Of the files, with what does not count any more. */
  get bytes(): number {
    return [this.own, ...this.older.values()].reduce((sum, file) => sum + file.bytes, 0);
  }

  lengthOf(number: number): number {
    const place = this.layout.get(number);
    return place ? (this.fileOf(place)?.lengthOf(place.number) ?? 0) : this.own.lengthOf(number);
  }

  /** Undefined when there is no such part. @throws corrupt */
  read(number: number): Uint8Array | undefined {
    const place = this.layout.get(number);
    if (!place) return this.own.read(number);
    const older = this.fileOf(place)?.read(place.number);
    return older && withHeader(place.header, older);
  }

  /** Where the payload of a part is, for a snapshot that takes it over. */
  placeOf(part: KeptPart): KeptPlace {
    return placeOf(part, this.layout, this.slot);
  }

  /** The files that a layout names. */
  filesOf(layout: Layout): Map<number, BlockFile> {
    const files = new Map<number, BlockFile>();
    for (const place of layout.values()) {
      const file = this.fileOf(place);
      if (file) files.set(place.source, file);
    }
    return files;
  }

  close(): void {
    this.own.close();
    for (const file of this.older.values()) file.close();
  }

  private fileOf({ source }: KeptPlace): BlockFile | undefined {
    return source === this.slot ? this.own : this.older.get(source);
  }
}

/** Of the parts, without what frames them. */
export function bytesIn(files: SnapshotFiles): number {
  return files.numbers.reduce((sum, number) => sum + files.lengthOf(number), 0);
}
