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
  const places = new Map(ids.map((id, i) => [id, i]));
  const old = await collection.get({ ids: [...places.keys()], include: ["metadatas"] });
  await collection.upsert(records);
  const losing = old.ids.flatMap((id, i) => {
    const place = places.get(id) as number;
    const metadata = metadatas[place] ?? {};
    const lost = Object.keys(old.metadatas[i] ?? {}).some((key) => !Object.hasOwn(metadata, key));
    return lost ? [place] : [];
  });
  if (losing.length === 0) return;
  const again = losing.map((place) => ids[place] as string);
  await collection.delete({ ids: again });
  await collection.upsert({
    ids: again,
    embeddings: losing.map((place) => embeddings[place] as number[]),
    documents: losing.map((place) => documents[place] as string),
    metadatas: losing.map((place) => metadatas[place] ?? null),
  });
}
