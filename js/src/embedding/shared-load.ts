import { throwIfAborted, unlessAborted } from "../errors.js";
import type { CallOptions, Progress } from "../types.js";

/**
 * One piece of work that several callers wait for. It is done once; each caller may leave by its
 * AbortSignal, and the work itself is aborted when the last has left.
 */
export class SharedLoad<T> {
  private readonly controller = new AbortController();
  private readonly listeners = new Set<(progress: Progress) => void>();
  private readonly work: Promise<T>;
  private waiting = 0;
  private settled = false;

  constructor(start: (options: Required<CallOptions>) => Promise<T>) {
    const onProgress = (progress: Progress) => {
      for (const listener of this.listeners) listener(progress);
    };
    this.work = start({ signal: this.controller.signal, onProgress });
    const settle = () => {
      this.settled = true;
    };
    // Callers see a failure through wait(); when all have left, nobody needs to.
    this.work.then(settle, settle);
  }

  /** Everybody has left and the work is being aborted: start another. */
  get abandoned(): boolean {
    return this.controller.signal.aborted;
  }

  /** Stops the work if it is not done: everybody's wait rejects with the work's error. */
  cancel(): void {
    this.controller.abort();
  }

  async wait({ signal, onProgress }: CallOptions = {}): Promise<T> {
    throwIfAborted(signal);
    if (onProgress) this.listeners.add(onProgress);
    this.waiting++;
    try {
      return await unlessAborted(this.work, signal);
    } finally {
      this.waiting--;
      if (onProgress) this.listeners.delete(onProgress);
      // Who leaves after the work is done leaves it to the next.
      if (this.waiting === 0 && !this.settled && signal?.aborted) {
        this.controller.abort(signal.reason);
      }
    }
  }
}
