import { type Port, serve } from "./engine/guest.js";
import { loadCore } from "./engine/load.js";
import { createServices } from "./services.js";

// The entry of the dedicated worker: see engine/open.ts for who starts it.
serve(globalThis as unknown as Port, async (core) => createServices(await loadCore(core), core));
