// The stores that exist in workers alone, under their contract: one case a message.
import { loadCore } from "../../../js/dist/engine/load.js";
import { openDurableStore } from "../../../js/dist/storage/durable.js";
import { FileStore } from "../../../js/dist/storage/file-store.js";
import { openFolder } from "../../../js/dist/storage/files.js";
import { assert } from "../../contract/contract.js";
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

addEventListener("message", async ({ data }: MessageEvent<{ store: string; name: string }>) => {
  try {
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
