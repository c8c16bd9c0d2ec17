import {
  type DBSchema,
  type IDBPDatabase,
  type IDBPTransaction,
  openDB,
  type StoreNames,
} from "idb";
import { PagevecError } from "../errors.js";
import { storageError, storeClosed } from "./errors.js";
import type { Durability, Manifest } from "./store.js";

/** Values are plain ArrayBuffers: a view would take its whole buffer along. */
export interface Schema extends DBSchema {
  /** By collection id; and under WRITER who may write. */
  meta: { key: string; value: Manifest | WriterState };
  /** By [collection id, sequence]. */
  journal: { key: [string, number]; value: ArrayBuffer };
  /** By [collection id, generation, index]. */
  parts: { key: [string, number, number]; value: ArrayBuffer };
}

/** No collection's id: those are UUIDs. */
export const WRITER = "/writer";
export interface WriterState {
  epoch: number;
  /** Ids of collections that were deleted, the latest last: another copy may still have them. */
  deleted: string[];
}

export type Names = StoreNames<Schema>;
export type Mode = "readonly" | "readwrite";
export type Transaction<M extends Mode> = IDBPTransaction<Schema, Names[], M>;

export const ALL_STORES: Names[] = ["meta", "journal", "parts"];

export const databaseName = (clientName: string) => `pagevec/${clientName}`;

const VERSION = 1;
/** How often a connection that the browser closed is opened again for one transaction. */
const REOPENINGS = 3;

export interface ConnectionOptions {
  /** Milliseconds after which an open that another tab blocks is given up. Default 3,000. */
  blockedLimit?: number;
  /** Milliseconds after which any open is given up: behind a deletion nothing says "blocked". */
  openLimit?: number;
  durability?: Durability;
  /** false: leave parts that no snapshot counts alone; another tab may be writing them. */
  sweep?: boolean;
  /** The database did not exist. dataLoss: why the browser dropped the old one, where it says so. */
  onCreated?: (dataLoss: string | null) => void;
}

/**
 * An IndexedDB connection that opens on first use and again after the browser ended it. It gives
 * way to a tab that wants to delete or upgrade the database.
 */
export class Connection {
  private opening: Promise<IDBPDatabase<Schema>> | undefined;
  private closed: PagevecError | undefined;
  private opened = false;

  constructor(
    private readonly name: string,
    private readonly options: ConnectionOptions = {},
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
    durability: Durability = this.options.durability ?? "relaxed",
  ): Promise<T> {
    const transaction = await this.begin(stores, mode, durability, doing);
    // Awaited below, but only if work succeeds.
    transaction.done.catch(() => {});
    let failure: DOMException | null = null;
    const note = ({ target }: Event) => {
      failure ??= (target as IDBRequest).error;
    };
    // While the event is captured: `done` rejects as soon as it bubbles.
    transaction.addEventListener("error", note, { capture: true });
    try {
      const result = await work(transaction);
      if (mode === "readwrite") commitNow(transaction);
      await transaction.done;
      return result;
    } catch (cause) {
      abortQuietly(transaction);
      // A transaction that the browser aborted says why, its requests only that it did; but in Chromium
      // it does not where a request fails after commit().
      throw storageError(transaction.error ?? failure ?? cause, doing);
    }
  }

  /** Why no transaction will ever begin again, if so. */
  get ended(): PagevecError | undefined {
    return this.closed;
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
    durability: Durability,
    doing: string,
  ): Promise<Transaction<M>> {
    for (let reopened = 0; ; ++reopened) {
      const database = await this.database();
      try {
        return database.transaction(stores, mode, { durability });
      } catch (cause) {
        // The browser may close a connection (site data cleared, Safari in the background) without
        // telling first: a fresh connection is worth a try.
        if (reopened === REOPENINGS) throw storageError(cause, doing);
        this.opening = undefined;
      }
    }
  }

  private database(): Promise<IDBPDatabase<Schema>> {
    if (this.closed) return Promise.reject(this.closed);
    if (this.opening === undefined) {
      const opening = this.openWithin(this.options);
      this.opening = opening;
      opening.catch(() => {
        if (this.opening === opening) this.opening = undefined;
      });
    }
    return this.opening;
  }

  private openWithin({ blockedLimit = 3000, openLimit = 10_000 }: ConnectionOptions) {
    return new Promise<IDBPDatabase<Schema>>((resolve, reject) => {
      let late = false;
      const timers: ReturnType<typeof setTimeout>[] = [];
      const giveUpAfter = (limit: number) => {
        const giveUp = () => {
          late = true;
          reject(openTimedOut(this.name, limit));
        };
        timers.push(setTimeout(giveUp, limit));
      };
      giveUpAfter(openLimit);
      this.openNow(() => giveUpAfter(blockedLimit))
        .then(
          (database) => {
            if (late) database.close();
            else resolve(database);
          },
          (cause) => reject(openFailed(cause, this.name)),
        )
        .finally(() => timers.forEach(clearTimeout));
    });
  }

  private async openNow(onBlocked: () => void): Promise<IDBPDatabase<Schema>> {
    if (typeof indexedDB === "undefined") {
      throw new PagevecError(
        "unsupported",
        'there is no IndexedDB here; open the client with storage: "memory", in Node by pagevec/node',
      );
    }
    const database = await openDB<Schema>(this.name, VERSION, {
      upgrade: (fresh, _oldVersion, _newVersion, _transaction, event) => {
        for (const store of ALL_STORES) fresh.createObjectStore(store);
        this.created(dataLossOf(event));
      },
      blocked: onBlocked,
      blocking: () => {
        this.closed ??= storeClosed(`another tab deletes or upgrades the database "${this.name}"`);
        // Runs after the transactions under way.
        database.close();
      },
      terminated: () => {
        this.opening = undefined;
      },
    });
    this.opened = true;
    // Gone while it was in use: what is loaded is not in this empty one.
    if (this.closed) database.close();
    return database;
  }

  private created(dataLoss: string | null): void {
    if (this.opened) {
      this.closed ??= new PagevecError(
        "storage_failed",
        `the database "${this.name}" was deleted while it was in use (site data cleared?); open a client again`,
      );
    }
    this.options.onCreated?.(dataLoss);
  }
}

/** Chromium's event says when it threw a damaged database away (w3c/IndexedDB issue 30). */
function dataLossOf(event: Event): string | null {
  const { dataLoss, dataLossMessage } = event as { dataLoss?: unknown; dataLossMessage?: unknown };
  return dataLoss === "total" ? String(dataLossMessage) : null;
}

/** What comes next by itself, a turn of the event loop and a message to the browser earlier. */
function commitNow(transaction: Transaction<Mode>): void {
  try {
    transaction.commit();
  } catch {
    // It has ended already.
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
