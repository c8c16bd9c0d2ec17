import { parentPort } from "node:worker_threads";
import { type Port, serve } from "../engine/guest.js";
import { loadCore } from "../engine/load.js";
import { createServices } from "../services.js";
import { openFolderStore } from "./open-folder.js";

// The entry of a thread: see platform/node.ts for who starts it. Null where it is only imported.
if (parentPort) {
  serve(parentPort as unknown as Port, async (core) =>
    createServices(await loadCore(core), core, openFolderStore),
  );
}
