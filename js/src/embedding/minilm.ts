import { absoluteUrl } from "#platform";
import { type EngineOptions, openEngine } from "../engine/open.js";
import type { Engine } from "../engine/protocol.js";
import { PagevecError, throwIfAborted } from "../errors.js";
import { findModel, type ModelSpec } from "../models/manifest.js";
import { ModelStore } from "../models/store.js";
import type { CallOptions, EmbeddingFunction, Space } from "../types.js";
import { type Dtype, filesOf, type ModelEngine } from "./engines.js";
import type { EmbedTimings, Priority } from "./local-embedder.js";
import type { EmbeddingMethods, OpenedModel } from "./service.js";
import { SharedLoad } from "./shared-load.js";

export interface MiniLMOptions extends EngineOptions {
  /**
   * What runs the model. "native": pagevec's own forward pass, with the model's .pvm file (made by
   * models/convert, below `modelUrl`) and without onnxruntime-web; `dtype` does not matter.
   * "onnx": ONNX Runtime Web. "auto" (default): onnx, since the hub serves no .pvm.
   */
  engine?: "auto" | ModelEngine;
  /**
   * "int8" (default): 23 MB, about twice as fast, cosine about 0.99 to fp32. "fp32": 91 MB, the
   * reference's vectors.
   */
  dtype?: Dtype;
  /**
   * Folder, or folders tried in order, that serve the model's files in the hub's layout (vocab.txt,
   * onnx/model_quantized.onnx). Default: the model's repositories on the Hugging Face hub.
   */
  modelUrl?: string | readonly string[];
  /** Where onnxruntime-web's ort-wasm-simd-threaded.wasm is, if the bundler does not take it along. */
  ortWasmUrl?: string | URL;
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

/**
 * all-MiniLM-L6-v2 in the page: 384 dimensions, English, 256 tokens. Chroma's default model. Needs
 * the package onnxruntime-web. Nothing is loaded before the first call.
 */
export function miniLM(options: MiniLMOptions = {}): LocalEmbeddingFunction {
  return new LocalModel("pagevec-minilm", findModel("all-MiniLM-L6-v2"), options);
}

interface Opened {
  engine: Engine<EmbeddingMethods>;
  model: OpenedModel;
}

class LocalModel implements LocalEmbeddingFunction {
  readonly dimensions: number;
  readonly maxTokens: number;
  lastTruncated: readonly number[] = [];
  lastTimings: Readonly<EmbedTimings> = { tokenize: 0, run: 0 };

  private readonly engine: ModelEngine;
  private readonly dtype: Dtype;
  private opening: SharedLoad<Opened> | undefined;
  private closed = false;
  private warnedOfTruncation = false;

  constructor(
    readonly name: string,
    private readonly spec: ModelSpec,
    private readonly options: MiniLMOptions,
  ) {
    this.dtype = options.dtype ?? "int8";
    if (this.dtype !== "int8" && this.dtype !== "fp32") {
      throw new PagevecError("invalid_argument", `dtype is "${this.dtype}"; use "int8" or "fp32"`);
    }
    const { engine = "auto" } = options;
    if (engine !== "auto" && engine !== "native" && engine !== "onnx") {
      throw new PagevecError(
        "invalid_argument",
        `engine is "${engine}"; use "auto", "native" or "onnx"`,
      );
    }
    this.engine = engine === "auto" ? "onnx" : engine;
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
    const weights = this.engine === "native" ? { engine: "native" } : { dtype: this.dtype };
    return { model: name, revision, ...weights, maxTokens };
  }

  async load(options?: CallOptions): Promise<void> {
    await this.open(options);
  }

  async isCached(): Promise<boolean> {
    const store = await ModelStore.open();
    return store.isCached(this.spec, filesOf(this.spec, this.engine, this.dtype));
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
      dtype: _dtype,
      modelUrl,
      ortWasmUrl,
      threads,
      onTruncate,
      onWarning,
      ...rest
    } = this.options;
    const engine = await openEngine<EmbeddingMethods>(rest);
    try {
      const params = {
        model: this.spec.name,
        engine: this.engine,
        dtype: this.dtype,
        modelUrl: modelUrl === undefined ? undefined : [modelUrl].flat().map(absoluteUrl),
        ortWasmUrl: ortWasmUrl === undefined ? undefined : absoluteUrl(ortWasmUrl),
        threads,
      };
      const model = await engine.call("model.open", params, call);
      // Aborted at the last moment: nobody waits for this model any more.
      if (call.signal?.aborted) await engine.call("model.close", { handle: model.handle });
      throwIfAborted(call.signal);
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
