import type { PagevecError } from "../errors.js";
import { BlockFile } from "./block-file.js";
import { storeClosed } from "./errors.js";
import type { Folder } from "./files.js";
import {
  isKept,
  type KeptPlace,
  LAYOUT,
  type Layout,
  packLayout,
  sourcesOf,
  unpackLayout,
  wholePart,
} from "./kept-parts.js";
import { bytesIn, SnapshotFiles } from "./snapshot-files.js";
import type { Journal, NewParts } from "./store.js";

/** Files of earlier snapshots are read on until less than this share of them and the latest counts. */
const LEAST_SHARE = 0.6;

/** The files of a folder that are open: those of collections, and those that are being written. */
export class OpenFiles {
  private readonly files = new Map<string, BlockFile>();
  /** Set by close(). */
  closed: PagevecError | undefined;

  constructor(
    private readonly folder: Folder,
    private readonly crc32c: (bytes: Uint8Array) => number,
  ) {}

  get(name: string): BlockFile | undefined {
    return this.files.get(name);
  }

  async open(
    slot: number,
    kind: "journal" | "parts",
    folder: Folder = this.folder,
  ): Promise<BlockFile> {
    const name = `${slot}.${kind}`;
    const opened = await folder.open(name);
    // Parts are many bytes, and compared with their checksums whenever they are read.
    const file = BlockFile.open(opened, this.crc32c, kind === "journal");
    this.files.set(name, file);
    if (this.closed) file.close();
    return file;
  }

  /** The parts of a snapshot that was written before. */
  async openParts(slot: number, folder: Folder = this.folder): Promise<SnapshotFiles> {
    const file = await this.open(slot, "parts", folder);
    const layout = layoutIn(file);
    const open = async (source: number) =>
      [source, await this.open(source, "parts", folder)] as const;
    const older = await allDone(sourcesOf(layout).map(open));
    return new SnapshotFiles(slot, file, layout, new Map(older));
  }

  /** Both files of a collection; parts: whether it has a snapshot. */
  async openBoth(slot: number, parts: boolean, folder: Folder = this.folder) {
    const opening = parts ? this.openParts(slot, folder) : undefined;
    const [journal, opened] = await allDone([this.open(slot, "journal", folder), opening]);
    return { journal, parts: opened };
  }

  async writeJournal(slot: number, blocks: Journal): Promise<BlockFile> {
    const file = await this.open(slot, "journal");
    for await (const { sequence, record } of blocks) {
      if (this.closed) throw this.closed;
      file.append(sequence, record);
    }
    await file.flushAside();
    return file;
  }

  /** from: the snapshot that payloads are taken over from. */
  async writeParts(slot: number, parts: NewParts, from?: SnapshotFiles): Promise<SnapshotFiles> {
    const file = await this.open(slot, "parts");
    const layout = new Map<number, KeptPlace>();
    const stays = from !== undefined && bytesIn(from) >= LEAST_SHARE * from.bytes;
    let number = 0;
    for await (const part of parts) {
      if (this.closed) throw this.closed;
      if (stays && isKept(part)) layout.set(number, from.placeOf(part));
      else
        file.append(
          number,
          wholePart(part, (older) => from?.read(older)),
        );
      ++number;
    }
    if (layout.size > 0) file.append(LAYOUT, packLayout(layout));
    await file.flushAside();
    return new SnapshotFiles(slot, file, layout, from?.filesOf(layout) ?? new Map());
  }

  /** Best effort: what is left is swept at the next open, whose files have the names from then on. */
  async drop(names: string[]): Promise<void> {
    if (this.closed) return;
    for (const name of names) {
      this.files.get(name)?.close();
      this.files.delete(name);
      await this.folder.remove(name).catch(() => {});
    }
  }

  close(): void {
    this.closed = storeClosed();
    for (const file of this.files.values()) file.close();
  }
}

/** As Promise.all(), but none is under way any more when it rejects. */
export async function allDone<T extends readonly unknown[] | []>(work: T) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** Of a damaged one none: then parts are missing. */
function layoutIn(file: BlockFile): Layout {
  try {
    return unpackLayout(file.read(LAYOUT));
  } catch {
    return unpackLayout();
  }
}
