import type { Collection } from "../collection.js";
import type { Metadata } from "../types.js";

/** Records with all that they have. */
export interface WholeRecords {
  ids: string[];
  embeddings: number[][];
  documents: string[];
  metadatas: (Metadata | null)[];
}

/**
 * Adds records, or replaces those that exist as a whole: upsert() would merge their metadata. One that
 * loses metadata is taken out and put back, so for a moment others do not see it.
 * @throws what upsert() throws; then nothing has changed
 */
export async function replaceRecords(collection: Collection, records: WholeRecords): Promise<void> {
  const { ids, embeddings, documents, metadatas } = records;
  if (ids.length === 0) return;
  const old = await collection.get({ ids: [...new Set(ids)], include: ["metadatas"] });
  await collection.upsert(records);
  const losing = old.ids.filter((id, i) => {
    const metadata = metadatas[ids.indexOf(id)] ?? {};
    return Object.keys(old.metadatas[i] ?? {}).some((key) => !Object.hasOwn(metadata, key));
  });
  if (losing.length === 0) return;
  const places = losing.map((id) => ids.indexOf(id));
  await collection.delete({ ids: losing });
  await collection.upsert({
    ids: losing,
    embeddings: places.map((i) => embeddings[i] as number[]),
    documents: places.map((i) => documents[i] as string),
    metadatas: places.map((i) => metadatas[i] ?? null),
  });
}
