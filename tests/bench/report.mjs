/** One measured row: a JSON line with --json, else a line to read. ratio is against `against`. */
export function report({ name, value, unit, ratio, against }) {
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ name, value, unit, ratio, against }));
    return;
  }
  const comparison = ratio === undefined ? "" : `  ${ratio.toFixed(2)}x ${against}`;
  const shown = value.toFixed(value < 10 ? 4 : 2);
  console.log(`${name.padEnd(44)} ${shown.padStart(10)} ${unit}${comparison}`);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/**
 * Runs the candidates in turn, round after round, so that a drifting machine hits all alike.
 * candidates: name -> function that does the whole work once. Returns name -> milliseconds, one per round.
 */
export async function interleave(candidates, rounds) {
  const times = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (const run of Object.values(candidates)) await run();
  for (let round = 0; round < rounds; ++round) {
    for (const [name, run] of Object.entries(candidates)) {
      const begin = performance.now();
      await run();
      times[name].push(performance.now() - begin);
    }
  }
  return times;
}
