import type { PagevecError } from "../errors.js";

/** The others wait so long for a tab that came too late: it reads what they wrote, and asks again. */
const PATIENCE_MS = 300;

interface Late {
  tab: string;
  /** When its next batch was there, or was waited for in vain. */
  ended: Promise<void>;
  end(): void;
}

/**
 * Whose batch comes next of tabs that write to one collection at the same time. One whose batch came too
 * late comes before those that were in time: without that a tab that writes batch after batch leaves one
 * that is slower to prepare its own no chance.
 */
export class Precedence {
  private readonly queues = new Map<string, Late[]>();

  /** Stores a tab's batch, which others may go before. id: the collection's. @throws what store throws */
  async run<T>(id: string, tab: string, store: () => Promise<T>): Promise<T> {
    await this.turn(id, tab);
    let tooLate = false;
    try {
      return await store();
    } catch (cause) {
      tooLate = (cause as PagevecError).code === "conflict";
      throw cause;
    } finally {
      this.settle(id, tab, tooLate);
    }
  }

  private async turn(id: string, tab: string): Promise<void> {
    for (;;) {
      const first = this.queues.get(id)?.[0];
      if (!first || first.tab === tab) return;
      await first.ended;
    }
  }

  private settle(id: string, tab: string, tooLate: boolean): void {
    const queue = this.queues.get(id) ?? [];
    if (queue[0]?.tab === tab) queue[0].end();
    if (!tooLate) return;
    this.queues.set(id, queue);
    let end = () => {};
    const settled = new Promise<void>((resolve) => {
      end = resolve;
      setTimeout(resolve, PATIENCE_MS);
    });
    const ended = settled.then(() => void queue.splice(queue.indexOf(late), 1));
    const late: Late = { tab, ended, end };
    queue.push(late);
  }
}
