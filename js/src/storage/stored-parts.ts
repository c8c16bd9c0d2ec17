import type { Connection, Names, Transaction } from "./connection.js";
import {
  isKept,
  type KeptPlace,
  type Layout,
  lengthOf,
  packLayout,
  sourcesOf,
  unpackLayout,
  withHeader,
} from "./kept-parts.js";
import {
  exactBuffer,
  inBatches,
  LAYOUT,
  manifestIn,
  readAhead,
  under,
  unusedParts,
  type WrittenParts,
} from "./rows.js";
import type { KeptPart, NewParts } from "./store.js";

/** So many are on their way at once; getAll() would have the browser send them one after another. */
const PARTS_AHEAD = 8;
const STORES: Names[] = ["meta", "parts"];

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
    const layout = await this.layout(id, generation);
    yield* readAhead(PARTS_AHEAD, (number) => this.part(layout, id, generation, number));
  }

  async read(id: string, generation: number, number: number): Promise<Uint8Array | undefined> {
    return this.part(await this.layout(id, generation), id, generation, number);
  }

  /** Under a generation that does not count yet; from: the one whose parts may be taken over. */
  async write(
    id: string,
    generation: number,
    parts: NewParts,
    from?: number,
  ): Promise<WrittenParts> {
    const written: WrittenParts = { count: 0, bytes: 0, kept: 0, rows: 0 };
    const layout = new Map<number, KeptPlace>();
    const older = await this.layout(id, from ?? 0);
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
        if (isKept(part)) layout.set(number, placeOf(part, older, from ?? 0));
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

  /** Under which the payloads of a snapshot may be. */
  async generationsOf(id: string, generation: number): Promise<number[]> {
    return [generation, ...sourcesOf(await this.layout(id, generation))];
  }

  /** Deletes parts of some generations, but never what belongs to the snapshot that counts. */
  async delete(id: string, generations: number[]): Promise<void> {
    const work = async (tx: Transaction<"readwrite">) => {
      const manifest = await manifestIn(tx, id);
      const parts = tx.objectStore("parts");
      for (const generation of generations) {
        const keys = await parts.getAllKeys(under(id, generation));
        const unused = await unusedParts(tx, manifest, keys);
        await Promise.all(unused.map((key) => parts.delete(key)));
      }
    };
    await this.connection.transact(STORES, "readwrite", "deleting an old snapshot", work);
  }

  private async layout(id: string, generation: number): Promise<Layout> {
    const bytes = await this.value(id, generation, LAYOUT);
    return unpackLayout(bytes && new Uint8Array(bytes));
  }

  private async part(
    layout: Layout,
    id: string,
    generation: number,
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

/** Of a part that is taken over from a snapshot, which may itself have taken it over. */
function placeOf({ header, from }: KeptPart, older: Layout, generation: number): KeptPlace {
  const place = older.get(from) ?? { source: generation, number: from };
  return { ...place, header };
}
