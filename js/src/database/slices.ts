/** How long work in the background may hold up a query. */
const SLICE_MS = 6;
const FIRST_ROWS = 8;

/**
 * Lets everything that waits run first: messages, timers, other calls. A message and not a timer,
 * because browsers stretch nested timers to 4 ms.
 */
export function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/**
 * Repeats step(rows), which returns what is left, until nothing is left or stopped() says so. Fits
 * the rows per step to a slice of a few milliseconds.
 */
export async function runInSlices(
  step: (rows: number) => number,
  stopped: () => boolean,
): Promise<void> {
  let rows = FIRST_ROWS;
  for (;;) {
    await yieldToOthers();
    if (stopped()) return;
    const begin = performance.now();
    if (step(rows) === 0) return;
    const elapsed = performance.now() - begin;
    if (elapsed > SLICE_MS) rows = Math.max(1, rows >> 1);
    else if (elapsed < SLICE_MS / 2) rows = Math.min(4096, rows * 2);
  }
}
