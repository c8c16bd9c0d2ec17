import type { CollectionHandle } from "../engine/module.js";
import type { SnapshotInfo, SnapshotTarget } from "../storage/store.js";
import { type BlockSource, partsOf } from "./stored-vectors.js";

/** A new generation is one more than the last plus up to this, so that tabs hardly collide. */
const GENERATION_GAP = 1024;

export function nextGeneration({ generation }: SnapshotInfo): number {
  return generation + 1 + Math.floor(Math.random() * GENERATION_GAP);
}

/**
 * Stores a snapshot of what a handle holds, of the same collection or of another. source: where the
 * handle's vectors are now; afterwards they are in the new parts.
 */
export async function writeSnapshot(
  handle: CollectionHandle,
  source: BlockSource,
  collection: string,
  target: SnapshotTarget,
): Promise<SnapshotInfo> {
  const writer = handle.snapshot(target.generation);
  try {
    const parts = partsOf(writer, source);
    const snapshot = await source.store.writeSnapshot(collection, target, parts);
    handle.stored(writer);
    return snapshot;
  } finally {
    writer.delete();
  }
}
