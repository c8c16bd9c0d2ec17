import type { Collection } from "../../collection.js";
import type { Row } from "../../types.js";

/** What of a collection takes part: the public face alone, so that a server's is like one of this page. */
export type SyncSide = Pick<
  Collection,
  | "id"
  | "name"
  | "configuration"
  | "embeddingFunction"
  | "get"
  | "count"
  | "add"
  | "upsert"
  | "update"
  | "delete"
>;

export type Direction = "push" | "pull" | "sync";
export type Place = "local" | "remote";

/** Whose version of a record that changed on both sides counts; "neither": leave both for the next time. */
export type SyncWinner = Place | "neither";

/** How push(), pull() and sync() decide, see docs/sync.md. */
export interface SyncParams {
  /**
   * The key of the metadata in which whoever writes a record puts the time, e.g. "updatedAt": numbers, or
   * texts that sort by time. Of two versions the later one wins, without one that which is sent.
   */
  clock?: string;
  /**
   * Decides about a record that changed on both sides since the last time, in place of the clock. null: it
   * was deleted there. Without it a change wins over a deletion.
   */
  onConflict?: (local: Row | null, remote: Row | null) => SyncWinner | Promise<SyncWinner>;
  /** Of push() and pull(): also delete what only the side that receives has. Default false. */
  deleteExtra?: boolean;
  /** Delete everything on one side because the other is empty by now. Default false: that is refused. */
  allowEmpty?: boolean;
  /** Forget what both had the last time: nothing was deleted, and what differs is a conflict. Default false. */
  anew?: boolean;
  /** Records that are read or written in one call, 1 to 5,000. Default 1,000; where texts are embedded 256. */
  batchSize?: number;
}

/** A record that could not go over, which the next call tries again. */
export interface SkippedRecord {
  id: string;
  reason: string;
}

/** What a push(), pull() or sync() has done, in records. */
export interface SyncResult {
  /** Written there, and here. */
  pushed: number;
  pulled: number;
  deletedThere: number;
  deletedHere: number;
  /** Of what was written: texts that the receiving side's function embedded. */
  embedded: number;
  /** Changed on both sides, and not alike. */
  conflicts: number;
  /** As after the last time, or alike on both sides. */
  unchanged: number;
  /** Left as they are: changes that go the other way, and conflicts that were decided so. */
  left: number;
  /** Written by others while the call ran: call again. */
  later: number;
  skipped: SkippedRecord[];
}
