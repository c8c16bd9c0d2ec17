import {
  assertNameFree,
  noSuchCollection,
  ofWholeParts,
  sequenceTaken,
  snapshotChanged,
  snapshotConflict,
  storageError,
  storeClosed,
  switched,
} from "./errors.js";
import { wholePart } from "./kept-parts.js";
import {
  type Journal,
  type JournalRecord,
  type Manifest,
  type ManifestChanges,
  type NewManifest,
  type NewParts,
  NO_SNAPSHOT,
  type Parts,
  type SnapshotInfo,
  type SnapshotTarget,
  type StorageUsage,
  type Store,
} from "./store.js";

interface Entry {
  manifest: Manifest;
  /** Ascending by sequence. */
  journal: Map<number, Uint8Array>;
  parts: Uint8Array[];
}

/** A store that lasts as long as the page. */
export class MemoryStore implements Store {
  readonly leads = true;
  private readonly entries = new Map<string, Entry>();
  private nextOrder = 1;
  private closed = false;
  private epoch = 0;

  async listCollections(): Promise<Manifest[]> {
    this.assertOpen();
    return structuredClone(this.manifests());
  }

  async getCollection(id: string): Promise<Manifest | undefined> {
    this.assertOpen();
    return structuredClone(this.entries.get(id)?.manifest);
  }

  async createCollection(manifest: NewManifest): Promise<Manifest> {
    this.assertOpen();
    assertNameFree(this.manifests(), manifest.name);
    const full = structuredClone({ ...manifest, order: this.nextOrder++, snapshot: NO_SNAPSHOT });
    this.entries.set(manifest.id, { manifest: full, journal: new Map(), parts: [] });
    return structuredClone(full);
  }

  async modifyCollection(id: string, changes: ManifestChanges): Promise<Manifest> {
    const entry = this.entry(id);
    if (changes.name !== undefined) assertNameFree(this.manifests(), changes.name, id);
    entry.manifest = structuredClone({ ...entry.manifest, ...changes });
    return structuredClone(entry.manifest);
  }

  async deleteCollection(id: string): Promise<void> {
    this.assertOpen();
    this.entries.delete(id);
  }

  async append(id: string, sequence: number, record: Uint8Array): Promise<void> {
    const { journal, manifest } = this.entry(id);
    if (journal.has(sequence) || sequence <= manifest.snapshot.coveredSequence) {
      throw sequenceTaken(id, sequence);
    }
    journal.set(sequence, record.slice());
  }

  async *readJournal(id: string, afterSequence: number): AsyncGenerator<JournalRecord> {
    this.assertOpen();
    const records = [...(this.entries.get(id)?.journal ?? [])].sort(([a], [b]) => a - b);
    for (const [sequence, record] of records) {
      if (sequence > afterSequence) yield { sequence, record: record.slice() };
    }
  }

  async readRecord(id: string, sequence: number): Promise<Uint8Array | undefined> {
    this.assertOpen();
    return this.entries.get(id)?.journal.get(sequence)?.slice();
  }

  async writeSnapshot(id: string, target: SnapshotTarget, parts: NewParts): Promise<SnapshotInfo> {
    const old = this.entry(id).parts;
    const written: Uint8Array[] = [];
    try {
      for await (const part of parts) {
        written.push(wholePart(part, (number) => old[number]?.slice()).slice());
      }
    } catch (cause) {
      throw storageError(cause, "writing a snapshot");
    }
    const entry = this.entry(id);
    const lastSequence = await this.lastSequence(id);
    const state = { written: written.length, parts: written.length, lastSequence };
    const conflict = snapshotConflict(entry.manifest, target, state);
    if (conflict) throw conflict;
    const { generation, coveredSequence } = target;
    const bytes = written.reduce((sum, part) => sum + part.byteLength, 0);
    const snapshot = { generation, parts: written.length, bytes, coveredSequence };
    entry.parts = written;
    entry.manifest = switched(entry.manifest, target, snapshot);
    for (const sequence of entry.journal.keys()) {
      if (sequence <= coveredSequence) entry.journal.delete(sequence);
    }
    return { ...snapshot };
  }

  async *readParts(id: string, generation: number): AsyncGenerator<Uint8Array> {
    this.assertOpen();
    const entry = this.entries.get(id);
    if (entry?.manifest.snapshot.generation !== generation) return;
    for (const part of entry.parts) yield part.slice();
  }

  async readPart(id: string, generation: number, number: number): Promise<Uint8Array | undefined> {
    this.assertOpen();
    const entry = this.entries.get(id);
    if (entry?.manifest.snapshot.generation !== generation) return undefined;
    return entry.parts[number]?.slice();
  }

  async lastSequence(id: string): Promise<number> {
    this.assertOpen();
    const entry = this.entries.get(id);
    if (!entry) return 0;
    return Math.max(entry.manifest.snapshot.coveredSequence, ...entry.journal.keys());
  }

  async setAside(id: string, generation: number, afterSequence: number): Promise<number> {
    const { journal, manifest } = this.entry(id);
    const changed = snapshotChanged(manifest, generation);
    if (changed) throw changed;
    const after = [...journal.keys()].filter((sequence) => sequence > afterSequence);
    for (const sequence of after) journal.delete(sequence);
    return after.length;
  }

  async restore(manifest: Manifest, parts: Parts, journal: Journal): Promise<void> {
    this.assertOpen();
    assertNameFree(this.manifests(), manifest.name, manifest.id);
    const entry: Entry = {
      manifest: structuredClone(ofWholeParts(manifest)),
      journal: new Map(),
      parts: [],
    };
    try {
      for await (const part of parts) entry.parts.push(part.slice());
      for await (const { sequence, record } of journal) entry.journal.set(sequence, record.slice());
    } catch (cause) {
      throw storageError(cause, "restoring a collection");
    }
    this.entries.set(manifest.id, entry);
    this.nextOrder = Math.max(this.nextOrder, manifest.order + 1);
  }

  async heal(_id: string): Promise<boolean> {
    return false;
  }

  /** There is only one store of these entries, so there is nobody to fence. */
  async claim(): Promise<number> {
    this.assertOpen();
    return ++this.epoch;
  }

  async visible(_visible: boolean): Promise<void> {}

  async usage(): Promise<StorageUsage> {
    this.assertOpen();
    let usage = 0;
    for (const { journal, manifest } of this.entries.values()) {
      usage += manifest.snapshot.bytes;
      for (const record of journal.values()) usage += record.byteLength;
    }
    return { usage, persisted: false, copy: "none", copyProblem: null };
  }

  async clear(): Promise<void> {
    this.assertOpen();
    this.entries.clear();
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private entry(id: string): Entry {
    this.assertOpen();
    const entry = this.entries.get(id);
    if (!entry) throw noSuchCollection(id);
    return entry;
  }

  private assertOpen(): void {
    if (this.closed) throw storeClosed();
  }

  private manifests(): Manifest[] {
    return [...this.entries.values()].map(({ manifest }) => manifest);
  }
}
