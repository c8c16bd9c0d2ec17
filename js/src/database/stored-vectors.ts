import { BLOCK, type CollectionHandle, type CoreModule } from "../engine/module.js";
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

export function readBlock(
  { store, id, generation }: BlockSource,
  [kind, number]: Uint32Array,
): Promise<Uint8Array | undefined> {
  return kind === BLOCK.part
    ? store.readPart(id, generation, number as number)
    : store.readRecord(id, number as number);
}
