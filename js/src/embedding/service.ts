import type { CoreModule } from "../engine/module.js";
import type { Service } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import type { ModelSpec } from "../models/manifest.js";
import type { ModelEngine } from "./engines.js";
import type { PreparedModel, PrepareParams } from "./hub/prepare.js";
import type { EmbedResult, LocalEmbedder, Priority } from "./local-embedder.js";
import { type ModelParams, openModel } from "./open-model.js";

export interface OpenedModel {
  handle: number;
  engine: ModelEngine;
  spec: ModelSpec;
  /** The model's files, for other workers, if they were asked for. */
  files?: Uint8Array[];
  /** What went wrong without stopping the call, e.g. a full cache. */
  warnings: string[];
}

/** What the engine does for embedding functions. */
export interface EmbeddingMethods {
  "model.open": { params: ModelParams; result: OpenedModel };
  "model.prepare": { params: PrepareParams; result: PreparedModel & { warnings: string[] } };
  "model.embed": {
    params: { handle: number; texts: readonly string[]; priority: Priority };
    result: EmbedResult;
  };
  "model.close": { params: { handle: number }; result: null };
}

export function createEmbeddingService(core: CoreModule): Service<EmbeddingMethods> {
  const embedders = new Map<number, LocalEmbedder>();
  let lastHandle = 0;

  return {
    async "model.open"(params, context) {
      const warnings: string[] = [];
      const warn = (message: string) => warnings.push(message);
      const { engine, files, embedder } = await openModel(core, params, context, warn);
      embedders.set(++lastHandle, embedder);
      const opened = { handle: lastHandle, engine, spec: params.spec, warnings };
      return params.share ? { ...opened, files } : opened;
    },

    async "model.prepare"(params, context) {
      const { prepareModel } = await import("./hub/prepare.js");
      const warnings: string[] = [];
      const prepared = await prepareModel(params, context, (message) => warnings.push(message));
      return { ...prepared, warnings };
    },

    async "model.embed"({ handle, texts, priority }, context) {
      const embedder = embedders.get(handle);
      if (!embedder) throw new PagevecError("closed", "the embedding model was closed");
      return embedder.embed(texts, priority, context);
    },

    async "model.close"({ handle }) {
      const embedder = embedders.get(handle);
      embedders.delete(handle);
      await embedder?.close();
      return null;
    },
  };
}
