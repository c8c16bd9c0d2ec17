import {
  ALL_STORES,
  Connection,
  type ConnectionOptions,
  type Names,
  type Transaction,
  WRITER,
} from "./connection.js";
import {
  assertNameFree,
  assertReadable,
  isTooNew,
  sequenceTaken,
  snapshotConflict,
  storageError,
  writerFenced,
} from "./errors.js";
import {
  ASIDE,
  exactBuffer,
  lastSequenceIn,
  manifestIn,
  manifestOf,
  manifests,
  moveAside,
  noteDeleted,
  sweep,
  under,
  writerIn,
} from "./rows.js";
import {
  type Durability,
  type Journal,
  type JournalRecord,
  type Manifest,
  type ManifestChanges,
  type NewManifest,
  NO_SNAPSHOT,
  type Parts,
  type SnapshotInfo,
  type SnapshotTarget,
  type StorageUsage,
  type Store,
} from "./store.js";

/** What goes into one transaction of a snapshot, and what is read back at once. */
const TRANSACTION_BYTES = 16 * 2 ** 20;
const JOURNAL_PAGE = 32;
const PARTS_PAGE = 4;

const SWEEPING = "sweeping old snapshots";

/** A store that outlives the page. */
export class IndexedDbStore implements Store {
  readonly leads = true;
  /** 0: it never claimed, and writes as long as nobody does. */
  private epoch = 0;

  private constructor(private readonly connection: Connection) {}

  /**
   * Opens the database of a client and sweeps what an interrupted snapshot left behind.
   * @throws unsupported without IndexedDB; format_too_new; storage_failed, also when another tab
   *   holds the database.
   */
  static async open(clientName: string, options: ConnectionOptions = {}): Promise<IndexedDbStore> {
    const connection = new Connection(`pagevec/${clientName}`, options);
    const store = new IndexedDbStore(connection);
    if (options.sweep === false) await store.listCollections();
    else await store.connection.transact(["meta", "parts"], "readwrite", SWEEPING, sweep);
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
      const epoch = Math.max(manifest.epoch, this.epoch);
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
    await this.writing(ALL_STORES, "deleting a collection", async (tx) => {
      await Promise.all([
        noteDeleted(tx, [id]),
        tx.objectStore("meta").delete(id),
        tx.objectStore("journal").delete(under(id)),
        tx.objectStore("journal").delete(under(ASIDE + id)),
        tx.objectStore("parts").delete(under(id)),
      ]);
    });
  }

  async append(id: string, sequence: number, record: Uint8Array): Promise<void> {
    const value = exactBuffer(record);
    await this.writing(["meta", "journal"], "storing a batch", async (tx) => {
      const { snapshot } = await manifestOf(tx, id);
      const journal = tx.objectStore("journal");
      // A covered record is gone from the journal, so its key alone would not show the conflict.
      const taken = sequence <= snapshot.coveredSequence || (await journal.getKey([id, sequence]));
      if (taken) throw sequenceTaken(id, sequence);
      await journal.add(value, [id, sequence]);
    });
  }

  /** Takes back an append that nobody was told of. */
  async undo(id: string, sequence: number): Promise<void> {
    await this.writing(["meta", "journal"], "taking a batch back", async (tx) => {
      if ((await lastSequenceIn(tx, id)) !== sequence) return;
      await tx.objectStore("journal").delete([id, sequence]);
    });
  }

  async *readJournal(id: string, afterSequence: number): AsyncGenerator<JournalRecord> {
    for (let last = afterSequence; ; ) {
      const range = IDBKeyRange.bound([id, last], [id, []], true);
      const [keys, values] = await this.connection.transact(
        ["journal"],
        "readonly",
        "reading the journal",
        (tx) => {
          const journal = tx.objectStore("journal");
          return Promise.all([
            journal.getAllKeys(range, JOURNAL_PAGE),
            journal.getAll(range, JOURNAL_PAGE),
          ]);
        },
      );
      for (const [i, [, sequence]] of keys.entries()) {
        yield { sequence, record: new Uint8Array(values[i] as ArrayBuffer) };
        last = sequence;
      }
      if (keys.length < JOURNAL_PAGE) return;
    }
  }

  readRecord(id: string, sequence: number): Promise<Uint8Array | undefined> {
    return this.readValue("journal", [id, sequence], "reading the journal");
  }

  async writeSnapshot(id: string, target: SnapshotTarget, parts: Parts): Promise<SnapshotInfo> {
    try {
      const written = await this.writeParts(id, target.generation, parts);
      const snapshot = await this.switchTo(id, target, written);
      // From here on the new snapshot counts: what is left of the old one is swept at the next open.
      await this.deleteParts(id, target.replaces).catch(() => {});
      return snapshot;
    } catch (cause) {
      // Without this the refused parts would keep the room that was too little for them.
      await this.deleteParts(id, target.generation).catch(() => {});
      throw storageError(cause, "writing a snapshot");
    }
  }

  async *readParts(id: string, generation: number): AsyncGenerator<Uint8Array> {
    for (let next = 0; ; next += PARTS_PAGE) {
      const range = IDBKeyRange.bound([id, generation, next], [id, generation, []]);
      const page = await this.connection.transact(
        ["parts"],
        "readonly",
        "reading a snapshot",
        (tx) => tx.objectStore("parts").getAll(range, PARTS_PAGE),
      );
      for (const part of page) yield new Uint8Array(part);
      if (page.length < PARTS_PAGE) return;
    }
  }

  readPart(id: string, generation: number, number: number): Promise<Uint8Array | undefined> {
    return this.readValue("parts", [id, generation, number], "reading a snapshot");
  }

  async lastSequence(id: string): Promise<number> {
    return this.connection.transact(["meta", "journal"], "readonly", "reading the journal", (tx) =>
      lastSequenceIn(tx, id),
    );
  }

  async setAside(id: string, generation: number, afterSequence: number): Promise<number> {
    const work = (tx: Transaction<"readwrite">) => moveAside(tx, id, generation, afterSequence);
    return this.writing(["meta", "journal"], "setting batches aside", work, "strict");
  }

  async restore(manifest: Manifest, parts: Parts, journal: Journal): Promise<void> {
    const { id } = manifest;
    const old = await this.getCollection(id);
    if (old) assertReadable(old);
    // Never under the generation that counts: until the switch the old state must be whole.
    const past = Math.max(manifest.snapshot.generation, old?.snapshot.generation ?? 0);
    const generation = manifest.snapshot.parts === 0 ? 0 : past + 1;
    try {
      const written = await this.writeParts(id, generation, parts);
      const records: JournalRecord[] = [];
      for await (const record of journal) records.push(record);
      const snapshot = { ...manifest.snapshot, generation, bytes: written.bytes };
      await this.replace({ ...manifest, snapshot }, records);
      if (old) await this.deleteParts(id, old.snapshot.generation);
    } catch (cause) {
      await this.deleteParts(id, generation).catch(() => {});
      throw storageError(cause, "restoring a collection");
    }
  }

  async heal(_id: string): Promise<boolean> {
    return false;
  }

  async claim(): Promise<number> {
    const work = async (tx: Transaction<"readwrite">) => {
      await sweep(tx);
      const meta = tx.objectStore("meta");
      const { epoch: last, deleted } = await writerIn(tx);
      const epoch = last + 1;
      const known = (await manifests(tx)).filter((manifest) => !isTooNew(manifest));
      await Promise.all([
        meta.put({ epoch, deleted }, WRITER),
        ...known.map((manifest) => meta.put({ ...manifest, epoch }, manifest.id)),
      ]);
      return epoch;
    };
    const doing = "taking over writing";
    this.epoch = await this.connection.transact(["meta", "parts"], "readwrite", doing, work);
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
    await this.writing(ALL_STORES, "deleting everything", async (tx) => {
      const ids = (await manifests(tx)).map(({ id }) => id);
      await noteDeleted(tx, ids);
      await Promise.all([
        ...ids.map((id) => tx.objectStore("meta").delete(id)),
        tx.objectStore("journal").clear(),
        tx.objectStore("parts").clear(),
      ]);
    });
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** A transaction that writes, as long as no other store claimed since this one did. */
  private writing<T>(
    stores: Names[],
    doing: string,
    work: (transaction: Transaction<"readwrite">) => Promise<T>,
    durability?: Durability,
  ): Promise<T> {
    const fenced = async (tx: Transaction<"readwrite">) => {
      if (this.epoch > 0 && (await writerIn(tx)).epoch !== this.epoch) throw writerFenced();
      return work(tx);
    };
    return this.connection.transact(stores, "readwrite", doing, fenced, durability);
  }

  private async readValue(
    store: "journal" | "parts",
    key: IDBValidKey[],
    what: string,
  ): Promise<Uint8Array | undefined> {
    const value = await this.connection.transact([store], "readonly", what, (tx) =>
      tx.objectStore(store).get(key as never),
    );
    return value && new Uint8Array(value as ArrayBuffer);
  }

  private async writeParts(id: string, generation: number, parts: Parts) {
    const written = { count: 0, bytes: 0 };
    let batch: ArrayBuffer[] = [];
    let batchBytes = 0;
    const flush = async () => {
      await this.addParts(id, generation, written.count, batch);
      written.count += batch.length;
      written.bytes += batchBytes;
      batch = [];
      batchBytes = 0;
    };
    for await (const part of parts) {
      if (batchBytes > 0 && batchBytes + part.byteLength > TRANSACTION_BYTES) await flush();
      batch.push(exactBuffer(part));
      batchBytes += part.byteLength;
    }
    await flush();
    return written;
  }

  private addParts(id: string, generation: number, first: number, batch: ArrayBuffer[]) {
    return this.writing(["meta", "parts"], "writing a snapshot", (tx) => {
      const parts = tx.objectStore("parts");
      // add, not put: two tabs that write the same generation must not mix their parts.
      return Promise.all(batch.map((part, i) => parts.add(part, [id, generation, first + i])));
    });
  }

  private switchTo(
    id: string,
    target: SnapshotTarget,
    written: { count: number; bytes: number },
  ): Promise<SnapshotInfo> {
    const { generation, coveredSequence } = target;
    const work = async (tx: Transaction<"readwrite">): Promise<SnapshotInfo> => {
      const manifest = await manifestOf(tx, id);
      const stored = await tx.objectStore("parts").count(under(id, generation));
      const conflict = snapshotConflict(manifest, target, written.count, stored);
      if (conflict) throw conflict;
      const { count: parts, bytes } = written;
      const snapshot = { generation, parts, bytes, coveredSequence };
      const covered = IDBKeyRange.bound([id], [id, coveredSequence]);
      await Promise.all([
        tx.objectStore("meta").put({ ...manifest, snapshot }, id),
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
      const epoch = Math.max(manifest.epoch, this.epoch);
      await Promise.all([
        tx.objectStore("meta").put({ ...manifest, epoch }, id),
        journal.delete(under(id)),
        ...records.map(({ sequence, record }) => journal.put(exactBuffer(record), [id, sequence])),
      ]);
    };
    return this.writing(ALL_STORES, "restoring a collection", work, "strict");
  }

  /** Never those of the snapshot that counts. */
  private async deleteParts(id: string, generation: number): Promise<void> {
    const work = async (tx: Transaction<"readwrite">) => {
      const manifest = await manifestIn(tx, id);
      if (manifest?.snapshot.generation === generation) return;
      await tx.objectStore("parts").delete(under(id, generation));
    };
    const stores: Names[] = ["meta", "parts"];
    await this.connection.transact(stores, "readwrite", "deleting an old snapshot", work);
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
