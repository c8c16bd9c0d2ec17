// What it costs to keep a collection: the public API beside plain IndexedDB with the same bytes.
import { Client, type Collection } from "pagevec";
import type { Durability } from "../../../js/dist/storage/store.js";
import { uniform } from "../../support/mulberry32.mjs";
import type { RawTask } from "./raw-storage.js";

export interface StorageBench {
  /** Batches that are appended, of each durability; too few for a snapshot. */
  batches: number;
  /** Records of the collection whose snapshots are written and read. */
  records: number;
  index: "auto" | "flat";
  /** Snapshots of each durability. */
  rounds: number;
}

type Times = Record<string, number[]>;

const DIMENSION = 384;
const BATCH = 100;
/** At once when the large collection is made. */
const FILLING = 1000;
/** Makes a journal that is worth a snapshot, see snapshot-policy.ts. */
const CHANGED = 200;
const TEXT = "pagevec keeps what was written ".repeat(9);
const DURABILITIES: Durability[] = ["relaxed", "strict"];
const CENTRES = 1000;

const random = uniform(1);
const vector = () => Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
const centres = Array.from({ length: CENTRES }, vector);

/** Vectors that lie in clusters, as those of texts do. */
function batchOf(first: number, count: number) {
  const rows = Array.from({ length: count }, (_, i) => first + i);
  return {
    ids: rows.map(String),
    documents: rows.map((row) => `${row} ${TEXT}`),
    embeddings: rows.map((row) => {
      const centre = centres[row % CENTRES] as Float32Array;
      return centre.map((value) => value + (random() - 0.5) * 0.5);
    }),
  };
}

async function timed<T>(times: Times, name: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  times[name] = [...(times[name] ?? []), performance.now() - begin];
  return result;
}

/** Milliseconds by what was done, one a round. */
export async function benchStorage(args: StorageBench): Promise<Times> {
  const times: Times = {};
  const worker = new Worker(new URL("./raw-storage.ts", import.meta.url), { type: "module" });
  const raw = (name: string, task: RawTask) =>
    new Promise<void>((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = ({ data }) => {
        if (typeof data !== "number") return reject(new Error(data.error));
        times[name] = [...(times[name] ?? []), data];
        resolve();
      };
      worker.postMessage(task);
    });
  await measureAppends(times, raw, args.batches);
  await measureSnapshots(times, raw, args);
  worker.terminate();
  return times;
}

type Raw = (name: string, task: RawTask) => Promise<void>;

async function measureAppends(times: Times, raw: Raw, batches: number): Promise<void> {
  const open = async (durability: Durability) => {
    const client = await Client.open({ name: `append-${durability}`, durability });
    const notes = await client.createCollection({ name: "notes" });
    return { durability, client, notes };
  };
  const opened = await Promise.all(DURABILITIES.map(open));
  for (let i = 0; i < batches; ++i) {
    for (const { durability, client, notes } of opened) {
      const batch = batchOf(i * BATCH, BATCH);
      await timed(times, `append.${durability}.pagevec`, () => notes.add(batch));
      // What is in a batch besides its vectors and texts is a few bytes an entry.
      const bytes = BATCH * (DIMENSION * 4 + TEXT.length + 24);
      await raw(`append.${durability}.raw`, { type: "append", durability, bytes });
      if (i === batches - 1) await client.reset();
    }
  }
  for (const { client } of opened) await client.close();
}

async function measureSnapshots(times: Times, raw: Raw, args: StorageBench): Promise<void> {
  const { records, rounds, index } = args;
  let { client, notes } = await openLarge("relaxed", index);
  for (let at = 0; at < records; at += FILLING) await notes.upsert(batchOf(at, FILLING));
  await indexed(notes);
  await client.close();
  const bytes = await snapshotBytes();
  for (let round = 0; round < rounds; ++round) {
    for (const durability of DURABILITIES) {
      ({ client, notes } = await timed(times, `open.${durability}.pagevec`, async () => {
        const opened = await openLarge(durability, index);
        await opened.notes.count();
        return opened;
      }));
      await notes.update(batchOf(round * CHANGED, CHANGED));
      await indexed(notes);
      await timed(times, `snapshot.${durability}.pagevec`, () => client.close());
      await raw(`snapshot.${durability}.raw`, { type: "write", durability, bytes });
      await raw(`open.${durability}.raw`, { type: "read" });
    }
  }
}

async function openLarge(durability: Durability, index: StorageBench["index"]) {
  const client = await Client.open({ name: "large", durability });
  const configuration = { index };
  return { client, notes: await client.getOrCreateCollection({ name: "notes", configuration }) };
}

async function indexed(notes: Collection): Promise<void> {
  while ((await notes.getIndexingStatus()).numUnindexedOps > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** As the manifest has it. */
async function snapshotBytes(): Promise<number> {
  const opening = indexedDB.open("pagevec/large", 1);
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  const all = opening.result.transaction("meta").objectStore("meta").getAll();
  await new Promise((resolve) => {
    all.onsuccess = resolve;
  });
  opening.result.close();
  const manifest = all.result.find((value) => "snapshot" in value);
  return manifest.snapshot.bytes;
}
