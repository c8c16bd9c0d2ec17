/**
 * A text's vector from its tokens' vectors.
 * @param hidden the model's last hidden state, `tokens` x `out.length`, row by row.
 * @param out receives the vector.
 * @param leftOut tokens at the beginning that the mean leaves out. Where nothing is left it is zero.
 */
export function pool(
  hidden: Float32Array,
  tokens: number,
  pooling: "mean" | "cls",
  out: Float32Array,
  leftOut = 0,
): void {
  const first = pooling === "cls" ? 0 : leftOut;
  const count = tokens - first;
  if (count <= 0) return void out.fill(0);
  out.set(hidden.subarray(first * out.length, (first + 1) * out.length));
  if (pooling === "cls") return;
  for (let token = first + 1; token < tokens; token++) {
    const begin = token * out.length;
    for (let i = 0; i < out.length; i++) out[i] = at(out, i) + at(hidden, begin + i);
  }
  for (let i = 0; i < out.length; i++) out[i] = at(out, i) / count;
}

/** Scales a vector to length 1; a zero vector stays as it is. */
export function normalize(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] = at(vector, i) * scale;
}

function at(values: Float32Array, index: number): number {
  return values[index] as number;
}
