import { Client } from "../../../js/src/client.js";
import type { DatabaseMethods } from "../../../js/src/database/methods.js";
import { createDatabaseService, type StoreFactory } from "../../../js/src/database/service.js";
import { connectInPlace } from "../../../js/src/engine/host.js";
import { loadCore } from "../../../js/src/engine/load.js";
import type { CoreModule } from "../../../js/src/engine/module.js";
import type { StorageReport } from "../../../js/src/storage/store.js";
import type { CallOptions, EmbeddingFunction } from "../../../js/src/types.js";
import { toyVector } from "../../contract/collection-replay.js";
import { createReferenceCore } from "./reference-core.js";

/** The cores that every test of the layers above runs on: the wasm one and its slow twin. */
export const CORES: [name: string, load: () => Promise<CoreModule>][] = [
  ["reference core", async () => createReferenceCore()],
  ["wasm core", () => loadCore({ variant: "simd128" })],
];

export interface TestClientOptions {
  core: CoreModule;
  name?: string;
  storage?: "indexeddb" | "memory";
  /** Instead of the stores that pagevec opens. */
  openStore?: StoreFactory;
  onStorageReport?: (report: StorageReport) => void;
}

let clients = 0;

/** A client that runs in this thread, over a core that is loaded already. */
export function openTestClient(options: TestClientOptions): Promise<Client> {
  const {
    core,
    name = `test-${++clients}`,
    storage = "memory",
    openStore,
    onStorageReport,
  } = options;
  const engine = connectInPlace<DatabaseMethods>(createDatabaseService(core, openStore));
  return Client.connect(engine, { name, storage }, {}, { persist: false, onStorageReport });
}

/** The toy as an embedding function that remembers what it was asked. */
export class ToyEmbedding implements EmbeddingFunction {
  readonly asked: string[] = [];

  constructor(readonly name?: string) {}

  async generate(texts: string[], options: CallOptions = {}): Promise<number[][]> {
    this.asked.push(...texts);
    options.onProgress?.({ stage: "embed", done: texts.length, total: texts.length });
    return texts.map(toyVector);
  }
}
