// Loaded with the first client whose collections are kept.
import type { CollectionHandle, SnapshotWriterHandle } from "../engine/module.js";
import { nextTurn } from "../engine/turns.js";
import { PagevecError } from "../errors.js";
import type { KeptPart, SnapshotInfo, SnapshotTarget } from "../storage/store.js";
import type { Guard } from "./heap.js";
import { type LoadedCollection, NOTHING_NEW } from "./load.js";
import { type BlockSource, readBlock } from "./stored-vectors.js";

export { compareCounting } from "./compare.js";

/** A stored generation is one more than the last plus up to this, so that tabs hardly collide. */
const GENERATION_GAP = 1024;

/** With the one that is wanted: of parts as much as goes into a transaction, and one more. */
const BLOCKS_AHEAD = 5;

/**
 * Stores a snapshot of a collection; without its graph there are no dead rows in it. Without room, again
 * with that which the second copy takes: first of the new one, then all of it.
 */
export async function storeSnapshot(
  loaded: LoadedCollection,
  source: BlockSource,
  guarded: Guard,
  graph = true,
  attempts = 3,
): Promise<void> {
  const copied = source.store.copy !== undefined;
  const { handle, snapshot } = loaded;
  const target = {
    replaces: snapshot.generation,
    generation: nextGeneration(snapshot),
    coveredSequence: handle.lastSequence(),
  };
  try {
    loaded.snapshot = await writeSnapshot(handle, source, source.id, target, guarded, graph);
    Object.assign(loaded, NOTHING_NEW);
  } catch (cause) {
    const full = (cause as PagevecError).code === "quota_exceeded";
    if (!full || !copied || attempts === 1) throw cause;
    await storeSnapshot(loaded, source, guarded, graph, attempts - 1);
  }
}

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
  guarded: Guard,
  graph = true,
): Promise<SnapshotInfo> {
  // Of another collection's parts none can be taken over.
  const writer = handle.snapshot(target.generation, collection === source.id, graph);
  try {
    const parts = partsOf(writer, source, guarded);
    const snapshot = await source.store.writeSnapshot(collection, target, parts);
    handle.stored(writer);
    return snapshot;
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
): AsyncGenerator<Uint8Array | KeptPart> {
  const blocks = new ReadAhead(source);
  for (;;) {
    const part = guarded(() => writer.next());
    if (part) {
      const from = writer.keptFrom();
      yield from < 0 ? part : { header: part, from };
      // A store that writes at once, as folders do, lets no query in between.
      await nextTurn();
      continue;
    }
    const wanted = writer.wanted();
    if (!wanted) return;
    const block = await blocks.read(wanted);
    if (!block) throw new PagevecError("conflict", "another tab stored a snapshot meanwhile");
    guarded(() => writer.give(block));
  }
}

/** Reads blocks that are wanted in their order, mostly: the next ones while work goes on with one. */
class ReadAhead {
  private begun = new Map<string, Promise<Uint8Array | undefined>>();

  constructor(private readonly source: BlockSource) {}

  read([kind = 0, first = 0]: Uint32Array): Promise<Uint8Array | undefined> {
    const next = new Map<string, Promise<Uint8Array | undefined>>();
    for (let number = first; number < first + BLOCKS_AHEAD; ++number) {
      const key = `${kind}/${number}`;
      const reading = this.begun.get(key) ?? readBlock(this.source, Uint32Array.of(kind, number));
      // Nobody may ever ask for it.
      reading.catch(() => {});
      next.set(key, reading);
    }
    this.begun = next;
    return next.get(`${kind}/${first}`) as Promise<Uint8Array | undefined>;
  }
}
