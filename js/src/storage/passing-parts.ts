import type { KeptPart, NewParts } from "./store.js";

/**
 * The parts of a snapshot on their way to the store that is written first, and from the same bytes to
 * one that follows.
 */
export class PassingParts {
  private readonly passed: (Uint8Array | KeptPart)[] = [];
  private followed = false;
  private end: "open" | "stored" | "failed" = "open";
  private wake = () => {};

  constructor(private readonly parts: NewParts) {}

  async *forFirst(): AsyncGenerator<Uint8Array | KeptPart> {
    for await (const part of this.parts) {
      if (this.followed) this.passed.push(part);
      this.wake();
      yield part;
    }
  }

  /**
   * Called before forFirst(). write takes parts that end, or fail, once it is known whether the first
   * store has them. Resolves to whether the one that follows has them too.
   */
  async follow(write: (parts: NewParts) => Promise<unknown>): Promise<boolean> {
    this.followed = true;
    try {
      await write(this.again());
      return true;
    } catch {
      return false;
    } finally {
      this.followed = false;
      this.passed.length = 0;
    }
  }

  /** What became of the first. */
  settle(end: "stored" | "failed"): void {
    this.end = end;
    this.wake();
  }

  private async *again(): AsyncGenerator<Uint8Array | KeptPart> {
    for (;;) {
      const part = this.passed.shift();
      if (part) yield part;
      else if (this.end === "stored") return;
      else if (this.end === "failed") throw new Error("the first store has none");
      else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}
