import { loadCore } from "../../../../js/dist/engine/load.js";
import type { CollectionHandle, CoreModule } from "../../../../js/dist/engine/module.js";
import { OPERATION } from "../../../../js/dist/engine/module.js";
import { unwrap } from "../../../../js/dist/engine/outcome.js";
import { packStrings, unpackStrings } from "../../../../js/dist/engine/packed-strings.js";
import { DIMENSION, K, type SearchData } from "./data.js";
import type { Found, SearchCall, SearchSystem } from "./system.js";

const COSINE = 2;
const INDEX = { flat: 1, hnsw: 2 };
const M = 16;
const EF_CONSTRUCTION = 200;
/** Small, so that what a batch takes on its way does not count for the heap of the index. */
const CHUNK = 100;
const WARM_UP_ROWS = 2_000;

interface PagevecOptions {
  variant: "simd128" | "relaxed";
  index: keyof typeof INDEX;
}

/** The core's collection, called directly. */
export class PagevecSystem implements SearchSystem {
  private core: CoreModule | undefined;
  private collection: CollectionHandle | undefined;
  private bytesBefore = 0;

  constructor(private readonly options: PagevecOptions) {}

  async build(data: SearchData): Promise<number> {
    if (this.core === undefined) await this.warmUp(data);
    // A heap of its own each time; compiled code is shared.
    const core = await loadCore({ variant: this.options.variant });
    this.core = core;
    this.bytesBefore = core.heapBytes();
    const { collection, seconds } = await this.fill(core, data, data.rows);
    this.collection = collection;
    return seconds;
  }

  bytes(): number {
    return (this.core as CoreModule).heapBytes() - this.bytesBefore;
  }

  search({ queries, ef, single }: SearchCall): Found {
    return single ? this.searchOneByOne(queries, ef) : this.searchAllowed(queries, ef, null);
  }

  /** All queries in one call, among the given rows only. The answer is left packed while the time runs. */
  searchAllowed(queries: Float32Array, ef: number, allowed: number[] | null): Found {
    const collection = this.collection as CollectionHandle;
    const ids = allowed && packStrings(allowed.map(String));
    const begin = performance.now();
    const { counts, records } = unwrap(collection.query(queries, DIMENSION, K, ef, ids, 0));
    const seconds = (performance.now() - begin) / 1000;
    const rows = unpackStrings(records.ids).map(Number);
    return { seconds, rows: Array.from(counts, (count) => rows.splice(0, count)) };
  }

  private searchOneByOne(queries: Float32Array, ef: number): Found {
    const collection = this.collection as CollectionHandle;
    const answers: (string | null)[][] = [];
    const begin = performance.now();
    for (let at = 0; at < queries.length; at += DIMENSION) {
      const query = queries.subarray(at, at + DIMENSION);
      const { records } = unwrap(collection.query(query, DIMENSION, K, ef, null, 0));
      answers.push(unpackStrings(records.ids));
    }
    const seconds = (performance.now() - begin) / 1000;
    return { seconds, rows: answers.map((ids) => ids.map(Number)) };
  }

  /** Part after part, from one heap into another, so that no more than a part is held twice. */
  async store() {
    const core = await loadCore({ variant: this.options.variant });
    const writer = (this.collection as CollectionHandle).snapshot(1);
    const reader = core.createSnapshotReader();
    const sum = { save: 0, load: 0, bytes: 0 };
    const timed = <T>(what: "save" | "load", run: () => T): T => {
      const begin = performance.now();
      const value = run();
      sum[what] += (performance.now() - begin) / 1000;
      return value;
    };
    for (;;) {
      const part = timed("save", () => writer.next());
      if (part === null) break;
      sum.bytes += part.byteLength;
      timed("load", () => unwrap(reader.feed(part)));
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
    const collection = unwrap(core.createCollection(COSINE, index, M, EF_CONSTRUCTION, 64));
    let milliseconds = 0;
    for (let at = 0; at < rows; at += CHUNK) {
      const vectors = await data.chunk(at, CHUNK);
      const begin = performance.now();
      add(collection, at, vectors);
      milliseconds += performance.now() - begin;
    }
    const begin = performance.now();
    link(collection);
    milliseconds += performance.now() - begin;
    return { collection, seconds: milliseconds / 1000 };
  }
}

function add(collection: CollectionHandle, from: number, vectors: Float32Array): void {
  const count = vectors.length / DIMENSION;
  const ids = packStrings(Array.from({ length: count }, (_, i) => String(from + i)));
  const record = collection.prepare(OPERATION.add, ids, null, null, null, vectors, DIMENSION, 1);
  unwrap(collection.apply(unwrap(record)));
}

function link(collection: CollectionHandle): void {
  while (collection.maintain(256) > 0);
}
