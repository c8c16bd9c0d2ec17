// Loaded with the first client whose collections are kept.
import type { SnapshotWriterHandle } from "../engine/module.js";
import { PagevecError } from "../errors.js";
import type { Guard } from "./heap.js";
import type { LoadedCollection } from "./load.js";
import { type BlockSource, readBlock } from "./stored-vectors.js";

/** A stored generation is one more than the last plus up to this, so that tabs hardly collide. */
const GENERATION_GAP = 1024;

/** Stores a snapshot of a collection; without room, once more with that of the second copy. */
export async function storeSnapshot(
  loaded: LoadedCollection,
  source: BlockSource,
  guarded: Guard,
): Promise<void> {
  const { store } = source;
  const copied = store.copy !== undefined;
  await writeSnapshot(loaded, source, guarded).catch((cause) => {
    if (cause.code !== "quota_exceeded" || !copied || store.copy) throw cause;
    return writeSnapshot(loaded, source, guarded);
  });
}

async function writeSnapshot(
  loaded: LoadedCollection,
  source: BlockSource,
  guarded: Guard,
): Promise<void> {
  const { handle, snapshot } = loaded;
  const generation = snapshot.generation + 1 + Math.floor(Math.random() * GENERATION_GAP);
  const target = {
    replaces: snapshot.generation,
    generation,
    coveredSequence: handle.lastSequence(),
  };
  const writer = handle.snapshot(generation);
  try {
    const parts = partsOf(writer, source, guarded);
    loaded.snapshot = await source.store.writeSnapshot(source.id, target, parts);
    handle.stored(writer);
    loaded.journalBytes = 0;
    loaded.linkedRows = 0;
    loaded.removed = false;
  } finally {
    writer.delete();
  }
}

/**
 * The parts of a snapshot; vectors that are not in the heap come from the last one and the journal.
 * guarded runs each call of the core: what it throws reaches the store that writes the parts.
 */
async function* partsOf(
  writer: SnapshotWriterHandle,
  source: BlockSource,
  guarded: Guard,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    const part = guarded(() => writer.next());
    if (part) {
      yield part;
      continue;
    }
    const wanted = writer.wanted();
    if (!wanted) return;
    const block = await readBlock(source, wanted);
    if (!block) throw new PagevecError("conflict", "another tab stored a snapshot meanwhile");
    guarded(() => writer.give(block));
  }
}
