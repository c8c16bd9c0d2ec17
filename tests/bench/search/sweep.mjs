const range = (from, to, step) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

/** The values of efSearch that are tried. */
export const EFS = [
  ...range(10, 64, 2),
  ...range(68, 128, 4),
  ...range(136, 320, 8),
  ...range(336, 640, 16),
];

/**
 * The least of EFS whose recall reaches each bar, by halving: recall grows with efSearch.
 * @param {(ef: number) => Promise<number>} recallAt
 * @param {number[]} bars
 * @returns {Promise<Map<number, {ef: number, recall: number}>>} without the bars that none reaches
 */
export async function leastEfs(recallAt, bars) {
  const known = new Map();
  const recall = async (at) => {
    if (!known.has(at)) known.set(at, await recallAt(EFS[at]));
    return known.get(at);
  };
  const found = new Map();
  let low = 0;
  for (const bar of bars) {
    let high = EFS.length;
    while (low < high) {
      const middle = Math.min(low + 12, (low + high) >> 1);
      if ((await recall(middle)) >= bar) high = middle;
      else low = middle + 1;
    }
    if (low === EFS.length) break;
    found.set(bar, { ef: EFS[low], recall: await recall(low) });
  }
  return found;
}
