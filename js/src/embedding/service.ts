import { CoreTokenizer } from "../engine/core-tokenizer.js";
import type { CoreModule, EncoderHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import type { CallContext, Service } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import { findFile, findModel, type ModelSpec } from "../models/manifest.js";
import { type LoadOptions, ModelStore } from "../models/store.js";
import { type Dtype, filesOf, type ModelEngine } from "./engines.js";
import { type EmbedResult, LocalEmbedder, type Priority } from "./local-embedder.js";
import { NativeEncoder } from "./native-encoder.js";
import { type OnnxOptions, openOnnxEncoder } from "./onnx/session.js";

export interface ModelParams extends OnnxOptions {
  /** A name in models/manifest.json. */
  model: string;
  engine: ModelEngine;
  dtype: Dtype;
  /** Absolute: a worker's base is not the page's. */
  modelUrl?: readonly string[] | undefined;
}

export interface OpenedModel {
  handle: number;
  dimensions: number;
  maxTokens: number;
  /** What went wrong without stopping the call, e.g. a full cache. */
  warnings: string[];
}

/** What the engine does for embedding functions. */
export interface EmbeddingMethods {
  "model.open": { params: ModelParams; result: OpenedModel };
  "model.embed": {
    params: { handle: number; texts: string[]; priority: Priority };
    result: EmbedResult;
  };
  "model.close": { params: { handle: number }; result: null };
}

const PROGRESS_MS = 50;

export function createEmbeddingService(core: CoreModule): Service<EmbeddingMethods> {
  const embedders = new Map<number, LocalEmbedder>();
  let lastHandle = 0;

  return {
    async "model.open"(params, context) {
      const spec = findModel(params.model);
      const warnings: string[] = [];
      const embedder = await openEmbedder(core, spec, params, context, warnings);
      embedders.set(++lastHandle, embedder);
      return {
        handle: lastHandle,
        dimensions: spec.dimensions,
        maxTokens: spec.maxTokens,
        warnings,
      };
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

async function openEmbedder(
  core: CoreModule,
  spec: ModelSpec,
  params: ModelParams,
  context: CallContext,
  warnings: string[],
): Promise<LocalEmbedder> {
  const names = filesOf(spec, params.engine, params.dtype);
  const files = await loadFiles(spec, names, params.modelUrl, context, warnings);
  if (params.engine === "native") return openNative(core, spec, files[0] as Uint8Array);
  const [vocabulary, weights] = files;
  const tokenizer = new CoreTokenizer(
    unwrap(core.createTokenizer(vocabulary as Uint8Array, spec.tokenizer.lowercase)),
  );
  try {
    const encoder = await openOnnxEncoder(weights as Uint8Array, spec, params);
    return new LocalEmbedder(tokenizer, encoder, spec.dimensions, spec.maxTokens);
  } catch (error) {
    tokenizer.close();
    throw error;
  }
}

function openNative(core: CoreModule, spec: ModelSpec, file: Uint8Array): LocalEmbedder {
  const handle: EncoderHandle = unwrap(core.createEncoder(file));
  const encoder = new NativeEncoder(handle);
  try {
    const tokenizer = new CoreTokenizer(unwrap(handle.createTokenizer()));
    return new LocalEmbedder(tokenizer, encoder, spec.dimensions, spec.maxTokens);
  } catch (error) {
    handle.delete();
    throw error;
  }
}

/** Loads files one after another under one progress. */
async function loadFiles(
  spec: ModelSpec,
  names: readonly string[],
  modelUrl: LoadOptions["modelUrl"],
  { signal, progress }: CallContext,
  warnings: string[],
): Promise<Uint8Array[]> {
  const store = await ModelStore.open();
  let total = names.reduce((sum, name) => sum + (findFile(spec, name).contents[0]?.bytes ?? 0), 0);
  let before = 0;
  let reportedAt = 0;
  const files: Uint8Array[] = [];
  for (const name of names) {
    const onBytes = (received: number) => {
      const done = before + received;
      total = Math.max(total, done);
      const now = performance.now();
      if (done < total && now - reportedAt < PROGRESS_MS) return;
      reportedAt = now;
      progress({ stage: "download", done, total, bytes: done });
    };
    const onWarning = (message: string) => warnings.push(message);
    const file = await store.load(spec, name, { modelUrl, signal, onBytes, onWarning });
    before += file.length;
    files.push(file);
  }
  return files;
}
