import type { CallContext } from "../engine/protocol.js";
import { type PagevecError, throwIfAborted } from "../errors.js";
import { formatOf, noCollectionNamed, noSuchCollection, storeClosed } from "../storage/errors.js";
import type { Manifest, ManifestChanges, Store, StoreChange } from "../storage/store.js";
import { type DatabaseEvents, EventLog } from "./events.js";
import { info, uuid } from "./info.js";
import { createHandle, type LoadedCollection, type SessionOptions } from "./load.js";
import type {
  CheckedCollection,
  CollectionInfo,
  DatabaseMethods,
  DatabaseUsage,
} from "./methods.js";
import { CollectionSession } from "./session.js";

/** Collections on their way into a file, or out of one. */
export interface Transfer {
  end(): Promise<void>;
}

type CreateParams = DatabaseMethods["db.create"]["params"];

/** The collections of one client. The store is the truth; sessions are what is loaded of it. */
export class Database {
  private readonly sessions = new Map<string, CollectionSession>();
  /** What is under way in several calls, by the number that these name. */
  readonly transfers = new Map<number, Transfer>();
  readonly options: SessionOptions;
  private closing: Promise<void> | undefined;

  constructor(
    options: Pick<SessionOptions, "core" | "store" | "durable" | "heap">,
    private readonly log = new EventLog(),
  ) {
    this.options = { ...options, report: log.report, onChange: (id) => log.change(id) };
  }

  async list(): Promise<CollectionInfo[]> {
    const all = await this.store().listCollections();
    const ids = new Set(all.map(({ id }) => id));
    // What a deletion that broke off has left.
    const orphans = all.filter(({ configuration: { of } }) => of !== undefined && !ids.has(of));
    for (const { id } of orphans) await this.store().deleteCollection(id);
    return all.filter(({ configuration }) => configuration.of === undefined).map(info);
  }

  /** Collections that are a part of another one. */
  async partsOf(id: string): Promise<CollectionInfo[]> {
    const all = await this.store().listCollections();
    return all.filter(({ configuration }) => configuration.of === id).map(info);
  }

  /** @throws not_found */
  async find(name: string): Promise<CollectionInfo> {
    return named(await this.list(), name);
  }

  /** @throws not_found */
  async manifest(id: string): Promise<Manifest> {
    const manifest = await this.store().getCollection(id);
    if (!manifest) throw noSuchCollection(id);
    return manifest;
  }

  async create(
    { collection, orGet }: Omit<CreateParams, "database">,
    context: CallContext,
  ): Promise<{ info: CollectionInfo; created: boolean }> {
    const store = this.store();
    // The core knows the limits of its settings, and says which one is broken.
    createHandle(this.options.core, collection.configuration, true).delete();
    throwIfAborted(context.signal);
    try {
      const manifest = await store.createCollection({
        ...collection,
        format: formatOf(collection.configuration),
        id: uuid(),
        createdAt: Date.now(),
        epoch: 1,
      });
      return { info: info(manifest), created: true };
    } catch (cause) {
      if (!orGet || (cause as PagevecError).code !== "already_exists") throw cause;
      const { of } = collection.configuration;
      const made = of === undefined ? await this.list() : await this.partsOf(of);
      return { info: named(made, collection.name), created: false };
    }
  }

  async modify(
    id: string,
    changes: ManifestChanges,
    context: CallContext,
  ): Promise<CollectionInfo> {
    throwIfAborted(context.signal);
    const changed = await this.store().modifyCollection(id, changes);
    this.log.change(id);
    return info(changed);
  }

  /** @throws not_found */
  async delete(name: string, context: CallContext): Promise<void> {
    const { id } = await this.find(name);
    throwIfAborted(context.signal);
    await this.remove(id);
  }

  /** With its parts, which nobody sees without it: what is left of them goes with the next one. */
  async remove(id: string): Promise<void> {
    await this.store().deleteCollection(id);
    await this.forget(id);
    for (const part of await this.partsOf(id)) await this.remove(part.id);
  }

  /** Deletes every collection. */
  async reset(context: CallContext): Promise<void> {
    throwIfAborted(context.signal);
    await this.store().clear();
    await Promise.all([...this.sessions.keys()].map((id) => this.forget(id)));
  }

  async usage(): Promise<DatabaseUsage> {
    const usage = await this.store().usage();
    const problems = [...this.sessions.values()].map(({ problem }) => problem);
    const problem = problems.find((problem) => problem !== null) ?? null;
    return { ...usage, problem, reports: this.log.reports };
  }

  async events(after: number): Promise<DatabaseEvents> {
    this.store();
    const events = await this.log.after(after);
    this.store();
    return events;
  }

  async visible(visible: boolean): Promise<void> {
    await this.store().visible(visible);
  }

  async check(context: CallContext): Promise<CheckedCollection[]> {
    const { checkStore } = await import("./check.js");
    return checkStore(this.options.core, this.store(), context);
  }

  /** Another tab did something. */
  async changed({ kind, id }: StoreChange): Promise<void> {
    if (this.closing) return;
    if (id === null) {
      await Promise.all([...this.sessions.keys()].map((each) => this.forget(each)));
      return;
    }
    const session = this.sessions.get(id);
    if (kind === "batches" && session) return session.follow();
    if (kind === "replaced") await session?.reload();
    if (kind === "collection" && session) {
      if (!(await this.options.store.getCollection(id))) await this.forget(id);
    }
    this.log.change(id);
  }

  /** The session of a collection; whether it exists shows when it is loaded. */
  session(id: string): CollectionSession {
    this.store();
    let session = this.sessions.get(id);
    if (!session) {
      session = new CollectionSession(id, this.options);
      this.sessions.set(id, session);
    }
    return session;
  }

  /** The heap is given up: what is loaded is loaded again. */
  unload(): void {
    for (const session of this.sessions.values()) session.forgetLoaded();
  }

  /** Finishes the writes under way. Later calls reject with code "closed". */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  /** What came in is loaded already. */
  seed(id: string, loaded: LoadedCollection): void {
    const session = new CollectionSession(id, this.options, Promise.resolve(loaded));
    this.sessions.set(id, session);
    session.tidyUp();
  }

  /** A collection that is no more. */
  async forget(id: string): Promise<void> {
    const session = this.sessions.get(id);
    this.sessions.delete(id);
    await session?.discard(noSuchCollection(id));
    this.log.change(id);
  }

  private async closeAll(): Promise<void> {
    this.log.notify();
    await Promise.all([...this.transfers.values()].map((transfer) => transfer.end()));
    const sessions = [...this.sessions.values()];
    await Promise.all(sessions.map((session) => session.close(storeClosed())));
    await this.options.store.close();
  }

  store(): Store {
    if (this.closing) throw storeClosed();
    return this.options.store;
  }
}

function named(collections: CollectionInfo[], name: string): CollectionInfo {
  const found = collections.find((collection) => collection.name === name);
  if (found) return found;
  throw noCollectionNamed(name);
}
