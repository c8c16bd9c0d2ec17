/** Reference vectors of a model: row i of `vectors` belongs to `texts[i]`. */
export interface EmbeddingFixture {
  model: string;
  dimensions: number;
  texts: string[];
  vectors: Float32Array;
}

export interface EmbeddingReport {
  /** Cosine to the reference, text by text. */
  cosines: number[];
  min: number;
  mean: number;
  /** One line per text below the limit, and one if the mean is. */
  failures: string[];
}

export interface Limits {
  min: number;
  mean: number;
}

/** What each engine owes the fp32 reference. */
export const LIMITS: Record<"native" | "int8" | "fp32", Limits> = {
  native: { min: 0.995, mean: 0.9995 },
  int8: { min: 0.97, mean: 0.99 },
  fp32: { min: 0.99999, mean: 0.99999 },
};

/** @param f32 the fixture's .f32 file: rows of little-endian floats. */
export function readFixture(json: string, f32: ArrayBuffer): EmbeddingFixture {
  const { model, dimensions, texts } = JSON.parse(json) as EmbeddingFixture;
  const vectors = new Float32Array(f32);
  if (vectors.length !== texts.length * dimensions) {
    throw new Error(`${model}: ${vectors.length} floats for ${texts.length} texts`);
  }
  return { model, dimensions, texts, vectors };
}

/** Compares vectors, one per text of the fixture, with the reference. */
export function compareWithFixture(
  fixture: EmbeddingFixture,
  vectors: readonly Float32Array[],
  limits: Limits,
): EmbeddingReport {
  const { texts, dimensions } = fixture;
  const failures: string[] = [];
  const cosines = texts.map((text, row) => {
    const expected = fixture.vectors.subarray(row * dimensions, (row + 1) * dimensions);
    const value = cosine(vectors[row] ?? new Float32Array(0), expected);
    if (!(value >= limits.min)) {
      failures.push(
        `text ${row}: cosine ${value} < ${limits.min}: ${JSON.stringify(text.slice(0, 60))}`,
      );
    }
    return value;
  });
  const mean = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
  if (!(mean >= limits.mean)) failures.push(`mean cosine ${mean} < ${limits.mean}`);
  return { cosines, min: Math.min(...cosines), mean, failures };
}

/** The largest difference between two lists of vectors, component by component. */
export function maxDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let largest = a.length === b.length ? 0 : Number.NaN;
  a.forEach((vector, row) => {
    vector.forEach((value, i) => {
      const difference = Math.abs(value - (b[row]?.[i] ?? Number.NaN));
      if (!(difference <= largest)) largest = difference;
    });
  });
  return largest;
}

/** NaN for vectors of different lengths, and for zero vectors. */
function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  let dot = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((x, i) => {
    const y = b[i] as number;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  });
  return dot / Math.sqrt(aa * bb);
}
