import { loadConverter } from "../../engine/load.js";
import { unwrap } from "../../engine/outcome.js";
import { packStrings } from "../../engine/packed-strings.js";
import type { CallContext, CoreOptions } from "../../engine/protocol.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import { type Bytes, openModelCache } from "../../models/cache.js";
import type { ModelFile, ModelSpec } from "../../models/manifest.js";
import { ModelStore } from "../../models/store.js";
import type { ResolvedEngine } from "../engines.js";
import { type HubModel, type Json, type ReadJson, readCrossEncoder, readLayout } from "./layout.js";
import { foldersOf, type HubRecord, type HubSource, writeRecord } from "./record.js";

export interface PrepareParams extends ResolvedEngine {
  source: HubSource;
  wasmUrl: CoreOptions["wasmUrl"];
}

export interface PreparedModel extends HubRecord {
  /** What the engine's openers take: the .pvm file, or vocabulary and ONNX file. */
  files: Uint8Array[];
}

const ONNX_FILES = { fp32: "onnx/model.onnx", int8: "onnx/model_quantized.onnx" } as const;
const PROGRESS_MS = 50;

/**
 * Makes a model of a repository: BERT-family weights become a .pvm file, anything else runs from its
 * ONNX file. What comes out is kept in the cache, with a record of it.
 * @throws what readLayout() and downloads throw; unsupported when no engine can run it.
 */
export async function prepareModel(
  params: PrepareParams,
  context: CallContext,
  warn: (message: string) => void,
): Promise<PreparedModel> {
  const repository = new Repository(await ModelStore.open(), params.source, context, warn);
  const readModel = params.source.task === "rerank" ? readCrossEncoder : readLayout;
  const layout = await repository.explain(() => readModel(repository));
  const prepared = await prepareAny(repository, layout, params, warn);
  const { files, ...record } = prepared;
  await writeRecord(await openModelCache(), params.source, params, record);
  return prepared;
}

async function prepareAny(
  repository: Repository,
  layout: HubModel,
  params: PrepareParams,
  warn: (message: string) => void,
): Promise<PreparedModel> {
  if (params.engine === "onnx") return prepareOnnx(repository, layout, params);
  try {
    return await prepareNative(repository, layout, params);
  } catch (error) {
    const given = error instanceof PagevecError ? error.code : undefined;
    if (params.engine === "native" || (given !== "unsupported" && given !== "not_found"))
      throw error;
    const { message } = error as PagevecError;
    const prepared = await prepareOnnx(repository, layout, { ...params, dtype: "fp32" }).catch(
      (second) => {
        if (second?.code !== "not_found") throw second;
        throw new PagevecError(
          "unsupported",
          `${message}; and there is no ${ONNX_FILES.fp32} for onnxruntime-web either`,
          { cause: second },
        );
      },
    );
    warn(`${message}; it runs on onnxruntime-web instead`);
    return prepared;
  }
}

async function prepareNative(
  repository: Repository,
  layout: HubModel,
  { wasmUrl }: PrepareParams,
): Promise<PreparedModel> {
  if (layout.notNative) {
    const why = `pagevec's own engine cannot run ${repository.name}: ${layout.notNative}`;
    throw new PagevecError("unsupported", why);
  }
  const vocabulary = await repository.vocabulary(layout);
  const weights = await repository.file(`${layout.folder}model.safetensors`);
  const pvm = await repository.convert(layout, vocabulary, weights, wasmUrl);
  return repository.finish(layout, { engine: "native", dtype: "fp32" }, { pvm });
}

async function prepareOnnx(
  repository: Repository,
  layout: HubModel,
  { dtype }: PrepareParams,
): Promise<PreparedModel> {
  const vocab = await repository.vocabulary(layout);
  // The hub's ONNX files lie beside the configuration, wherever the transformer's folder is.
  const weights = await repository.file(ONNX_FILES[dtype]);
  return repository.finish(layout, { engine: "onnx", dtype }, { vocab, [dtype]: weights });
}

/** The files of one repository. */
class Repository implements ReadJson {
  readonly name: string;
  private readonly folders: readonly string[];

  constructor(
    private readonly store: ModelStore,
    private readonly source: HubSource,
    private readonly context: CallContext,
    private readonly warn: (message: string) => void,
  ) {
    this.name = source.repository;
    this.folders = foldersOf(source);
  }

  /** Says whose files they are that something is wrong with. */
  async explain<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PagevecError) || error.code === "aborted") throw error;
      const message = `${this.name}: ${error.message.replace(/^pagevec: /, "")}`;
      throw new PagevecError(error.code, message, { cause: error.cause });
    }
  }

  async required(path: string): Promise<Json> {
    const bytes = await this.fetch(path);
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as Json;
    } catch (cause) {
      throw new PagevecError("corrupt", `${path} is no JSON: ${cause}`, { cause });
    }
  }

  optional(path: string): Promise<Json | undefined> {
    return ifThere(this.required(path));
  }

  file(path: string): Promise<Bytes> {
    let reportedAt = 0;
    const onBytes = (done: number, total: number) => {
      const now = performance.now();
      if (done < total && now - reportedAt < PROGRESS_MS) return;
      reportedAt = now;
      this.context.progress({ stage: "download", done, total: Math.max(done, total), bytes: done });
    };
    return this.fetch(path, onBytes);
  }

  /** vocab.txt, or the same out of tokenizer.json. */
  async vocabulary({ folder, tokenizer }: HubModel): Promise<Bytes> {
    const file = await ifThere(this.fetch(`${folder}vocab.txt`));
    if (file) return file;
    const vocab = (tokenizer?.model as Json | undefined)?.vocab as
      | Record<string, number>
      | undefined;
    if (!vocab) {
      throw new PagevecError("not_found", `${this.name} has neither vocab.txt nor tokenizer.json`);
    }
    const words: string[] = [];
    for (const [word, id] of Object.entries(vocab)) words[id] = word;
    return new TextEncoder().encode(`${Array.from(words, (word) => word ?? "").join("\n")}\n`);
  }

  async convert(
    { spec, classifier }: HubModel,
    vocabulary: Bytes,
    weights: Bytes,
    wasmUrl: CoreOptions["wasmUrl"],
  ): Promise<Bytes> {
    const { signal, progress } = this.context;
    const converter = await loadConverter(wasmUrl);
    throwIfAborted(signal);
    progress({ stage: "convert", done: 0, total: 1 });
    const { maxTokens, pooling, normalize, tokenizer, space, prefixes } = spec;
    const { lowercase } = tokenizer;
    const source = { hub: this.name, revision: this.source.revision };
    const info = JSON.stringify({ name: this.name, source, space, prefixes });
    const shape = { ...spec.architecture, maxTokens, pooling, normalize, lowercase };
    const options = { ...shape, classifier };
    const made = converter.convert(weights, vocabulary, info, options, packStrings([]));
    progress({ stage: "convert", done: 1, total: 1 });
    try {
      return unwrap(made) as Bytes;
    } catch (error) {
      // The converter refuses shapes and weights that the engine does not take.
      const { message, code } = error as PagevecError;
      const why = `${this.name} cannot be converted: ${message.replace(/^pagevec: /, "")}`;
      throw new PagevecError(code === "invalid_argument" ? "unsupported" : code, why);
    }
  }

  /** Puts the files into the cache and describes the model by them. */
  async finish(
    { spec, positions }: HubModel,
    engine: Pick<HubRecord, "engine" | "dtype">,
    files: Record<string, Bytes>,
  ): Promise<PreparedModel> {
    const described: Record<string, ModelFile> = {};
    for (const [name, bytes] of Object.entries(files)) {
      const content = await this.store.adopt(bytes, this.warn);
      described[name] = { path: name, contents: [content], urls: [] };
    }
    const { repository, revision } = this.source;
    const complete: ModelSpec = {
      ...spec,
      name: repository,
      hub: repository,
      revision,
      files: described,
    };
    return { ...engine, spec: complete, positions, files: Object.values(files) };
  }

  private fetch(path: string, onBytes?: (done: number, total: number) => void): Promise<Bytes> {
    const { signal } = this.context;
    const urls = this.folders.map((folder) => folder + path);
    return this.store.fetch(this.name, urls, { signal, onBytes });
  }
}

function ifThere<T>(loading: Promise<T>): Promise<T | undefined> {
  return loading.catch((error) => {
    if (error?.code === "not_found") return undefined;
    throw error;
  });
}
