import { PagevecError } from "../errors.js";
import { HEADER_BYTES } from "../storage/block-file.js";
import type { CatalogEntry } from "../storage/catalog.js";
import { assertReadable, isTooNew, storageError, writerFenced } from "../storage/errors.js";
import { type Entry, FileStore, lastSequenceOf, namesOf } from "../storage/file-store.js";
import { SerialQueue } from "../storage/queue.js";
import type {
  Durability,
  Journal,
  JournalRecord,
  Manifest,
  ManifestChanges,
  NewManifest,
  NewParts,
  Parts,
  Report,
  SnapshotInfo,
  SnapshotTarget,
  StorageUsage,
} from "../storage/store.js";
import { dropAside, keepAside } from "./aside.js";
import { DiskFolder, diskError, makeFolder } from "./folder.js";
import { FolderTransfers, type StagedFiles } from "./folder-transfers.js";
import { checkJournal } from "./journal-check.js";
import { type FolderEntry, ManifestFile } from "./manifest-file.js";
import type { FolderState } from "./watch-folder.js";

/** Files of one epoch have numbers of their own: who is fenced off writes into no other's. */
const SLOTS_OF_EPOCH = 1e6;

export interface FolderStoreOptions {
  path: string;
  durability: Durability;
  readOnly?: boolean;
  crc32c(bytes: Uint8Array): number;
  report: Report;
}

/**
 * Collections in a folder: what FileStore keeps, as the only copy and not the second one. A manifest is
 * put in place as a whole, damage is told, every write is refused once another store has claimed, and
 * stores that only read follow the one that writes.
 */
export class FolderStore extends FileStore {
  override readonly leads: boolean;
  readonly transfers: FolderTransfers;
  /** What ends with it. */
  readonly onClosed: (() => void)[] = [];
  private readonly reloads = new SerialQueue();
  private readonly reading: DiskFolder;
  /** Numbers of the files that are open to be read alone. */
  private readonly borrowed = new Set<number>();

  private constructor(
    private readonly folder: DiskFolder,
    private readonly manifest: ManifestFile,
    private readonly settings: FolderStoreOptions,
  ) {
    super({ ...settings, folder }, manifest);
    this.leads = settings.readOnly !== true;
    this.reading = new DiskFolder(settings.path, { readOnly: true });
    manifest.journalBytes = (slot) => this.files.get(`${slot}.journal`)?.bytes;
    this.transfers = new FolderTransfers({
      entries: this.entries,
      epoch: () => this.epoch,
      assertWriter: () => this.assertWriter(),
      writeFiles: (parts, journal) => this.writeFiles(parts, journal),
      switchTo: (entries) => this.switchTo(entries),
      dropFiles: (slot) => this.abandon(slot),
    });
  }

  /**
   * Opens the files of a folder, which is made where there is none; what was damaged is set aside and
   * reported as lost.
   * @throws not_found for a folder that is only to be read and is none; corrupt, format_too_new,
   *   storage_failed
   */
  static async openFolder(options: FolderStoreOptions): Promise<FolderStore> {
    const { path, crc32c, readOnly = false, report } = options;
    const onRecovered = (message: string) =>
      report({ kind: "recovered", collection: null, message, batches: 0 });
    try {
      if (!readOnly) makeFolder(path);
      const folder = new DiskFolder(path, { readOnly });
      const names = await folder.names();
      const manifest = ManifestFile.open({ path, readOnly, crc32c, onRecovered }, names);
      return await new FolderStore(folder, manifest, options).begin();
    } catch (cause) {
      if (readOnly && (cause as NodeJS.ErrnoException).code === "ENOENT") {
        throw new PagevecError("not_found", `${path} is no folder that can be read`, { cause });
      }
      throw diskError(cause);
    }
  }

  override async listCollections(): Promise<Manifest[]> {
    await this.refresh();
    return super.listCollections();
  }

  override async getCollection(id: string): Promise<Manifest | undefined> {
    await this.refresh();
    return super.getCollection(id);
  }

  override async *readJournal(id: string, after: number): AsyncGenerator<JournalRecord> {
    await this.refresh();
    yield* super.readJournal(id, after);
  }

  override async readRecord(id: string, sequence: number): Promise<Uint8Array | undefined> {
    await this.refresh();
    return super.readRecord(id, sequence);
  }

  override async *readParts(id: string, generation: number): AsyncGenerator<Uint8Array> {
    await this.refresh();
    yield* super.readParts(id, generation);
  }

  override async readPart(id: string, generation: number, number: number) {
    await this.refresh();
    return super.readPart(id, generation, number);
  }

  override async lastSequence(id: string): Promise<number> {
    await this.refresh();
    return super.lastSequence(id);
  }

  override async createCollection(manifest: NewManifest): Promise<Manifest> {
    await this.assertWriter();
    return super.createCollection(this.ofEpoch(manifest));
  }

  override async modifyCollection(id: string, changes: ManifestChanges): Promise<Manifest> {
    await this.assertWriter();
    return super.modifyCollection(id, changes);
  }

  override async deleteCollection(id: string): Promise<void> {
    await this.assertWriter();
    await super.deleteCollection(id);
    dropAside(this.settings.path, id);
  }

  override async append(id: string, sequence: number, record: Uint8Array): Promise<void> {
    await this.assertWriter();
    const known = this.entries.get(id)?.journal;
    await super.append(id, sequence, record).catch((cause) => {
      // Written, but the disk could not keep it: who is told so must not find it there.
      const written = cause.code !== "conflict" && known?.has(sequence);
      return written ? this.takeBack(id, record.byteLength, cause) : Promise.reject(cause);
    });
  }

  override async writeSnapshot(
    id: string,
    target: SnapshotTarget,
    parts: NewParts,
  ): Promise<SnapshotInfo> {
    await this.assertWriter();
    return super.writeSnapshot(id, target, parts);
  }

  override async setAside(id: string, generation: number, after: number): Promise<number> {
    await this.assertWriter();
    const { journal, manifest } = this.entry(id);
    const dropped = journal.numbers.filter((number) => number > after);
    if (manifest.snapshot.generation === generation && dropped.length > 0) {
      keepAside(
        this.settings.path,
        id,
        Buffer.concat(dropped.flatMap((number) => journal.read(number) ?? [])),
      );
    }
    return super.setAside(id, generation, after);
  }

  override async restore(manifest: Manifest, parts: Parts, journal: Journal): Promise<void> {
    await this.assertWriter();
    return super.restore(this.ofEpoch(manifest), parts, journal);
  }

  override async clear(): Promise<void> {
    await this.assertWriter();
    const ids = [...this.entries.keys()];
    await super.clear();
    for (const id of ids) dropAside(this.settings.path, id);
  }

  /** Fences off every store of this folder that claimed before. */
  override async claim(): Promise<number> {
    this.assertOpen();
    if (this.manifest.changed) this.manifest.reload();
    const epoch = this.manifest.epoch + 1;
    const entries = this.manifest.entries.map(({ manifest, slot }) => {
      return { slot, manifest: isTooNew(manifest) ? manifest : { ...manifest, epoch } };
    });
    this.manifest.write(entries, epoch);
    this.epoch = epoch;
    this.nextSlot = Math.max(this.nextSlot, epoch * SLOTS_OF_EPOCH);
    await this.reloads.run(() => this.takeOver());
    return epoch;
  }

  override async usage(): Promise<StorageUsage> {
    await this.refresh();
    return { ...(await super.usage()), persisted: true };
  }

  override async close(): Promise<void> {
    if (this.files.closed) return;
    this.noteLengths();
    await super.close();
    for (const end of this.onClosed) end();
  }

  /** How each collection stands, for who watches for changes. */
  async states(): Promise<Map<string, FolderState>> {
    await this.refresh();
    return new Map(
      [...this.entries].map(([id, entry]) => {
        const { manifest, slot } = entry;
        const { name, metadata, configuration, snapshot } = manifest;
        const last = lastSequenceOf(entry);
        const described = JSON.stringify([name, metadata, configuration.hnsw]);
        const moved = configuration.reembedded ?? 0;
        return [id, { last, slot, generation: snapshot.generation, moved, described }];
      }),
    );
  }

  protected override entry(id: string): Entry {
    const entry = super.entry(id);
    assertReadable(entry.manifest);
    return entry;
  }

  protected override commit(entries: Map<string, Entry>): void {
    if (this.manifest.changed) throw this.fenced();
    for (const [id, entry] of entries) {
      const names = namesOf(entry);
      const fresh = this.entries.get(id)?.slot !== entry.slot;
      // Swept by one that took it for what an interrupted process left.
      if (fresh && !names.every((name) => this.folder.has(name))) throw this.fenced();
    }
    super.commit(entries);
  }

  protected override async load(entry: CatalogEntry): Promise<void> {
    await this.checkJournal(entry as FolderEntry);
    return super.load(entry);
  }

  protected override async sweep(): Promise<void> {
    if (this.leads) await super.sweep();
  }

  /** Tells of a journal that is damaged; who writes sets aside what cannot be read of it. */
  private async checkJournal({ manifest, slot, journalBytes }: FolderEntry): Promise<void> {
    const { id, name } = manifest;
    const file = `${slot}.journal`;
    const opened = await this.folder.open(file);
    try {
      const rest = checkJournal(opened, this.options.crc32c);
      if (!rest.damaged && rest.at >= journalBytes) return;
      if (!rest.damaged) {
        const message = `the journal of "${name}" (${file}) ends at byte ${rest.at} of ${journalBytes}`;
        return this.lost(name, message, 0);
      }
      if (this.leads) keepAside(this.settings.path, id, opened.read(rest.at, rest.bytes));
      opened.truncate(rest.at);
      const what = this.leads ? "were set aside" : "are left out";
      const message = `the journal of "${name}" (${file}) is damaged at byte ${rest.at}`;
      this.lost(name, `${message}; ${rest.bytes} bytes from there on ${what}`, rest.batches);
    } finally {
      opened.close();
    }
  }

  /** So that a journal that is cut off while nobody has it open is seen to be. */
  private noteLengths(): void {
    if (!this.isWriter || this.manifest.changed) return;
    const longer = this.manifest.entries.some(
      ({ slot, journalBytes }) => (this.manifest.journalBytes(slot) ?? 0) > journalBytes,
    );
    try {
      if (longer) this.manifest.write(this.manifest.entries);
    } catch {
      // Without room: what was told is stored all the same.
    }
  }

  /** The last batch of a journal. */
  private async takeBack(id: string, length: number, cause: unknown): Promise<never> {
    const entry = this.entry(id);
    const { slot, journal } = entry;
    this.folder.truncate(`${slot}.journal`, journal.bytes - HEADER_BYTES - length);
    journal.close();
    this.entries.set(id, { ...entry, journal: await this.files.open(slot, "journal") });
    throw cause;
  }

  private lost(collection: string, message: string, batches: number): void {
    this.settings.report({ kind: "lost", collection, message, batches });
  }

  private ofEpoch<M extends NewManifest>(manifest: M): M {
    return { ...manifest, epoch: Math.max(manifest.epoch, this.epoch) };
  }

  /** @throws unsupported for a store that only reads; conflict for one that is fenced off */
  private async assertWriter(): Promise<void> {
    this.assertOpen();
    if (!this.leads) {
      const message = "the client was opened with readOnly: true; open one without to write";
      throw new PagevecError("unsupported", message);
    }
    await this.refresh();
    if (this.epoch > 0 && this.manifest.epoch !== this.epoch) throw this.fenced();
  }

  private fenced(): PagevecError {
    return writerFenced("process");
  }

  /** Whether nobody else writes: then what is in memory is what is in the files. */
  private get isWriter(): boolean {
    return this.epoch > 0 && this.manifest.epoch === this.epoch;
  }

  /** Takes over what another store wrote. */
  private async refresh(): Promise<void> {
    this.assertOpen();
    if (this.manifest.changed) await this.reload();
    if (!this.isWriter) for (const { journal } of this.entries.values()) journal.follow();
  }

  private reload(): Promise<void> {
    return this.reloads.run(async () => {
      if (!this.manifest.changed) return;
      this.manifest.reload();
      await this.takeOver();
    });
  }

  /** Makes the entries those of the manifest. */
  private async takeOver(): Promise<void> {
    const entries = new Map<string, Entry>();
    for (const { manifest, slot } of this.manifest.entries) {
      const known = this.entries.get(manifest.id);
      const usable = known?.slot === slot && !(this.isWriter && this.borrowed.has(slot));
      const files = usable ? known : await this.filesOf(slot, manifest.snapshot.parts > 0);
      entries.set(manifest.id, { ...files, manifest });
    }
    const gone = [...this.entries.values()].filter(
      ({ manifest: { id }, journal }) => entries.get(id)?.journal !== journal,
    );
    this.entries.clear();
    for (const [id, entry] of entries) this.entries.set(id, entry);
    for (const { journal, parts } of gone) {
      journal.close();
      parts?.close();
    }
  }

  /** Of another's files nothing is cut off: it may be writing them. */
  private async filesOf(slot: number, hasParts: boolean): Promise<StagedFiles> {
    const folder = this.isWriter ? this.folder : this.reading;
    if (this.isWriter) this.borrowed.delete(slot);
    else this.borrowed.add(slot);
    return { slot, ...(await this.files.openBoth(slot, hasParts, folder)) };
  }

  private async writeFiles(parts: Parts, journal: Journal): Promise<StagedFiles> {
    const slot = this.nextSlot++;
    try {
      const written = await this.files.writeParts(slot, parts);
      const records = await this.files.writeJournal(slot, journal);
      const hasParts = written.numbers.length > 0;
      return { slot, journal: records, parts: hasParts ? written : undefined };
    } catch (cause) {
      await this.abandon(slot);
      throw storageError(cause, "importing a collection");
    }
  }

  private async switchTo(entries: Map<string, Entry>): Promise<void> {
    const gone = [...this.entries].filter(([id]) => !entries.has(id));
    this.commit(entries);
    for (const [id, entry] of gone) {
      await this.discard(entry);
      dropAside(this.settings.path, id);
    }
  }
}
