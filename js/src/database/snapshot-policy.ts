/** A journal below this is replayed faster than a snapshot is worth. */
export const MIN_JOURNAL_BYTES = 256 * 2 ** 10;
/** Before the first snapshot: a journal above this makes opening slow. */
export const MAX_JOURNAL_BYTES = 16 * 2 ** 20;
/**
 * Of the snapshot's size: the rewriting costs at most about five times the data, and replaying the journal
 * less than reading the snapshot. (One every 16 MiB would write a million vectors 50 times over.)
 */
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
  if (idle) return true;
  return journalBytes > (snapshotBytes > 0 ? snapshotBytes * MAX_JOURNAL_SHARE : MAX_JOURNAL_BYTES);
}
