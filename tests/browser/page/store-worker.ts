// The stores that exist in workers alone, under their contract: one case a message.
import { loadCore } from "../../../js/dist/engine/load.js";
import { openDurableStore } from "../../../js/dist/storage/durable.js";
import { FileStore } from "../../../js/dist/storage/file-store.js";
import { openFolder } from "../../../js/dist/storage/files.js";
import { IndexedDbStore } from "../../../js/dist/storage/indexeddb.js";
import { MirroredStore } from "../../../js/dist/storage/mirrored.js";
import { SharedStore } from "../../../js/dist/storage/shared.js";
import { assert, assertEqual } from "../../contract/contract.js";
import { type StoreContext, storeContract } from "../../contract/store.js";

const contexts: Record<string, (crc32c: (bytes: Uint8Array) => number) => StoreContext> = {
  files: (crc32c) => ({
    async open(name) {
      const folder = await openFolder(name);
      assert(folder, "this worker has no files");
      return FileStore.open({ folder, crc32c, durability: "relaxed" });
    },
    persistent: true,
    shared: false,
  }),
  shared: (crc32c) => ({
    open: (name) =>
      openDurableStore(
        { name },
        // The contract's blocks have no frames.
        { crc32c, isSound: () => true, report: () => {}, changed: () => {} },
      ),
    persistent: true,
    shared: false,
  }),
};

/** Longer than a writer may be silent. */
const RECOVERY_MS = 6000;

/** Two tabs, the first of which has much to recover: the second must not take the lock from it. */
async function waitForRecovery(): Promise<void> {
  let leads = 0;
  const open = async () => {
    const reading = await IndexedDbStore.open("recovery", { sweep: false });
    const lead = async () => {
      ++leads;
      await new Promise((resolve) => setTimeout(resolve, RECOVERY_MS));
      return MirroredStore.open({
        first: reading,
        openSecond: async () => undefined,
        dropSecond: async () => {},
        noteCollections: async () => {},
        isSound: () => true,
        report: () => {},
        why: null,
      });
    };
    const unheard = () => {};
    return SharedStore.open({ name: "recovery", reading, lead, changed: unheard, report: unheard });
  };
  const stores = await Promise.all([open(), open()]);
  assertEqual(leads, 1, "tabs that recovered");
  await Promise.all(stores.map((store) => store.close()));
}

addEventListener("message", async ({ data }: MessageEvent<{ store: string; name: string }>) => {
  try {
    if (data.store === "recovery") {
      await waitForRecovery();
      return postMessage(null);
    }
    const core = await loadCore();
    const found = storeContract.find(({ name }) => name === data.name);
    const context = contexts[data.store]?.((bytes) => core.crc32c(bytes));
    assert(found && context, `there is no case "${data.name}" for ${data.store}`);
    await found.run(context);
    postMessage(null);
  } catch (error) {
    postMessage((error as Error).stack ?? String(error));
  }
});
