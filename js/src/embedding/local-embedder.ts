import type { TokenIds } from "../engine/core-tokenizer.js";
import { type CallContext, isTrap } from "../engine/protocol.js";
import { nextTurn } from "../engine/turns.js";
import { PagevecError, throwIfAborted } from "../errors.js";
import type { Encoder } from "./encoder.js";
import { makePacks, type Pack } from "./packs.js";

export type Priority = "query" | "bulk";

export interface EmbedResult {
  /** One vector after another, in the order of the texts. */
  vectors: Float32Array;
  dimension: number;
  /** Indices of the texts that were longer than the model takes and were cut. */
  truncated: number[];
  timings: EmbedTimings;
}

/** Milliseconds, summed over the texts of a call. */
export interface EmbedTimings {
  tokenize: number;
  run: number;
}

/** What is needed of a CoreTokenizer. */
export interface TextTokenizer {
  ids(text: string, maxTokens: number): TokenIds;
  close(): void;
}

/** How often a long call reports how far it is. */
const PROGRESS_MS = 50;
/** Tokenized ahead and packed together: some packs to sort, in a few milliseconds. */
const WINDOW_TOKENS = 16_384;
const NONE: Readonly<Record<Priority, number>> = { query: 0, bulk: 0 };

interface Job {
  texts: readonly string[];
  priority: Priority;
  /** Texts tokenized so far, and texts embedded. */
  tokenized: number;
  done: number;
  /** What is tokenized and not run yet; the rows count from the window's first text. */
  packs: Pack[];
  windowBegin: number;
  result: EmbedResult;
  context: CallContext;
  reportedAt: number;
  resolve(result: EmbedResult): void;
  reject(error: unknown): void;
}

/**
 * Tokenizer and encoder as one: texts in, vectors out. Calls may overlap: they take turns pack by
 * pack, queries first, and the event loop turns between two packs, so a query waits for one pack.
 */
export class LocalEmbedder {
  private readonly queues: Record<Priority, Job[]> = { query: [], bulk: [] };
  private running: Promise<void> | undefined;
  private closed = false;

  /**
   * Owns the tokenizer and the encoder: close() frees both.
   * @param leftOut of Encoder.encode(): the tokens of the prefix that texts of a priority have.
   */
  constructor(
    private readonly tokenizer: TextTokenizer,
    private readonly encoder: Encoder,
    private readonly dimension: number,
    private readonly maxTokens: number,
    private readonly leftOut = NONE,
  ) {}

  /**
   * Reports progress between packs, not at the end.
   * @throws aborted between two packs; closed; engine_failed when the model cannot run.
   */
  embed(texts: readonly string[], priority: Priority, context: CallContext): Promise<EmbedResult> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(closedError());
      const result: EmbedResult = {
        vectors: new Float32Array(texts.length * this.dimension),
        dimension: this.dimension,
        truncated: [],
        timings: { tokenize: 0, run: 0 },
      };
      const begin = { tokenized: 0, done: 0, packs: [], windowBegin: 0, reportedAt: 0 };
      this.queues[priority].push({ texts, priority, ...begin, result, context, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Calls under way reject with code "closed". */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.running;
    this.tokenizer.close();
    await this.encoder.close();
  }

  private async run(): Promise<void> {
    const { query, bulk } = this.queues;
    for (;;) {
      const queue = query.length > 0 ? query : bulk;
      const job = queue[0];
      if (!job) break;
      try {
        if (await this.step(job)) {
          queue.shift();
          job.resolve(job.result);
        }
      } catch (error) {
        queue.shift();
        job.reject(error);
      }
      // Not behind the last: a turn takes longer than all else of a query but the model.
      if (query.length + bulk.length > 0) await nextTurn();
    }
    this.running = undefined;
  }

  /** Embeds the job's next pack; true when it was the last. */
  private async step(job: Job): Promise<boolean> {
    if (this.closed) throw closedError();
    const { texts, context } = job;
    throwIfAborted(context.signal);
    if (job.packs.length === 0) this.fillWindow(job);
    const pack = job.packs.shift();
    if (pack) await this.embedPack(job, pack);
    if (job.done === texts.length) return true;
    const now = performance.now();
    if (now - job.reportedAt >= PROGRESS_MS) {
      job.reportedAt = now;
      context.progress({ stage: "embed", done: job.done, total: texts.length });
    }
    return false;
  }

  private fillWindow(job: Job): void {
    const begin = performance.now();
    const { texts, result } = job;
    const window: Int32Array[] = [];
    job.windowBegin = job.tokenized;
    for (let tokens = 0; tokens < WINDOW_TOKENS && job.tokenized < texts.length; ) {
      const { ids, truncated } = this.tokenizer.ids(texts[job.tokenized] as string, this.maxTokens);
      if (truncated) result.truncated.push(job.tokenized);
      window.push(ids);
      tokens += ids.length;
      job.tokenized++;
    }
    job.packs = makePacks(window, this.encoder.packTokens);
    result.timings.tokenize += performance.now() - begin;
  }

  private async embedPack(job: Job, { rows, ids, lengths }: Pack): Promise<void> {
    const { result, windowBegin, priority } = job;
    const begin = performance.now();
    const vectors = await this.encode(ids, lengths, this.leftOut[priority]);
    for (const [i, row] of rows.entries()) {
      const vector = vectors.subarray(i * this.dimension, (i + 1) * this.dimension);
      result.vectors.set(vector, (windowBegin + row) * this.dimension);
    }
    job.done += rows.length;
    result.timings.run += performance.now() - begin;
  }

  private async encode(ids: Int32Array, lengths: Uint32Array, leftOut: number) {
    try {
      return await this.encoder.encode(ids, lengths, leftOut);
    } catch (cause) {
      if (cause instanceof PagevecError || isTrap(cause)) throw cause;
      throw new PagevecError("engine_failed", `the model failed to run: ${cause}`, { cause });
    }
  }
}

function closedError(): PagevecError {
  return new PagevecError("closed", "the embedding model was closed");
}
