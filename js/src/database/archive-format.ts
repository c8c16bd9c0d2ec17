import type { CoreModule } from "../engine/module.js";
import { PagevecError } from "../errors.js";
import { equalBytes } from "../storage/bytes.js";

// The blocks of a file of collections (docs/snapshot-format.md). src/snapshot/archive.cpp is the same in C++,
// for what reads such files outside of a page; tests/fixtures/archive holds both to the same file.

/** Kinds of blocks: the file's own, then those that are in it as they were stored. */
export type ArchiveKind = "header" | "collection" | "end" | "part" | "record";
const OWN_KINDS: readonly ArchiveKind[] = ["header", "collection", "end"];

const MAGIC = { archive: 0x52415650, part: 0x50535650, record: 0x524a5650 };
const VERSION = 1;
const HEADER_BYTES = 56;
const FIELDS_END = 40;
const MAX_PAYLOAD_BYTES = 2 ** 32;

/** What a collection's own block says of the blocks after it. */
export interface ArchivedCollection {
  /** JSON in UTF-8. */
  manifest: Uint8Array;
  parts: number;
  /** The last sequence that the snapshot holds; 0 without one. */
  coveredSequence: number;
  /** A record for each sequence after that, up to this one. */
  lastSequence: number;
}

type Core = Pick<CoreModule, "crc32c" | "isSound">;

/** Checks a file block by block: each is sound and belongs where it is, and all are there. */
export class ArchiveReader {
  /** What the last collection's own block says. */
  collection: ArchivedCollection = NOTHING;
  private collections = 0;
  private parts = 0;
  private sequence = 0;
  private generation = 0;
  private ended = false;
  /** The header checksums of all blocks so far, which cover all of each. */
  private chain = new Uint8Array(1024);
  private blocks = 0;

  constructor(private readonly core: Core) {}

  /**
   * How long the block is that begins with these bytes; 0: it takes more of them to tell.
   * @throws corrupt, format_too_new, limit_exceeded
   */
  length(head: Uint8Array): number {
    if (head.byteLength < 8) return 0;
    const view = viewOf(head);
    const bytes = view.getUint16(6, true);
    if (!Object.values(MAGIC).includes(view.getUint32(0, true))) throw this.corrupt(NO_BLOCK);
    if (bytes > head.byteLength) return 0;
    const sum = bytes < 12 ? undefined : this.core.crc32c(head.subarray(0, bytes - 4));
    if (sum !== view.getUint32(bytes - 4, true)) throw this.corrupt("its header is damaged");
    if (bytes !== HEADER_BYTES) throw tooNew(view.getUint16(4, true));
    const payload = Number(view.getBigUint64(FIELDS_END, true));
    if (payload <= MAX_PAYLOAD_BYTES) return HEADER_BYTES + payload;
    throw new PagevecError("limit_exceeded", `a block of the file has ${payload} bytes`);
  }

  /** Takes the next block, of the length that length() told. @throws corrupt, format_too_new */
  take(block: Uint8Array): ArchiveKind {
    if (this.ended) throw this.corrupt("it follows the end of the file");
    const view = viewOf(block);
    const magic = view.getUint32(0, true);
    if (this.blocks === 0 && magic !== MAGIC.archive) throw this.corrupt(NO_BLOCK);
    const kind =
      magic === MAGIC.archive ? this.checkOwn(block, view) : this.checkStored(block, view);
    if (this.chain.byteLength === this.blocks * 4) {
      const longer = new Uint8Array(this.chain.byteLength * 2);
      longer.set(this.chain);
      this.chain = longer;
    }
    this.chain.set(block.subarray(HEADER_BYTES - 4, HEADER_BYTES), this.blocks * 4);
    ++this.blocks;
    return kind;
  }

  /** @throws corrupt when the file is not at its end */
  finish(): void {
    if (!this.ended) throw this.corrupt("the file ends here, before its own end: it was cut off");
  }

  /** @throws corrupt unless all blocks of the last collection were taken */
  assertWhole(): void {
    const { parts, lastSequence } = this.collection;
    if (this.parts === parts && this.sequence === lastSequence) return;
    throw this.corrupt("parts or batches before it are missing");
  }

  /** The file's end, were it here. */
  protected endBlock(): Uint8Array {
    const payload = new Uint8Array(4);
    const chain = this.core.crc32c(this.chain.subarray(0, this.blocks * 4));
    viewOf(payload).setUint32(0, chain, true);
    const fields = { number: this.collections, last: this.blocks };
    return this.ownBlock("end", fields, payload);
  }

  protected ownBlock(kind: ArchiveKind, fields: Fields = {}, payload: Uint8Array = NO_BYTES) {
    const block = new Uint8Array(HEADER_BYTES + payload.byteLength);
    const view = viewOf(block);
    view.setUint32(0, MAGIC.archive, true);
    view.setUint16(4, VERSION, true);
    view.setUint16(6, HEADER_BYTES, true);
    view.setUint32(8, OWN_KINDS.indexOf(kind) + 1, true);
    view.setUint32(12, fields.number ?? 0, true);
    view.setBigUint64(16, BigInt(fields.last ?? 0), true);
    view.setBigUint64(24, BigInt(fields.covered ?? 0), true);
    view.setUint32(32, fields.parts ?? 0, true);
    view.setBigUint64(FIELDS_END, BigInt(payload.byteLength), true);
    view.setUint32(48, this.core.crc32c(payload), true);
    view.setUint32(52, this.core.crc32c(block.subarray(0, 52)), true);
    block.set(payload, HEADER_BYTES);
    return block;
  }

  /** A collection's own block, were it here. */
  protected collectionBlock({ manifest, ...says }: ArchivedCollection): Uint8Array {
    const fields = {
      number: this.collections,
      last: says.lastSequence,
      covered: says.coveredSequence,
      parts: says.parts,
    };
    return this.ownBlock("collection", fields, manifest);
  }

  /** Compares it with the block that belongs here. */
  private checkOwn(block: Uint8Array, view: DataView): ArchiveKind {
    const version = view.getUint16(4, true);
    if (version > VERSION) throw tooNew(version);
    const kind = OWN_KINDS[view.getUint8(8) - 1];
    if ((kind === "header") !== (this.blocks === 0)) throw this.corrupt("it is out of order");
    this.assertWhole();
    if (kind === "collection") this.readCollection(block, view);
    else if (kind === undefined) throw this.corrupt("its kind is unknown");
    else {
      const expected = kind === "end" ? this.endBlock() : this.ownBlock(kind);
      if (!equalBytes(block, expected)) {
        throw this.corrupt("it is damaged, or not what was written after the blocks before it");
      }
      this.ended = kind === "end";
    }
    return kind;
  }

  private readCollection(block: Uint8Array, view: DataView): void {
    const collection: ArchivedCollection = {
      manifest: block.subarray(HEADER_BYTES),
      parts: view.getUint32(32, true),
      coveredSequence: Number(view.getBigUint64(24, true)),
      lastSequence: Number(view.getBigUint64(16, true)),
    };
    const { parts, coveredSequence, lastSequence } = collection;
    const possible =
      Number.isSafeInteger(lastSequence) &&
      coveredSequence <= lastSequence &&
      (parts > 0 || coveredSequence === 0);
    if (!possible || !equalBytes(block, this.collectionBlock(collection))) {
      throw this.corrupt("it is damaged, or contradicts itself");
    }
    this.collection = collection;
    ++this.collections;
    this.parts = 0;
    this.sequence = coveredSequence;
  }

  private checkStored(block: Uint8Array, view: DataView): ArchiveKind {
    if (!this.core.isSound(block)) throw this.corrupt("it is damaged");
    const number = Number(view.getBigUint64(16, true));
    const { collection } = this;
    if (view.getUint32(0, true) === MAGIC.record) {
      const here = this.parts === collection.parts && this.sequence < collection.lastSequence;
      if (!here || number !== this.sequence + 1) throw this.corrupt("this batch is not the next");
      this.sequence = number;
      return "record";
    }
    if (this.parts === 0) this.generation = number;
    const covered = Number(view.getBigUint64(24, true)) === collection.coveredSequence;
    const next = view.getUint32(12, true) === this.parts && this.parts < collection.parts;
    if (!next || !covered || number !== this.generation) {
      throw this.corrupt("this part of a snapshot is not the next");
    }
    ++this.parts;
    return "part";
  }

  protected corrupt(problem: string): PagevecError {
    const what = this.blocks === 0 ? "" : `block ${this.blocks} of the file: `;
    return new PagevecError("corrupt", what + problem);
  }
}

/** Makes a file; every block goes through the reader, so what was written can be read. */
export class ArchiveWriter extends ArchiveReader {
  begin(): Uint8Array {
    return this.add(this.ownBlock("header"));
  }

  /** Next: all of its parts and records. */
  beginCollection(collection: ArchivedCollection): Uint8Array {
    return this.add(this.collectionBlock(collection));
  }

  /** A stored block, which goes into the file as it is. @throws corrupt when it is damaged or not the next */
  add(block: Uint8Array): Uint8Array {
    this.take(block);
    return block;
  }

  end(): Uint8Array {
    return this.add(this.endBlock());
  }
}

interface Fields {
  number?: number;
  last?: number;
  covered?: number;
  parts?: number;
}

const NO_BYTES = new Uint8Array(0);
const NOTHING: ArchivedCollection = {
  manifest: NO_BYTES,
  parts: 0,
  coveredSequence: 0,
  lastSequence: 0,
};
const NO_BLOCK = "this is no file of exported collections, or damaged";

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function tooNew(version: number): PagevecError {
  return new PagevecError(
    "format_too_new",
    `the file has format version ${version}, this version of pagevec reads up to ${VERSION}; update this page`,
  );
}
