import type { ProjectionHandle } from "../../../js/src/engine/module.js";

/** Principal components the slow way: the whole covariance, made diagonal by Jacobi's rotations. */
export class ReferenceProjection implements ProjectionHandle {
  constructor(
    private readonly vectors: ArrayLike<number>[],
    private readonly dimensions: number,
    private readonly sample: number,
    private readonly cosine: boolean,
  ) {}

  step(): number {
    return 0;
  }

  results(): Float32Array {
    const rows = this.vectors.map((vector) =>
      this.cosine ? normalized(vector) : [...toList(vector)],
    );
    const size = Math.min(this.sample, rows.length);
    const sample = Array.from({ length: size }, (_, i) => {
      const within = (Math.imul(i, 2654435769) >>> 0) / 2 ** 32;
      const at = Math.floor((i + within) * (rows.length / size));
      return rows[Math.min(rows.length - 1, at)] as number[];
    });
    const mean = (rows[0] ?? []).map((_, d) => sum(sample.map((row) => row[d] as number)) / size);
    const less = (row: number[]) => row.map((value, d) => value - (mean[d] as number));
    const { values, vectors } = eigen(covariance(sample.map(less), mean.length));
    const all = sum(values) || 1;
    const components = Array.from({ length: this.dimensions }, (_, j) =>
      upright(vectors[j] ?? mean.map(() => 0)),
    );
    const along = (row: number[]) => components.map((component) => dot(less(row), component));
    const shares = components.map((_, j) => (values[j] ?? 0) / all);
    return Float32Array.from([...mean, ...components.flat(), ...shares, ...rows.flatMap(along)]);
  }

  delete(): void {}
}

const toList = (vector: ArrayLike<number>) => Array.from(vector);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const dot = (a: number[], b: number[]) => sum(a.map((value, i) => value * (b[i] as number)));

function normalized(vector: ArrayLike<number>): number[] {
  const values = toList(vector);
  const length = Math.sqrt(dot(values, values)) || 1;
  return values.map((value) => value / length);
}

function upright(component: number[]): number[] {
  const largest = component.reduce(
    (best, value) => (Math.abs(value) > Math.abs(best) ? value : best),
    0,
  );
  return largest < 0 ? component.map((value) => -value) : component;
}

function covariance(rows: number[][], dimension: number): number[][] {
  return Array.from({ length: dimension }, (_, i) =>
    Array.from({ length: dimension }, (_, j) =>
      sum(rows.map((row) => (row[i] as number) * (row[j] as number))),
    ),
  );
}

/** Eigenvalues, the largest first, and their vectors: rotations until nothing is left beside the diagonal. */
function eigen(matrix: number[][]): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const at = (i: number, j: number) => (matrix[i] as number[])[j] as number;
  const vectors = matrix.map((_, i) => matrix.map((_, j) => (i === j ? 1 : 0)));
  const turn = (list: number[], p: number, q: number, c: number, s: number) => {
    const [x, y] = [list[p] as number, list[q] as number];
    [list[p], list[q]] = [c * x - s * y, s * x + c * y];
  };
  for (let sweep = 0; sweep < 60; ++sweep) {
    for (let p = 0; p < n; ++p) {
      for (let q = p + 1; q < n; ++q) {
        const angle = Math.atan2(2 * at(p, q), at(q, q) - at(p, p)) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (const row of matrix) turn(row, p, q, c, s);
        for (let i = 0; i < n; ++i) {
          const column = [at(p, i), at(q, i)];
          turn(column, 0, 1, c, s);
          [(matrix[p] as number[])[i], (matrix[q] as number[])[i]] = column as [number, number];
        }
        for (const vector of vectors) turn(vector, p, q, c, s);
      }
    }
  }
  const order = matrix.map((_, i) => i).sort((a, b) => at(b, b) - at(a, a));
  return {
    values: order.map((i) => at(i, i)),
    vectors: order.map((i) => vectors.map((vector) => vector[i] as number)),
  };
}
