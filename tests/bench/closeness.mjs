const NEIGHBOURS = 10;

/**
 * How close vectors are to their reference, both of length 1, one after another: the cosines' mean
 * and least, and how many of the reference's ten nearest neighbours among the texts are found.
 */
export function closeness(reference, vectors, count) {
  const dimensions = reference.length / count;
  const rows = (values) =>
    Array.from({ length: count }, (_, i) =>
      Float64Array.from(values.slice(i * dimensions, (i + 1) * dimensions)),
    );
  const [wanted, found] = [rows(reference), rows(vectors)];
  const cosines = wanted.map((row, i) => dot(row, found[i]));
  const hits = wanted.map((_, i) => {
    const near = new Set(nearest(wanted, i));
    return nearest(found, i).filter((j) => near.has(j)).length;
  });
  const mean = (values) => values.reduce((a, b) => a + b, 0) / count;
  return { mean: mean(cosines), least: Math.min(...cosines), recall: mean(hits) / NEIGHBOURS };
}

function nearest(rows, of) {
  const scores = rows.map((row, i) => [
    i === of ? Number.NEGATIVE_INFINITY : dot(row, rows[of]),
    i,
  ]);
  scores.sort(([a], [b]) => b - a);
  return scores.slice(0, NEIGHBOURS).map(([, i]) => i);
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += a[i] * b[i];
  return sum;
}
