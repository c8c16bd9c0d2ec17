import {
  ALL_STORES,
  Connection,
  type ConnectionOptions,
  databaseName,
  type Names,
  type Transaction,
} from "./connection.js";
import {
  assertNameFree,
  assertReadable,
  ofWholeParts,
  sequenceTaken,
  snapshotConflict,
  storageError,
  switched,
  writerFenced,
} from "./errors.js";
import { Holds } from "./holds.js";
import {
  deleteEverything,
  deleteRows,
  epochFor,
  exactBuffer,
  lastSequenceIn,
  manifestIn,
  manifestOf,
  manifests,
  moveAside,
  raiseEpoch,
  sweep,
  under,
  type WrittenParts,
  writerIn,
} from "./rows.js";
import { IndexedDbTransfers } from "./staging.js";
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
  type SnapshotInfo,
  type SnapshotTarget,
  type StorageUsage,
  type Store,
} from "./store.js";
import { StoredParts, type StoredSnapshot } from "./stored-parts.js";

/** What is read back at once. */
const JOURNAL_PAGE = 32;
const READING = "reading the journal";

/** A store that outlives the page. */
export class IndexedDbStore implements Store {
  readonly leads = true;
  /** 0: it never claimed, and writes as long as nobody does. */
  private epoch = 0;

  readonly transfers: IndexedDbTransfers;
  private readonly parts: StoredParts;

  private constructor(
    private readonly connection: Connection,
    private readonly holds: Holds,
  ) {
    this.transfers = new IndexedDbTransfers(connection, holds, (doing, work) =>
      this.writing(ALL_STORES, doing, (tx) => work(tx, this.epoch), "strict"),
    );
    this.parts = new StoredParts(connection, (...args) => this.writing(...args));
  }

  /**
   * Opens the database of a client and sweeps what an interrupted snapshot left behind.
   * @throws unsupported without IndexedDB; format_too_new; storage_failed, also when another tab
   *   holds the database.
   */
  static async open(clientName: string, options: ConnectionOptions = {}): Promise<IndexedDbStore> {
    const connection = new Connection(databaseName(clientName), options);
    const holds = new Holds(clientName);
    const store = new IndexedDbStore(connection, holds);
    if (options.sweep === false) await store.listCollections();
    else {
      const held = await holds.held();
      await connection.transact(ALL_STORES, "readwrite", "tidying up", (tx) => sweep(tx, held));
    }
    return store;
  }

  /** Why nothing can be read or written any more, if so. */
  get ended() {
    return this.connection.ended;
  }

  async listCollections(): Promise<Manifest[]> {
    return this.connection.transact(["meta"], "readonly", "listing collections", manifests);
  }

  async getCollection(id: string): Promise<Manifest | undefined> {
    return this.connection.transact(["meta"], "readonly", "reading a collection's manifest", (tx) =>
      manifestIn(tx, id),
    );
  }

  async createCollection(manifest: NewManifest): Promise<Manifest> {
    return this.writing(["meta"], "creating a collection", async (tx) => {
      const others = await manifests(tx);
      // Asked for again by a tab that did not hear that it was made.
      const same = others.find(({ id }) => id === manifest.id);
      if (same) return same;
      assertNameFree(others, manifest.name);
      const order = (others.at(-1)?.order ?? 0) + 1;
      const epoch = epochFor(this.epoch, manifest);
      const full: Manifest = { ...manifest, order, epoch, snapshot: { ...NO_SNAPSHOT } };
      await tx.objectStore("meta").add(full, manifest.id);
      return full;
    });
  }

  async modifyCollection(id: string, changes: ManifestChanges): Promise<Manifest> {
    return this.writing(["meta"], "changing a collection", async (tx) => {
      const old = await manifestOf(tx, id);
      if (changes.name !== undefined) assertNameFree(await manifests(tx), changes.name, id);
      const changed = { ...old, ...changes };
      await tx.objectStore("meta").put(changed, id);
      return changed;
    });
  }

  async deleteCollection(id: string): Promise<void> {
    await this.writing(ALL_STORES, "deleting a collection", (tx) => deleteRows(tx, [id]));
  }

  /** beside: called once, while the browser takes the record in, and before it can be committed. */
  async append(
    id: string,
    sequence: number,
    record: Uint8Array,
    _removes = false,
    beside = () => {},
  ): Promise<void> {
    const work = async (tx: Transaction<"readwrite">) => {
      const reading = manifestOf(tx, id);
      reading.catch(() => {});
      // Rolls all back where the sequence is taken; commit() need not wait to hear of it.
      const adding = tx.objectStore("journal").add(exactBuffer(record), [id, sequence]);
      adding.catch(() => {});
      beside();
      const { epoch, snapshot } = await reading;
      // Whoever claims raises it in every manifest: that of WRITER would be one more request.
      if (this.epoch > 0 && epoch !== this.epoch) throw writerFenced();
      // A covered record is gone from the journal, so its key alone would not show the conflict.
      if (sequence <= snapshot.coveredSequence) throw sequenceTaken(id, sequence);
    };
    await this.connection.transact(["meta", "journal"], "readwrite", "storing a batch", work);
  }

  /** Takes back an append that nobody was told of. */
  async undo(id: string, sequence: number): Promise<void> {
    await this.writing(["meta", "journal"], "taking a batch back", async (tx) => {
      if ((await lastSequenceIn(tx, id)) !== sequence) return;
      await tx.objectStore("journal").delete([id, sequence]);
    });
  }

  async *readJournal(id: string, afterSequence: number): AsyncGenerator<JournalRecord> {
    let page = JOURNAL_PAGE;
    for (let last = afterSequence; ; ) {
      const range = IDBKeyRange.bound([id, last], [id, []], true);
      const read = this.connection.transact(["journal"], "readonly", READING, (tx) => {
        const journal = tx.objectStore("journal");
        return Promise.all([journal.getAllKeys(range, page), journal.getAll(range, page)]);
      });
      const rows = await read.catch((cause) => {
        if (cause.code !== "corrupt" || page === 1) throw cause;
      });
      if (!rows) {
        // One of them cannot be read: those before it can.
        page = 1;
        continue;
      }
      const [keys, values] = rows;
      for (const [i, [, sequence]] of keys.entries()) {
        yield { sequence, record: new Uint8Array(values[i] as ArrayBuffer) };
        last = sequence;
      }
      if (keys.length < page) return;
    }
  }

  async readRecord(id: string, sequence: number): Promise<Uint8Array | undefined> {
    const value = await this.connection.transact(["journal"], "readonly", READING, (tx) =>
      tx.objectStore("journal").get([id, sequence]),
    );
    return value && new Uint8Array(value);
  }

  async writeSnapshot(id: string, target: SnapshotTarget, parts: NewParts): Promise<SnapshotInfo> {
    return this.stageSnapshot(id, target, parts, (written) => this.switchTo(id, target, written));
  }

  /** Writes the parts of a snapshot, which `turn` then switches to; without it they go again. */
  async stageSnapshot(
    id: string,
    target: SnapshotTarget,
    parts: NewParts,
    turn: (written: WrittenParts) => Promise<SnapshotInfo>,
  ): Promise<SnapshotInfo> {
    try {
      const old = await this.parts.snapshot(id, target.replaces);
      const snapshot = await turn(await this.parts.write(id, target.generation, parts, old));
      // From here on the new snapshot counts: what is left of the old one is swept at the next open.
      await this.parts.delete(id, old).catch(() => {});
      return snapshot;
    } catch (cause) {
      // Without this the refused parts would keep the room that was too little for them.
      await this.parts.delete(id, staged(target.generation)).catch(() => {});
      throw storageError(cause, "writing a snapshot");
    }
  }

  readParts(id: string, generation: number): AsyncGenerator<Uint8Array> {
    return this.parts.readAll(id, generation);
  }

  readPart(id: string, generation: number, number: number): Promise<Uint8Array | undefined> {
    return this.parts.read(id, generation, number);
  }

  async lastSequence(id: string): Promise<number> {
    return this.connection.transact(["meta", "journal"], "readonly", READING, (tx) =>
      lastSequenceIn(tx, id),
    );
  }

  async setAside(id: string, generation: number, afterSequence: number): Promise<number> {
    const records = await this.readable(id, afterSequence);
    const work = (tx: Transaction<"readwrite">) =>
      moveAside(tx, id, generation, afterSequence, records);
    return this.writing(["meta", "journal"], "setting batches aside", work, "strict");
  }

  async restore(manifest: Manifest, parts: Parts, journal: Journal): Promise<void> {
    const { id } = manifest;
    const old = await this.getCollection(id);
    const whole = ofWholeParts(manifest);
    const before = await this.parts.snapshot(id, old?.snapshot.generation ?? 0);
    if (old) assertReadable(old);
    // Never under the generation that counts: until the switch the old state must be whole.
    const past = Math.max(manifest.snapshot.generation, old?.snapshot.generation ?? 0);
    const generation = manifest.snapshot.parts === 0 ? 0 : past + 1;
    try {
      const written = await this.parts.write(id, generation, parts, before);
      const records: JournalRecord[] = [];
      for await (const record of journal) records.push(record);
      const snapshot = { ...whole.snapshot, generation, bytes: written.bytes };
      await this.replace({ ...whole, snapshot }, records);
      if (old) await this.parts.delete(id, before);
    } catch (cause) {
      await this.parts.delete(id, staged(generation)).catch(() => {});
      throw storageError(cause, "restoring a collection");
    }
  }

  async heal(_id: string): Promise<boolean> {
    return false;
  }

  async claim(): Promise<number> {
    const held = await this.holds.held();
    const work = (tx: Transaction<"readwrite">) => raiseEpoch(tx, held);
    this.epoch = await this.connection.transact(
      ALL_STORES,
      "readwrite",
      "taking over writing",
      work,
    );
    return this.epoch;
  }

  /** Ids of collections that were deleted here, of late. */
  async deletedIds(): Promise<string[]> {
    const work = async (tx: Transaction<"readonly">) => (await writerIn(tx)).deleted;
    return this.connection.transact(["meta"], "readonly", "listing deletions", work);
  }

  async visible(_visible: boolean): Promise<void> {}

  async usage(): Promise<StorageUsage> {
    const storage = typeof navigator === "undefined" ? undefined : navigator.storage;
    const persisted = (await storage?.persisted?.().catch(() => false)) ?? false;
    const estimate = await storage?.estimate?.().catch(() => undefined);
    const usage = estimate?.usage ?? (await this.valueBytes());
    return { usage, persisted, copy: "none", copyProblem: null };
  }

  async clear(): Promise<void> {
    await this.writing(ALL_STORES, "deleting everything", deleteEverything);
  }

  close(): Promise<void> {
    this.holds.releaseAll();
    return this.connection.close();
  }

  /** A transaction that writes, as long as no other store claimed since this one did. */
  private writing<T>(
    stores: Names[],
    doing: string,
    work: (transaction: Transaction<"readwrite">) => Promise<T>,
    durability?: Durability,
  ): Promise<T> {
    const fence = async (tx: Transaction<"readwrite">) => {
      if (this.epoch > 0 && (await writerIn(tx)).epoch !== this.epoch) throw writerFenced();
    };
    // Asked first, and work begun without the answer: it is rolled back if that is no.
    const fenced = async (tx: Transaction<"readwrite">) =>
      (await Promise.all([fence(tx), work(tx)]))[1];
    return this.connection.transact(stores, "readwrite", doing, fenced, durability);
  }

  /** Makes parts that are stored the snapshot that counts. */
  switchTo(id: string, target: SnapshotTarget, written: WrittenParts): Promise<SnapshotInfo> {
    const { generation, coveredSequence } = target;
    const work = async (tx: Transaction<"readwrite">): Promise<SnapshotInfo> => {
      const manifest = await manifestOf(tx, id);
      // Asked for again by a tab that did not hear that it was done.
      if (manifest.snapshot.generation === generation) return manifest.snapshot;
      const stored = await tx.objectStore("parts").count(under(id, generation));
      const lastSequence = await lastSequenceIn(tx, id);
      const state = { written: written.rows, parts: stored, lastSequence };
      const conflict = snapshotConflict(manifest, target, state);
      if (conflict) throw conflict;
      const { count: parts, bytes, kept } = written;
      const snapshot = { generation, parts, bytes, coveredSequence };
      const covered = IDBKeyRange.bound([id], [id, coveredSequence]);
      await Promise.all([
        tx.objectStore("meta").put(switched(manifest, target, snapshot, kept > 0), id),
        tx.objectStore("journal").delete(covered),
      ]);
      return snapshot;
    };
    return this.writing(ALL_STORES, "writing a snapshot", work, "strict");
  }

  private replace(manifest: Manifest, records: JournalRecord[]): Promise<void> {
    const { id, name } = manifest;
    const work = async (tx: Transaction<"readwrite">) => {
      assertNameFree(await manifests(tx), name, id);
      const journal = tx.objectStore("journal");
      const epoch = epochFor(this.epoch, manifest);
      await Promise.all([
        tx.objectStore("meta").put({ ...manifest, epoch }, id),
        journal.delete(under(id)),
        ...records.map(({ sequence, record }) => journal.put(exactBuffer(record), [id, sequence])),
      ]);
    };
    return this.writing(ALL_STORES, "restoring a collection", work, "strict");
  }

  /** Records after a sequence, without those that the browser cannot read. */
  private async readable(id: string, after: number): Promise<JournalRecord[]> {
    const records: JournalRecord[] = [];
    const last = await this.lastSequence(id);
    for (let sequence = after + 1; sequence <= last; ++sequence) {
      const record = await this.readRecord(id, sequence).catch((cause) => {
        if (cause.code !== "corrupt") throw cause;
      });
      if (record) records.push({ sequence, record });
    }
    return records;
  }

  private async valueBytes(): Promise<number> {
    let bytes = 0;
    for (const { id, snapshot } of await this.listCollections()) {
      bytes += snapshot.bytes;
      for await (const { record } of this.readJournal(id, 0)) bytes += record.byteLength;
    }
    return bytes;
  }
}

/** Of a snapshot that does not count all that may be deleted: what was written for it. */
function staged(generation: number): StoredSnapshot {
  return { generation, layout: new Map() };
}
