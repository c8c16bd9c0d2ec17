import type { CollectionHandle, CoreModule, SnapshotReaderHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { PagevecError } from "../errors.js";
import type { NewManifest } from "../storage/store.js";
import { applyRecord, createHandle, named } from "./load.js";

/** Of a snapshot's header part: where its configuration begins, and ends before efSearch. */
const CONFIGURATION = [56, 68] as const;

/**
 * Builds a collection of blocks as they come, so that what was looked at once can be opened for ever
 * after: as loading it does, and with the configuration that its manifest has.
 * @throws corrupt, format_too_new
 */
export class CollectionBuilder {
  private handle: CollectionHandle | undefined;
  private reader: SnapshotReaderHandle | undefined;

  constructor(
    private readonly core: CoreModule,
    private readonly manifest: Pick<NewManifest, "name" | "configuration">,
    private readonly durable: boolean,
  ) {
    const create = () => createHandle(core, manifest.configuration, durable);
    this.handle = named(create, `the configuration of "${manifest.name}"`);
  }

  addPart(part: Uint8Array): void {
    if (!this.reader) this.assertConfigured(part);
    this.reader ??= this.core.createSnapshotReader(!this.durable);
    const fed = this.reader.feed(part);
    named(() => unwrap(fed), `the snapshot of "${this.manifest.name}"`);
  }

  /** Before the first record. */
  finishParts(): void {
    if (!this.reader) return;
    const finished = this.reader.finish();
    const handle = named(() => unwrap(finished), `the snapshot of "${this.manifest.name}"`);
    this.handle?.delete();
    this.handle = handle;
  }

  addRecord(sequence: number, record: Uint8Array): void {
    applyRecord(this.handle as CollectionHandle, sequence, record, this.manifest.name);
  }

  /** The collection, which is the caller's from here on. */
  finish(): CollectionHandle {
    const handle = this.handle as CollectionHandle;
    this.handle = undefined;
    this.delete();
    return handle;
  }

  /** Frees what it holds. */
  delete(): void {
    this.reader?.delete();
    this.handle?.delete();
    this.reader = undefined;
    this.handle = undefined;
  }

  private assertConfigured(header: Uint8Array): void {
    const writer = this.handle?.snapshot(1, false, true);
    const own = writer?.next()?.subarray(...CONFIGURATION);
    writer?.delete();
    const theirs = header.subarray(...CONFIGURATION);
    if (own?.every((byte, i) => byte === theirs[i])) return;
    throw new PagevecError(
      "corrupt",
      `the snapshot of "${this.manifest.name}" was not made with the configuration that the file says`,
    );
  }
}
