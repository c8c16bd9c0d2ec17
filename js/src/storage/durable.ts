import { FileStore } from "./file-store.js";
import { type Folder, openFolder, removeAll } from "./files.js";
import { locks } from "./holds.js";
import { IndexedDbStore } from "./indexeddb.js";
import { Marker } from "./marker.js";
import { MirroredStore } from "./mirrored.js";
import { SharedStore } from "./shared.js";
import type { Durability, Manifest, Report, Store, StoreHooks } from "./store.js";

export interface DurableOptions {
  name: string;
  durability?: Durability;
}

/**
 * The store that outlives the page: IndexedDB, with a second copy in files and one writer among all
 * tabs, where the browser has what that takes (docs/durability.md). Without Web Locks every tab writes
 * for itself, and a write that another tab overtook is made again.
 */
export async function openDurableStore(options: DurableOptions, hooks: StoreHooks): Promise<Store> {
  const { name, durability = "relaxed" } = options;
  const manager = locks();
  let why: string | null = null;
  const first = await IndexedDbStore.open(name, {
    durability,
    sweep: !manager,
    onCreated: (dataLoss) => {
      why = dataLoss;
    },
  });
  if (!manager) return first;
  const marker = new Marker(name);
  let shared: SharedStore | undefined;
  const report: Report = (found) => (shared ? shared.announce(found) : hooks.report(found));
  let early: Promise<Folder | undefined> | undefined;
  const openSecond = async () => {
    const opening = early ?? openFolder(name);
    early = undefined;
    const folder = await opening;
    return folder && FileStore.open({ folder, durability, crc32c: hooks.crc32c });
  };
  const dropSecond = async () => {
    const folder = await openFolder(name);
    if (folder) await removeAll(folder);
  };
  const lead = async () => {
    // While IndexedDB is asked.
    early = openFolder(name);
    early.catch(() => {});
    marker.read();
    const noteCollections = (manifests: Manifest[]) => marker.write(manifests);
    const second = { openSecond, dropSecond, noteCollections };
    const store = await MirroredStore.open({ ...hooks, ...second, report, first, why });
    await marker.compare(
      await first.listCollections(),
      await first.deletedIds(),
      hooks.report,
      why,
    );
    why = null;
    return store;
  };
  shared = await SharedStore.open({ ...hooks, name, reading: first, lead });
  return shared;
}
