/** A journal below this is replayed faster than a snapshot is worth. */
export const MIN_JOURNAL_BYTES = 256 * 2 ** 10;
/** A journal above this makes opening slow: it is not left to grow, however large the snapshot. */
export const MAX_JOURNAL_BYTES = 16 * 2 ** 20;
/** Of the snapshot's size: the rewriting costs at most about five times the data. */
export const MAX_JOURNAL_SHARE = 0.25;
/** Without a write for so long, a collection counts as idle. */
export const IDLE_MS = 5000;

/** Linking so many rows again at the next open takes longer than writing them down now. */
export const MIN_LINKED_ROWS = 500;

/** What a snapshot would save, and what it would cost. */
export interface SnapshotState {
  journalBytes: number;
  snapshotBytes: number;
  /** Rows that were linked into the graph since the last snapshot. */
  linkedRows: number;
}

/** Whether to write a snapshot now. A collection that is idle has the time for it. */
export function snapshotDue(state: SnapshotState, idle: boolean): boolean {
  const { journalBytes, snapshotBytes, linkedRows } = state;
  if (idle && linkedRows >= MIN_LINKED_ROWS) return true;
  if (journalBytes < MIN_JOURNAL_BYTES) return false;
  if (idle || journalBytes > MAX_JOURNAL_BYTES) return true;
  return snapshotBytes > 0 && journalBytes > snapshotBytes * MAX_JOURNAL_SHARE;
}
