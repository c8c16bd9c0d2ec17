import { createDatabaseService } from "./database/service.js";
import { createClipService } from "./embedding/clip-service.js";
import { createEmbeddingService } from "./embedding/service.js";
import { loadCore } from "./engine/load.js";
import type { CoreModule } from "./engine/module.js";
import type { CoreOptions } from "./engine/protocol.js";
import { createRerankService } from "./rerank/service.js";

/** Everything that runs behind an engine, in a worker or in place, over one wasm core. */
export function createServices(core: CoreModule, options: CoreOptions) {
  // Every service holds this object and none the instance behind it, so that an instance whose memory
  // is full is given back as a whole: a wasm memory never shrinks.
  const current: CoreModule = Object.create(core);
  const renew = async () => void Object.setPrototypeOf(current, await loadCore(options));
  return {
    ...createDatabaseService(current, undefined, options.wasmUrl, renew),
    ...createEmbeddingService(current),
    ...createRerankService(current),
    ...createClipService(),
  };
}
