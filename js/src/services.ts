import { createDatabaseService, importStorage, type StoreFactory } from "./database/service.js";
import { createClipService } from "./embedding/clip-service.js";
import { createEmbeddingService } from "./embedding/service.js";
import { loadCore } from "./engine/load.js";
import type { CoreModule } from "./engine/module.js";
import type { Ahead, CoreOptions } from "./engine/protocol.js";
import { createRerankService } from "./rerank/service.js";

/** A failure is told by the call that needs it. */
export function loadAhead(ahead: Ahead | undefined): void {
  if (ahead === "storage") importStorage().catch(() => {});
}

/**
 * Everything that runs behind an engine, in a worker or in place, over one wasm core.
 * @param openStore instead of the browser's stores
 */
export function createServices(core: CoreModule, options: CoreOptions, openStore?: StoreFactory) {
  // Every service holds this object and none the instance behind it, so that an instance whose memory
  // is full is given back as a whole: a wasm memory never shrinks.
  const current: CoreModule = Object.create(core);
  const renew = async () => void Object.setPrototypeOf(current, await loadCore(options));
  return {
    ...createDatabaseService(current, openStore, options.wasmUrl, renew),
    ...createEmbeddingService(current),
    ...createRerankService(current),
    ...createClipService(),
  };
}
