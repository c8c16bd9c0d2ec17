import { PagevecError } from "../errors.js";
import { runParts } from "../providers/client/batches.js";
import type { Generation, Generator, TokenUsage } from "../types/generator.js";
import type { CallOptions } from "../types.js";
import { toGenerator } from "./model.js";
import { type AnswerRequest, type AnswerRequests, makeRequests } from "./requests.js";
import type {
  Answer,
  Answered,
  AnswerParams,
  AnswerPiece,
  AnswerResult,
  AnswerSource,
  AnswerStream,
} from "./types.js";

export interface AnswerOptions extends CallOptions {
  /** Properties that hold files: no prompt tells of them. */
  blobs?: readonly string[];
}

/**
 * Has a model answer a prompt about each record (`single`), a task about all of them (`grouped`), or
 * both. Where a prompt cannot be made or a request fails, that record has an error and the others
 * their answers. Without records nothing is sent.
 * @throws invalid_argument; limit_exceeded when the grouped prompt is over the token budget; aborted
 */
export async function createAnswers<Row extends AnswerSource>(
  rows: readonly Row[],
  params: AnswerParams,
  options: AnswerOptions = {},
): Promise<AnswerResult<Row>> {
  const run = new AnswerRun(rows, params, options);
  await run.send(options, (generator, request, call) => generator.generate(request, call));
  return run.result();
}

/** As createAnswers(), piece by piece. */
export function streamAnswers<Row extends AnswerSource>(
  rows: readonly Row[],
  params: AnswerParams,
  options: AnswerOptions = {},
): AnswerStream<Row> {
  return new StreamedAnswers(new AnswerRun(rows, params, options), options);
}

type Send = (
  generator: Generator,
  request: AnswerRequest["request"],
  call: CallOptions,
  meta: AnswerRequest,
) => Promise<Generation>;

/** The requests of one call, and what came of them. */
class AnswerRun<Row extends AnswerSource> {
  private readonly made: AnswerRequests;
  private readonly generator: Generator;
  private readonly answered: Answered<Row>[];
  private readonly usage: TokenUsage = {};

  constructor(
    readonly rows: readonly Row[],
    private readonly params: AnswerParams,
    { blobs = [] }: AnswerOptions,
  ) {
    this.generator = toGenerator(params.model);
    this.made = makeRequests(rows, params, blobs);
    this.answered = rows.map((row, i) => {
      const error = this.made.errors.get(i);
      return error ? { ...row, error } : { ...row };
    });
  }

  /** Resolves when every request has its answer or its error. @throws aborted */
  async send(options: CallOptions, ask: Send): Promise<void> {
    const { requests } = this.made;
    let done = 0;
    await runParts(requests, this.params.maxConcurrency ?? 4, options, async (request, call) => {
      try {
        this.keep(request, await ask(this.generator, request.request, call, request));
      } catch (error) {
        if (call.signal.aborted) throw error;
        this.keepError(request, error);
      }
      done += 1;
      options.onProgress?.({ stage: "generate", done, total: requests.length });
    });
  }

  result(): AnswerResult<Row> {
    return { rows: this.answered, usage: this.usage };
  }

  private keep({ kind, index, citations }: AnswerRequest, generation: Generation): void {
    const answer: Answer = { ...generation, citations };
    const row = this.answered[index] as Answered<Row>;
    row[kind] = answer;
    for (const side of ["input", "output"] as const) {
      const tokens = generation.usage?.[side];
      if (tokens !== undefined) this.usage[side] = (this.usage[side] ?? 0) + tokens;
    }
  }

  private keepError({ kind, index }: AnswerRequest, error: unknown): void {
    const row = this.answered[index] as Answered<Row>;
    row[kind === "single" ? "error" : "groupedError"] = asPagevecError(error);
  }
}

function asPagevecError(cause: unknown): PagevecError {
  if (cause instanceof PagevecError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PagevecError("provider_failed", `the model failed: ${reason}`, { cause });
}

class StreamedAnswers<Row extends AnswerSource> implements AnswerStream<Row> {
  readonly rows: readonly Row[];
  private readonly pieces: AsyncGenerator<AnswerPiece>;

  constructor(
    private readonly run: AnswerRun<Row>,
    options: CallOptions,
  ) {
    this.rows = run.rows;
    this.pieces = this.read(options);
  }

  [Symbol.asyncIterator](): AsyncGenerator<AnswerPiece> {
    return this.pieces;
  }

  async result(): Promise<AnswerResult<Row>> {
    for await (const _ of this.pieces);
    return this.run.result();
  }

  private async *read(options: CallOptions): AsyncGenerator<AnswerPiece> {
    const stop = new AbortController();
    const { signal } = options;
    const forward = () => stop.abort(signal?.reason);
    signal?.addEventListener("abort", forward, { once: true });
    if (signal?.aborted) forward();
    const queue: AnswerPiece[] = [];
    let wake = () => {};
    let open = true;
    const work = this.send({ ...options, signal: stop.signal }, (piece) => {
      queue.push(piece);
      wake();
    }).finally(() => {
      open = false;
      wake();
    });
    // What it rejects with is thrown below, or of no interest to who left.
    work.catch(() => {});
    try {
      while (open || queue.length > 0) {
        const piece = queue.shift();
        if (piece) yield piece;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      await work;
    } finally {
      stop.abort();
      signal?.removeEventListener("abort", forward);
    }
  }

  private send(options: CallOptions, onPiece: (piece: AnswerPiece) => void): Promise<void> {
    return this.run.send(options, async (generator, request, call, { kind, index }) => {
      const stream = generator.stream(request, call);
      const id = this.rows[index]?.id ?? "";
      for await (const text of stream) onPiece({ kind, index, id, text });
      return stream.result();
    });
  }
}
