import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { assert, assertEqual, assertRejects, type ContractCase } from "./contract.js";

export interface MemoryContext {
  /** A client whose wasm memory is at most SMALL_MEMORY, or as large as may be. */
  open(name: string, memory: "small" | "large"): Promise<Client>;
}

export const SMALL_MEMORY = 32 * 2 ** 20;

const BATCH = 20;
const DIMENSION = 32;
/** 20 KB, of which no two are alike. */
const textOf = (id: string) => `${id} `.repeat(20_000 / (id.length + 1));
const vectorOf = (id: string) =>
  Array.from({ length: DIMENSION }, (_, i) => Math.sin(Number(id) * 7 + i * 3));

function batchFrom(first: number) {
  const ids = Array.from({ length: BATCH }, (_, i) => `${first + i}`);
  return { ids, documents: ids.map(textOf), embeddings: ids.map(vectorOf) };
}

/** Adds batches until one is refused; the ids that were acknowledged. */
async function fill(notes: Collection): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    assert(ids.length < 5000, "the memory does not get full");
    const batch = batchFrom(ids.length);
    const refused = await notes.add(batch).then(
      () => undefined,
      (error) => error,
    );
    if (!refused) {
      ids.push(...batch.ids);
      continue;
    }
    const { code, message } = refused;
    assert(code === "limit_exceeded" && /memory is full/.test(message), `refused with ${refused}`);
    return ids;
  }
}

/** Every record is there, as it was written, looked at in small pieces. */
async function assertHolds(notes: Collection, ids: string[]): Promise<void> {
  assertEqual(await notes.count(), ids.length, "count");
  for (let begin = 0; begin < ids.length; begin += 100) {
    const part = ids.slice(begin, begin + 100);
    const got = await notes.get({ ids: part });
    assertEqual(got.ids, part, "ids");
    const wrong = part.filter((id, i) => got.documents[i] !== textOf(id));
    assertEqual(wrong, [], "records with another document");
  }
  const asked = ids[ids.length >> 1] as string;
  const { ids: found } = await notes.query({ queryEmbeddings: [vectorOf(asked)], nResults: 1 });
  assertEqual(found, [[asked]], "the nearest record");
}

const WIDE = 1024;
const wideVectorOf = (id: number) =>
  Float32Array.from({ length: WIDE }, (_, i) => Math.sin(id * 7 + i * 3));

/** Adds records that are nothing but vectors until one is refused; resolves to how many there are. */
async function fillWide(notes: Collection, from: number): Promise<number> {
  for (let first = from; ; first += WIDE_BATCH) {
    assert(first - from < 20_000, "the memory does not get full");
    const rows = Array.from({ length: WIDE_BATCH }, (_, i) => first + i);
    const batch = { ids: rows.map(String), embeddings: rows.map(wideVectorOf) };
    const refused = await notes.add(batch).then(
      () => undefined,
      (error) => error,
    );
    if (!refused) continue;
    assertEqual(refused.code, "limit_exceeded", `the refusal: ${refused.message}`);
    return first - from;
  }
}
const WIDE_BATCH = 50;

async function withClients(
  context: MemoryContext,
  run: (open: (memory: "small" | "large") => Promise<Client>) => Promise<void>,
): Promise<void> {
  const name = `memory-${Date.now()}-${Math.random()}`;
  let client: Client | undefined;
  try {
    await run(async (memory) => {
      await client?.close();
      client = await context.open(name, memory);
      return client;
    });
    await client?.reset();
  } finally {
    await client?.close();
  }
}

export const memoryContract: ContractCase<MemoryContext>[] = [
  {
    name: "what was acknowledged before the memory was full is there, can be read and deleted",
    run: (context) =>
      withClients(context, async (open) => {
        const client = await open("small");
        const notes = await client.createCollection({ name: "notes" });
        const ids = await fill(notes);
        assert(ids.length >= 10 * BATCH, `only ${ids.length} records found room`);
        await assertHolds(notes, ids);
        await notes.delete({ ids: ids.slice(0, 5) });
        await assertHolds(notes, ids.slice(5));
        const again = await (await open("small")).getCollection({ name: "notes" });
        await assertHolds(again, ids.slice(5));
      }),
  },
  {
    name: "after deletions there is room again",
    run: (context) =>
      withClients(context, async (open) => {
        const client = await open("small");
        const notes = await client.createCollection({ name: "notes" });
        const ids = await fill(notes);
        await notes.delete({ ids: ids.slice(0, ids.length >> 1) });
        const rest = ids.slice(ids.length >> 1);
        const more = batchFrom(5000);
        await notes.add(more);
        await assertHolds(notes, [...rest, ...more.ids]);
      }),
  },
  // Of a fifth there is room for a copy beside what was there; of more the rebuild goes by way of storage.
  ...(
    [
      ["flat", 0.2],
      ["hnsw", 0.2],
      ["flat", 0.45],
      ["hnsw", 0.45],
    ] as const
  ).map(
    ([index, share]): ContractCase<MemoryContext> => ({
      name: `after vectors were deleted but for ${share}, there is room for others (${index})`,
      run: (context) =>
        withClients(context, async (open) => {
          const client = await open("small");
          const configuration = { index };
          const notes = await client.createCollection({ name: "notes", configuration });
          const filled = await fillWide(notes, 0);
          const kept = Math.floor(filled * share);
          const ids = Array.from({ length: filled }, (_, i) => String(i));
          await notes.delete({ ids: ids.slice(kept) });
          const begin = Date.now();
          let added = 0;
          while (added < (filled - kept) * 0.8) {
            assert(Date.now() - begin < 30_000, `${added} of ${filled} found room again`);
            added += await fillWide(notes, filled + added);
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
          assertEqual(await notes.count(), kept + added, "records");
          const asked = [0, kept - 1, filled, filled + added - 1];
          const { ids: found } = await notes.query({
            queryEmbeddings: asked.map(wideVectorOf),
            nResults: 1,
          });
          assertEqual(
            found,
            asked.map((id) => [String(id)]),
            "the nearest records",
          );
        }),
    }),
  ),
  {
    name: "an answer too large for the memory is refused, and the collection goes on",
    run: (context) =>
      withClients(context, async (open) => {
        const client = await open("small");
        const notes = await client.createCollection({ name: "notes" });
        const other = await client.createCollection({ name: "other" });
        await other.add({ ids: ["x"], embeddings: [[1]] });
        const ids = await fill(notes);
        await assertRejects(notes.get(), "limit_exceeded", "all documents at once");
        await assertHolds(notes, ids);
        assertEqual((await other.get()).ids, ["x"], "another collection");
        await other.add({ ids: ["y"], embeddings: [[2]] });
        assertEqual(await other.count(), 2, "a write to it");
      }),
  },
  {
    name: "a collection too large to be loaded is an error, and lost nothing",
    run: (context) =>
      withClients(context, async (open) => {
        const notes = await (await open("large")).createCollection({ name: "notes" });
        const ids: string[] = [];
        for (let first = 0; first < 2000; first += BATCH) {
          await notes.add(batchFrom(first));
          ids.push(...batchFrom(first).ids);
        }
        const small = await open("small");
        const tooLarge = await small.getCollection({ name: "notes" });
        await assertRejects(tooLarge.count(), "limit_exceeded", "loading it");
        await assertRejects(tooLarge.count(), "limit_exceeded", "loading it again");
        const other = await small.createCollection({ name: "other" });
        await other.add({ ids: ["x"], embeddings: [[1]] });
        assertEqual(await other.count(), 1, "another collection");
        const whole = await (await open("large")).getCollection({ name: "notes" });
        await assertHolds(whole, ids);
      }),
  },
];
