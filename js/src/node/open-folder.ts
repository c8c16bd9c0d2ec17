// The store of pagevec/node, on the database's side of the thread.
import type { StoreFactory } from "../database/service.js";
import { PagevecError } from "../errors.js";
import { makeFolder } from "./folder.js";
import { FolderStore, type FolderStoreOptions } from "./folder-store.js";
import { watchFolder } from "./watch-folder.js";
import { lockFolder } from "./writer-lock.js";

/** Opens folders, and stores of memory. */
export const openFolderStore: StoreFactory = async (params, hooks) => {
  if (params.storage === "memory") {
    const { MemoryStore } = await import("../storage/memory.js");
    return new MemoryStore();
  }
  if (params.storage !== "folder") {
    throw new PagevecError(
      "unsupported",
      'there is no IndexedDB in Node; open a folder by pagevec/node, or storage: "memory"',
    );
  }
  // Now: a snapshot is due when the package may be gone.
  await import("../database/store-snapshot.js");
  const { name: path, durability = "relaxed", readOnly = false } = params;
  const { crc32c, report, changed } = hooks;
  const options = { path, durability, readOnly, crc32c, report };
  if (!readOnly) return openToWrite(options);
  const store = await FolderStore.openFolder(options);
  store.onClosed.push(await watchFolder(store, path, changed));
  return store;
};

async function openToWrite(options: FolderStoreOptions): Promise<FolderStore> {
  makeFolder(options.path);
  const release = await lockFolder(options.path);
  try {
    const store = await FolderStore.openFolder(options);
    store.onClosed.push(release);
    await store.claim();
    return store;
  } catch (cause) {
    release();
    throw cause;
  }
}
