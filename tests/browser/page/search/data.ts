export const DIMENSION = 384;
export const K = 10;
const ROW_BYTES = DIMENSION * Float32Array.BYTES_PER_ELEMENT;
/** As LIMITS of tests/bench/search/dataset.py: how many of the 1,000 labels a filter takes. */
const LABEL_LIMITS = [1000, 500, 100, 10, 1];
/** More rows than these are not kept in the page beside the index. */
const MOST_KEPT = 200_000;

/** The files that tests/bench/search/dataset.py makes, in the page. */
export class SearchData {
  private constructor(
    private readonly folder: string,
    readonly rows: number,
    /** All rows, or none. */
    private readonly kept: Float32Array,
    /** One after another. */
    readonly queries: Float32Array,
    private readonly truth: Int32Array,
    private readonly labels: Uint16Array,
  ) {}

  static async open(folder: string, rows: number, queries: number): Promise<SearchData> {
    const vectors = `${folder}vectors.f32`;
    const asked = await readBytes(vectors, rows * ROW_BYTES, queries * ROW_BYTES);
    const kept =
      rows > MOST_KEPT ? new ArrayBuffer(0) : await readBytes(vectors, 0, rows * ROW_BYTES);
    const truth = await (await fetch(`${folder}truth.i32`)).arrayBuffer();
    const labels = await (await fetch(`${folder}labels.u16`)).arrayBuffer();
    return new SearchData(
      folder,
      rows,
      new Float32Array(kept),
      new Float32Array(asked),
      new Int32Array(truth),
      new Uint16Array(labels),
    );
  }

  /** Rows one after another; the last chunk may be shorter. */
  async chunk(from: number, count: number): Promise<Float32Array> {
    const end = Math.min(from + count, this.rows);
    if (this.kept.length > 0) return this.kept.subarray(from * DIMENSION, end * DIMENSION);
    const bytes = (end - from) * ROW_BYTES;
    return new Float32Array(await readBytes(`${this.folder}vectors.f32`, from * ROW_BYTES, bytes));
  }

  /** A random number below 1,000: a filter "less than limit" takes limit / 1000 of the rows. */
  label(row: number): number {
    return this.labels[row] as number;
  }

  /** The share of the exact answers that was found, over the first queries, among rows below the limit. */
  recall(found: number[][], limit = 1000): number {
    const queries = this.queries.length / DIMENSION;
    const block = LABEL_LIMITS.indexOf(limit) * queries * K;
    let hits = 0;
    let wanted = 0;
    for (const [q, rows] of found.entries()) {
      const begin = block + q * K;
      const exact = this.truth.subarray(begin, begin + K).filter((row) => row >= 0);
      wanted += exact.length;
      hits += exact.filter((row) => rows.includes(row)).length;
    }
    return hits / wanted;
  }
}

async function readBytes(url: string, from: number, count: number): Promise<ArrayBuffer> {
  const response = await fetch(url, { headers: { range: `bytes=${from}-${from + count - 1}` } });
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength === count) return bytes;
  throw new Error(`${url} gave ${bytes.byteLength} bytes from ${from} on instead of ${count}`);
}
