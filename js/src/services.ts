import { createDatabaseService } from "./database/service.js";
import { createClipService } from "./embedding/clip-service.js";
import { createEmbeddingService } from "./embedding/service.js";
import type { CoreModule } from "./engine/module.js";
import { createRerankService } from "./rerank/service.js";

/** Everything that runs behind an engine, in a worker or in place, over one wasm core. */
export function createServices(core: CoreModule) {
  return {
    ...createDatabaseService(core),
    ...createEmbeddingService(core),
    ...createRerankService(core),
    ...createClipService(),
  };
}
