import type { Service } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import type { ClipTower } from "../models/clip-manifest.js";
import type { ClipModel } from "./clip-model.js";
import type { Dtype } from "./engines.js";
import type { ImageSource } from "./images/source.js";
import type { EmbedResult, Priority } from "./local-embedder.js";
import type { RuntimeOptions } from "./onnx/runtime-options.js";

export interface ClipParams extends RuntimeOptions {
  /** A name in "clip" of models/manifest.json. */
  model: string;
  dtype: Dtype;
  /** Absolute: a worker's base is not the page's. */
  modelUrl?: readonly string[] | undefined;
  /** Absolute, of the folder of the tokenizer's wasm module, if it is not beside the script. */
  wasmUrl?: string | undefined;
}

export interface ClipResult extends EmbedResult {
  /** What went wrong without stopping the call, e.g. a full cache. */
  warnings: string[];
}

/** What the engine does for CLIP models. */
export interface ClipMethods {
  "clip.open": { params: ClipParams; result: number };
  /** Loads towers before they are needed. */
  "clip.load": { params: { handle: number; towers: ClipTower[] }; result: string[] };
  "clip.texts": {
    params: { handle: number; texts: readonly string[]; priority: Priority };
    result: ClipResult;
  };
  "clip.images": { params: { handle: number; images: readonly ImageSource[] }; result: ClipResult };
  "clip.close": { params: { handle: number }; result: null };
}

interface Open {
  model: ClipModel;
  warnings: string[];
}

export function createClipService(): Service<ClipMethods> {
  const models = new Map<number, Open>();
  let lastHandle = 0;
  const find = (handle: number): Open => {
    const found = models.get(handle);
    if (found) return found;
    throw new PagevecError("closed", "the embedding model was closed");
  };
  const withWarnings = async (open: Open, result: Promise<EmbedResult>) => ({
    ...(await result),
    warnings: open.warnings.splice(0),
  });

  return {
    async "clip.open"(params) {
      const { ClipModel } = await import("./clip-model.js");
      const warnings: string[] = [];
      const model = new ClipModel(params, (message) => warnings.push(message));
      models.set(++lastHandle, { model, warnings });
      return lastHandle;
    },

    async "clip.load"({ handle, towers }, context) {
      const open = find(handle);
      for (const tower of towers) await open.model[tower](context);
      return open.warnings.splice(0);
    },

    async "clip.texts"({ handle, texts, priority }, context) {
      const open = find(handle);
      const embedder = await open.model.text(context);
      return withWarnings(open, embedder.embed(texts, priority, context));
    },

    async "clip.images"({ handle, images }, context) {
      const open = find(handle);
      const embedder = await open.model.image(context);
      return withWarnings(open, embedder.embed(images, context));
    },

    async "clip.close"({ handle }) {
      const open = models.get(handle);
      models.delete(handle);
      await open?.model.close();
      return null;
    },
  };
}
