import { PagevecError } from "../errors.js";
import type { CallOptions } from "../types.js";
import { SharedLoad } from "./shared-load.js";

/** What runs in an engine until it is closed. */
export interface Started {
  /** False when it has failed for good, or was closed. */
  readonly alive: boolean;
  close(): Promise<void>;
}

/**
 * Starts something when it is first needed, once for all callers; again after a start that failed,
 * and when what was started has failed for good.
 */
export class Restartable<T extends Started> {
  private opening: SharedLoad<T> | undefined;
  private started: T | undefined;
  private closed = false;

  /** @param name what calls after close() say was closed. */
  constructor(
    private readonly name: string,
    private readonly start: (call: Required<CallOptions>) => Promise<T>,
  ) {}

  /** What has been started, if it has. */
  get current(): T | undefined {
    return this.started;
  }

  /** @throws closed after close(); what `start` throws. */
  async open(options?: CallOptions): Promise<T> {
    this.throwIfClosed();
    if (!this.opening || this.opening.abandoned || this.started?.alive === false) {
      this.started = undefined;
      this.opening = new SharedLoad(async (shared) => {
        this.started = await this.start(shared);
        return this.started;
      });
    }
    const opening = this.opening;
    try {
      return await opening.wait(options);
    } catch (error) {
      this.throwIfClosed();
      // A failed start is not remembered: the next call tries again.
      if (!options?.signal?.aborted && this.opening === opening) this.opening = undefined;
      throw error;
    }
  }

  /** Stops a start that is under way, and closes what was started. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.opening?.cancel();
    const started = await this.opening?.wait().catch(() => undefined);
    await started?.close();
  }

  private throwIfClosed(): void {
    if (this.closed) throw new PagevecError("closed", `${this.name} was closed`);
  }
}
