import type { CollectionHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { type CallContext, isOutOfMemory, isTrap } from "../engine/protocol.js";
import { nextTurn } from "../engine/turns.js";
import { PagevecError, reasonOf, throwIfAborted, unlessAborted } from "../errors.js";
import { snapshotSwitched } from "../storage/errors.js";
import { SerialQueue } from "../storage/queue.js";
import type { Manifest } from "../storage/store.js";
import { prepareBatch, type WriteBatch } from "./columns.js";
import { appendOnce, catchUp, untilFirst } from "./follow.js";
import { crashed, type Guard, memoryFull } from "./heap.js";
import {
  assertModel,
  type LoadedCollection,
  link,
  loadCollection,
  type SessionOptions,
} from "./load.js";
import type { Records, Wanted } from "./methods.js";
import { runInSlices } from "./slices.js";
import { IDLE_MS, snapshotDue } from "./snapshot-policy.js";
import { type BlockSource, missingVectors, readVectors } from "./stored-vectors.js";

/** Times a read looks for vectors whose blocks go away under it. */
const VECTOR_ATTEMPTS = 5;

type Read<T> = (handle: CollectionHandle, loaded: LoadedCollection) => T;

/** One collection while its database is open: loads it on first use, writes, tidies up. */
export class CollectionSession {
  private readonly writes = new SerialQueue();
  private ended: PagevecError | undefined;
  private indexing = false;
  private snapshotting = false;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** Journal bytes at the last snapshot that failed: the next waits for as much again. */
  private refusedBytes = 0;
  /** Why the last snapshot failed; null after one that did not. */
  problem: string | null = null;
  /** Whose stems the keyword index has, see search-calls.ts. */
  stemmer = 0;

  constructor(
    readonly id: string,
    readonly options: SessionOptions,
    private loading?: Promise<LoadedCollection>,
  ) {}

  /** Runs a read on the collection. Reads do not wait for writes that are under way. */
  read<T>(context: CallContext, read: Read<T>): Promise<T> {
    return this.readLoaded(context, (loaded) => read(loaded.handle, loaded));
  }

  private async readLoaded<T>(
    context: CallContext,
    read: (loaded: LoadedCollection) => T,
  ): Promise<T> {
    for (;;) {
      const loading = this.load(context);
      const loaded = await unlessAborted(loading, context.signal);
      throwIfAborted(context.signal);
      // Unequal: unloaded while this call was waiting.
      if (this.loading === loading) return this.guarded(() => read(loaded));
    }
  }

  /** Runs a read that returns records, with their vectors, wherever these are, if they are wanted. */
  async readRecords<T>(
    wanted: Wanted,
    context: CallContext,
    read: Read<T>,
    recordsOf: (answer: T) => Records,
  ): Promise<T> {
    if (!wanted.embeddings) return this.read(context, read);
    for (let attempt = 1; ; ++attempt) {
      // Places and their snapshot in one step: a part has its number in the next snapshot too.
      const { answer, places, source } = await this.readLoaded(context, (loaded) => {
        const found = read(loaded.handle, loaded);
        const missing = missingVectors(loaded.handle, recordsOf(found));
        return { answer: found, places: missing, source: this.blocks(loaded) };
      });
      if (!places) return answer;
      const records = recordsOf(answer);
      const vectors = await readVectors(source, places, records.dimension).catch((cause) => {
        // Loading it again finds what is wrong, and heals or reports it.
        if (cause.code !== "corrupt" || attempt === VECTOR_ATTEMPTS) return this.failed(cause);
        return this.writes.run(() => this.unload());
      });
      throwIfAborted(context.signal);
      if (vectors) {
        records.embeddings = vectors;
        return answer;
      }
      if (attempt === VECTOR_ATTEMPTS) throw snapshotSwitched(this.id);
      await this.unloadIfStale();
    }
  }

  /**
   * Makes a batch (null: nothing to do), checks, stores and applies it; again when another tab wrote
   * first. After a failure nothing has changed; once storing has begun a signal has no effect.
   * @throws conflict when other tabs wrote first each time
   */
  async write(
    makeBatch: (handle: CollectionHandle) => WriteBatch | null,
    context: CallContext,
  ): Promise<void> {
    await untilFirst(() =>
      this.exclusively(context, async ({ handle }, write) => {
        const batch = makeBatch(handle);
        if (batch !== null) await write(batch);
      }),
    );
  }

  /**
   * Work with no write between its own. Its write() is that of the session.
   * @throws conflict when another tab wrote: the next call sees what it wrote.
   */
  exclusively<T>(
    context: CallContext,
    work: (loaded: LoadedCollection, write: (batch: WriteBatch) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    return this.writes.run(async () => {
      const loaded = await unlessAborted(this.load(context), context.signal);
      throwIfAborted(context.signal);
      // Between writes to a store that writes at once, as folders do, or to none.
      await nextTurn();
      const result = await work(loaded, (batch) => this.store(loaded, batch)).catch(this.failed);
      this.tidyUp();
      return result;
    });
  }

  /** Reads the documents into the keyword index, in slices between which other calls run. */
  async buildKeywords(context: CallContext): Promise<void> {
    const total = await this.read(context, (handle) => handle.buildKeywords(0));
    const { loading } = this;
    const loaded = await loading;
    if (total === 0 || !loaded) return;
    const step = (records: number) => {
      const left = this.guarded(() => loaded.handle.buildKeywords(records));
      context.progress({ stage: "index", done: Math.max(0, total - left), total });
      return left;
    };
    await runInSlices(step, () => this.loading !== loading || context.signal.aborted);
    throwIfAborted(context.signal);
  }

  private async store(loaded: LoadedCollection, batch: WriteBatch): Promise<void> {
    assertModel(loaded, batch.dimension > 0 ? batch.model : undefined);
    const sequence = loaded.handle.lastSequence() + 1;
    const record = unwrap(prepareBatch(loaded.handle, batch, loaded.epoch));
    if (this.options.durable)
      await this.appendWithRoom(loaded, record, batch.operation === "delete");
    try {
      this.guarded(() => unwrap(loaded.handle.apply(record)));
    } catch (cause) {
      // Refused, so it must not be there for the next who loads the collection.
      if (this.options.durable && cause instanceof PagevecError) {
        await this.options.store.setAside(this.id, loaded.snapshot.generation, sequence - 1);
      }
      throw cause;
    }
    this.options.onChange(this.id);
  }

  /** Takes over what other tabs wrote, if the collection is loaded. */
  follow(): Promise<void> {
    return this.inBackground(async () => {
      const loaded = await this.loading?.catch(() => undefined);
      if (loaded && !this.ended) await this.catchUp(loaded);
      else this.options.onChange(this.id);
    });
  }

  /** The collection is another one now, under the same id: the next call loads it. */
  reload(): Promise<void> {
    return this.inBackground(() => this.unload());
  }

  private async catchUp(loaded: LoadedCollection): Promise<void> {
    const { store, onChange } = this.options;
    const { applied, complete } = await catchUp(loaded, store, this.id).catch(this.failed);
    if (!complete) return this.replace(null);
    if (applied > 0) onChange(this.id);
  }

  /** Waits for writes, stores a snapshot if that pays, and frees the memory. */
  async close(reason: PagevecError): Promise<void> {
    await this.inBackground(() => this.snapshotIfDue(true));
    await this.discard(reason);
  }

  /** Frees the memory without storing anything more; later calls reject with the reason. */
  async discard(reason: PagevecError): Promise<void> {
    clearTimeout(this.idleTimer);
    this.ended ??= reason;
    await this.writes.run(() => this.unload());
  }

  private load(context: CallContext): Promise<LoadedCollection> {
    if (this.ended) return Promise.reject(this.ended);
    if (this.loading !== undefined) return this.loading;
    // Without the caller's signal: other calls wait for the same loading.
    const compare = async (manifest: Manifest) =>
      (await import("./store-snapshot.js")).compareCounting(this, manifest);
    const options = { ...this.options, id: this.id, onProgress: context.progress, compare };
    const ready = Promise.resolve(options.heap?.ready);
    const loading = ready.then(() => loadCollection(options)).catch(this.failed);
    this.loading = loading;
    const forget = () => void (this.loading === loading && this.forgetLoaded());
    loading.then(() => this.tidyUp(), forget);
    return loading;
  }

  /** As unload(), of a heap that is given up: its handles are as good as deleted. */
  forgetLoaded(): void {
    this.loading = undefined;
    this.refusedBytes = 0;
  }

  /** The next call loads the collection again. */
  private async unload(): Promise<void> {
    const loaded = await this.loading?.catch(() => undefined);
    this.forgetLoaded();
    loaded?.handle.delete();
  }

  /** After another tab stored a snapshot, what is loaded here does not know where its vectors are. */
  private async unloadIfStale(): Promise<void> {
    await this.writes.run(async () => {
      const loaded = await this.loading?.catch(() => undefined);
      const manifest = await this.options.store.getCollection(this.id);
      if (manifest?.snapshot.generation !== loaded?.snapshot.generation) await this.unload();
    });
  }

  /** Where the blocks are that hold what the heap does not. */
  blocks({ snapshot }: LoadedCollection): BlockSource {
    const { core, store } = this.options;
    return { core, store, id: this.id, generation: snapshot.generation };
  }

  /** What was deleted makes room once it is in no journal and no snapshot any more. */
  private async appendWithRoom(
    loaded: LoadedCollection,
    record: Uint8Array,
    removes: boolean,
  ): Promise<void> {
    try {
      await this.append(loaded, record, removes);
    } catch (cause) {
      const { code } = cause as PagevecError;
      if (code !== "quota_exceeded" || !loaded.removed || !this.options.store.leads) throw cause;
      await this.storeSnapshot(loaded).catch(() => {
        throw cause;
      });
      await this.append(loaded, record, removes);
    }
    loaded.removed ||= removes;
  }

  private async append(
    loaded: LoadedCollection,
    record: Uint8Array,
    removes: boolean,
  ): Promise<void> {
    const sequence = loaded.handle.lastSequence() + 1;
    try {
      await appendOnce(this.options.store, this.id, sequence, record, removes);
    } catch (cause) {
      // Another tab wrote or deleted the collection: what is loaded is not what is stored.
      const { code } = cause as PagevecError;
      if (code === "not_found") await this.unload();
      if (code === "conflict") await this.catchUp(loaded);
      throw cause;
    }
    loaded.journalBytes += record.byteLength;
  }

  /** Starts what makes the collection faster to search and to open, in the background. */
  tidyUp(): void {
    if (this.ended) return;
    this.waitForIdle();
    void this.index().then(() => this.inBackground(() => this.snapshotIfDue(false)));
  }

  private waitForIdle(): void {
    clearTimeout(this.idleTimer);
    if (this.ended) return;
    const idle = () => this.inBackground(() => this.snapshotIfDue(true));
    const busy = () => this.snapshotting || this.indexing; // else one for every 5 s of either
    this.idleTimer = setTimeout(() => (busy() ? this.waitForIdle() : idle()), IDLE_MS);
    // In Node it keeps the process alive; nothing is lost when that ends before.
    (this.idleTimer as { unref?: () => void }).unref?.();
  }

  /** Runs a job between writes that no call waits for. Its failure is kept, see `problem`. */
  private inBackground(job: () => Promise<void>): Promise<void> {
    return this.writes.run(job).catch((cause) => {
      this.problem = reasonOf(cause);
    });
  }

  /** Runs a call of the core. After a trap nothing that it may have half changed is used again. */
  readonly guarded: Guard = (call) => {
    try {
      return call();
    } catch (cause) {
      const { durable, heap } = this.options;
      if (isOutOfMemory(cause) && durable && heap?.giveUp) {
        heap.giveUp();
        throw memoryFull(cause);
      }
      if (isTrap(cause)) this.ended ??= crashed(cause);
      throw cause;
    }
  };

  private readonly failed = (cause: unknown): never =>
    this.guarded(() => {
      throw cause;
    });

  /** Links rows into the graph in slices between which queries run. */
  private async index(): Promise<void> {
    const loading = this.loading;
    const loaded = await loading?.catch(() => undefined);
    if (!loaded || this.indexing) return;
    this.indexing = true;
    const stopped = () => this.ended !== undefined || this.snapshotting || this.loading !== loading;
    try {
      await runInSlices((rows) => this.guarded(() => link(loaded, rows)), stopped);
      this.waitForIdle();
    } catch (cause) {
      this.problem = reasonOf(cause);
    } finally {
      this.indexing = false;
    }
    // Loaded anew meanwhile: that start found this loop still running.
    if (this.loading !== loading) void this.index();
  }

  private async storeSnapshot(loaded: LoadedCollection, graph = true): Promise<void> {
    const { storeSnapshot } = await import("./store-snapshot.js");
    const store = () => storeSnapshot(loaded, this.blocks(loaded), this.guarded, graph);
    await this.keepingStill(store).catch(this.failed);
  }

  private async snapshotIfDue(idle: boolean): Promise<void> {
    const loaded = await this.loading?.catch(() => undefined);
    if (!loaded || this.ended || !this.options.durable || !this.options.store.leads) return;
    const state = {
      journalBytes: loaded.journalBytes - this.refusedBytes,
      snapshotBytes: loaded.snapshot.bytes,
      linkedRows: loaded.linkedRows,
    };
    const cramped = this.guarded(() => loaded.handle.cramped()); // then rebuilt by way of storage
    if (!cramped && !snapshotDue(state, idle)) return;
    if (await this.options.store.transfers?.snapshotHeld(this.id)) return;
    try {
      await this.storeSnapshot(loaded, !cramped);
      if (cramped) await this.unload();
      this.refusedBytes = 0;
      this.problem = null;
    } catch (cause) {
      // Another tab writes and tidies up as well; the next call sees what it wrote.
      if ((cause as PagevecError).code === "conflict") return await this.unload();
      // Nothing is lost: every batch is in the journal.
      this.refusedBytes = loaded.journalBytes;
      loaded.linkedRows = 0;
      throw cause;
    }
  }

  /** Work for which the index stays as it is. */
  async keepingStill<T>(work: () => Promise<T>): Promise<T> {
    this.snapshotting = true;
    try {
      return await work();
    } finally {
      this.snapshotting = false;
      void this.index();
    }
  }

  /** Within exclusively(): the collection is what is given from now on; null: to be loaded again. */
  async replace(loaded: LoadedCollection | null): Promise<void> {
    await this.unload();
    if (loaded) this.loading = Promise.resolve(loaded);
    this.options.onChange(this.id);
  }

  /** Within exclusively(): the caller owns what is loaded from now on. */
  release(): void {
    this.loading = undefined;
  }
}
