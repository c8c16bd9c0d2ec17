import {
  type DBSchema,
  type IDBPDatabase,
  type IDBPTransaction,
  openDB,
  type StoreNames,
} from "idb";
import { PagevecError } from "../errors.js";
import { storageError, storeClosed } from "./errors.js";
import type { Manifest } from "./store.js";

/** Values are plain ArrayBuffers: a view would take its whole buffer along. */
export interface Schema extends DBSchema {
  /** By collection id. */
  meta: { key: string; value: Manifest };
  /** By [collection id, sequence]. */
  journal: { key: [string, number]; value: ArrayBuffer };
  /** By [collection id, generation, index]. */
  parts: { key: [string, number, number]; value: ArrayBuffer };
}

export type Names = StoreNames<Schema>;
export type Mode = "readonly" | "readwrite";
export type Transaction<M extends Mode> = IDBPTransaction<Schema, Names[], M>;

export const ALL_STORES: Names[] = ["meta", "journal", "parts"];

const VERSION = 1;
/** An open that takes longer waits for another tab, which may never answer. */
const OPEN_LIMIT_MS = 5000;

/**
 * An IndexedDB connection that opens on first use and again after the browser ended it. It gives
 * way to a tab that wants to delete or upgrade the database.
 */
export class Connection {
  private opening: Promise<IDBPDatabase<Schema>> | undefined;
  private closed: PagevecError | undefined;

  constructor(
    private readonly name: string,
    private readonly openLimit: number = OPEN_LIMIT_MS,
  ) {}

  /**
   * Runs work in one transaction and resolves at `complete`. Work may await nothing but requests of
   * this transaction; when it throws, the transaction is rolled back.
   * @param doing for messages: "reading the journal".
   */
  async transact<M extends Mode, T>(
    stores: Names[],
    mode: M,
    doing: string,
    work: (transaction: Transaction<M>) => Promise<T>,
    durability: IDBTransactionDurability = "default",
  ): Promise<T> {
    const transaction = await this.begin(stores, mode, durability, doing);
    // Awaited below, but only if work succeeds.
    transaction.done.catch(() => {});
    try {
      const result = await work(transaction);
      await transaction.done;
      return result;
    } catch (cause) {
      abortQuietly(transaction);
      // A transaction that the browser aborted says why; its requests only say that it did.
      throw storageError(transaction.error ?? cause, doing);
    }
  }

  async close(): Promise<void> {
    this.closed ??= storeClosed();
    const opening = this.opening;
    this.opening = undefined;
    const database = await opening?.catch(() => undefined);
    database?.close();
  }

  private async begin<M extends Mode>(
    stores: Names[],
    mode: M,
    durability: IDBTransactionDurability,
    doing: string,
  ): Promise<Transaction<M>> {
    for (let attempt = 1; ; ++attempt) {
      const database = await this.database();
      try {
        return database.transaction(stores, mode, { durability });
      } catch (cause) {
        // The browser may close a connection (site data cleared, Safari in the background) without
        // telling first: one fresh connection is worth a try.
        if (attempt > 1) throw storageError(cause, doing);
        this.opening = undefined;
      }
    }
  }

  private database(): Promise<IDBPDatabase<Schema>> {
    if (this.closed) return Promise.reject(this.closed);
    if (this.opening === undefined) {
      const opening = this.openWithin(this.openLimit);
      this.opening = opening;
      opening.catch(() => {
        if (this.opening === opening) this.opening = undefined;
      });
    }
    return this.opening;
  }

  private openWithin(limit: number): Promise<IDBPDatabase<Schema>> {
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        reject(openTimedOut(this.name, limit));
      }, limit);
      this.openNow().then(
        (database) => {
          clearTimeout(timer);
          if (late) database.close();
          else resolve(database);
        },
        (cause) => {
          clearTimeout(timer);
          reject(openFailed(cause, this.name));
        },
      );
    });
  }

  private async openNow(): Promise<IDBPDatabase<Schema>> {
    if (typeof indexedDB === "undefined") {
      throw new PagevecError(
        "unsupported",
        'there is no IndexedDB here; open the client with storage: "memory"',
      );
    }
    const database = await openDB<Schema>(this.name, VERSION, {
      upgrade(fresh) {
        for (const store of ALL_STORES) fresh.createObjectStore(store);
      },
      blocking: () => {
        this.closed ??= storeClosed(`another tab deletes or upgrades the database "${this.name}"`);
        // Runs after the transactions under way.
        database.close();
      },
      terminated: () => {
        this.opening = undefined;
      },
    });
    return database;
  }
}

function abortQuietly(transaction: Transaction<Mode>): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

function openTimedOut(name: string, limit: number): PagevecError {
  return new PagevecError(
    "storage_failed",
    `the database "${name}" did not open within ${limit} ms; another tab may hold it: close that tab`,
  );
}

function openFailed(cause: unknown, name: string): PagevecError {
  if ((cause as { name?: unknown })?.name === "VersionError") {
    return new PagevecError(
      "format_too_new",
      `the database "${name}" was written by a newer version of pagevec; update this page`,
      { cause },
    );
  }
  return storageError(cause, `opening the database "${name}"`);
}
