import { PagevecError, type PagevecErrorCode } from "../errors.js";
import { storeClosed } from "./errors.js";
import type { IndexedDbStore } from "./indexeddb.js";
import type { MirroredStore } from "./mirrored.js";
import { Precedence } from "./precedence.js";
import type {
  Journal,
  JournalRecord,
  Manifest,
  ManifestChanges,
  NewManifest,
  NewParts,
  Parts,
  Report,
  SnapshotInfo,
  SnapshotTarget,
  StorageUsage,
  Store,
  StoreChange,
  Transfers,
} from "./store.js";

/** A tab that waits asks for the lock anew so often: only a new request thaws a frozen page's lock. */
const ASK_AGAIN_MS = 2000;
/** A writer that shows no sign of life for so long loses the lock. */
const SILENCE_MS = 4000;
/** A writer at work says so that often. */
const ALIVE_MS = 1000;

type FoundReport = Parameters<Report>[0];

/** What a tab asks the writer to do: a method of Store that writes. */
type Method =
  | "createCollection"
  | "modifyCollection"
  | "deleteCollection"
  | "append"
  | "adopt"
  | "setAside"
  | "switchTo"
  | "heal"
  | "clear"
  | "listCollections";

type Ask = { type: "ask"; from: string; number: number; method: Method; args: unknown[] };
type Message =
  | Ask
  | { type: "alive"; to: string; number: number }
  | { type: "done"; to: string; number: number; value: unknown }
  | { type: "failed"; to: string; number: number; code: PagevecErrorCode; message: string }
  | { type: "changed"; change: StoreChange }
  | { type: "report"; report: FoundReport }
  | { type: "beginning" }
  | { type: "writer" };

interface Question {
  message: Ask;
  resolve(value: unknown): void;
  reject(error: PagevecError): void;
  /** Of the last sign of life. */
  heard: number;
}

export interface SharedOptions {
  name: string;
  /** What every tab reads from. */
  reading: IndexedDbStore;
  /** Takes writing over. */
  lead(): Promise<MirroredStore>;
  changed(change: StoreChange): void;
  report: Report;
}

/**
 * One store in many tabs: the tab that holds a Web Lock writes, the others ask it to over a
 * BroadcastChannel and hear of every change there. When it ends, freezes or falls silent, another tab
 * takes over; what the old one may still be writing is fenced off by the epoch (Store.claim).
 */
export class SharedStore implements Store {
  private readonly id: string = crypto.randomUUID();
  private readonly channel: BroadcastChannel;
  private readonly questions = new Map<number, Question>();
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly answering = new Map<string, Promise<void>>();
  private readonly precedence = new Precedence();
  private asked = 0;
  private writer: MirroredStore | undefined;
  private contending = false;
  /** Ends the waiting for the lock. */
  private waiting = new AbortController();
  private robbing = false;
  private release = () => {};
  private hidden = false;
  private closed: PagevecError | undefined;
  private left: Promise<void> | undefined;

  private constructor(private readonly options: SharedOptions) {
    this.channel = new BroadcastChannel(`pagevec/${options.name}`);
    this.channel.addEventListener("message", ({ data }) => this.receive(data as Message));
    this.timer = setInterval(() => this.watch(), ALIVE_MS);
    void this.contend();
  }

  /** Resolves once a writer, this tab or another, has the store in order. */
  static async open(options: SharedOptions): Promise<SharedStore> {
    const store = new SharedStore(options);
    try {
      await store.write("listCollections");
      return store;
    } catch (cause) {
      await store.close();
      throw cause;
    }
  }

  private get reading(): IndexedDbStore {
    return this.options.reading;
  }

  /** Tells this client and those of the other tabs. */
  announce(report: FoundReport): void {
    this.options.report(report);
    this.channel.postMessage({ type: "report", report } satisfies Message);
  }

  get leads(): boolean {
    return this.writer !== undefined;
  }

  get copy(): Store | undefined {
    return this.writer?.copy;
  }

  listCollections = () => this.reading.listCollections();
  getCollection = (id: string) => this.reading.getCollection(id);
  readJournal = (id: string, after: number): AsyncIterable<JournalRecord> =>
    this.reading.readJournal(id, after);
  readRecord = (id: string, sequence: number) => this.reading.readRecord(id, sequence);
  readParts = (id: string, generation: number) => this.reading.readParts(id, generation);
  partsToLoad = async (manifest: Manifest) => this.writer?.partsToLoad(manifest);
  readPart = (id: string, generation: number, part: number) =>
    (this.writer ?? this.reading).readPart(id, generation, part);
  lastSequence = (id: string) => this.reading.lastSequence(id);

  createCollection = (manifest: NewManifest) => this.write<Manifest>("createCollection", manifest);
  modifyCollection = (id: string, changes: ManifestChanges) =>
    this.write<Manifest>("modifyCollection", id, changes);
  deleteCollection = (id: string) => this.write<void>("deleteCollection", id);
  append = (id: string, sequence: number, record: Uint8Array, removes?: boolean) =>
    this.write<void>("append", id, sequence, record, removes);
  setAside = (id: string, generation: number, after: number) =>
    this.write<number>("setAside", id, generation, after);
  heal = (id: string, after?: number) => this.write<boolean>("heal", id, after);
  clear = () => this.write<void>("clear");

  /** Whoever does not write may still store a snapshot that nobody else can make. */
  async writeSnapshot(id: string, target: SnapshotTarget, parts: NewParts): Promise<SnapshotInfo> {
    if (!target.move) return this.leading().writeSnapshot(id, target, parts);
    return this.reading.stageSnapshot(id, target, parts, (written) =>
      this.write<SnapshotInfo>("switchTo", id, target, written),
    );
  }

  async restore(manifest: Manifest, parts: Parts, journal: Journal): Promise<void> {
    await this.leading().restore(manifest, parts, journal);
    this.tell({ kind: "replaced", id: manifest.id });
  }

  /** Every tab stages by itself; the writer makes collections of it. */
  get transfers(): Transfers {
    const adopt: Transfers["adopt"] = (...args) => this.write("adopt", ...args);
    return { ...this.reading.transfers, adopt };
  }

  async claim(): Promise<number> {
    return this.leading().claim();
  }

  async usage(): Promise<StorageUsage> {
    if (this.writer) return this.writer.usage();
    return { ...(await this.reading.usage()), copy: "elsewhere" };
  }

  async visible(visible: boolean): Promise<void> {
    if (this.hidden !== visible) return;
    this.hidden = !visible;
    if (visible) void this.contend();
    else await this.giveWay();
  }

  async close(): Promise<void> {
    this.end(storeClosed());
    await this.left;
    this.channel.close();
    await this.reading.close();
  }

  /** This tab cannot write any more; who asked it asks another, which can have the lock. */
  private end(reason: PagevecError): void {
    if (this.closed) return;
    this.closed = reason;
    clearInterval(this.timer);
    this.waiting.abort();
    this.refuse(reason);
    this.left = this.giveWay();
  }

  private leading(): MirroredStore {
    if (this.closed) throw this.closed;
    if (this.writer) return this.writer;
    throw new PagevecError("conflict", "another tab writes now; it stores snapshots");
  }

  private async giveWay(): Promise<void> {
    const writer = this.writer;
    this.writer = undefined;
    await Promise.all(this.answering.values());
    await writer?.closeSecond();
    this.release();
  }

  /** Waits for the lock again and again, and writes while it is held. */
  private async contend(): Promise<void> {
    if (this.contending) return;
    this.contending = true;
    while (!this.closed && !this.hidden) {
      this.waiting = new AbortController();
      const { signal } = this.waiting;
      const timer = setTimeout(() => this.waiting.abort(), ASK_AGAIN_MS);
      const options = this.robbing ? { steal: true } : { signal };
      this.robbing = false;
      let robbed = false;
      const held = navigator.locks.request(`pagevec/${this.options.name}`, options, () => {
        clearTimeout(timer);
        return this.hold(() => robbed);
      });
      // Rejects when it was not granted in time, and when the lock is stolen.
      await held.catch(() => {
        robbed = true;
      });
      clearTimeout(timer);
      if (this.writer) await this.giveWay();
    }
    this.contending = false;
  }

  private async hold(robbed: () => boolean): Promise<void> {
    const released = new Promise<void>((resolve) => {
      this.release = resolve;
    });
    let writer: MirroredStore;
    // What has to be recovered may take long.
    const beginning = () => this.channel.postMessage({ type: "beginning" } satisfies Message);
    const alive = setInterval(beginning, ALIVE_MS);
    try {
      writer = await this.options.lead().finally(() => clearInterval(alive));
    } catch (cause) {
      // Nobody else could do it either: those who wait are told, and it is tried again.
      this.refuse(cause as PagevecError);
      if (this.closed) return;
      return new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    if (robbed() || this.closed || this.hidden) return writer.closeSecond();
    this.writer = writer;
    this.channel.postMessage({ type: "writer" } satisfies Message);
    this.askAgain();
    const timer = setInterval(() => {
      if (writer.copyIsBusy) void writer.openSecond();
    }, ASK_AGAIN_MS);
    await released;
    clearInterval(timer);
  }

  private refuse(error: PagevecError): void {
    for (const { reject } of this.questions.values()) reject(error);
    this.questions.clear();
  }

  private write<T>(method: Method, ...args: unknown[]): Promise<T> {
    if (this.closed) return Promise.reject(this.closed);
    const number = ++this.asked;
    const message: Ask = { type: "ask", from: this.id, number, method, args };
    return new Promise<T>((resolve, reject) => {
      const heard = performance.now();
      this.questions.set(number, { message, resolve: resolve as never, reject, heard });
      this.ask(message);
    });
  }

  private ask(message: Ask): void {
    if (this.writer) this.receive(message);
    else this.channel.postMessage(message);
  }

  private askAgain(): void {
    for (const { message } of this.questions.values()) this.ask(message);
  }

  /** Does what a tab asked for, this one or another, and says so. */
  private async answer({ from: to, number, method, args }: Ask): Promise<void> {
    const writer = this.writer as MirroredStore;
    const alive = setInterval(() => this.send({ type: "alive", to, number }), ALIVE_MS);
    try {
      const write = writer[method] as (...args: unknown[]) => Promise<unknown>;
      const call = () => write.apply(writer, args);
      const batch = method === "append";
      const value = await (batch ? this.precedence.run(args[0] as string, to, call) : call());
      for (const change of changesOf(method, args, value)) this.tell(change, to);
      this.send({ type: "done", to, number, value });
    } catch (cause) {
      const { ended } = this.reading;
      if (ended) return this.end(ended);
      const { code = "internal", message } = cause as PagevecError;
      // A tab that read meanwhile may have seen a batch that was taken back.
      const takenBack = method === "append" && code === "quota_exceeded";
      if (takenBack) this.tell({ kind: "replaced", id: args[0] as string }, to);
      this.send({ type: "failed", to, number, code, message });
    } finally {
      clearInterval(alive);
    }
  }

  /** To another tab, or to this one itself. */
  private send(message: Message & { to: string }): void {
    if (message.to === this.id) this.receive(message);
    else if (!this.closed) this.channel.postMessage(message);
  }

  /** by: who asked for the change and knows of it. */
  private tell(change: StoreChange, by = this.id): void {
    this.channel.postMessage({ type: "changed", change } satisfies Message);
    if (by !== this.id) this.options.changed(change);
  }

  private receive(message: Message): void {
    if (this.closed) return;
    if (message.type === "changed") return this.options.changed(message.change);
    if (message.type === "beginning") return this.bePatient();
    if (message.type === "report") return this.options.report(message.report);
    if (message.type === "writer") return this.askAgain();
    if (message.type === "ask") return this.begin(message);
    const question = message.to === this.id && this.questions.get(message.number);
    if (!question) return;
    question.heard = performance.now();
    if (message.type === "alive") return;
    this.questions.delete(message.number);
    if (message.type === "done") question.resolve(message.value);
    else question.reject(new PagevecError(message.code, message.message));
  }

  /** A question that comes again is being answered, or comes to a new writer. */
  private begin(ask: Ask): void {
    const key = `${ask.from}/${ask.number}`;
    if (!this.writer || this.answering.has(key)) return;
    const answered = this.answer(ask).finally(() => this.answering.delete(key));
    this.answering.set(key, answered);
  }

  private bePatient(): void {
    for (const question of this.questions.values()) question.heard = performance.now();
  }

  /** Takes over from a writer that is silent. */
  private watch(): void {
    if (this.writer || this.hidden) return;
    const now = performance.now();
    const silent = [...this.questions.values()].filter(({ heard }) => now - heard > SILENCE_MS);
    if (silent.length === 0) return;
    for (const question of silent) question.heard = now;
    this.robbing = true;
    this.waiting.abort();
  }
}

/** What the other tabs have to know of it. */
function changesOf(method: Method, args: unknown[], value: unknown): StoreChange[] {
  const id = (args[0] ?? null) as string | null;
  if (method === "append") return [{ kind: "batches", id }];
  const replaces = method === "setAside" || method === "switchTo" || (method === "heal" && value);
  if (replaces) return [{ kind: "replaced", id }];
  if (method === "clear") return [{ kind: "collection", id: null }];
  if (method === "createCollection") return [{ kind: "collection", id: (value as Manifest).id }];
  if (method === "adopt") {
    const ids = [...(args[1] as string[]), ...(value as Manifest[]).map((made) => made.id)];
    return ids.map((id) => ({ kind: "collection", id }));
  }
  const changed = method === "modifyCollection" || method === "deleteCollection";
  return changed ? [{ kind: "collection", id }] : [];
}
