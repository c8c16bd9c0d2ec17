import type { Connection, Names, Transaction } from "./connection.js";
import { isHeader, isKept, keeps, lengthOf, placeOf, withHeader } from "./kept-parts.js";
import { exactBuffer, inBatches, manifestIn, under, type WrittenParts } from "./rows.js";
import { type KeptPart, type Manifest, type NewParts, NO_SNAPSHOT } from "./store.js";

const STORES: Names[] = ["meta", "parts"];

/** A transaction that writes, as long as no other tab has taken over. */
type Writing = <T>(
  stores: Names[],
  doing: string,
  work: (tx: Transaction<"readwrite">) => Promise<T>,
) => Promise<T>;

/**
 * The parts of snapshots in IndexedDB. Of a part that was taken over from the snapshot before there is the
 * header under its own key; its payload stays where it was written.
 */
export class StoredParts {
  constructor(
    private readonly connection: Connection,
    private readonly writing: Writing,
  ) {}

  /** A part, whole; undefined when it is gone. manifest: of the collection, read before. */
  async read(
    manifest: Manifest | undefined,
    id: string,
    generation: number,
    number: number,
  ): Promise<Uint8Array | undefined> {
    const counts = manifest?.snapshot.generation === generation;
    const place = counts ? placeOf(manifest, number) : undefined;
    const elsewhere = place && place[0] !== generation;
    const [own, older] = await Promise.all([
      this.value(id, generation, number),
      elsewhere ? this.value(id, ...place) : undefined,
    ]);
    if (own && older) return withHeader(new Uint8Array(own), new Uint8Array(older));
    // The header of one whose snapshot does not count any more.
    return own && !isHeader(own) ? new Uint8Array(own) : undefined;
  }

  /** Under a generation that does not count yet; old: what parts are taken over from. */
  async write(
    id: string,
    generation: number,
    parts: NewParts,
    old?: Manifest,
  ): Promise<WrittenParts> {
    const written: WrittenParts = { count: 0, bytes: 0, kept: [] };
    const note = (part: Uint8Array | KeptPart) => {
      const number = written.count++;
      written.bytes += isKept(part) ? lengthOf(part) : part.byteLength;
      if (isKept(part) && old) written.kept.push([number, ...placeOf(old, part.from)]);
      return exactBuffer(stored(part));
    };
    let writing: Promise<unknown> = Promise.resolve();
    // One at a time, while the parts of the next are made; none is under way when this ends.
    try {
      for await (const batch of inBatches(parts, (part) => stored(part).byteLength)) {
        await writing;
        const first = written.count;
        writing = this.add(id, generation, first, batch.map(note));
        writing.catch(() => {});
      }
    } finally {
      await writing;
    }
    return written;
  }

  /** Deletes those of some generations, but never what belongs to the snapshot that counts. */
  async delete(id: string, generations: number[]): Promise<void> {
    const work = async (tx: Transaction<"readwrite">) => {
      const { generation: counts, kept } = (await manifestIn(tx, id))?.snapshot ?? NO_SNAPSHOT;
      const parts = tx.objectStore("parts");
      for (const generation of generations.filter((each) => each !== counts)) {
        const all = under(id, generation);
        const inUse = (kept ?? []).filter((place) => place[1] === generation);
        if (inUse.length === 0) {
          await parts.delete(all);
          continue;
        }
        const gone = (await parts.getAllKeys(all)).filter(
          ([, , n]) => !keeps(inUse, generation, n),
        );
        await Promise.all(gone.map((key) => parts.delete(key)));
      }
    };
    await this.connection.transact(STORES, "readwrite", "deleting an old snapshot", work);
  }

  private value(id: string, generation: number, number: number): Promise<ArrayBuffer | undefined> {
    return this.connection.transact(["parts"], "readonly", "reading a snapshot", (tx) =>
      tx.objectStore("parts").get([id, generation, number]),
    );
  }

  private add(id: string, generation: number, first: number, batch: ArrayBuffer[]) {
    return this.writing(STORES, "writing a snapshot", (tx) => {
      const parts = tx.objectStore("parts");
      // add, not put: two tabs that write the same generation must not mix their parts.
      return Promise.all(batch.map((part, i) => parts.add(part, [id, generation, first + i])));
    });
  }
}

/** What is stored of a part. */
function stored(part: Uint8Array | KeptPart): Uint8Array {
  return isKept(part) ? part.header : part;
}
