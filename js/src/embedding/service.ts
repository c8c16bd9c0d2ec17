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
  /** What went wrong without stopping the call. */
  warnings: string[];
}

/** What the engine does for embedding functions. */
export interface EmbeddingMethods {
  "model.open": { params: ModelParams; result: OpenedModel };
  /** Waits until what was downloaded is in the cache. Result: warnings, e.g. of a full one. */
  "model.kept": { params: { handle: number }; result: string[] };
  "model.prepare": { params: PrepareParams; result: PreparedModel & { warnings: string[] } };
  "model.embed": {
    params: { handle: number; texts: readonly string[]; priority: Priority };
    result: EmbedResult;
  };
  "model.close": { params: { handle: number }; result: null };
}

export function createEmbeddingService(core: CoreModule): Service<EmbeddingMethods> {
  const models = new Map<number, { embedder: LocalEmbedder; kept: Promise<string[]> }>();
  let lastHandle = 0;

  return {
    async "model.open"(params, context) {
      const warnings: string[] = [];
      const warn = (message: string) => warnings.push(message);
      const { engine, files, embedder, kept } = await openModel(core, params, context, warn);
      const opened = {
        handle: ++lastHandle,
        engine,
        spec: params.spec,
        warnings: warnings.splice(0),
      };
      models.set(lastHandle, { embedder, kept: kept.then(() => warnings) });
      return params.share ? { ...opened, files } : opened;
    },

    async "model.kept"({ handle }) {
      return models.get(handle)?.kept ?? [];
    },

    async "model.prepare"(params, context) {
      const { prepareModel } = await import("./hub/prepare.js");
      const warnings: string[] = [];
      const prepared = await prepareModel(params, context, (message) => warnings.push(message));
      return { ...prepared, warnings };
    },

    async "model.embed"({ handle, texts, priority }, context) {
      const model = models.get(handle);
      if (!model) throw new PagevecError("closed", "the embedding model was closed");
      return model.embedder.embed(texts, priority, context);
    },

    async "model.close"({ handle }) {
      const model = models.get(handle);
      models.delete(handle);
      await model?.embedder.close();
      // Whoever closes the model ends the worker.
      await model?.kept;
      return null;
    },
  };
}
