import { median } from "../report.mjs";
import { leastEfs } from "./sweep.mjs";

export const BARS = [0.95, 0.98, 0.99];
const QUERIES = 1_000;
/** Exact scans of many rows take long, and all queries alike. */
const QUERIES_OF_SCANS = 100;
const QUERIES_OF_FILTERS = 200;
/** A turn is at least so long: shorter ones would measure how the caches fill again. */
const TURN_SECONDS = 0.1;
/** Per cent of the rows, and the limit of their labels. */
const SHARES = [
  ["unfiltered", undefined],
  ["50", 500],
  ["10", 100],
  ["1", 10],
  ["0.1", 1],
];

/** Every system builds its index once a round, in turns; the last one stays. Adds `seconds`, `bytes`, `allBytes`. */
export async function measureBuilds(systems, rounds) {
  const times = new Map(systems.map((system) => [system, []]));
  for (let round = 0; round < rounds; ++round) {
    for (const [system, list] of times) {
      const { seconds, bytes, allBytes } = await system.build();
      list.push(seconds);
      if (round === 0) Object.assign(system, { bytes, allBytes });
      console.error(`${system.name} built in ${seconds.toFixed(2)} s`);
    }
  }
  for (const [system, list] of times) system.seconds = median(list);
}

/**
 * Finds the least efSearch for each bar, then times them all, in turns. Adds `speeds`, a Map of the bar to
 * {ef, recall} and the speed in each of the system's modes.
 */
export async function measureSearch(systems, rounds) {
  const jobs = [];
  for (const system of systems) {
    const queries = system.exact ? QUERIES_OF_SCANS : QUERIES;
    const recallAt = async (ef) => (await system.search({ ef, queries, single: false })).recall;
    system.speeds = await barsOf(system, recallAt);
    for (const speed of new Set(system.speeds.values())) {
      for (const mode of system.modes) {
        const given = { ef: speed.ef, queries, single: mode === "single" };
        jobs.push({ system, speed, mode, qps: [], given });
      }
    }
  }
  for (let round = 0; round < rounds; ++round) {
    for (const { system, given, qps } of jobs) qps.push(await turn(system, given));
  }
  for (const { speed, mode, qps } of jobs) speed[mode] = median(qps);
}

/** Queries a second, of the same ones again and again. */
async function turn(system, given) {
  let seconds = 0;
  let queries = 0;
  while (seconds < TURN_SECONDS) {
    const found = await system.search(given);
    seconds += found.seconds;
    queries += found.queries;
  }
  return queries / seconds;
}

/** Exact systems and those whose efSearch is fixed have one speed, whatever bars it passes. */
async function barsOf({ name, exact, fixed }, recallAt) {
  if (!exact && !fixed) return leastEfs(recallAt, BARS);
  const speed = { ef: 64, recall: await recallAt(64) };
  if (exact && speed.recall < 0.99)
    throw new Error(`${name} scans, and has recall ${speed.recall}`);
  return new Map(BARS.filter((bar) => speed.recall >= bar).map((bar) => [bar, speed]));
}

/**
 * One system's queries where metadata holds for a random share of the rows, and without a filter, one
 * query a call, in turns.
 * @returns {Promise<Map<string, {seconds: number, recall: number}>>} by per cent, or "unfiltered"
 */
export async function measureFilters(system, ef, rounds) {
  await system.label();
  const found = new Map(SHARES.map(([share]) => [share, []]));
  // The first round makes the metadata's index.
  for (let round = 0; round <= rounds; ++round) {
    for (const [share, limit] of SHARES) {
      const given = { ef, queries: QUERIES_OF_FILTERS };
      const { seconds, queries, recall } = await (limit === undefined
        ? system.search({ ...given, single: true })
        : system.filtered({ ...given, limit }));
      if (round > 0) found.get(share).push({ seconds: seconds / queries, recall });
    }
  }
  const middle = (list) => ({
    seconds: median(list.map(({ seconds }) => seconds)),
    recall: list[0].recall,
  });
  return new Map([...found].map(([share, list]) => [share, middle(list)]));
}
