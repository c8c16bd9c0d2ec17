import { type PagevecError, reasonOf } from "../errors.js";
import { appendToBoth } from "./beside.js";
import { storageError } from "./errors.js";
import type { IndexedDbStore } from "./indexeddb.js";
import { PassingParts } from "./passing-parts.js";
import { SerialQueue } from "./queue.js";
import { bringBack, type Copies, copyOver, reconcile } from "./reconcile.js";
import type { WrittenParts } from "./rows.js";
import type {
  Journal,
  Manifest,
  ManifestChanges,
  NewManifest,
  NewParts,
  Parts,
  SecondCopy,
  SnapshotInfo,
  SnapshotTarget,
  StagedCollection,
  StorageUsage,
  Store,
  Transfers,
} from "./store.js";

const STORING = "storing a batch";
/** Of a snapshot that IndexedDB takes so long to read, 80 ms, that people notice. */
const LARGE_BYTES = 32 * 2 ** 20;

export interface MirroredOptions extends Omit<Copies, "second"> {
  /** Undefined where there is none; rejects while another tab has it open. */
  openSecond(): Promise<SecondCopy | undefined>;
  /** Deletes all of it, while it is closed, without needing any room. */
  dropSecond(): Promise<void>;
  /** What the browser said of a loss, when it made the first store anew. */
  why: string | null;
  /** Collections came, went or were named anew. */
  noteCollections(manifests: Manifest[]): Promise<void>;
  /** Snapshots of so many bytes are loaded from the second copy. */
  largeBytes?: number;
}

/**
 * A store with a second copy, which has everything before a call resolves: batches while the first takes
 * them in, see beside.ts, other changes after it. When the second cannot follow, the store goes on without
 * it; but where it has no room to follow, the store is full. So there is room left in which a full store
 * tidies up: deletions and snapshots may take the second copy's, what adds data may not.
 */
export class MirroredStore implements Store {
  readonly leads = true;
  private second: SecondCopy | undefined;
  private problem: string | null = null;
  /** It lacks what the first has, for lack of room. */
  private behind = false;
  /** Its room was taken to tidy up: before data is added it is made again. */
  private dropped = false;
  /** The next snapshot goes into the first copy alone, and is copied then. */
  private apart = false;
  private readonly seconds = new SerialQueue();

  private constructor(private readonly options: MirroredOptions) {}

  /** Takes writing over, and makes both copies the same. */
  static async open(options: MirroredOptions): Promise<MirroredStore> {
    // Without room the deletions that make some must be possible all the same.
    await options.first.claim().catch((cause) => {
      if (!isQuota(cause)) throw cause;
    });
    const store = new MirroredStore(options);
    await store.openSecond();
    return store;
  }

  private heldElsewhere = false;
  private ended = false;

  /** There is no second copy now, and it is worth trying to open it again. */
  get copyIsBusy(): boolean {
    return this.heldElsewhere || this.dropped;
  }

  get copy(): Store | undefined {
    return this.second;
  }

  /** Opens and reconciles the second copy, if it is not open; resolves to whether it is now. */
  async openSecond(): Promise<boolean> {
    await this.seconds.run(async () => {
      if (this.second || this.ended) return;
      const { dropped } = this;
      this.dropped = false;
      this.heldElsewhere = false;
      try {
        this.second = await this.options.openSecond();
        this.problem = null;
        this.behind = false;
        if (this.second) await reconcile(this.copies(this.second), this.options.why);
      } catch (cause) {
        // No room for both when a client is opened: the first copy shall have all of it.
        const full = this.second !== undefined && isQuota(cause);
        await this.giveUp(cause);
        this.dropped = full && dropped;
        this.heldElsewhere = isHeld(cause);
        if (full) await this.options.dropSecond().catch(() => {});
      }
    });
    return this.second !== undefined;
  }

  listCollections = () => this.first.listCollections();
  getCollection = (id: string) => this.first.getCollection(id);
  readJournal = (id: string, after: number) => this.first.readJournal(id, after);
  readRecord = (id: string, sequence: number) => this.first.readRecord(id, sequence);
  readParts = (id: string, generation: number) => this.first.readParts(id, generation);
  lastSequence = (id: string) => this.first.lastSequence(id);
  claim = () => this.first.claim();
  visible = (visible: boolean) => this.first.visible(visible);

  get transfers(): Transfers {
    return { ...this.first.transfers, adopt: this.adopt.bind(this) };
  }

  /** Of the second copy: a large snapshot is read from there in less than half of the time. */
  async partsToLoad(manifest: Manifest): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { largeBytes = LARGE_BYTES } = this.options;
    if (manifest.snapshot.bytes < largeBytes) return undefined;
    const theirs = await this.second?.getCollection(manifest.id);
    if (!theirs || theirs.snapshot.generation !== manifest.snapshot.generation) return undefined;
    return this.eachPart(manifest);
  }

  private async *eachPart({ id, snapshot }: Manifest): AsyncGenerator<Uint8Array> {
    for (let number = 0; number < snapshot.parts; ++number) {
      const part = await this.readPart(id, snapshot.generation, number);
      if (!part) return;
      yield part;
    }
  }

  /** Of the second copy: it is read faster, and while the first is being written. */
  async readPart(id: string, generation: number, part: number): Promise<Uint8Array | undefined> {
    const copied = await this.second?.readPart(id, generation, part).catch(() => undefined);
    return copied ?? this.first.readPart(id, generation, part);
  }

  async createCollection(manifest: NewManifest): Promise<Manifest> {
    const made = await this.first.createCollection(manifest);
    await this.follow((second) => second.restore(made, [], []));
    await this.note();
    return made;
  }

  async modifyCollection(id: string, changes: ManifestChanges): Promise<Manifest> {
    const changed = await this.first.modifyCollection(id, changes);
    await this.follow((second) => second.modifyCollection(id, changes));
    await this.note();
    return changed;
  }

  async deleteCollection(id: string): Promise<void> {
    await this.first.deleteCollection(id);
    await this.follow((second) => second.deleteCollection(id));
    await this.note();
  }

  async append(id: string, sequence: number, record: Uint8Array, removes = false): Promise<void> {
    if (removes) await this.withRoom(() => this.first.append(id, sequence, record));
    else {
      await this.assertRoomForBoth();
      if (await this.appendToBoth(id, sequence, record)) return;
    }
    const refused = await this.follow(async (second) => {
      // Behind: it lacks a batch, or another tab wrote without it.
      const next = (await second.lastSequence(id)) === sequence - 1;
      await (next ? second.append(id, sequence, record) : this.copyOver(second, id));
    });
    if (!refused || removes) return;
    await this.first.undo(id, sequence);
    this.behind = (await this.second?.lastSequence(id)) !== sequence - 1;
    if (!this.behind) this.problem = null;
    throw refused;
  }

  /** Whether both have it. */
  private appendToBoth(id: string, sequence: number, record: Uint8Array): Promise<boolean> {
    return this.seconds.run(async () => {
      const { first, second } = this;
      const giveUp = (cause: unknown) => this.giveUp(cause);
      if (second && !this.behind) {
        return appendToBoth(first, second, id, sequence, record, giveUp);
      }
      await first.append(id, sequence, record);
      return false;
    });
  }

  /** Where the second copy has no room for it and nothing was replaced, it is taken back. */
  async adopt(staged: StagedCollection[], replaced: string[]): Promise<Manifest[]> {
    await this.assertRoomForBoth();
    const made = await this.first.transfers.adopt(staged, replaced);
    const refused = await this.follow(async (second) => {
      for (const id of replaced) await second.deleteCollection(id);
      for (const { id } of made) await this.copyOver(second, id);
    });
    await this.note();
    if (!refused || replaced.length > 0) return made;
    this.behind = false;
    this.problem = null;
    for (const { id } of made) await this.deleteCollection(id);
    throw refused;
  }

  /**
   * The second copy is written beside the first, and counts once that one does. Not tried again here:
   * the parts are gone. Where there was no room, the next attempt writes the first copy alone, and the
   * one after it has the second copy's room.
   */
  async writeSnapshot(id: string, target: SnapshotTarget, parts: NewParts): Promise<SnapshotInfo> {
    const passing = new PassingParts(parts);
    const second = this.behind || this.apart ? undefined : this.second;
    this.apart = false;
    const copied = second && passing.follow((same) => second.writeSnapshot(id, target, same));
    const turn = async (written: WrittenParts) => {
      const info = await this.first.switchTo(id, target, written);
      // It counts: the second goes on while the old parts of the first are deleted.
      passing.settle("stored");
      return info;
    };
    try {
      const info = await this.first.stageSnapshot(id, target, passing.forFirst(), turn);
      // Where it could not be written beside, there may be room in place of what was there.
      if (!(await copied)) await this.follow((store) => this.copyOver(store, id));
      return info;
    } catch (cause) {
      passing.settle("failed");
      await copied;
      if (isQuota(cause) && second) this.apart = true;
      else if (isQuota(cause)) await this.makeRoom();
      throw cause;
    }
  }

  /** Another tab has written the parts. */
  async switchTo(id: string, target: SnapshotTarget, written: WrittenParts): Promise<SnapshotInfo> {
    const info = await this.first.switchTo(id, target, written);
    await this.follow((second) => this.copyOver(second, id));
    return info;
  }

  async setAside(id: string, generation: number, afterSequence: number): Promise<number> {
    const count = await this.first.setAside(id, generation, afterSequence);
    await this.follow((second) => this.copyOver(second, id));
    return count;
  }

  async restore(manifest: Manifest, parts: Parts, journal: Journal): Promise<void> {
    await this.first.restore(manifest, parts, journal);
    await this.follow((second) => this.copyOver(second, manifest.id));
  }

  async heal(id: string, after?: number): Promise<boolean> {
    return this.seconds.run(async () => {
      const theirs = await this.second?.getCollection(id);
      if (!this.second || !theirs) return false;
      const least = after === undefined ? await this.first.lastSequence(id) : after + 1;
      return bringBack(this.copies(this.second), theirs, "IndexedDB has it damaged", least);
    });
  }

  async usage(): Promise<StorageUsage> {
    const usage = await this.first.usage();
    return {
      ...usage,
      copy: this.second && !this.behind ? "kept" : "none",
      copyProblem: this.problem,
    };
  }

  async clear(): Promise<void> {
    await this.first.clear();
    await this.follow((second) => second.clear());
    await this.note();
  }

  async close(): Promise<void> {
    await this.closeSecond();
    await this.first.close();
  }

  /** For good, so that others can open it. The first copy stays open. */
  closeSecond(): Promise<void> {
    this.ended = true;
    return this.seconds.run(async () => {
      await this.second?.close();
      this.second = undefined;
    });
  }

  private async note(): Promise<void> {
    await this.options.noteCollections(await this.first.listCollections());
  }

  private get first(): IndexedDbStore {
    return this.options.first;
  }

  private copies(second: SecondCopy): Copies {
    return { ...this.options, second };
  }

  private copyOver(second: SecondCopy, id: string): Promise<boolean> {
    return copyOver(this.copies(second), id);
  }

  /**
   * Does to the second copy what was done to the first, which has succeeded whatever happens here.
   * Resolves to the error when there was no room for it.
   */
  private follow(
    work: (second: SecondCopy) => Promise<unknown>,
  ): Promise<PagevecError | undefined> {
    return this.seconds.run(async () => {
      if (!this.second || this.behind) return undefined;
      try {
        await work(this.second);
        return undefined;
      } catch (cause) {
        return this.fallBehind(cause);
      }
    });
  }

  /** Before data is added. @throws quota_exceeded */
  private async assertRoomForBoth(): Promise<void> {
    if (this.dropped) await this.openSecond();
    if (this.dropped) throw storageError({ name: "QuotaExceededError" }, STORING);
    if (this.behind) await this.catchUp();
  }

  /** @throws quota_exceeded */
  private catchUp(): Promise<void> {
    return this.seconds.run(async () => {
      if (!this.second) return;
      await reconcile(this.copies(this.second), null);
      this.behind = false;
      this.problem = null;
    });
  }

  /** A write to the first copy; refused for lack of room, again without the second one. */
  private async withRoom<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (cause) {
      if (!isQuota(cause) || !(await this.makeRoom())) throw cause;
      return write();
    }
  }

  private async makeRoom(): Promise<boolean> {
    return this.seconds.run(async () => {
      if (!this.second) return false;
      await this.giveUp(new Error("its room is needed to tidy up"));
      await this.options.dropSecond();
      this.dropped = true;
      return true;
    });
  }

  private async fallBehind(cause: unknown): Promise<PagevecError | undefined> {
    if (isQuota(cause) && this.second) {
      this.problem = (cause as PagevecError).message;
      this.behind = true;
      return cause as PagevecError;
    }
    await this.giveUp(cause);
    return undefined;
  }

  private async giveUp(cause: unknown): Promise<void> {
    this.problem = reasonOf(cause);
    await this.second?.close().catch(() => {});
    this.second = undefined;
    this.behind = false;
  }
}

/** Another tab has the files open, and perhaps ends soon. */
function isHeld(cause: unknown): boolean {
  const reason = (cause as PagevecError).cause as { name?: unknown } | undefined;
  return reason?.name === "NoModificationAllowedError";
}

function isQuota(cause: unknown): boolean {
  return (cause as PagevecError).code === "quota_exceeded";
}
