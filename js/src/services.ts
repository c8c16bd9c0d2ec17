import { createDatabaseService } from "./database/service.js";
import { createClipService } from "./embedding/clip-service.js";
import { createEmbeddingService } from "./embedding/service.js";
import type { CoreModule } from "./engine/module.js";
import type { CoreOptions } from "./engine/protocol.js";
import { createRerankService } from "./rerank/service.js";

/** Everything that runs behind an engine, in a worker or in place, over one wasm core. */
export function createServices(core: CoreModule, { wasmUrl }: CoreOptions) {
  return {
    ...createDatabaseService(core, undefined, wasmUrl),
    ...createEmbeddingService(core),
    ...createRerankService(core),
    ...createClipService(),
  };
}
