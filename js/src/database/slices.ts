import { nextTurn } from "../engine/turns.js";

/** How long work in the background may hold up a query. */
const SLICE_MS = 6;
const FIRST_ROWS = 8;
/** A cheap stage of the work says nothing of the next. */
const MAX_ROWS = 256;

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
    await nextTurn();
    if (stopped()) return;
    const begin = performance.now();
    if (step(rows) === 0) return;
    const elapsed = performance.now() - begin;
    if (elapsed > SLICE_MS) rows = Math.max(1, rows >> 1);
    else if (elapsed < SLICE_MS / 2) rows = Math.min(MAX_ROWS, rows * 2);
  }
}
