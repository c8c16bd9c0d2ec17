import { PagevecError } from "../errors.js";
import { MODELS, type ModelSpec } from "../models/manifest.js";
import { isModelFile, placeUrls } from "../models/store.js";
import type { CallOptions } from "../types.js";
import { type ResolvedEngine, resolveEngine } from "./engines.js";
import type { HubSource } from "./hub/record.js";
import { type LocalEmbeddingFunction, LocalModel, type ModelOptions } from "./local-model.js";
import { ManifestSource, type ModelSource, type ModelStart } from "./model-source.js";
import { ModelWorker } from "./model-worker.js";

/** What a caller may say of a model beside what the model says of itself. */
export interface ModelChanges {
  /** In front of texts for generateForQueries(). Default: the model's own. */
  queryPrefix?: string;
  /** In front of texts for generate(). Default: the model's own. */
  documentPrefix?: string;
  /** Longer texts are cut. At most the positions that the model has. Default: the model's own. */
  maxTokens?: number;
}

/** Options of localModel(). */
export interface LocalModelOptions extends ModelOptions, ModelChanges {
  /** Branch, tag or commit of the repository. Default: the manifest's, else "main". */
  revision?: string;
}

/** What BERT models have; the manifest's are. */
const BERT_POSITIONS = 512;

/**
 * A model of Sentence Transformers by its name on the Hugging Face hub, in the page: one of the
 * package's manifest, or any whose transformer has a WordPiece vocabulary, or XLM-RoBERTa's or T5's
 * sentencepiece model. BERT-family weights are converted in the page once and kept (without
 * calibration: a little less exact than a .pvm file of models/convert); the others, also BERTs with a
 * sentencepiece model, run from their ONNX file through onnxruntime-web. Nothing is loaded before the
 * first call.
 *
 * What may come of the first call, beside what downloads throw: unsupported for architectures,
 * poolings and tokenizers that pagevec does not have, corrupt for files that are damaged.
 * @param name such as "BAAI/bge-small-en-v1.5"; with `modelUrl`, a folder in the hub's layout or a .pvm
 *   file of `pagevec convert`, any.
 * @throws invalid_argument for options that contradict each other.
 */
export function localModel(name: string, options: LocalModelOptions = {}): LocalEmbeddingFunction {
  const { revision, modelUrl, maxTokens } = options;
  const spec = MODELS.find((model) => model.name === name || model.hub === name);
  const known = spec && (revision ?? spec.revision) === spec.revision ? spec : undefined;
  if (maxTokens !== undefined && (!Number.isInteger(maxTokens) || maxTokens < 3)) {
    throw new PagevecError(
      "invalid_argument",
      `maxTokens is ${maxTokens}; it must be an integer from 3`,
    );
  }
  const hub: HubSource = {
    repository: known?.hub ?? name,
    revision: revision ?? known?.revision ?? "main",
    modelUrl: placeUrls(modelUrl),
  };
  const source = new NamedSource(hub, known, options);
  const choice = resolveEngine(options, known ? "int8" : "fp32");
  return new LocalModel("pagevec-local", source, choice, options);
}

/** A model of the manifest, or of a repository. */
export class NamedSource implements ModelSource {
  readonly spec: ModelSpec | undefined;
  readonly config: Record<string, unknown>;
  private readonly manifest: ManifestSource | undefined;

  constructor(
    private readonly hub: HubSource,
    spec: ModelSpec | undefined,
    private readonly changes: ModelChanges & Pick<ModelSpec, "includePrompt">,
  ) {
    const { queryPrefix, documentPrefix } = changes;
    this.spec = spec && changed(spec, changes, BERT_POSITIONS);
    this.manifest = this.spec && new ManifestSource(this.spec);
    this.config = {
      model: spec?.name ?? hub.repository,
      revision: hub.revision,
      ...(queryPrefix !== undefined && { queryPrefix }),
      ...(documentPrefix !== undefined && { documentPrefix }),
    };
  }

  async open(start: ModelStart, call: CallOptions): Promise<ModelWorker> {
    if (!this.manifest) return this.openHub(start, call);
    if (start.params.engine !== "auto") return this.manifest.open(start, call);
    // Before ONNX comes what can be converted.
    const native = { ...start, params: { ...start.params, engine: "native" as const } };
    return this.manifest.open(native, call).catch((error) => {
      // A .pvm file that the caller has converted is not the published one.
      const own = error?.code === "hash_mismatch" && this.namesFile;
      if (error?.code !== "not_found" && !own) throw error;
      return this.openHub(start, call);
    });
  }

  async isCached(choice: ResolvedEngine): Promise<boolean> {
    if (await this.manifest?.isCached(choice)) return true;
    const { isHubModelCached } = await import("./hub/resolve.js");
    return isHubModelCached(this.hub, choice);
  }

  async clear(): Promise<void> {
    const { clearHubModel } = await import("./hub/resolve.js");
    await this.manifest?.clear();
    await clearHubModel(this.hub);
  }

  private get namesFile(): boolean {
    return this.hub.modelUrl?.some(isModelFile) ?? false;
  }

  private async openHub(start: ModelStart, call: CallOptions): Promise<ModelWorker> {
    const { resolveHubModel } = await import("./hub/resolve.js");
    const { engine, params, warn } = start;
    const found = await resolveHubModel(this.hub, params, engine, call, warn);
    const { maxTokens, prefixes } = this.namesFile ? found.spec : (this.spec ?? found.spec);
    const spec = changed({ ...found.spec, maxTokens, prefixes }, this.changes, found.positions);
    const { dtype, files: loaded } = found;
    const own = { ...params, engine: found.engine, dtype, spec, loaded };
    return ModelWorker.open(engine, own, warn, call);
  }
}

/** @throws invalid_argument for more tokens than the model has positions. */
function changed(spec: ModelSpec, changes: NamedSource["changes"], positions: number): ModelSpec {
  const { queryPrefix, documentPrefix, maxTokens = spec.maxTokens } = changes;
  const { includePrompt = spec.includePrompt } = changes;
  if (maxTokens > positions) {
    throw new PagevecError(
      "invalid_argument",
      `maxTokens is ${maxTokens}; ${spec.name} takes at most ${positions}`,
    );
  }
  const { query, document } = spec.prefixes;
  const prefixes = { query: queryPrefix ?? query, document: documentPrefix ?? document };
  return { ...spec, maxTokens, prefixes, includePrompt };
}
