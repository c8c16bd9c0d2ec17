import type { SearchHits } from "../../database/methods.js";

/** What a hit by keywords has besides its scores, by the place that it had. */
export function takeTerms(
  { terms, termNumbers }: Pick<SearchHits, "terms" | "termNumbers">,
  placeOf: ReadonlyMap<number, number>,
): Pick<SearchHits, "terms" | "termNumbers"> {
  const kept = [...terms.keys()].filter((i) => placeOf.has(termNumbers[3 * i] as number));
  const numbers = kept.flatMap((i) => [
    placeOf.get(termNumbers[3 * i] as number) as number,
    termNumbers[3 * i + 1] as number,
    termNumbers[3 * i + 2] as number,
  ]);
  return { terms: kept.map((i) => terms[i] as string), termNumbers: Float32Array.from(numbers) };
}

/** The passages of each hit, as SearchHits has them one after another. */
export function splitPassages(passages: Uint32Array, count: number): Uint32Array[] {
  let at = 0;
  return Array.from({ length: count }, () => {
    const begin = at;
    for (let left = passages[at++] ?? 0; left > 0; --left) at += 3 + 2 * (passages[at + 2] ?? 0);
    return passages.subarray(begin, at);
  });
}
