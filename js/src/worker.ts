import { type Port, serve } from "./engine/guest.js";
import { loadCore } from "./engine/load.js";
import { createServices, loadAhead } from "./services.js";

// The entry of the dedicated worker: see engine/open.ts for who starts it.
serve(globalThis as unknown as Port, async (core, ahead) => {
  loadAhead(ahead);
  return createServices(await loadCore(core), core);
});
