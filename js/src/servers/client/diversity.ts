import type { DatabaseMethods } from "../../database/methods.js";

type Params = Pick<
  DatabaseMethods["db.collection.diversify"]["params"],
  "relevance" | "lambda" | "limit"
>;

/**
 * Places chosen by maximal marginal relevance (docs/search.md), as Collection::diversify of the core does.
 * @param vectors of each place, in its order; undefined: its record is gone
 */
export function diversify(
  vectors: readonly (Float32Array | undefined)[],
  { relevance, lambda, limit }: Params,
): Uint32Array {
  const lowest = Math.min(...relevance);
  const range = Math.max(...relevance) - lowest;
  /** To the nearest that is chosen. */
  const likeness = vectors.map(() => -1);
  const chosen: number[] = [];
  const left = [...vectors.keys()];
  const value = (i: number) => {
    const relative = range > 0 ? ((relevance[i] as number) - lowest) / range : 1;
    return lambda * relative - (chosen.length === 0 ? 0 : (1 - lambda) * (likeness[i] as number));
  };
  while (left.length > 0 && chosen.length < limit) {
    const taken = left.reduce((best, i) => (value(i) > value(best) ? i : best));
    left.splice(left.indexOf(taken), 1);
    chosen.push(taken);
    for (const i of left) {
      const [one, other] = [vectors[i], vectors[taken]];
      if (!one || !other) continue;
      likeness[i] = Math.max(likeness[i] as number, cosine(one, other));
    }
  }
  return Uint32Array.from(chosen);
}

/** 0 where one is all zeros. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [product, ofA, ofB] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    product += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA * ofB === 0 ? 0 : product / Math.sqrt(ofA * ofB);
}
