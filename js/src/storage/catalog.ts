import { BlockFile } from "./block-file.js";
import type { Folder, RandomFile } from "./files.js";
import type { Manifest } from "./store.js";

/** A collection, and the number that the names of its files begin with. */
export interface CatalogEntry {
  manifest: Manifest;
  slot: number;
}

/** Which collections count, wherever that is written. */
export interface FileCatalog {
  readonly entries: CatalogEntry[];
  /** Whether a file of that name is its own. */
  owns(name: string): boolean;
  /** Resolved by the time it returns: what is written counts from here on, even without power. */
  write(entries: CatalogEntry[]): void;
  close(): void;
}

const NAMES = ["catalog-0", "catalog-1"];

/**
 * Which collections there are, in two files that are written in turn: one of them is whole at any
 * moment, and the later one that is whole counts.
 */
export class Catalog implements FileCatalog {
  entries: CatalogEntry[] = [];
  private version = 0;

  private constructor(
    private readonly files: RandomFile[],
    private readonly crc32c: (bytes: Uint8Array) => number,
  ) {}

  static async open(folder: Folder, crc32c: (bytes: Uint8Array) => number): Promise<Catalog> {
    const opened = await Promise.allSettled(NAMES.map((name) => folder.open(name)));
    const files = opened.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
    const failed = opened.find((each) => each.status === "rejected");
    if (failed) {
      for (const file of files) file.close();
      throw failed.reason;
    }
    const catalog = new Catalog(files, crc32c);
    for (const file of files) catalog.readFrom(file);
    return catalog;
  }

  owns(name: string): boolean {
    return NAMES.includes(name);
  }

  write(entries: CatalogEntry[]): void {
    const version = this.version + 1;
    const file = this.files[version % 2] as RandomFile;
    // As one block: until its last byte is there the file says nothing and the other one counts.
    file.truncate(0);
    const block = BlockFile.open(file, this.crc32c, true);
    block.append(version, new TextEncoder().encode(JSON.stringify(entries)));
    block.flush();
    this.version = version;
    this.entries = entries;
  }

  close(): void {
    for (const file of this.files) file.close();
  }

  private readFrom(file: RandomFile): void {
    const block = BlockFile.open(file, this.crc32c, true);
    const [version = 0] = block.numbers;
    const bytes = block.read(version);
    if (!bytes || version <= this.version) return;
    this.entries = JSON.parse(new TextDecoder().decode(bytes));
    this.version = version;
  }
}
