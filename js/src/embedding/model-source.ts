import type { EngineOptions } from "../engine/open.js";
import type { ModelSpec } from "../models/manifest.js";
import { ModelStore } from "../models/store.js";
import type { CallOptions } from "../types.js";
import { enginesOf, filesOf, type ResolvedEngine } from "./engines.js";
import { ModelWorker } from "./model-worker.js";
import type { ModelParams } from "./open-model.js";

/** How a model is started, whatever it is. */
export interface ModelStart {
  engine: EngineOptions;
  params: Omit<ModelParams, "spec">;
  /** Told what went wrong without stopping the start. */
  warn(message: string): void;
}

/** Where a model comes from. */
export interface ModelSource {
  /** What is known of the model before it is loaded. */
  readonly spec: ModelSpec | undefined;
  /** Its name, as it is stored with a collection. */
  readonly config: Record<string, unknown>;
  open(start: ModelStart, call: CallOptions): Promise<ModelWorker>;
  /** Whether open() works without the network. */
  isCached(choice: ResolvedEngine): Promise<boolean>;
  /** Removes its files from the cache. */
  clear(): Promise<void>;
}

/** A model of the manifest. */
export class ManifestSource implements ModelSource {
  readonly config: Record<string, unknown>;

  constructor(readonly spec: ModelSpec) {
    this.config = { model: spec.name, revision: spec.revision };
  }

  open({ engine, params, warn }: ModelStart, call: CallOptions): Promise<ModelWorker> {
    return ModelWorker.open(engine, { ...params, spec: this.spec }, warn, call);
  }

  async isCached({ engine, dtype }: ResolvedEngine): Promise<boolean> {
    const store = await ModelStore.open();
    for (const each of enginesOf(this.spec, engine)) {
      if (await store.isCached(this.spec, filesOf(this.spec, each, dtype))) return true;
    }
    return false;
  }

  async clear(): Promise<void> {
    await (await ModelStore.open()).clear(this.spec);
  }
}
