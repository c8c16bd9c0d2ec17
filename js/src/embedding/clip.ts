import { absoluteUrl } from "#platform";
import { openEngine } from "../engine/open.js";
import type { Engine } from "../engine/protocol.js";
import { type ClipSpec, type ClipTower, findClipModel } from "../models/clip-manifest.js";
import type { CallOptions, EmbeddingFunction, Space } from "../types.js";
import type { ClipMethods, ClipParams, ClipResult } from "./clip-service.js";
import { type Dtype, resolveEngine } from "./engines.js";
import { checkImage, type ImageSource } from "./images/source.js";
import type { Priority } from "./local-embedder.js";
import { Restartable, type Started } from "./restartable.js";
import { placesOf, type RuntimeChoice } from "./runtime-choice.js";
import { TruncationNotice } from "./truncation.js";

export interface ClipOptions extends RuntimeChoice {
  /** "openai/clip-vit-base-patch32" (default) or "openai/clip-vit-base-patch16": finer, slower. */
  model?: string;
  /** "int8" (default on wasm): 64 MB for texts, 89 MB for images. "fp32": 254 and 352 MB. */
  dtype?: Dtype;
  /**
   * Folder, or folders tried in order, that serve the model's files in the hub's layout (vocab.json,
   * merges.txt, onnx/text_model_quantized.onnx, onnx/vision_model_quantized.onnx). Default: the
   * model's repository on the Hugging Face hub. The files' hashes are not pinned: see FirstUseStore.
   */
  modelUrl?: string | readonly string[];
}

/** An embedding function for texts and images: their vectors can be compared with each other. */
export interface ClipEmbeddingFunction extends EmbeddingFunction {
  readonly name: string;
  readonly dimensions: number;
  /** Longer texts are cut; the two special tokens count. */
  readonly maxTokens: number;
  generate(texts: string[], options?: CallOptions): Promise<Float32Array[]>;
  generateForQueries(texts: string[], options?: CallOptions): Promise<Float32Array[]>;
  /**
   * One vector of length 1 an image, decoded and resized in the worker.
   * @throws invalid_argument for what is no image.
   */
  generateImages(images: readonly ImageSource[], options?: CallOptions): Promise<Float32Array[]>;
  defaultSpace(): Space;
  supportedSpaces(): Space[];
  getConfig(): Record<string, unknown>;
  /** Downloads and starts the towers (default: both) now rather than at the first text or image. */
  load(options?: CallOptions & { towers?: ClipTower[] }): Promise<void>;
  /** Whether load() works without the network. */
  isCached(): Promise<boolean>;
  /** Removes the model's files from the browser's cache. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/**
 * CLIP in the page, through onnxruntime-web, which must be installed beside pagevec. Each tower is
 * loaded when it is first needed.
 * @throws not_found for an unknown model; invalid_argument for an unknown device or dtype.
 */
export function clip(options: ClipOptions = {}): ClipEmbeddingFunction {
  return new Clip(findClipModel(options.model ?? "openai/clip-vit-base-patch32"), options);
}

/** An engine with one CLIP model in it. */
class ClipWorker implements Started {
  constructor(
    readonly engine: Engine<ClipMethods>,
    readonly handle: number,
  ) {}

  get alive(): boolean {
    return this.engine.alive;
  }

  async close(): Promise<void> {
    // An engine that has failed has nothing left to free.
    await this.engine.call("clip.close", { handle: this.handle }).catch(() => undefined);
    await this.engine.close();
  }
}

class Clip implements ClipEmbeddingFunction {
  readonly name = "pagevec-clip";
  readonly dimensions: number;
  readonly maxTokens: number;

  private readonly params: ClipParams;
  private readonly worker = new Restartable("the embedding function", () => this.start());
  private readonly truncation: TruncationNotice;

  constructor(
    private readonly spec: ClipSpec,
    private readonly options: ClipOptions,
  ) {
    const { device, dtype } = resolveEngine({
      engine: "onnx",
      device: options.device,
      dtype: options.dtype,
    });
    this.params = { model: spec.name, device, dtype, ...placesOf(options) };
    this.truncation = new TruncationNotice(options.onTruncate);
    this.dimensions = spec.dimensions;
    this.maxTokens = spec.maxTokens;
  }

  generate(texts: string[], options?: CallOptions): Promise<Float32Array[]> {
    return this.embedTexts(texts, "bulk", options);
  }

  generateForQueries(texts: string[], options?: CallOptions): Promise<Float32Array[]> {
    return this.embedTexts(texts, "query", options);
  }

  async generateImages(images: readonly ImageSource[], options?: CallOptions) {
    for (const [i, image] of images.entries()) checkImage(image, `images[${i}]`);
    // Absolute: a worker's base is not the page's.
    const sources = images.map((image) =>
      typeof image === "string" || image instanceof URL ? absoluteUrl(image) : image,
    );
    const { engine, handle } = await this.worker.open(options);
    const result = await engine.call("clip.images", { handle, images: sources }, options);
    return this.vectorsOf(result, images.length);
  }

  defaultSpace(): Space {
    return "cosine";
  }

  supportedSpaces(): Space[] {
    return ["cosine", "l2", "ip"];
  }

  getConfig(): Record<string, unknown> {
    const { name, revision, maxTokens } = this.spec;
    const { device, dtype } = this.params;
    return { model: name, revision, device, dtype, maxTokens };
  }

  async load(options: CallOptions & { towers?: ClipTower[] } = {}): Promise<void> {
    const { towers = ["text", "image"], ...call } = options;
    const { engine, handle } = await this.worker.open(call);
    this.tellWarnings(await engine.call("clip.load", { handle, towers }, call));
  }

  // What both need is loaded with the model, not with every page.

  async isCached(): Promise<boolean> {
    return (await import("./clip-model.js")).isClipCached(this.params);
  }

  async clear(): Promise<void> {
    await (await import("./clip-model.js")).clearClip(this.params);
  }

  close(): Promise<void> {
    return this.worker.close();
  }

  private async embedTexts(texts: string[], priority: Priority, options?: CallOptions) {
    const { engine, handle } = await this.worker.open(options);
    const result = await engine.call("clip.texts", { handle, texts, priority }, options);
    options?.onProgress?.({ stage: "embed", done: texts.length, total: texts.length });
    this.truncation.tell(result.truncated, texts, `${this.maxTokens} tokens`);
    return this.vectorsOf(result, texts.length);
  }

  private vectorsOf({ vectors, dimension, warnings }: ClipResult, rows: number): Float32Array[] {
    this.tellWarnings(warnings);
    return Array.from({ length: rows }, (_, row) =>
      vectors.slice(row * dimension, (row + 1) * dimension),
    );
  }

  private async start(): Promise<ClipWorker> {
    const engine = await openEngine<ClipMethods>(this.options);
    try {
      return new ClipWorker(engine, await engine.call("clip.open", this.params));
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  private tellWarnings(warnings: readonly string[]): void {
    for (const warning of warnings) (this.options.onWarning ?? console.warn)(warning);
  }
}
