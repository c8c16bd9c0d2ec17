import type { TokenIds } from "../engine/core-tokenizer.js";
import type { CallContext } from "../engine/protocol.js";
import { nextTurn } from "../engine/turns.js";
import { PagevecError, throwIfAborted } from "../errors.js";
import type { Encoder } from "./encoder.js";

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

interface Job {
  texts: readonly string[];
  next: number;
  result: EmbedResult;
  context: CallContext;
  reportedAt: number;
  resolve(result: EmbedResult): void;
  reject(error: unknown): void;
}

/**
 * Tokenizer and encoder as one: texts in, vectors out. Calls may overlap: they take turns text by
 * text, queries first, and the event loop turns between two texts, so a query waits for one text.
 */
export class LocalEmbedder {
  private readonly queues: Record<Priority, Job[]> = { query: [], bulk: [] };
  private running: Promise<void> | undefined;
  private closed = false;

  /** Owns the tokenizer and the encoder: close() frees both. */
  constructor(
    private readonly tokenizer: TextTokenizer,
    private readonly encoder: Encoder,
    private readonly dimension: number,
    private readonly maxTokens: number,
  ) {}

  /** @throws aborted between two texts; closed; engine_failed when the model cannot run. */
  embed(texts: readonly string[], priority: Priority, context: CallContext): Promise<EmbedResult> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(closedError());
      const result: EmbedResult = {
        vectors: new Float32Array(texts.length * this.dimension),
        dimension: this.dimension,
        truncated: [],
        timings: { tokenize: 0, run: 0 },
      };
      const job = { texts, next: 0, result, context, reportedAt: 0, resolve, reject };
      this.queues[priority].push(job);
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
      await nextTurn();
    }
    this.running = undefined;
  }

  /** Embeds the job's next text; true when it was the last. */
  private async step(job: Job): Promise<boolean> {
    if (this.closed) throw closedError();
    throwIfAborted(job.context.signal);
    if (job.next < job.texts.length) await this.embedText(job, job.next++);
    const done = job.next === job.texts.length;
    const now = performance.now();
    if (done || now - job.reportedAt >= PROGRESS_MS) {
      job.reportedAt = now;
      job.context.progress({ stage: "embed", done: job.next, total: job.texts.length });
    }
    return done;
  }

  private async embedText({ texts, result }: Job, index: number): Promise<void> {
    const begin = performance.now();
    const { ids, truncated } = this.tokenizer.ids(texts[index] as string, this.maxTokens);
    const tokenized = performance.now();
    if (truncated) result.truncated.push(index);
    const at = index * this.dimension;
    await this.encode(ids, result.vectors.subarray(at, at + this.dimension));
    result.timings.tokenize += tokenized - begin;
    result.timings.run += performance.now() - tokenized;
  }

  private async encode(ids: Int32Array, out: Float32Array): Promise<void> {
    try {
      await this.encoder.encode(ids, out);
    } catch (cause) {
      if (cause instanceof PagevecError) throw cause;
      throw new PagevecError("engine_failed", `the model failed to run: ${cause}`, { cause });
    }
  }
}

function closedError(): PagevecError {
  return new PagevecError("closed", "the embedding model was closed");
}
