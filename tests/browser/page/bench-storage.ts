// A worker of its own: what the second copy costs, side by side with IndexedDB alone.
import { loadCore } from "../../../js/dist/engine/load.js";
import { openDurableStore } from "../../../js/dist/storage/durable.js";
import { IndexedDbStore } from "../../../js/dist/storage/indexeddb.js";
import type { Durability, Store } from "../../../js/dist/storage/store.js";

export interface StorageBench {
  rounds: number;
  recordBytes: number;
  parts: number;
  partBytes: number;
}

type Times = Record<string, number[]>;

const manifest = (id: string) => ({
  format: 1,
  id,
  name: id,
  metadata: null,
  configuration: {
    hnsw: { space: "l2" as const, ef_construction: 100, max_neighbors: 16, ef_search: 100 },
    index: "auto" as const,
  },
  embeddingFunction: { type: "legacy" as const },
  createdAt: 0,
  epoch: 1,
});

function noise(bytes: number): Uint8Array {
  const block = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) {
    crypto.getRandomValues(block.subarray(at, Math.min(bytes, at + 65_536)));
  }
  return block;
}

async function timed(times: Times, name: string, work: () => Promise<unknown>): Promise<void> {
  const begin = performance.now();
  await work();
  times[name] = [...(times[name] ?? []), performance.now() - begin];
}

async function bench({ rounds, recordBytes, parts, partBytes }: StorageBench): Promise<Times> {
  const core = await loadCore();
  const crc32c = (bytes: Uint8Array) => core.crc32c(bytes);
  const hooks = { crc32c, isSound: () => true, report: () => {}, changed: () => {} };
  const record = noise(recordBytes);
  const part = noise(partBytes);
  const times: Times = {};
  const stores: [string, Store][] = [];
  for (const durability of ["relaxed", "strict"] satisfies Durability[]) {
    const name = `bench-${durability}`;
    stores.push([`${durability}.alone`, await IndexedDbStore.open(`${name}-1`, { durability })]);
    stores.push([`${durability}.copied`, await openDurableStore({ name, durability }, hooks)]);
  }
  for (const [, store] of stores) await store.createCollection(manifest("a"));
  for (let sequence = 1; sequence <= rounds; ++sequence) {
    for (const [name, store] of stores) {
      await timed(times, `append.${name}`, () => store.append("a", sequence, record));
    }
  }
  for (let generation = 1; generation <= 5; ++generation) {
    for (const [name, store] of stores) {
      const target = { replaces: generation - 1, generation, coveredSequence: rounds };
      const all = Array.from({ length: parts }, () => part);
      await timed(times, `snapshot.${name}`, () => store.writeSnapshot("a", target, all));
    }
  }
  for (const [, store] of stores) {
    await store.clear();
    await store.close();
  }
  return times;
}

addEventListener("message", async ({ data }: MessageEvent<StorageBench>) => {
  postMessage(await bench(data).catch((error) => ({ error: String(error.stack) })));
});
