import { loadHnswlib } from "hnswlib-wasm/dist/hnswlib.js";

const DIMENSION = 384;
const WARM_UP_ROWS = 2_000;

/** hnswlib-wasm as its readme uses it: inner product of unit vectors, one query a call. */
export async function open() {
  return new HnswlibWasm(await loadHnswlib());
}

class HnswlibWasm {
  constructor(library) {
    this.library = library;
    this.warm = false;
  }

  async build(data) {
    if (!this.warm) await this.fill(data, WARM_UP_ROWS);
    this.warm = true;
    return this.fill(data, data.rows);
  }

  async fill(data, rows) {
    this.index?.delete();
    this.index = new this.library.HierarchicalNSW("ip", DIMENSION, "");
    this.index.initIndex(rows, 16, 200, 100);
    const vectors = await data.chunk(0, rows);
    const begin = performance.now();
    for (let row = 0; row < rows; ++row) {
      this.index.addPoint(vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION), row, false);
    }
    return (performance.now() - begin) / 1000;
  }

  search({ queries, ef }) {
    const rows = [];
    this.index.setEfSearch(ef);
    const begin = performance.now();
    for (let at = 0; at < queries.length; at += DIMENSION) {
      const query = queries.subarray(at, at + DIMENSION);
      rows.push(this.index.searchKnn(query, 10, undefined).neighbors);
    }
    return { seconds: (performance.now() - begin) / 1000, rows };
  }
}
