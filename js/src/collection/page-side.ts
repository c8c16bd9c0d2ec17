import type { DatabaseMethods } from "../database/methods.js";
import type { Engine } from "../engine/protocol.js";
import type { StorageReport } from "../storage/store.js";

export type Persistence = "granted" | "refused" | "not asked" | "unsupported";

export interface PageOptions {
  persist: boolean;
  onStorageReport?: ((report: StorageReport) => void) | undefined;
}

/** What a client needs of its page: events for its listeners, the page's coming and going. */
export class PageSide {
  persistence: Persistence = "not asked";
  private readonly listeners = new Map<string, Set<() => void>>();
  private listening = false;

  constructor(
    private readonly engine: Engine<DatabaseMethods>,
    private readonly database: number,
    private readonly options: PageOptions,
  ) {
    if (typeof document !== "undefined") {
      addEventListener("pagehide", this.turn);
      addEventListener("pageshow", this.turn);
    }
    if (options.onStorageReport) void this.listen();
  }

  /** Calls the listener after changes of a collection. Returns what ends that. */
  subscribe(collection: string, listener: () => void): () => void {
    const listeners = this.listeners.get(collection) ?? new Set();
    this.listeners.set(collection, listeners.add(listener));
    void this.listen();
    return () => void listeners.delete(listener);
  }

  /** Asks the browser once to keep the data; a write does not wait for the answer. */
  askToPersist(): void {
    if (!this.options.persist || this.persistence !== "not asked") return;
    const storage = typeof navigator === "undefined" ? undefined : navigator.storage;
    // Exists in windows alone.
    if (!storage?.persist) {
      this.persistence = "unsupported";
      return;
    }
    this.persistence = "refused";
    storage.persist().then(
      (granted) => {
        if (granted) this.persistence = "granted";
      },
      () => {},
    );
  }

  close(): void {
    if (typeof document === "undefined") return;
    removeEventListener("pagehide", this.turn);
    removeEventListener("pageshow", this.turn);
  }

  private readonly turn = ({ type }: Event): void => {
    const call = { database: this.database, visible: type === "pageshow" };
    this.engine.call("db.visible", call).catch(() => {});
  };

  /** Asks for events until the client is closed. */
  private async listen(): Promise<void> {
    if (this.listening) return;
    this.listening = true;
    try {
      for (let after = -1; ; ) {
        const events = await this.engine.call("db.events", { database: this.database, after });
        for (const report of events.reports) call(() => this.options.onStorageReport?.(report));
        // What changed before the first answer changed before anybody asked.
        for (const id of after < 0 ? [] : events.changed) this.listeners.get(id)?.forEach(call);
        after = events.number;
      }
    } catch {
      // The client was closed, or its engine failed: calls say so.
    }
  }
}

/** A listener that throws harms neither the others nor the client. */
function call(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    console.error(error);
  }
}
