// Damage to what IndexedDB has of a client, done behind its back.

export type Damage = "altered" | "missing";

/** Of a journal record. */
export async function damageJournal(
  client: string,
  id: string,
  sequence: number,
  damage: Damage,
): Promise<void> {
  await withDatabase(client, async (database) => {
    const journal = database.transaction("journal", "readwrite").objectStore("journal");
    if (damage === "missing") return settled(journal.delete([id, sequence]));
    const record = new Uint8Array(await settled<ArrayBuffer>(journal.get([id, sequence])));
    record[3] = (record[3] ?? 0) ^ 0x81;
    await settled(journal.put(record.buffer, [id, sequence]));
  });
}

/** Of a part, counted from the last one: -1. */
export async function damageSnapshot(
  client: string,
  id: string,
  which: number,
  damage: Damage,
): Promise<void> {
  await withDatabase(client, async (database) => {
    const parts = database.transaction("parts", "readwrite").objectStore("parts");
    const keys = await settled(parts.getAllKeys());
    const key = keys.filter((key) => (key as string[])[0] === id).at(which);
    if (key === undefined) throw new Error("there is no snapshot to damage");
    await damageValue(parts, key, damage);
  });
}

/** Of the part that is stored under this key. */
export async function damagePart(client: string, key: IDBValidKey, damage: Damage): Promise<void> {
  await withDatabase(client, (database) =>
    damageValue(database.transaction("parts", "readwrite").objectStore("parts"), key, damage),
  );
}

async function damageValue(parts: IDBObjectStore, key: IDBValidKey, damage: Damage): Promise<void> {
  if (damage === "missing") return settled(parts.delete(key));
  const part = new Uint8Array(await settled<ArrayBuffer>(parts.get(key)));
  part[part.length >> 1] = (part[part.length >> 1] ?? 0) ^ 0x81;
  await settled(parts.put(part.buffer, key));
}

export async function withDatabase(
  client: string,
  work: (database: IDBDatabase) => Promise<unknown>,
) {
  const database = await settled(indexedDB.open(`pagevec/${client}`, 1));
  await work(database);
  database.close();
}

export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
