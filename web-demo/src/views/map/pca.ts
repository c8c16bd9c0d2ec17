/** Where points lie along the two directions in which they differ most. */
export interface Projection {
  /** x and y of each row, one after another; 0 is the mean. */
  points: Float32Array;
  mean: Float64Array;
  /** Two unit vectors that are perpendicular to each other, the one of more variance first. */
  axes: [Float64Array, Float64Array];
  /** Of the whole variance, 0 to 1, what each axis has. */
  shares: [number, number];
}

const MOST_STEPS = 300;
/** Steps end when an axis turns by less than that: 1 - |cosine|. */
const TOLERANCE = 1e-10;

/**
 * Principal component analysis to two dimensions: orthogonal iteration (Golub and Van Loan, Matrix
 * Computations, 8.2.4) on the covariance, which is not made: it is applied as the rows and their transpose.
 * @param vectors rows of `dimension` numbers, one after another; no row gives no points
 */
export function project(vectors: Float32Array, dimension: number): Projection {
  const { centred, mean } = centre(vectors, dimension);
  const axes: Projection["axes"] = [startingAxis(dimension, 0), startingAxis(dimension, 1)];
  orthonormalize(axes);
  for (let step = 0; step < MOST_STEPS; step++) {
    const before = axes.map((axis) => axis.slice());
    for (const axis of axes) axis.set(applyCovariance(centred, dimension, axis));
    orthonormalize(axes);
    const turned = axes.map((axis, i) => 1 - Math.abs(dot(axis, before[i] ?? axis)));
    if (Math.max(...turned) < TOLERANCE) break;
  }
  return {
    points: pointsOf(centred, dimension, axes),
    mean,
    axes,
    shares: shares(centred, dimension, axes),
  };
}

/** Where a vector that was not among the rows lies. */
export function place(vector: Float32Array, { mean, axes }: Pick<Projection, "mean" | "axes">) {
  const difference = Float64Array.from(vector, (value, i) => value - (mean[i] ?? 0));
  return [dot(difference, axes[0]), dot(difference, axes[1])] as const;
}

function centre(vectors: Float32Array, dimension: number) {
  const count = vectors.length / dimension;
  const mean = new Float64Array(dimension);
  for (let i = 0; i < vectors.length; i++) {
    mean[i % dimension] = (mean[i % dimension] ?? 0) + (vectors[i] ?? 0) / count;
  }
  const centred = vectors.map((value, i) => value - (mean[i % dimension] ?? 0));
  return { centred, mean };
}

/** Any direction will do that is not perpendicular to the axis; the same one each time. */
function startingAxis(dimension: number, which: number): Float64Array {
  return Float64Array.from({ length: dimension }, (_, i) => Math.sin((i + 1) * (which + 1) * 1.7));
}

/** Gram and Schmidt. A direction without length, as of rows that are all equal, becomes a unit vector. */
function orthonormalize([first, second]: Projection["axes"]): void {
  normalize(first, 0);
  const overlap = dot(first, second);
  for (let i = 0; i < second.length; i++) second[i] = (second[i] ?? 0) - overlap * (first[i] ?? 0);
  normalize(second, 1);
}

function normalize(axis: Float64Array, fallback: number): void {
  const length = Math.sqrt(dot(axis, axis));
  if (length > 1e-12) for (let i = 0; i < axis.length; i++) axis[i] = (axis[i] ?? 0) / length;
  else axis.fill(0).fill(1, Math.min(fallback, axis.length - 1), fallback + 1);
}

/** Rows times axis, times their transpose: the covariance but for a factor. */
function applyCovariance(centred: Float32Array, dimension: number, axis: Float64Array) {
  const result = new Float64Array(dimension);
  for (let at = 0; at < centred.length; at += dimension) {
    let along = 0;
    for (let i = 0; i < dimension; i++) along += (centred[at + i] as number) * (axis[i] as number);
    for (let i = 0; i < dimension; i++) {
      result[i] = (result[i] as number) + along * (centred[at + i] as number);
    }
  }
  return result;
}

function pointsOf(centred: Float32Array, dimension: number, axes: Projection["axes"]) {
  const count = centred.length / dimension;
  const points = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    const vector = centred.subarray(row * dimension, (row + 1) * dimension);
    points[2 * row] = dot(vector, axes[0]);
    points[2 * row + 1] = dot(vector, axes[1]);
  }
  return points;
}

function shares(centred: Float32Array, dimension: number, axes: Projection["axes"]) {
  const all = dot(centred, centred) || 1;
  const [x, y] = axes.map((axis) => dot(axis, applyCovariance(centred, dimension, axis)) / all);
  return [x ?? 0, y ?? 0] as [number, number];
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i] as number) * (right[i] as number);
  return sum;
}
