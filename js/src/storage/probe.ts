import { deleteDB, openDB } from "idb";
import { databaseName } from "./connection.js";
import { storageError } from "./errors.js";
import { ALL_CLIENTS, folderName } from "./files.js";
import { removeNote } from "./marker.js";

/**
 * Writes into an IndexedDB of its own, strictly, reads it back and deletes the database.
 * @param name of the database.
 * @param bytes what is written.
 * @returns whether what came back is what was written.
 * @throws storage_failed, quota_exceeded
 */
export async function tryIndexedDb(name: string, bytes: Uint8Array): Promise<boolean> {
  try {
    const database = await openDB(name, 1, {
      upgrade: (made) => void made.createObjectStore("blocks"),
    });
    try {
      const tx = database.transaction("blocks", "readwrite", { durability: "strict" });
      await Promise.all([tx.store.put(bytes, "block"), tx.done]);
      const back: Uint8Array = await database.get("blocks", "block");
      return String(back) === String(bytes);
    } finally {
      database.close();
    }
  } catch (cause) {
    throw storageError(cause, "writing into IndexedDB");
  } finally {
    await quietly(() => deleteDB(name));
  }
}

/**
 * Removes everything that a closed client has stored, wherever it is: its database, its files, the
 * note of its collections. What is not there, or not allowed, is no error.
 */
export async function eraseClient(clientName: string): Promise<void> {
  await quietly(() => deleteDB(databaseName(clientName)));
  await quietly(async () => {
    const root = await navigator.storage.getDirectory();
    const all = await root.getDirectoryHandle(ALL_CLIENTS);
    await all.removeEntry(folderName(clientName), { recursive: true });
  });
  await quietly(() => removeNote(clientName));
}

async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // See eraseClient().
  }
}
