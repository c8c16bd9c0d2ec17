import type { PagevecError } from "../errors.js";
import type { IndexedDbStore } from "./indexeddb.js";
import { SerialQueue } from "./queue.js";
import { bringBack, type Copies, copyOver, reconcile } from "./reconcile.js";
import type {
  Journal,
  Manifest,
  NewManifest,
  Parts,
  SnapshotInfo,
  SnapshotTarget,
  StorageUsage,
  Store,
} from "./store.js";

export interface MirroredOptions extends Omit<Copies, "second"> {
  /** Undefined where there is none; rejects while another tab has it open. */
  openSecond(): Promise<Store | undefined>;
  /** What the browser said of a loss, when it made the first store anew. */
  why: string | null;
  /** Collections came, went or were named anew. */
  noteCollections(manifests: Manifest[]): Promise<void>;
}

/**
 * A store with a second copy, which is written after the first and before a call resolves. When the
 * second cannot follow, the store goes on without it. Its room is also the room in which a full store
 * tidies up: deletions and snapshots may take it, what adds data may not.
 */
export class MirroredStore implements Store {
  readonly leads = true;
  private second: Store | undefined;
  private problem: string | null = null;
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

  /** There is no second copy now, and it is worth trying to open it again. */
  copyIsBusy = false;

  get copy(): Store | undefined {
    return this.second;
  }

  /** Opens and reconciles the second copy, if it is not open; resolves to whether it is now. */
  async openSecond(): Promise<boolean> {
    await this.seconds.run(async () => {
      if (this.second) return;
      this.copyIsBusy = true;
      try {
        this.second = await this.options.openSecond();
        this.copyIsBusy = false;
        this.problem = null;
        if (this.second) await reconcile(this.copies(this.second), this.options.why);
      } catch (cause) {
        await this.giveUp(cause);
      }
    });
    return this.second !== undefined;
  }

  listCollections = () => this.first.listCollections();
  getCollection = (id: string) => this.first.getCollection(id);
  readJournal = (id: string, after: number) => this.first.readJournal(id, after);
  readRecord = (id: string, sequence: number) => this.first.readRecord(id, sequence);
  readParts = (id: string, generation: number) => this.first.readParts(id, generation);
  readPart = (id: string, generation: number, part: number) =>
    this.first.readPart(id, generation, part);
  lastSequence = (id: string) => this.first.lastSequence(id);
  claim = () => this.first.claim();
  visible = (visible: boolean) => this.first.visible(visible);

  async createCollection(manifest: NewManifest): Promise<Manifest> {
    const made = await this.first.createCollection(manifest);
    await this.follow((second) => second.restore(made, [], []));
    await this.note();
    return made;
  }

  async modifyCollection(
    id: string,
    changes: Partial<Pick<Manifest, "name" | "metadata">>,
  ): Promise<Manifest> {
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
    const append = () => this.first.append(id, sequence, record);
    await (removes ? this.withRoom(append) : append());
    await this.follow(async (second) => {
      // Behind: it lacks a batch, or another tab wrote without it.
      const next = (await second.lastSequence(id)) === sequence - 1;
      await (next ? second.append(id, sequence, record) : this.copyOver(second, id));
    });
  }

  /** Not tried again here: the parts are gone. The next attempt has the second copy's room. */
  async writeSnapshot(id: string, target: SnapshotTarget, parts: Parts): Promise<SnapshotInfo> {
    try {
      const info = await this.first.writeSnapshot(id, target, parts);
      await this.follow((second) => this.copyOver(second, id));
      return info;
    } catch (cause) {
      if (isQuota(cause)) await this.makeRoom();
      throw cause;
    }
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

  async heal(id: string): Promise<boolean> {
    let healed = false;
    await this.follow(async (second) => {
      const theirs = await second.getCollection(id);
      const why = "IndexedDB has it damaged";
      healed = theirs !== undefined && (await bringBack(this.copies(second), theirs, why));
    });
    return healed;
  }

  async usage(): Promise<StorageUsage> {
    const usage = await this.first.usage();
    return { ...usage, copy: this.second ? "kept" : "none", copyProblem: this.problem };
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

  /** Others can open it then. The first copy stays open. */
  closeSecond(): Promise<void> {
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

  private copies(second: Store): Copies {
    return { ...this.options, second };
  }

  private copyOver(second: Store, id: string): Promise<boolean> {
    return copyOver(this.copies(second), id);
  }

  /** Does to the second copy what was done to the first, which has succeeded whatever happens here. */
  private follow(work: (second: Store) => Promise<unknown>): Promise<void> {
    return this.seconds.run(async () => {
      if (!this.second) return;
      try {
        await work(this.second);
      } catch (cause) {
        await this.giveUp(cause);
      }
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
    let made = false;
    await this.follow(async (second) => {
      await second.clear();
      made = true;
      await this.giveUp(new Error("its room is needed to tidy up"));
      // It is made again when there is room.
      this.copyIsBusy = true;
    });
    return made;
  }

  private async giveUp(cause: unknown): Promise<void> {
    this.problem = cause instanceof Error ? cause.message : String(cause);
    // A copy that has no room to grow is not worth the room it has.
    if (isQuota(cause)) await this.second?.clear().catch(() => {});
    await this.second?.close().catch(() => {});
    this.second = undefined;
  }
}

function isQuota(cause: unknown): boolean {
  return (cause as PagevecError).code === "quota_exceeded";
}
