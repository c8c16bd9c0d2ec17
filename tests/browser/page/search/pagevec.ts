import { loadCore } from "../../../../js/dist/engine/load.js";
import type {
  CollectionHandle,
  CoreModule,
  QueryColumns,
} from "../../../../js/dist/engine/module.js";
import { OPERATION, QUANTIZATION, VECTORS } from "../../../../js/dist/engine/module.js";
import { unwrap } from "../../../../js/dist/engine/outcome.js";
import { packStrings, unpackStrings } from "../../../../js/dist/engine/packed-strings.js";
import { DIMENSION, K, type SearchData } from "./data.js";
import type { Found, SearchCall, SearchSystem } from "./system.js";

const COSINE = 2;
const INDEX = { flat: 1, hnsw: 2 };
const M = 16;
const EF_CONSTRUCTION = 200;
const EF_SEARCH = 64;
/** Small, so that what a batch takes on its way does not count for the heap of the index. */
const CHUNK = 100;
const WARM_UP_ROWS = 2_000;

interface PagevecOptions {
  variant: "simd128" | "relaxed";
  index: keyof typeof INDEX;
  quantization: keyof typeof QUANTIZATION;
}

/** The core's collection, called directly. */
export class PagevecSystem implements SearchSystem {
  private core: CoreModule | undefined;
  private collection: CollectionHandle | undefined;
  /** By sequence: what storage would keep, where a snapshot takes the floats from. */
  private records: Uint8Array[] = [];

  constructor(private readonly options: PagevecOptions) {}

  async build(data: SearchData): Promise<number> {
    if (this.core === undefined) await this.warmUp(data);
    // A heap of its own each time; compiled code is shared.
    const core = await loadCore({ variant: this.options.variant });
    this.core = core;
    const { collection, seconds } = await this.fill(core, data, data.rows);
    this.collection = collection;
    return seconds;
  }

  bytes(): number {
    return (this.collection as CollectionHandle).indexBytes();
  }

  allBytes(): number {
    return (this.collection as CollectionHandle).bytes();
  }

  search({ queries, ef, single }: SearchCall): Found {
    return single ? this.searchOneByOne(queries, ef, null) : this.searchTogether(queries, ef);
  }

  /** One query a call, among the rows whose label is below the limit. */
  searchBelow(queries: Float32Array, ef: number, limit: number): Found {
    return this.searchOneByOne(queries, ef, JSON.stringify({ label: { $lt: limit } }));
  }

  /** Gives every row its label as metadata. */
  setLabels(data: SearchData): void {
    const collection = this.collection as CollectionHandle;
    const nothing = new Float32Array(0);
    for (let at = 0; at < data.rows; at += CHUNK) {
      const rows = Array.from({ length: Math.min(CHUNK, data.rows - at) }, (_, i) => at + i);
      const ids = packStrings(rows.map(String));
      const labels = packStrings(rows.map((row) => JSON.stringify({ label: data.label(row) })));
      const record = collection.prepare(OPERATION.update, ids, null, labels, null, nothing, 0, 1);
      unwrap(collection.apply(unwrap(record)));
    }
  }

  /** All queries in one call. The answer is left packed while the time runs. */
  private searchTogether(queries: Float32Array, ef: number): Found {
    const collection = this.collection as CollectionHandle;
    const begin = performance.now();
    const { counts, records } = ask(collection, queries, ef, null);
    const seconds = (performance.now() - begin) / 1000;
    const rows = unpackStrings(records.ids).map(Number);
    return { seconds, rows: Array.from(counts, (count) => rows.splice(0, count)) };
  }

  private searchOneByOne(queries: Float32Array, ef: number, where: string | null): Found {
    const collection = this.collection as CollectionHandle;
    const answers: (string | null)[][] = [];
    const begin = performance.now();
    for (let at = 0; at < queries.length; at += DIMENSION) {
      const query = queries.subarray(at, at + DIMENSION);
      const { records } = ask(collection, query, ef, where);
      answers.push(unpackStrings(records.ids));
    }
    const seconds = (performance.now() - begin) / 1000;
    return { seconds, rows: answers.map((ids) => ids.map(Number)) };
  }

  /** Part after part, from one heap into another, so that no more than a part is held twice. */
  async store() {
    const core = await loadCore({ variant: this.options.variant });
    const writer = (this.collection as CollectionHandle).snapshot(1, false, true);
    const reader = core.createSnapshotReader(false);
    const sum = { save: 0, load: 0, bytes: 0 };
    const timed = <T>(what: "save" | "load", run: () => T): T => {
      const begin = performance.now();
      const value = run();
      sum[what] += (performance.now() - begin) / 1000;
      return value;
    };
    for (;;) {
      const part = timed("save", () => writer.next());
      if (part !== null) {
        sum.bytes += part.byteLength;
        timed("load", () => unwrap(reader.feed(part)));
        continue;
      }
      const wanted = writer.wanted();
      if (wanted === null) break;
      const record = this.records[wanted[1] as number] as Uint8Array;
      timed("save", () => writer.give(record));
    }
    writer.delete();
    const loaded = timed("load", () => unwrap(reader.finish()));
    reader.delete();
    timed("load", () => link(loaded));
    loaded.delete();
    return sum;
  }

  /** V8 compiles hot wasm functions again, better: not in the middle of the measuring. */
  private async warmUp(data: SearchData): Promise<void> {
    this.core = await loadCore({ variant: this.options.variant });
    const { collection } = await this.fill(this.core, data, Math.min(data.rows, WARM_UP_ROWS));
    this.collection = collection;
    for (const ef of [16, 64, 200]) {
      this.search({ queries: data.queries, ef, single: false });
      this.search({ queries: data.queries, ef, single: true });
    }
    collection.delete();
  }

  private async fill(core: CoreModule, data: SearchData, rows: number) {
    const index = INDEX[this.options.index];
    const vectors = QUANTIZATION[this.options.quantization] + VECTORS.kept + VECTORS.rescored;
    const made = core.createCollection(COSINE, index, M, EF_CONSTRUCTION, EF_SEARCH, vectors);
    const collection = unwrap(made);
    this.records = [];
    let milliseconds = 0;
    for (let at = 0; at < rows; at += CHUNK) {
      const chunk = await data.chunk(at, CHUNK);
      const begin = performance.now();
      const record = add(collection, at, chunk);
      milliseconds += performance.now() - begin;
      this.records[collection.lastSequence()] = record;
    }
    const begin = performance.now();
    link(collection);
    milliseconds += performance.now() - begin;
    return { collection, seconds: milliseconds / 1000 };
  }
}

function add(collection: CollectionHandle, from: number, vectors: Float32Array): Uint8Array {
  const count = vectors.length / DIMENSION;
  const ids = packStrings(Array.from({ length: count }, (_, i) => String(from + i)));
  const record = unwrap(
    collection.prepare(OPERATION.add, ids, null, null, null, vectors, DIMENSION, 1),
  );
  unwrap(collection.apply(record));
  return record;
}

function ask(
  collection: CollectionHandle,
  queries: Float32Array,
  ef: number,
  where: string | null,
): QueryColumns {
  return unwrap(collection.query(queries, DIMENSION, K, ef, null, where, null, null, 0));
}

function link(collection: CollectionHandle): void {
  while (collection.maintain(256) > 0);
}
