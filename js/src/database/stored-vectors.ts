import {
  BLOCK,
  type CollectionHandle,
  type CoreModule,
  type SnapshotWriterHandle,
} from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { packStrings } from "../engine/packed-strings.js";
import { PagevecError } from "../errors.js";
import type { Store } from "../storage/store.js";
import type { Records } from "./methods.js";

/** Where a collection's blocks are. The generation is that of the snapshot it was loaded with. */
export interface BlockSource {
  core: CoreModule;
  store: Store;
  id: string;
  generation: number;
}

/** Numbers a vector in places: the kind of its block, the block's number, its own in the block. */
const PLACE_NUMBERS = 3;

/** With the one that is wanted: of parts as much as goes into a transaction, and one more. */
const BLOCKS_AHEAD = 5;

/**
 * The places of the records' vectors, where records lack vectors that were wanted.
 * @throws unsupported when the collection gave its vectors up.
 */
export function missingVectors(handle: CollectionHandle, records: Records): Uint32Array | null {
  const where = handle.vectorsIn();
  if (where === "nowhere") {
    throw new PagevecError(
      "unsupported",
      "the collection was made with keepVectors: false and has no embeddings to return",
    );
  }
  if (where === "heap" || records.ids.length === 0) return null;
  return handle.vectorPlaces(packStrings(records.ids));
}

/**
 * Reads vectors, each block once, over those in `vectors`; a vector that no block has stays. Undefined
 * when a block is gone: another snapshot counts now.
 */
export async function readVectors(
  source: BlockSource,
  places: Uint32Array,
  dimension: number,
  vectors: Float32Array = new Float32Array((places.length / PLACE_NUMBERS) * dimension),
): Promise<Float32Array | undefined> {
  const count = places.length / PLACE_NUMBERS;
  const wantedOf = new Map<string, number[]>();
  for (let i = 0; i < count; ++i) {
    const key = places.subarray(i * PLACE_NUMBERS, i * PLACE_NUMBERS + 2).join();
    if (places[i * PLACE_NUMBERS] === 0) continue;
    const wanted = wantedOf.get(key);
    if (wanted) wanted.push(i);
    else wantedOf.set(key, [i]);
  }
  for (const wanted of wantedOf.values()) {
    const first = (wanted[0] as number) * PLACE_NUMBERS;
    const block = await readBlock(source, places.subarray(first, first + 2));
    if (!block) return undefined;
    const indexes = Uint32Array.from(wanted, (i) => places[i * PLACE_NUMBERS + 2] as number);
    const found = unwrap(source.core.readVectors(block, dimension, indexes));
    wanted.forEach((i, j) => {
      vectors.set(found.subarray(j * dimension, (j + 1) * dimension), i * dimension);
    });
  }
  return vectors;
}

/** The parts of a snapshot; vectors that are not in the heap come from the last one and the journal. */
export async function* partsOf(
  writer: SnapshotWriterHandle,
  source: BlockSource,
): AsyncGenerator<Uint8Array> {
  const blocks = new ReadAhead(source);
  for (;;) {
    const part = writer.next();
    if (part) {
      yield part;
      continue;
    }
    const wanted = writer.wanted();
    if (!wanted) return;
    const block = await blocks.read(wanted);
    if (!block) throw new PagevecError("conflict", "another tab stored a snapshot meanwhile");
    writer.give(block);
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

function readBlock(
  { store, id, generation }: BlockSource,
  [kind, number]: Uint32Array,
): Promise<Uint8Array | undefined> {
  return kind === BLOCK.part
    ? store.readPart(id, generation, number as number)
    : store.readRecord(id, number as number);
}
