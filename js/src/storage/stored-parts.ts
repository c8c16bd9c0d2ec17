import type { Connection, Names, Transaction } from "./connection.js";
import {
  isKept,
  type KeptPlace,
  LAYOUT,
  type Layout,
  lengthOf,
  packLayout,
  placeOf,
  sourcesOf,
  unpackLayout,
  withHeader,
} from "./kept-parts.js";
import {
  exactBuffer,
  inBatches,
  manifestIn,
  readAhead,
  under,
  unusedParts,
  type WrittenParts,
} from "./rows.js";
import type { NewParts } from "./store.js";

/** So many are on their way at once; getAll() would have the browser send them one after another. */
const PARTS_AHEAD = 8;
const STORES: Names[] = ["meta", "parts"];

/** A snapshot as its payloads lie there. */
export interface StoredSnapshot {
  generation: number;
  layout: Layout;
}

/** A transaction that writes, as long as no other tab has taken over. */
type Writing = <T>(
  stores: Names[],
  doing: string,
  work: (tx: Transaction<"readwrite">) => Promise<T>,
) => Promise<T>;

/**
 * The parts of snapshots in IndexedDB. Payloads that a snapshot took over from the one before stay where
 * they were written; its layout, a row beside its own parts, says where.
 */
export class StoredParts {
  constructor(
    private readonly connection: Connection,
    private readonly writing: Writing,
  ) {}

  /** In order, up to the first that is not there. */
  async *readAll(id: string, generation: number): AsyncGenerator<Uint8Array> {
    const snapshot = await this.snapshot(id, generation);
    yield* readAhead(PARTS_AHEAD, (number) => this.part(id, snapshot, number));
  }

  async read(id: string, generation: number, number: number): Promise<Uint8Array | undefined> {
    return this.part(id, await this.snapshot(id, generation), number);
  }

  /** Under a generation that does not count yet; from: whose parts may be taken over. */
  async write(
    id: string,
    generation: number,
    parts: NewParts,
    from: StoredSnapshot,
  ): Promise<WrittenParts> {
    const written: WrittenParts = { count: 0, bytes: 0, kept: 0, rows: 0 };
    const layout = new Map<number, KeptPlace>();
    let writing: Promise<unknown> = Promise.resolve();
    // One at a time, while the parts of the next are made; none is under way when this ends.
    const add = async (rows: [number, ArrayBuffer][]) => {
      await writing;
      written.rows += rows.length;
      writing = this.add(id, generation, rows);
      writing.catch(() => {});
    };
    const take = async function* (): AsyncGenerator<[number, Uint8Array]> {
      for await (const part of parts) {
        const number = written.count++;
        written.bytes += isKept(part) ? lengthOf(part) : part.byteLength;
        if (isKept(part)) layout.set(number, placeOf(part, from.layout, from.generation));
        else yield [number, part];
      }
    };
    try {
      for await (const batch of inBatches(take(), ([, part]) => part.byteLength)) {
        await add(batch.map(([number, part]) => [number, exactBuffer(part)]));
      }
      written.kept = layout.size;
      if (layout.size > 0) await add([[LAYOUT, packLayout(layout).buffer]]);
    } finally {
      await writing;
    }
    return written;
  }

  /** Deletes the parts of a snapshot, but never what belongs to the one that counts. */
  async delete(id: string, { generation: own, layout }: StoredSnapshot): Promise<void> {
    const generations = [own, ...sourcesOf(layout)];
    const work = async (tx: Transaction<"readwrite">) => {
      const manifest = await manifestIn(tx, id);
      const parts = tx.objectStore("parts");
      const gone = generations.filter((each) => each !== manifest?.snapshot.generation);
      for (const generation of gone) {
        const keys = await parts.getAllKeys(under(id, generation));
        const unused = await unusedParts(tx, manifest, keys);
        const all = unused.length === keys.length;
        // In one piece where none is in use.
        const ranges = all ? [under(id, generation)] : unused;
        await Promise.all(ranges.map((range) => parts.delete(range)));
      }
    };
    await this.connection.transact(STORES, "readwrite", "deleting an old snapshot", work);
  }

  async snapshot(id: string, generation: number): Promise<StoredSnapshot> {
    const bytes = generation === 0 ? undefined : await this.value(id, generation, LAYOUT);
    return { generation, layout: unpackLayout(bytes && new Uint8Array(bytes)) };
  }

  private async part(
    id: string,
    { generation, layout }: StoredSnapshot,
    number: number,
  ): Promise<Uint8Array | undefined> {
    const place = layout.get(number);
    const value = await (place
      ? this.value(id, place.source, place.number)
      : this.value(id, generation, number));
    const bytes = value && new Uint8Array(value);
    return bytes && place ? withHeader(place.header, bytes) : bytes;
  }

  private value(id: string, generation: number, number: number): Promise<ArrayBuffer | undefined> {
    return this.connection.transact(["parts"], "readonly", "reading a snapshot", (tx) =>
      tx.objectStore("parts").get([id, generation, number]),
    );
  }

  private add(id: string, generation: number, rows: [number, ArrayBuffer][]) {
    return this.writing(STORES, "writing a snapshot", (tx) => {
      const parts = tx.objectStore("parts");
      // add, not put: two tabs that write the same generation must not mix their parts.
      return Promise.all(rows.map(([number, value]) => parts.add(value, [id, generation, number])));
    });
  }
}
