import { absoluteUrl } from "#platform";
import { type EngineOptions, openEngine } from "../engine/open.js";
import type { Engine } from "../engine/protocol.js";
import { PagevecError, throwIfAborted } from "../errors.js";
import type { ModelSpec } from "../models/manifest.js";
import { ModelStore } from "../models/store.js";
import type { CallOptions, EmbeddingFunction, Space } from "../types.js";
import {
  type Dtype,
  enginesOf,
  filesOf,
  type ModelEngine,
  type ResolvedEngine,
  resolveEngine,
} from "./engines.js";
import type { EmbedTimings, Priority } from "./local-embedder.js";
import type { Device } from "./onnx/runtime.js";
import type { EmbeddingMethods, OpenedModel } from "./service.js";
import { SharedLoad } from "./shared-load.js";

export interface LocalModelOptions extends EngineOptions {
  /**
   * What runs the model. "native": pagevec's own forward pass, with the model's .pvm file: 23 MB,
   * fastest, cosine about 0.9995 to the fp32 model. "onnx": onnxruntime-web, which must be installed
   * beside pagevec. "auto" (default): native; onnx where no source has the .pvm file (one warning),
   * and where `dtype` or device "webgpu" is given.
   */
  engine?: "auto" | ModelEngine;
  /**
   * Where onnx computes. "webgpu" needs `ortUrl` on bundled pages, and rejects with code
   * "unsupported" where there is no WebGPU. Default "wasm".
   */
  device?: Device;
  /**
   * The precision of the ONNX weights; giving it means engine "onnx". "int8" (default on wasm): 23 MB,
   * about twice as fast, cosine about 0.99 to fp32. "fp32" (default on webgpu): 91 MB, the
   * reference's vectors.
   */
  dtype?: Dtype;
  /**
   * Folder, or folders tried in order, that serve the model's files in the hub's layout
   * (all-MiniLM-L6-v2.pvm; for onnx vocab.txt, onnx/model_quantized.onnx). Default: the companion
   * package @pagevec/all-minilm-l6-v2 on a CDN; for onnx the model's repositories on the Hugging
   * Face hub.
   */
  modelUrl?: string | readonly string[];
  /** Where onnxruntime-web's ort-wasm-simd-threaded.wasm is, if the bundler does not take it along. */
  ortWasmUrl?: string | URL;
  /** Folder that serves onnxruntime-web's dist, for device "webgpu". */
  ortUrl?: string | URL;
  /** Threads of ONNX Runtime, on pages that are crossOriginIsolated. Default 1. */
  threads?: number;
  /**
   * Told after a call which of its texts were cut to the model's 256 tokens. Default: one
   * console.warn per function.
   */
  onTruncate?: (indices: number[], texts: readonly string[]) => void;
  /** Told what went wrong without stopping the call, e.g. no room in the cache. Default: console.warn. */
  onWarning?: (message: string) => void;
}

/** An embedding function whose model runs in the page. */
export interface LocalEmbeddingFunction extends EmbeddingFunction {
  readonly name: string;
  readonly dimensions: number;
  /** Longer texts are cut; the two special tokens count. */
  readonly maxTokens: number;
  /** What runs the model; undefined until it is loaded. */
  readonly engine: ModelEngine | undefined;
  generate(texts: string[], options?: CallOptions): Promise<Float32Array[]>;
  generateForQueries(texts: string[], options?: CallOptions): Promise<Float32Array[]>;
  defaultSpace(): Space;
  supportedSpaces(): Space[];
  getConfig(): Record<string, unknown>;
  close(): Promise<void>;
  /** Downloads and starts the model now rather than at the first text. */
  load(options?: CallOptions): Promise<void>;
  /** Whether load() works without the network. */
  isCached(): Promise<boolean>;
  /** Removes the model's files from the browser's cache. */
  clear(): Promise<void>;
  /** Indices of the texts that the last finished call cut. */
  readonly lastTruncated: readonly number[];
  /** Milliseconds that the last finished call took. */
  readonly lastTimings: Readonly<EmbedTimings>;
}

interface Opened {
  engine: Engine<EmbeddingMethods>;
  model: OpenedModel;
}

export class LocalModel implements LocalEmbeddingFunction {
  readonly dimensions: number;
  readonly maxTokens: number;
  engine: ModelEngine | undefined;
  lastTruncated: readonly number[] = [];
  lastTimings: Readonly<EmbedTimings> = { tokenize: 0, run: 0 };

  private readonly choice: ResolvedEngine;
  private opening: SharedLoad<Opened> | undefined;
  private closed = false;
  private warnedOfTruncation = false;

  constructor(
    readonly name: string,
    private readonly spec: ModelSpec,
    private readonly options: LocalModelOptions,
  ) {
    this.choice = resolveEngine(options);
    this.dimensions = spec.dimensions;
    this.maxTokens = spec.maxTokens;
  }

  generate(texts: string[], options?: CallOptions): Promise<Float32Array[]> {
    return this.embed(texts, this.spec.prefixes.document, "bulk", options);
  }

  generateForQueries(texts: string[], options?: CallOptions): Promise<Float32Array[]> {
    return this.embed(texts, this.spec.prefixes.query, "query", options);
  }

  defaultSpace(): Space {
    return this.spec.space;
  }

  supportedSpaces(): Space[] {
    return ["cosine", "l2", "ip"];
  }

  getConfig(): Record<string, unknown> {
    const { name, revision, maxTokens } = this.spec;
    const { engine, device, dtype } = this.choice;
    const onnx = engine === "onnx" ? { device, dtype } : {};
    return { model: name, revision, engine, ...onnx, maxTokens };
  }

  async load(options?: CallOptions): Promise<void> {
    await this.open(options);
  }

  async isCached(): Promise<boolean> {
    const store = await ModelStore.open();
    for (const engine of enginesOf(this.spec, this.choice.engine)) {
      if (await store.isCached(this.spec, filesOf(this.spec, engine, this.choice.dtype)))
        return true;
    }
    return false;
  }

  async clear(): Promise<void> {
    await (await ModelStore.open()).clear(this.spec);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.opening?.cancel();
    const opened = await this.opening?.wait().catch(() => undefined);
    if (!opened) return;
    const { engine, model } = opened;
    // An engine that has failed has nothing left to free.
    await engine.call("model.close", { handle: model.handle }).catch(() => undefined);
    await engine.close();
  }

  private async embed(
    texts: readonly string[],
    prefix: string,
    priority: Priority,
    options?: CallOptions,
  ): Promise<Float32Array[]> {
    const { engine, model } = await this.open(options);
    const prefixed = texts.map((text) => prefix + text);
    const params = { handle: model.handle, texts: prefixed, priority };
    const { vectors, dimension, truncated, timings } = await engine.call(
      "model.embed",
      params,
      options,
    );
    options?.onProgress?.({ stage: "embed", done: texts.length, total: texts.length });
    this.lastTruncated = truncated;
    this.lastTimings = timings;
    if (truncated.length > 0) this.tellTruncated(truncated, texts);
    return texts.map((_, row) => vectors.slice(row * dimension, (row + 1) * dimension));
  }

  private async open(options?: CallOptions): Promise<Opened> {
    this.throwIfClosed();
    if (!this.opening || this.opening.abandoned) {
      this.opening = new SharedLoad((shared) => this.start(shared));
    }
    const opening = this.opening;
    try {
      return await opening.wait(options);
    } catch (error) {
      this.throwIfClosed();
      // A failed start is not remembered: the next call tries again.
      if (!options?.signal?.aborted && this.opening === opening) this.opening = undefined;
      throw error;
    }
  }

  private throwIfClosed(): void {
    if (this.closed) {
      throw new PagevecError("closed", `the embedding function ${this.name} was closed`);
    }
  }

  private async start(call: CallOptions): Promise<Opened> {
    const {
      engine: _engine,
      device: _device,
      dtype: _dtype,
      modelUrl,
      ortWasmUrl,
      ortUrl,
      threads,
      onTruncate,
      onWarning,
      ...rest
    } = this.options;
    const engine = await openEngine<EmbeddingMethods>(rest);
    try {
      const params = {
        model: this.spec.name,
        ...this.choice,
        modelUrl: modelUrl === undefined ? undefined : [modelUrl].flat().map(absoluteUrl),
        ortWasmUrl: ortWasmUrl === undefined ? undefined : absoluteUrl(ortWasmUrl),
        ortUrl: ortUrl === undefined ? undefined : folderUrl(ortUrl),
        threads,
      };
      const model = await engine.call("model.open", params, call);
      // Aborted at the last moment: nobody waits for this model any more.
      if (call.signal?.aborted) await engine.call("model.close", { handle: model.handle });
      throwIfAborted(call.signal);
      this.engine = model.engine;
      const warn = onWarning ?? console.warn;
      for (const warning of model.warnings) warn(warning);
      return { engine, model };
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  private tellTruncated(indices: number[], texts: readonly string[]): void {
    if (this.options.onTruncate) return this.options.onTruncate(indices, texts);
    if (this.warnedOfTruncation) return;
    this.warnedOfTruncation = true;
    console.warn(
      `pagevec: ${indices.length} of ${texts.length} texts (first: index ${indices[0]}) were cut to ${this.maxTokens} tokens; split long texts, or pass onTruncate to be told each time`,
    );
  }
}

function folderUrl(address: string | URL): string {
  const url = absoluteUrl(address);
  return url.endsWith("/") ? url : `${url}/`;
}
