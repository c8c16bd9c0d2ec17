// A client whose states are all known, and damage to a random place of what is stored of it.
import type { Client } from "../../../js/src/client.js";

/** Batches that follow the snapshot. */
export const BATCHES = 6;
/** More than a journal may have before an idle collection gets a snapshot. */
const LONG = "x".repeat(300 * 1024);
/** Where blocks have their headers. */
const HEADER_BYTES = 64;

export type Random = () => number;

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)] as T;
}

/** What the client's collection has, to be compared. */
export async function stateOf(client: Client): Promise<string> {
  const notes = await client.getCollection({ name: "notes" });
  const { ids, documents, embeddings } = await notes.get({ include: ["documents", "embeddings"] });
  return JSON.stringify(ids.map((id, i) => [id, documents[i], [...(embeddings[i] ?? [])]]));
}

/** Stores a snapshot and BATCHES batches. @returns the states: after the snapshot, after each batch */
export async function storeBatches(open: () => Promise<Client>): Promise<string[]> {
  let client = await open();
  let notes = await client.createCollection({ name: "notes", configuration: { index: "hnsw" } });
  const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
  const vectorOf = (i: number) => Array.from({ length: 8 }, (_, d) => Math.sin(i * 8 + d));
  const documents = ids.map((id) => (id === "50" ? LONG : id));
  await notes.add({ ids, embeddings: ids.map((_, i) => vectorOf(i)), documents });
  while ((await notes.getIndexingStatus()).numUnindexedOps > 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // Stores the snapshot.
  await client.close();
  client = await open();
  notes = await client.getCollection({ name: "notes" });
  const states = [await stateOf(client)];
  for (let batch = 1; batch <= BATCHES; ++batch) {
    const ids = [`${batch}`, `new-${batch}`];
    const embeddings = ids.map((_, i) => vectorOf(batch * 1000 + i));
    await notes.upsert({ ids, embeddings, documents: ids.map((id) => `${id} again`) });
    states.push(await stateOf(client));
  }
  await client.close();
  return states;
}

/** bytes undefined: missing. Headers are as likely as all the rest. */
export function damaged(bytes: Uint8Array, random: Random): { what: string; bytes?: Uint8Array } {
  const kind = pick(random, ["flip", "flip", "flip", "flip", "cut", "missing"]);
  const limit = random() < 0.5 ? Math.min(HEADER_BYTES, bytes.length) : bytes.length;
  const at = below(random, limit);
  if (kind === "missing") return { what: "missing" };
  if (kind === "cut") return { what: `cut off at ${at}`, bytes: bytes.slice(0, at) };
  const flipped = bytes.slice();
  flipped[at] = (flipped[at] as number) ^ (1 << below(random, 8));
  return { what: `flipped at ${at}`, bytes: flipped };
}
