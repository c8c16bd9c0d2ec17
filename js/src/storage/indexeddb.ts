import { ALL_STORES, Connection, type Names, type Transaction } from "./connection.js";
import {
  nameTaken,
  noSuchCollection,
  sequenceTaken,
  snapshotConflict,
  storageError,
} from "./errors.js";
import type {
  JournalRecord,
  Manifest,
  ManifestChanges,
  NewManifest,
  Parts,
  SnapshotInfo,
  SnapshotTarget,
  StorageUsage,
  Store,
} from "./store.js";

/** What goes into one transaction of a snapshot, and what is read back at once. */
const TRANSACTION_BYTES = 16 * 2 ** 20;
const JOURNAL_PAGE = 32;
const PARTS_PAGE = 4;

export interface IndexedDbOptions {
  /** Milliseconds after which an open that waits for another tab is given up. */
  openLimit?: number;
}

/** A store that outlives the page. */
export class IndexedDbStore implements Store {
  private constructor(private readonly connection: Connection) {}

  /**
   * Opens the database of a client and sweeps what an interrupted snapshot left behind.
   * @throws unsupported without IndexedDB; format_too_new; storage_failed, also when another tab
   *   holds the database.
   */
  static async open(clientName: string, options: IndexedDbOptions = {}): Promise<Store> {
    const connection = new Connection(`pagevec/${clientName}`, options.openLimit);
    await connection.transact(["meta", "parts"], "readwrite", "sweeping old snapshots", sweep);
    return new IndexedDbStore(connection);
  }

  async listCollections(): Promise<Manifest[]> {
    return this.connection.transact(["meta"], "readonly", "listing collections", manifests);
  }

  async getCollection(id: string): Promise<Manifest | undefined> {
    return this.connection.transact(["meta"], "readonly", "reading a collection's manifest", (tx) =>
      tx.objectStore("meta").get(id),
    );
  }

  async createCollection(manifest: NewManifest): Promise<Manifest> {
    return this.connection.transact(["meta"], "readwrite", "creating a collection", async (tx) => {
      const others = await manifests(tx);
      assertNameFree(others, manifest.name);
      const order = (others.at(-1)?.order ?? 0) + 1;
      const snapshot = { generation: 0, parts: 0, bytes: 0, coveredSequence: 0 };
      const full: Manifest = { ...manifest, order, snapshot };
      await tx.objectStore("meta").add(full, manifest.id);
      return full;
    });
  }

  async modifyCollection(id: string, changes: ManifestChanges): Promise<Manifest> {
    return this.connection.transact(["meta"], "readwrite", "changing a collection", async (tx) => {
      const old = await manifestOf(tx, id);
      if (changes.name !== undefined) assertNameFree(await manifests(tx), changes.name, id);
      const changed = { ...old, ...changes };
      await tx.objectStore("meta").put(changed, id);
      return changed;
    });
  }

  async deleteCollection(id: string): Promise<void> {
    await this.connection.transact(ALL_STORES, "readwrite", "deleting a collection", async (tx) => {
      await Promise.all([
        tx.objectStore("meta").delete(id),
        tx.objectStore("journal").delete(under(id)),
        tx.objectStore("parts").delete(under(id)),
      ]);
    });
  }

  async append(id: string, sequence: number, record: Uint8Array): Promise<void> {
    const value = exactBuffer(record);
    await this.connection.transact(
      ["meta", "journal"],
      "readwrite",
      "storing a batch",
      async (tx) => {
        const { snapshot } = await manifestOf(tx, id);
        const journal = tx.objectStore("journal");
        // A covered record is gone from the journal, so its key alone would not show the conflict.
        const taken =
          sequence <= snapshot.coveredSequence || (await journal.getKey([id, sequence]));
        if (taken) throw sequenceTaken(id, sequence);
        await journal.add(value, [id, sequence]);
      },
    );
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

  async usage(): Promise<StorageUsage> {
    const storage = typeof navigator === "undefined" ? undefined : navigator.storage;
    const persisted = (await storage?.persisted?.().catch(() => false)) ?? false;
    const estimate = await storage?.estimate?.().catch(() => undefined);
    return { usage: estimate?.usage ?? (await this.valueBytes()), persisted };
  }

  async clear(): Promise<void> {
    await this.connection.transact(ALL_STORES, "readwrite", "deleting everything", async (tx) => {
      await Promise.all(ALL_STORES.map((store) => tx.objectStore(store).clear()));
    });
  }

  close(): Promise<void> {
    return this.connection.close();
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
    return this.connection.transact(["parts"], "readwrite", "writing a snapshot", (tx) => {
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
    return this.connection.transact(ALL_STORES, "readwrite", "writing a snapshot", work, "strict");
  }

  /** Never those of the snapshot that counts. */
  private async deleteParts(id: string, generation: number): Promise<void> {
    const work = async (tx: Transaction<"readwrite">) => {
      const manifest = await tx.objectStore("meta").get(id);
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

/** Deletes parts of generations that do not count: a snapshot was interrupted. */
async function sweep(tx: Transaction<"readwrite">): Promise<void> {
  const parts = tx.objectStore("parts");
  const [known, keys] = await Promise.all([manifests(tx), parts.getAllKeys()]);
  const counting = new Map(known.map(({ id, snapshot }) => [id, snapshot.generation]));
  const orphans = keys.filter(([id, generation]) => counting.get(id) !== generation);
  await Promise.all(orphans.map((key) => parts.delete(key)));
}

async function manifests(tx: Transaction<"readonly"> | Transaction<"readwrite">) {
  const all = await tx.objectStore("meta").getAll();
  return all.sort((a, b) => a.order - b.order);
}

async function manifestOf(tx: Transaction<"readwrite">, id: string): Promise<Manifest> {
  const manifest = await tx.objectStore("meta").get(id);
  if (!manifest) throw noSuchCollection(id);
  return manifest;
}

function assertNameFree(others: Manifest[], name: string, exceptId?: string): void {
  if (others.some((other) => other.name === name && other.id !== exceptId)) throw nameTaken(name);
}

/** All keys that begin so: an array sorts after every number and string. */
function under(...prefix: [string] | [string, number]): IDBKeyRange {
  return IDBKeyRange.bound(prefix, [...prefix, []]);
}

/** The bytes as a buffer of their own: of a view the whole buffer would be stored. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.byteLength === bytes.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : (bytes.slice().buffer as ArrayBuffer);
}
