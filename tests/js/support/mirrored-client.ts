import type { Client } from "../../../js/src/client.js";
import type { CoreModule } from "../../../js/src/engine/module.js";
import { FileStore } from "../../../js/src/storage/file-store.js";
import { type Folder, removeAll } from "../../../js/src/storage/files.js";
import { IndexedDbStore } from "../../../js/src/storage/indexeddb.js";
import { MirroredStore } from "../../../js/src/storage/mirrored.js";
import { openTestClient } from "./clients.js";

export interface MirroredClientOptions {
  core: CoreModule;
  name: string;
  /** Of the second copy; without one there is none. */
  folder?: Folder | undefined;
  why?: string | null;
  largeBytes?: number;
}

/** A client over IndexedDB and, beside it, files in a folder of Node's. */
export function openMirroredClient(options: MirroredClientOptions): Promise<Client> {
  const { core, name, folder, why = null, largeBytes } = options;
  return openTestClient({
    core,
    name,
    storage: "indexeddb",
    openStore: async (_, hooks) =>
      MirroredStore.open({
        ...hooks,
        first: await IndexedDbStore.open(name),
        openSecond: async () =>
          folder && FileStore.open({ folder, durability: "strict", crc32c: hooks.crc32c }),
        dropSecond: async () => void (folder && (await removeAll(folder))),
        why,
        ...(largeBytes === undefined ? {} : { largeBytes }),
        noteCollections: async () => {},
      }),
  });
}
