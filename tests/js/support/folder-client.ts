import type { Client } from "../../../js/src/client.js";
import type { CoreModule } from "../../../js/src/engine/module.js";
import { openFolderStore } from "../../../js/src/node/open-folder.js";
import type { Durability, StorageReport } from "../../../js/src/storage/store.js";
import { openTestClient } from "./clients.js";

export interface FolderClientOptions {
  core: CoreModule;
  path: string;
  readOnly?: boolean;
  durability?: Durability;
  onStorageReport?: (report: StorageReport) => void;
}

/** As openClient() of pagevec/node, over a core that is loaded already. */
export function openFolderClient(options: FolderClientOptions): Promise<Client> {
  const { core, path, readOnly = false, durability = "relaxed", onStorageReport } = options;
  return openTestClient({
    core,
    name: path,
    storage: "indexeddb",
    openStore: (_, hooks) =>
      openFolderStore({ name: path, storage: "folder", readOnly, durability }, hooks),
    ...(onStorageReport && { onStorageReport }),
  });
}
