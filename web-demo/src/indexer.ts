import type { Collection, Metadata, Progress } from "pagevec";
import { isAborted } from "./messages.js";

/** Small enough to stop at once and to show progress, large enough to be stored cheaply. */
const BATCH_SIZE = 64;
/** Items that are looked up together: so few that the page stays smooth. */
const LOOK_SIZE = 256;

export interface Item<M extends Metadata> {
  id: string;
  document: string;
  metadata: M;
}

export interface IndexingState {
  phase: "idle" | "running" | "done" | "stopped" | "failed";
  done: number;
  total: number;
  /** Texts per second since the model was ready; 0 while unknown. */
  rate: number;
  /** Seconds spent embedding and indexing, without the download of the model. */
  seconds: number;
}

export interface IndexerEvents {
  onState(state: IndexingState): void;
  onError(error: unknown): void;
}

/**
 * Fills a collection from a stream of items. What is in it already is skipped, so a run that was
 * stopped, or cut off by a reload, goes on where it was.
 */
export class Indexer<M extends Metadata> {
  private controller: AbortController | undefined;
  private state: IndexingState = { phase: "idle", done: 0, total: 0, rate: 0, seconds: 0 };
  /** Items of this run that are in the collection for good. */
  private kept = 0;
  /** Those of them that this run has embedded. */
  private embedded = 0;
  private startedAt: number | undefined;

  constructor(
    private readonly collection: Collection<M>,
    private readonly events: IndexerEvents,
    private readonly batchSize = BATCH_SIZE,
  ) {}

  get running(): boolean {
    return this.controller !== undefined;
  }

  stop(): void {
    this.controller?.abort();
  }

  /** Adds every item that is missing. Ends early, without an error, when stopped. */
  async run(parts: AsyncIterable<Item<M>[]> | Iterable<Item<M>[]>, total: number): Promise<void> {
    if (this.controller) return;
    const controller = new AbortController();
    this.controller = controller;
    this.kept = 0;
    this.embedded = 0;
    this.startedAt = undefined;
    this.update({ phase: "running", done: 0, total, rate: 0, seconds: 0 });
    try {
      for await (const part of parts) await this.addPart(part, controller.signal);
      this.update({ phase: "done" });
    } catch (error) {
      // A batch that was cut off is not in: what it had embedded does not count.
      const stopped = controller.signal.aborted || isAborted(error);
      this.update({ phase: stopped ? "stopped" : "failed", done: this.kept });
      if (!stopped) this.events.onError(error);
    } finally {
      this.controller = undefined;
    }
  }

  private async addPart(part: Item<M>[], signal: AbortSignal): Promise<void> {
    for (let start = 0; start < part.length; start += LOOK_SIZE) {
      await this.addMissing(part.slice(start, start + LOOK_SIZE), signal);
    }
  }

  private async addMissing(part: Item<M>[], signal: AbortSignal): Promise<void> {
    const ids = part.map((item) => item.id);
    const present = new Set((await this.collection.get({ ids, include: [] }, { signal })).ids);
    const missing = part.filter((item) => !present.has(item.id));
    this.kept += part.length - missing.length;
    this.update({ done: this.kept });
    for (let start = 0; start < missing.length; start += this.batchSize) {
      await this.addBatch(missing.slice(start, start + this.batchSize), signal);
    }
  }

  private async addBatch(batch: Item<M>[], signal: AbortSignal): Promise<void> {
    const onProgress = (progress: Progress) => {
      if (progress.stage !== "embed") return;
      // A collection that cuts documents counts their passages.
      this.report((batch.length * progress.done) / Math.max(1, progress.total));
    };
    await this.collection.add(
      {
        ids: batch.map((item) => item.id),
        documents: batch.map((item) => item.document),
        metadatas: batch.map((item) => item.metadata),
      },
      { signal, onProgress },
    );
    this.kept += batch.length;
    this.embedded += batch.length;
    this.report(0);
  }

  /** @param underWay texts embedded in the batch that is not kept yet */
  private report(underWay: number): void {
    // The clock starts with the first text, so that loading the model does not count.
    this.startedAt ??= performance.now();
    const seconds = (performance.now() - this.startedAt) / 1000;
    const rate = seconds > 0 ? (this.embedded + underWay) / seconds : 0;
    this.update({ done: this.kept + underWay, seconds, rate });
  }

  private update(change: Partial<IndexingState>): void {
    this.state = { ...this.state, ...change };
    this.events.onState(this.state);
  }
}
