/** The whole life of a collection through the package's public calls; the same in Node and in a page. */
import { leastEfs } from "../search/sweep.mjs";

export const K = 10;
export const BARS = [0.95, 0.98];
const BATCH = 1_000;
const DELETED = 10_000;
const SINGLE_QUERIES = 200;
const ROUNDS = 3;
const PROBE_MS = 20;
const POLL_MS = 100;
/** Less than it takes until a collection counts as idle and is stored (snapshot-policy.ts). */
const IDLE_MS = 3000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Adds rows in batches, waits for the graph, closes, opens, searches, deletes every other row and waits for
 * the compaction.
 * @param {object} place
 *   open(): a client that keeps its collections, always the same; data: rows, chunk(from, count),
 *   queries (dimension floats each, one after another), recall(ids of each query as numbers);
 *   memory(), disk(): bytes by now, perhaps as a promise; report(name, value, unit)
 * @param {object} configuration of the collection
 */
export async function liveThrough(place, configuration) {
  const { report } = place;
  let client = await place.open();
  let notes = await client.createCollection({ name: "notes", configuration });
  await grow(place, notes);
  const idle = startProbe(notes);
  await sleep(IDLE_MS);
  report("idle.longest-wait", await idle.end(), "ms");
  await reportRoom(place, "indexed");
  report("snapshot-and-close", await timed(() => client.close()), "ms");
  await reportRoom(place, "closed", ["disk"]);

  const opening = async () => {
    client = await place.open();
    notes = await client.getCollection({ name: "notes" });
    await ask(notes, [place.queries[0]], 100);
  };
  report("open-to-first-answer", await timed(opening), "ms");
  await reportRoom(place, "opened", ["memory"]);
  report("first-queries", await timed(() => ask(notes, place.queries.slice(0, 10), 100)), "ms");
  await search(place, notes);
  await shrink(place, notes);
  await reportRoom(place, "compacted", ["memory"]);
  report("compacted.close", await timed(() => client.close()), "ms");
  await reportRoom(place, "compacted", ["disk"]);
}

async function grow({ data, report }, notes) {
  const probe = startProbe(notes);
  const begin = performance.now();
  const times = [];
  for (let at = 0; at < data.rows; at += BATCH) {
    const vectors = await data.chunk(at, BATCH);
    const dimension = vectors.length / Math.min(BATCH, data.rows - at);
    const embeddings = [];
    for (let i = 0; i < vectors.length; i += dimension) {
      embeddings.push(vectors.subarray(i, i + dimension));
    }
    const ids = embeddings.map((_, i) => String(at + i));
    times.push(await timed(() => notes.add({ ids, embeddings })));
  }
  report("added", (performance.now() - begin) / 1000, "s");
  report("add.median", times.sort((a, b) => a - b)[times.length >> 1], "ms");
  report("add.longest", times.at(-1), "ms");
  report("adding.longest-wait", await probe.end(), "ms");
  const rest = startProbe(notes);
  await settled(notes);
  report("indexed", (performance.now() - begin) / 1000, "s");
  report("indexing.longest-wait", await rest.end(), "ms");
}

async function search({ data, queries, report }, notes) {
  const all = async (efSearch) => data.recall(await ask(notes, queries, efSearch));
  for (const [bar, { ef, recall }] of await leastEfs(all, BARS)) {
    const together = [];
    const single = [];
    for (let round = 0; round < ROUNDS; ++round) {
      together.push(await timed(() => ask(notes, queries, ef)));
      const one = async () => {
        for (const query of queries.slice(0, SINGLE_QUERIES)) await ask(notes, [query], ef);
      };
      single.push(await timed(one));
    }
    const name = `qps${100 * bar}`;
    report(`${name}.recall`, recall, `recall@${K}`);
    report(`${name}.ef`, ef, "efSearch");
    report(`${name}.together`, (1000 * queries.length) / middle(together), "queries/s");
    report(`${name}.single`, (1000 * SINGLE_QUERIES) / middle(single), "queries/s");
  }
}

async function shrink({ data, queries, disk, report }, notes) {
  const probe = startProbe(notes);
  const begin = performance.now();
  for (let at = 0; at < data.rows; at += 2 * DELETED) {
    const count = Math.ceil(Math.min(2 * DELETED, data.rows - at) / 2);
    // A little more than half, which is when a collection is compacted.
    const ids = Array.from({ length: count }, (_, i) => String(at + 2 * i));
    if (at === 0) for (let i = 1; i < data.rows / 100; i += 2) ids.push(String(i));
    await notes.delete({ ids });
  }
  report("deleted", (performance.now() - begin) / 1000, "s");
  // Only the snapshot after a compaction tells that it is over: it is smaller.
  const before = await disk();
  while ((await disk()) > 0.7 * before) await sleep(POLL_MS);
  report("compacted-and-stored", (performance.now() - begin) / 1000, "s");
  report("compacting.longest-wait", await probe.end(), "ms");
  const times = [];
  for (let round = 0; round < ROUNDS; ++round) {
    times.push(await timed(() => ask(notes, queries, 100)));
  }
  report("compacted.together", (1000 * queries.length) / middle(times), "queries/s");
}

/** The ids of each query's answer as numbers. */
async function ask(notes, queryEmbeddings, efSearch) {
  const { ids } = await notes.query({ queryEmbeddings, nResults: K, efSearch, include: [] });
  return ids.map((list) => list.map(Number));
}

async function settled(notes) {
  while ((await notes.getIndexingStatus()).numUnindexedOps > 0) await sleep(POLL_MS);
}

async function reportRoom(place, stage, of = ["memory", "disk"]) {
  for (const each of of) place.report(`${stage}.${each}`, (await place[each]()) / 2 ** 20, "MiB");
}

async function timed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** How long a call that does next to nothing waits at most, while other work goes on. */
function startProbe(notes) {
  let longest = 0;
  let going = true;
  const run = async () => {
    while (going) {
      const begin = performance.now();
      await sleep(PROBE_MS);
      await notes.count();
      longest = Math.max(longest, performance.now() - begin - PROBE_MS);
    }
  };
  const running = run();
  return {
    async end() {
      going = false;
      await running;
      return longest;
    },
  };
}

function middle(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
