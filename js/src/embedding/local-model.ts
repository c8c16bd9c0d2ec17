import { engineOptionsOf, hasThreads, hasWebWorkers } from "../engine/open.js";
import { PagevecError } from "../errors.js";
import { MODELS, type ModelSpec } from "../models/manifest.js";
import type { CallOptions, EmbeddingFunction, Space } from "../types.js";
import type { Dtype, ModelEngine, ResolvedEngine } from "./engines.js";
import type { EmbedTimings, Priority } from "./local-embedder.js";
import type { ModelSource, ModelStart } from "./model-source.js";
import { type EmbedBackend, ModelWorker } from "./model-worker.js";
import { Restartable } from "./restartable.js";
import { placesOf, type RuntimeChoice } from "./runtime-choice.js";
import { loadTokenizer, type Tokenizer } from "./tokenizer.js";
import { TruncationNotice } from "./truncation.js";

export interface ModelOptions extends RuntimeChoice {
  /**
   * What runs the model. "native": pagevec's own forward pass, with the model's .pvm file: 23 MB,
   * fastest, cosine about 0.9995 to the fp32 model. "onnx": onnxruntime-web, which must be installed
   * beside pagevec. "auto" (default): native; onnx where no source has the .pvm file (one warning),
   * and where `dtype` or device "webgpu" is given.
   */
  engine?: "auto" | ModelEngine;
  /**
   * The precision of the ONNX weights; giving it means engine "onnx". "int8" (default on wasm): 23 MB,
   * about twice as fast, cosine about 0.99 to fp32. "fp32" (default on webgpu): 91 MB, the
   * reference's vectors.
   */
  dtype?: Dtype;
  /**
   * Folder, or folders tried in order, that serve the model's files in the hub's layout
   * (all-MiniLM-L6-v2.pvm; for onnx vocab.txt, onnx/model_quantized.onnx); or a .pvm file. Default: the companion
   * package @pagevec/all-minilm-l6-v2 on a CDN; for onnx the model's repositories on the Hugging
   * Face hub.
   */
  modelUrl?: string | readonly string[];
  /**
   * Workers that embed bulks together, 1 to 16. Each has its own copy of the model in memory (about
   * 32 MiB), so more than there are idle cores gain nothing. Without workers there is one. Default 1.
   * In Node more than one are threads.
   */
  concurrency?: number;
}

/** An embedding function whose model runs in the page. */
export interface LocalEmbeddingFunction extends EmbeddingFunction {
  readonly name: string;
  /** 0 until a model has been loaded that is not in the package's manifest. */
  readonly dimensions: number;
  /** Longer texts are cut; the two special tokens count. 0 as long as `dimensions` is. */
  readonly maxTokens: number;
  /** What runs the model; undefined until it is loaded. */
  readonly engine: ModelEngine | undefined;
  generate(texts: string[], options?: CallOptions): Promise<Float32Array[]>;
  generateForQueries(texts: string[], options?: CallOptions): Promise<Float32Array[]>;
  defaultSpace(): Space;
  supportedSpaces(): Space[];
  getConfig(): Record<string, unknown>;
  /** As loadTokenizer() gives it, of a model of the package's manifest; undefined of others. */
  tokenizer(options?: CallOptions): Promise<Tokenizer> | undefined;
  close(): Promise<void>;
  /** Downloads and starts the model now rather than at the first text; then its files are cached. */
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

const MAX_CONCURRENCY = 16;

export class LocalModel implements LocalEmbeddingFunction {
  engine: ModelEngine | undefined;
  lastTruncated: readonly number[] = [];
  lastTimings: Readonly<EmbedTimings> = { tokenize: 0, run: 0 };

  private readonly backend: Restartable<EmbedBackend>;
  private readonly truncation: TruncationNotice;

  constructor(
    readonly name: string,
    private readonly source: ModelSource,
    private readonly choice: ResolvedEngine,
    private readonly options: ModelOptions,
  ) {
    const { concurrency = 1, onTruncate } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
      throw new PagevecError(
        "invalid_argument",
        `concurrency is ${concurrency}; it must be an integer from 1 to ${MAX_CONCURRENCY}`,
      );
    }
    this.backend = new Restartable(`the embedding function ${name}`, (call) => this.start(call));
    this.truncation = new TruncationNotice(onTruncate);
  }

  get dimensions(): number {
    return this.spec?.dimensions ?? 0;
  }

  get maxTokens(): number {
    return this.spec?.maxTokens ?? 0;
  }

  generate(texts: string[], options?: CallOptions): Promise<Float32Array[]> {
    return this.embed(texts, "document", "bulk", options);
  }

  generateForQueries(texts: string[], options?: CallOptions): Promise<Float32Array[]> {
    return this.embed(texts, "query", "query", options);
  }

  defaultSpace(): Space {
    return this.spec?.space ?? "cosine";
  }

  supportedSpaces(): Space[] {
    return ["cosine", "l2", "ip"];
  }

  getConfig(): Record<string, unknown> {
    const { engine, device, dtype } = this.choice;
    const onnx = engine === "onnx" ? { device, dtype } : {};
    const { maxTokens } = this;
    return { ...this.source.config, engine, ...onnx, ...(maxTokens > 0 && { maxTokens }) };
  }

  async load(options?: CallOptions): Promise<void> {
    const backend = await this.backend.open(options);
    await backend.ready;
  }

  async isCached(): Promise<boolean> {
    await this.backend.current?.ready;
    return this.source.isCached(this.choice);
  }

  async clear(): Promise<void> {
    await this.backend.current?.ready;
    return this.source.clear();
  }

  tokenizer(call?: CallOptions): Promise<Tokenizer> | undefined {
    const { modelUrl, wasmUrl, wasmBinary, variant } = this.options;
    const spec = MODELS.find(({ name }) => name === this.spec?.name);
    return spec && loadTokenizer(spec.name, { modelUrl, wasmUrl, wasmBinary, variant, ...call });
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  private async embed(
    texts: readonly string[],
    kind: "query" | "document",
    priority: Priority,
    options?: CallOptions,
  ): Promise<Float32Array[]> {
    const backend = await this.backend.open(options);
    const prefix = backend.model.spec.prefixes[kind];
    const prefixed = texts.map((text) => prefix + this.prepared(text));
    const { vectors, dimension, truncated, timings } = await backend.embed(
      prefixed,
      priority,
      options,
    );
    options?.onProgress?.({ stage: "embed", done: texts.length, total: texts.length });
    this.lastTruncated = truncated;
    this.lastTimings = timings;
    this.truncation.tell(truncated, texts, `${this.maxTokens} tokens`);
    return texts.map((_, row) => vectors.slice(row * dimension, (row + 1) * dimension));
  }

  /** A text as it is put behind its prefix. */
  protected prepared(text: string): string {
    return text;
  }

  /** Of what is loaded, else what is known before. */
  private get spec(): ModelSpec | undefined {
    return this.backend.current?.model.spec ?? this.source.spec;
  }

  private async start(call: CallOptions): Promise<EmbedBackend> {
    const { onWarning, concurrency = 1 } = this.options;
    // In Node a thread is only started for who asks for one.
    const { worker = concurrency > 1 ? hasThreads() : hasWebWorkers() } = this.options;
    const workers = worker === false ? 1 : concurrency;
    const params = { ...this.choice, ...placesOf(this.options), share: workers > 1 };
    const engine = engineOptionsOf({ ...this.options, worker });
    const warn = onWarning ?? console.warn;
    const first = await this.source.open({ engine, params, warn }, call);
    this.engine = first.model.engine;
    return workers === 1 ? first : pool(first, workers - 1, { engine, params, warn });
  }
}

/** The first worker with so many more. The files are loaded once: they are handed on. */
async function pool(
  first: ModelWorker,
  more: number,
  { engine, params, warn }: ModelStart,
): Promise<EmbedBackend> {
  const { WorkerPool } = await import("./worker-pool.js");
  const { engine: chosen, spec, files } = first.model;
  const same = { ...params, engine: chosen, spec, loaded: files, share: false };
  const others = Array.from({ length: more }, () => ModelWorker.open(engine, same, warn));
  delete first.model.files;
  return new WorkerPool(first, others, warn);
}
