import type { BlockFile } from "./block-file.js";
import { Catalog, type CatalogEntry, type FileCatalog } from "./catalog.js";
import {
  assertNameFree,
  noSuchCollection,
  ofWholeParts,
  sequenceTaken,
  snapshotChanged,
  snapshotConflict,
  storageError,
  switched,
} from "./errors.js";
import type { Folder } from "./files.js";
import { allDone, OpenFiles } from "./open-files.js";
import { bytesIn, type SnapshotFiles } from "./snapshot-files.js";
import {
  type Durability,
  type Journal,
  type JournalRecord,
  type Manifest,
  type ManifestChanges,
  type NewManifest,
  type NewParts,
  NO_SNAPSHOT,
  type Parts,
  type SecondCopy,
  type SnapshotInfo,
  type SnapshotTarget,
  type StorageUsage,
} from "./store.js";

export interface FileStoreOptions {
  folder: Folder;
  crc32c(bytes: Uint8Array): number;
  /** "strict": a batch is on the disk when append resolves. */
  durability: Durability;
}

/** The files of a collection. parts: undefined before the first snapshot. */
export interface Entry extends CatalogEntry {
  journal: BlockFile;
  parts: SnapshotFiles | undefined;
}

/**
 * A store in plain files: per collection a file of the snapshot's parts and one of the batches after
 * it, and a catalog that says which files count. A new snapshot gets new files, and may leave payloads
 * where snapshots before it wrote them.
 */
export class FileStore implements SecondCopy {
  readonly leads: boolean = true;
  protected readonly entries = new Map<string, Entry>();
  protected readonly files: OpenFiles;
  protected nextSlot = 1;
  protected epoch = 0;

  protected constructor(
    protected readonly options: FileStoreOptions,
    protected readonly catalog: FileCatalog,
  ) {
    this.files = new OpenFiles(options.folder, options.crc32c);
  }

  /**
   * Opens all files, cuts off torn batches and deletes what an interrupted snapshot left behind.
   * @throws storage_failed, also when another tab has the files open
   */
  static async open(options: FileStoreOptions): Promise<FileStore> {
    try {
      const catalog = await Catalog.open(options.folder, options.crc32c);
      return await new FileStore(options, catalog).begin();
    } catch (cause) {
      throw storageError(cause, "opening the second copy");
    }
  }

  /** What open() does once it is known which files count. */
  protected async begin(): Promise<this> {
    try {
      await allDone(this.catalog.entries.map((entry) => this.load(entry)));
      await this.sweep();
      return this;
    } catch (cause) {
      await this.close();
      throw cause;
    }
  }

  async listCollections(): Promise<Manifest[]> {
    this.assertOpen();
    const manifests = structuredClone(this.manifests());
    return manifests.sort((a, b) => a.order - b.order);
  }

  async getCollection(id: string): Promise<Manifest | undefined> {
    this.assertOpen();
    return structuredClone(this.entries.get(id)?.manifest);
  }

  async createCollection(manifest: NewManifest): Promise<Manifest> {
    const others = await this.listCollections();
    assertNameFree(this.manifests(), manifest.name);
    const order = (others.at(-1)?.order ?? 0) + 1;
    const full: Manifest = structuredClone({ ...manifest, order, snapshot: NO_SNAPSHOT });
    await this.replace(full, [], []);
    return structuredClone(full);
  }

  async modifyCollection(id: string, changes: ManifestChanges): Promise<Manifest> {
    const entry = this.entry(id);
    if (changes.name !== undefined) assertNameFree(this.manifests(), changes.name, id);
    const manifest = structuredClone({ ...entry.manifest, ...changes });
    this.commit(new Map(this.entries).set(id, { ...entry, manifest }));
    return structuredClone(manifest);
  }

  async deleteCollection(id: string): Promise<void> {
    this.assertOpen();
    const entry = this.entries.get(id);
    if (!entry) return;
    const rest = new Map(this.entries);
    rest.delete(id);
    this.commit(rest);
    await this.discard(entry);
  }

  async append(id: string, sequence: number, record: Uint8Array): Promise<void> {
    const { journal, manifest } = this.entry(id);
    if (sequence <= manifest.snapshot.coveredSequence || journal.has(sequence)) {
      throw sequenceTaken(id, sequence);
    }
    try {
      journal.append(sequence, record);
      if (this.options.durability === "strict") await journal.flushAside();
    } catch (cause) {
      throw storageError(cause, "storing a batch");
    }
  }

  appendBeside(id: string, sequence: number, record: Uint8Array): boolean {
    const entry = this.entries.get(id);
    if (!entry || lastSequenceOf(entry) !== sequence - 1) return false;
    try {
      entry.journal.append(sequence, record, false);
      if (this.options.durability === "strict") entry.journal.flush();
      return true;
    } catch (cause) {
      // It was written, and could not be flushed.
      entry.journal.retract(sequence);
      throw storageError(cause, "storing a batch");
    }
  }

  unconfirmed(id: string): number | undefined {
    return this.entries.get(id)?.journal.unconfirmed;
  }

  confirm(id: string, sequence: number): void {
    this.entries.get(id)?.journal.confirm(sequence);
  }

  retract(id: string, sequence: number): void {
    this.entries.get(id)?.journal.retract(sequence);
  }

  async *readJournal(id: string, afterSequence: number): AsyncGenerator<JournalRecord> {
    this.assertOpen();
    const journal = this.entries.get(id)?.journal;
    if (journal) yield* recordsIn(journal, afterSequence);
  }

  async readRecord(id: string, sequence: number): Promise<Uint8Array | undefined> {
    this.assertOpen();
    return this.entries.get(id)?.journal.read(sequence);
  }

  async writeSnapshot(id: string, target: SnapshotTarget, parts: NewParts): Promise<SnapshotInfo> {
    const { generation, coveredSequence } = target;
    const slot = this.nextSlot++;
    try {
      // Opened before the parts come: behind them nothing is waited for, so that no batch comes between.
      const journal = await this.files.open(slot, "journal");
      const written = await this.files.writeParts(slot, parts, this.entry(id).parts);
      const old = this.entry(id);
      const count = written.numbers.length;
      const lastSequence = lastSequenceOf(old);
      const state = { written: count, parts: count, lastSequence };
      const conflict = snapshotConflict(old.manifest, target, state);
      if (conflict) throw conflict;
      for (const { sequence, record } of recordsIn(old.journal, coveredSequence)) {
        journal.append(sequence, record);
      }
      journal.flush();
      const snapshot = { generation, parts: count, bytes: bytesIn(written), coveredSequence };
      const manifest = switched(old.manifest, target, snapshot, written.slots.length > 1);
      const entry = { slot, journal, parts: written, manifest };
      this.commit(new Map(this.entries).set(id, entry));
      await this.discard(old, entry);
      return { ...snapshot };
    } catch (cause) {
      await this.abandon(slot);
      throw storageError(cause, "writing a snapshot");
    }
  }

  async *readParts(id: string, generation: number): AsyncGenerator<Uint8Array> {
    this.assertOpen();
    const entry = this.entries.get(id);
    if (entry?.manifest.snapshot.generation !== generation) return;
    for (const number of entry.parts?.numbers ?? []) {
      const part = entry.parts?.read(number);
      // Its payload was in a file that is damaged: whoever reads misses parts.
      if (!part) return;
      yield part;
    }
  }

  async readPart(id: string, generation: number, number: number): Promise<Uint8Array | undefined> {
    this.assertOpen();
    const entry = this.entries.get(id);
    return entry?.manifest.snapshot.generation === generation
      ? entry.parts?.read(number)
      : undefined;
  }

  async lastSequence(id: string): Promise<number> {
    this.assertOpen();
    const entry = this.entries.get(id);
    return entry ? lastSequenceOf(entry) : 0;
  }

  async setAside(id: string, generation: number, afterSequence: number): Promise<number> {
    const { manifest, journal } = this.entry(id);
    const changed = snapshotChanged(manifest, generation);
    if (changed) throw changed;
    const kept: JournalRecord[] = [];
    for await (const record of this.readJournal(id, 0)) {
      if (record.sequence <= afterSequence) kept.push(record);
    }
    const parts = this.readParts(id, generation);
    await this.replace(ofWholeParts(manifest), parts, kept);
    return journal.numbers.length - kept.length;
  }

  async restore(manifest: Manifest, parts: Parts, journal: Journal): Promise<void> {
    this.assertOpen();
    assertNameFree(this.manifests(), manifest.name, manifest.id);
    await this.replace(structuredClone(ofWholeParts(manifest)), parts, journal);
  }

  async heal(_id: string): Promise<boolean> {
    return false;
  }

  /** Whoever has the files open is the only one who writes. */
  async claim(): Promise<number> {
    this.assertOpen();
    return ++this.epoch;
  }

  async visible(_visible: boolean): Promise<void> {}

  async usage(): Promise<StorageUsage> {
    this.assertOpen();
    const bytes = [...this.entries.values()].map(
      ({ journal, parts }) => journal.bytes + (parts?.bytes ?? 0),
    );
    const usage = bytes.reduce((sum, each) => sum + each, 0);
    return { usage, persisted: false, copy: "none", copyProblem: null };
  }

  async clear(): Promise<void> {
    this.assertOpen();
    const old = [...this.entries.values()];
    this.commit(new Map());
    for (const entry of old) await this.discard(entry);
  }

  async close(): Promise<void> {
    if (this.files.closed) return;
    this.files.close();
    this.catalog.close();
  }

  /** From here on these entries count. */
  protected commit(entries: Map<string, Entry>): void {
    this.assertOpen();
    try {
      this.catalog.write([...entries.values()].map(({ manifest, slot }) => ({ manifest, slot })));
    } catch (cause) {
      throw storageError(cause, "writing the catalog");
    }
    const gone = [...this.entries.keys()].filter((id) => !entries.has(id));
    for (const id of gone) this.entries.delete(id);
    for (const [id, entry] of entries) this.entries.set(id, entry);
  }

  protected async replace(manifest: Manifest, parts: Parts, journal: Journal): Promise<void> {
    const slot = this.nextSlot++;
    try {
      const hasParts = manifest.snapshot.parts > 0;
      const written = hasParts ? await this.files.writeParts(slot, parts) : undefined;
      const records = await this.files.writeJournal(slot, journal);
      const old = this.entries.get(manifest.id);
      // Again: another may have been made while the files were.
      assertNameFree(this.manifests(), manifest.name, manifest.id);
      const entry = { manifest, slot, journal: records, parts: written };
      this.commit(new Map(this.entries).set(manifest.id, entry));
      if (old) await this.discard(old);
    } catch (cause) {
      await this.abandon(slot);
      throw storageError(cause, "writing a collection");
    }
  }

  protected async load({ manifest, slot }: CatalogEntry): Promise<void> {
    this.nextSlot = Math.max(this.nextSlot, slot + 1);
    const files = await this.files.openBoth(slot, manifest.snapshot.parts > 0);
    this.entries.set(manifest.id, { manifest, slot, ...files });
  }

  protected async sweep(): Promise<void> {
    const inUse = new Set([...this.entries.values()].flatMap(namesOf));
    for (const name of await this.options.folder.names()) {
      const used = this.catalog.owns(name) || inUse.has(name);
      if (!used) await this.options.folder.remove(name);
    }
  }

  /** now: what counts in its place, and may have files of it. */
  protected discard(old: Entry, now?: Entry): Promise<void> {
    const inUse = now ? namesOf(now) : [];
    return this.files.drop(namesOf(old).filter((name) => !inUse.includes(name)));
  }

  protected abandon(slot: number): Promise<void> {
    return this.files.drop([`${slot}.journal`, `${slot}.parts`]);
  }

  protected entry(id: string): Entry {
    this.assertOpen();
    const entry = this.entries.get(id);
    if (!entry) throw noSuchCollection(id);
    return entry;
  }

  protected assertOpen(): void {
    if (this.files.closed) throw this.files.closed;
  }

  protected manifests(): Manifest[] {
    return [...this.entries.values()].map(({ manifest }) => manifest);
  }
}

export function lastSequenceOf({ manifest, journal }: Entry): number {
  return Math.max(manifest.snapshot.coveredSequence, journal.last);
}

function* recordsIn(journal: BlockFile, afterSequence: number): Generator<JournalRecord> {
  for (const sequence of journal.numbers.sort((a, b) => a - b)) {
    const record = sequence > afterSequence && journal.read(sequence);
    if (record) yield { sequence, record };
  }
}

/** Of the files of a collection. */
export function namesOf({ slot, parts }: Pick<Entry, "slot" | "parts">): string[] {
  return [`${slot}.journal`, ...(parts?.slots ?? []).map((each) => `${each}.parts`)];
}
