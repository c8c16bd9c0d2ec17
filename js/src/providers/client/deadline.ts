import { PagevecError, throwIfAborted, unlessAborted } from "../../errors.js";
import type { Provider } from "./provider.js";

/** Ends a request when its time is over or when its caller gives it up. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly giveUp = () => this.controller.abort(this.outer?.reason);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private end = 0;

  constructor(
    private readonly provider: Provider,
    private readonly limit: number,
    private readonly outer: AbortSignal | undefined,
  ) {
    throwIfAborted(outer);
    outer?.addEventListener("abort", this.giveUp, { once: true });
    this.restart();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Milliseconds. */
  get left(): number {
    return this.end - performance.now();
  }

  restart(): void {
    this.pause();
    this.end = performance.now() + this.limit;
    this.timer = setTimeout(() => this.controller.abort(), this.limit);
  }

  /** Stops the clock until restart(). */
  pause(): void {
    clearTimeout(this.timer);
  }

  /**
   * The value of work, also of work that does not mind the signal.
   * @throws aborted, timeout
   */
  async within<T>(work: Promise<T>): Promise<T> {
    try {
      return await unlessAborted(work, this.signal);
    } catch (error) {
      throwIfAborted(this.outer);
      if (!this.signal.aborted) throw error;
      const { name } = this.provider;
      throw new PagevecError(
        "timeout",
        `${name} did not answer within ${this.limit} ms; try again, or raise timeLimit`,
        { provider: { provider: name, retryable: true } },
      );
    }
  }

  close(): void {
    this.pause();
    this.outer?.removeEventListener("abort", this.giveUp);
  }
}
