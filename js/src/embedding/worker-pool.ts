import { PagevecError, throwIfAborted } from "../errors.js";
import type { CallOptions } from "../types.js";
import type { EmbedResult, Priority } from "./local-embedder.js";
import type { EmbedBackend } from "./model-worker.js";
import type { OpenedModel } from "./service.js";

/** A worker holds the share it runs and the next, so that it never waits for this thread. */
const SHARES_AHEAD = 2;
/** Tokens of a share: large ones first, small ones last, so that all workers end together. */
const MAX_SHARE = 1024;
const MIN_SHARE = 128;
/** English has about so many characters a token; a guess only decides how even the shares are. */
const CHARACTERS_PER_TOKEN = 4;
const PROGRESS_MS = 50;

interface Member {
  worker: EmbedBackend;
  /** Calls that it has not answered. */
  busy: number;
}

/** Rows of a job that one worker embeds. */
interface Share {
  rows: number[];
  tokens: number;
}

interface Job {
  texts: readonly string[];
  /** Rows that no worker has yet, the longest texts first, and the tokens they have by guess. */
  waiting: number[];
  waitingTokens: number;
  /** Shares of workers that failed. */
  returned: Share[];
  done: number;
  result: EmbedResult;
  options: CallOptions;
  /** Stops the shares under way when the job has failed. */
  controller: AbortController;
  reportedAt: number;
  resolve(result: EmbedResult): void;
  reject(error: unknown): void;
}

/**
 * Workers with a copy of one model each. Bulk texts are dealt out in shares of texts of like length,
 * and come back in order; a query goes whole to the worker with the least to do, and there before
 * any bulk. A worker that fails is left out and its share dealt again.
 */
export class WorkerPool implements EmbedBackend {
  /** Settles when every worker has been opened or has failed to, and the first is ready. */
  readonly ready: Promise<unknown>;
  readonly model: OpenedModel;
  private members: Member[];
  private readonly jobs: Job[] = [];
  private closed = false;

  /**
   * Owns the workers.
   * @param others the workers that are being opened; they join when they are there.
   * @param warn told of a worker that cannot be opened.
   */
  constructor(
    first: EmbedBackend,
    others: readonly Promise<EmbedBackend>[],
    private readonly warn: (message: string) => void,
  ) {
    this.model = first.model;
    this.members = [{ worker: first, busy: 0 }];
    this.ready = Promise.all([first.ready, ...others.map((opening) => this.join(opening))]);
  }

  get alive(): boolean {
    return !this.closed && this.members.length > 0;
  }

  async embed(
    texts: readonly string[],
    priority: Priority,
    options: CallOptions = {},
  ): Promise<EmbedResult> {
    if (this.closed) throw closedError();
    throwIfAborted(options.signal);
    return priority === "query" ? this.embedQuery(texts, options) : this.embedBulk(texts, options);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const job of [...this.jobs]) this.fail(job, closedError());
    await this.ready;
    await Promise.all(this.members.map(({ worker }) => worker.close()));
    this.members = [];
  }

  private async join(opening: Promise<EmbedBackend>): Promise<void> {
    try {
      const worker = await opening;
      if (this.closed) return await worker.close();
      this.members.push({ worker, busy: 0 });
      this.deal();
    } catch (error) {
      if (!this.closed) this.warn(`${(error as Error).message}; embedding with fewer workers`);
    }
  }

  private async embedQuery(texts: readonly string[], options: CallOptions): Promise<EmbedResult> {
    for (;;) {
      const member = this.freest();
      if (!member) throw closedError();
      member.busy++;
      try {
        return await member.worker.embed(texts, "query", options);
      } catch (error) {
        if (!this.expel(member) || !this.alive) throw error;
      } finally {
        member.busy--;
        this.deal();
      }
    }
  }

  private embedBulk(texts: readonly string[], options: CallOptions): Promise<EmbedResult> {
    const { dimensions: dimension } = this.model.spec;
    const result: EmbedResult = {
      vectors: new Float32Array(texts.length * dimension),
      dimension,
      truncated: [],
      timings: { tokenize: 0, run: 0 },
    };
    if (texts.length === 0) return Promise.resolve(result);
    return new Promise((resolve, reject) => {
      const job: Job = {
        texts,
        waiting: texts.map((_, row) => row).sort((a, b) => lengthOf(texts, b) - lengthOf(texts, a)),
        waitingTokens: texts.reduce((sum, text) => sum + this.tokensOf(text), 0),
        returned: [],
        done: 0,
        result,
        options,
        controller: new AbortController(),
        reportedAt: 0,
        resolve,
        reject,
      };
      // Taken from the end.
      job.waiting.reverse();
      options.signal?.addEventListener("abort", () => this.abort(job), {
        signal: job.controller.signal,
      });
      this.jobs.push(job);
      this.deal();
    });
  }

  /** Hands shares to the workers that have room for one. */
  private deal(): void {
    for (let depth = 1; depth <= SHARES_AHEAD; depth++) {
      for (const member of this.members) {
        if (member.busy >= depth) continue;
        const job = this.jobs.find(({ waiting, returned }) => waiting.length + returned.length > 0);
        if (!job) return;
        void this.runShare(job, job.returned.pop() ?? this.takeShare(job), member);
      }
    }
  }

  private takeShare(job: Job): Share {
    const even = job.waitingTokens / (2 * SHARES_AHEAD * this.members.length);
    const budget = Math.min(MAX_SHARE, Math.max(MIN_SHARE, even));
    const share: Share = { rows: [], tokens: 0 };
    do {
      const row = job.waiting.pop() as number;
      share.rows.push(row);
      share.tokens += this.tokensOf(job.texts[row] as string);
    } while (job.waiting.length > 0 && share.tokens < budget);
    job.waitingTokens -= share.tokens;
    return share;
  }

  private async runShare(job: Job, share: Share, member: Member): Promise<void> {
    const texts = share.rows.map((row) => job.texts[row] as string);
    const { signal } = job.controller;
    member.busy++;
    try {
      this.collect(job, share, await member.worker.embed(texts, "bulk", { signal }));
    } catch (error) {
      if (this.expel(member) && this.alive && !signal.aborted) job.returned.push(share);
      else this.fail(job, error);
    } finally {
      member.busy--;
      this.deal();
    }
  }

  private collect(job: Job, { rows }: Share, part: EmbedResult): void {
    const { result, texts, options } = job;
    const { dimension } = part;
    for (const [i, row] of rows.entries()) {
      const vector = part.vectors.subarray(i * dimension, (i + 1) * dimension);
      result.vectors.set(vector, row * dimension);
    }
    for (const i of part.truncated) result.truncated.push(rows[i] as number);
    result.timings.tokenize += part.timings.tokenize;
    result.timings.run += part.timings.run;
    job.done += rows.length;
    if (job.done === texts.length) return this.finish(job);
    const now = performance.now();
    if (now - job.reportedAt < PROGRESS_MS) return;
    job.reportedAt = now;
    options.onProgress?.({ stage: "embed", done: job.done, total: texts.length });
  }

  private finish(job: Job): void {
    this.remove(job);
    job.result.truncated.sort((a, b) => a - b);
    job.resolve(job.result);
  }

  private abort(job: Job): void {
    try {
      throwIfAborted(job.options.signal);
    } catch (error) {
      this.fail(job, error);
    }
  }

  private fail(job: Job, error: unknown): void {
    this.remove(job);
    job.reject(error);
  }

  /** Ends what is left of the job; its listener goes with it. */
  private remove(job: Job): void {
    const at = this.jobs.indexOf(job);
    if (at >= 0) this.jobs.splice(at, 1);
    job.controller.abort();
  }

  /** Leaves a worker out if it has failed for good; says whether it has. */
  private expel(member: Member): boolean {
    if (member.worker.alive) return false;
    this.members = this.members.filter((other) => other !== member);
    return true;
  }

  private freest(): Member | undefined {
    return this.members.reduce<Member | undefined>(
      (best, member) => (best && best.busy <= member.busy ? best : member),
      undefined,
    );
  }

  private tokensOf(text: string): number {
    return Math.min(this.model.spec.maxTokens, 2 + text.length / CHARACTERS_PER_TOKEN);
  }
}

function lengthOf(texts: readonly string[], row: number): number {
  return (texts[row] as string).length;
}

function closedError(): PagevecError {
  return new PagevecError("closed", "the embedding model was closed");
}
