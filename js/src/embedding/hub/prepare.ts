import { loadConverter } from "../../engine/load.js";
import { unwrap } from "../../engine/outcome.js";
import { packStrings } from "../../engine/packed-strings.js";
import type { CallContext, CoreOptions } from "../../engine/protocol.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import { type Bytes, openModelCache } from "../../models/cache.js";
import type { ModelFile, ModelSpec, WordPieceSpec } from "../../models/manifest.js";
import { isModelFile, ModelStore } from "../../models/store.js";
import type { Dtype, ResolvedEngine } from "../engines.js";
import type { DenseFile } from "./dense-weights.js";
import type { Json, ReadJson } from "./json.js";
import { type HubModel, readCrossEncoder, readLayout } from "./layout.js";
import { readModelFile } from "./model-file.js";
import { foldersOf, type HubRecord, type HubSource, writeRecord } from "./record.js";
import { sentencePieceOf } from "./unigram.js";

export interface PrepareParams extends ResolvedEngine {
  source: HubSource;
  wasmUrl: CoreOptions["wasmUrl"];
}

export interface PreparedModel extends HubRecord {
  /** What the engine's openers take: the .pvm file, or vocabulary and ONNX file. */
  files: Uint8Array[];
}

/** What transformers.js and Optimum call their files. */
const ONNX_ENDINGS = { fp32: ".onnx", int8: "_quantized.onnx" } as const;
const PROGRESS_MS = 50;

/**
 * Makes a model of a repository: BERT-family weights become a .pvm file, anything else runs from its
 * ONNX file. A .pvm file that the caller names is one already. What comes out is kept in the cache, with a record of it.
 * @throws what readLayout() and downloads throw; unsupported when no engine can run it.
 */
export async function prepareModel(
  params: PrepareParams,
  context: CallContext,
  warn: (message: string) => void,
): Promise<PreparedModel> {
  const repository = new Repository(await ModelStore.open(), params.source, context, warn);
  const prepared =
    (await prepareFile(repository, params)) ?? (await prepareRepository(repository, params, warn));
  const { files, ...record } = prepared;
  await writeRecord(await openModelCache(), params.source, params, record);
  return prepared;
}

/** The first of the .pvm files that the caller names; undefined where there is none, but a folder. */
async function prepareFile(
  repository: Repository,
  { engine, source }: PrepareParams,
): Promise<PreparedModel | undefined> {
  const places = source.modelUrl ?? [];
  const urls = places.filter(isModelFile);
  if (urls.length === 0 || engine === "onnx") return undefined;
  const loading = repository.download(urls);
  const pvm = await (urls.length === places.length ? loading : ifThere(loading));
  if (!pvm) return undefined;
  const model = await repository.explain(async () => readModelFile(pvm));
  return repository.finish(model, { engine: "native", dtype: "fp32" }, { pvm });
}

async function prepareRepository(
  repository: Repository,
  params: PrepareParams,
  warn: (message: string) => void,
): Promise<PreparedModel> {
  const readModel = params.source.task === "rerank" ? readCrossEncoder : readLayout;
  const layout = await repository.explain(() => readModel(repository));
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
          `${message}; and there is no ${onnxPaths(layout, "fp32").join(" or ")} for onnxruntime-web either`,
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
  const vocabulary = await repository.vocabulary(layout);
  const dense = await repository.dense(layout);
  const weights = await repository.firstFile(onnxPaths(layout, dtype));
  return repository.finish(
    layout,
    { engine: "onnx", dtype },
    { [layout.spec.tokenizer.file]: vocabulary, [dtype]: weights, ...(dense && { dense }) },
  );
}

/** The hub's ONNX files lie beside the configuration, wherever the transformer's folder is. */
function onnxPaths({ onnx }: HubModel, dtype: Dtype): string[] {
  return onnx.map((name) => `onnx/${name}${ONNX_ENDINGS[dtype]}`);
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
    const bytes = await this.fetch(this.urlsOf(path));
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
    return this.download(this.urlsOf(path));
  }

  /** A large file, from the first address that has it. */
  download(urls: readonly string[]): Promise<Bytes> {
    let reportedAt = 0;
    const onBytes = (done: number, total: number) => {
      const now = performance.now();
      if (done < total && now - reportedAt < PROGRESS_MS) return;
      reportedAt = now;
      this.context.progress({ stage: "download", done, total: Math.max(done, total), bytes: done });
    };
    return this.fetch(urls, onBytes);
  }

  /** The first of the files that is there. @throws not_found when none is, and says what to do. */
  async firstFile(paths: readonly string[]): Promise<Bytes> {
    for (const path of paths) {
      const file = await ifThere(this.file(path));
      if (file) return file;
    }
    throw new PagevecError(
      "not_found",
      `${this.name} has no ${paths.join(" or ")}; export it, serve it in a folder, and give that folder before the repository's in modelUrl`,
    );
  }

  /** vocab.txt or the sentencepiece model, or the same out of tokenizer.json. */
  async vocabulary({ folder, tokenizer }: HubModel): Promise<Bytes> {
    const { spec, path } = tokenizer;
    const file = path && (await ifThere(this.fetch(this.urlsOf(folder + path))));
    if (file) return file;
    const json = tokenizer.json ?? (await this.optional(`${folder}tokenizer.json`));
    if (json && (json.model as Json | undefined)?.vocab) {
      const make = spec.type === "wordpiece" ? wordsOf : sentencePieceOf;
      return this.explain(async () => make(json));
    }
    throw new PagevecError(
      spec.type === "wordpiece" ? "not_found" : "unsupported",
      `${this.name} has neither ${path} nor tokenizer.json`,
    );
  }

  /** The weights of the Dense modules. */
  async dense({ spec, dense }: HubModel): Promise<Bytes | undefined> {
    if (!spec.dense) return undefined;
    const files: DenseFile[] = [];
    for (const folder of dense) {
      const safe = await ifThere(this.fetch(this.urlsOf(`${folder}model.safetensors`)));
      const bytes = safe ?? (await this.fetch(this.urlsOf(`${folder}pytorch_model.bin`)));
      files.push({ kind: safe ? "safetensors" : "torch", bytes });
    }
    const { denseWeights } = await import("./dense-weights.js");
    return this.explain(async () => denseWeights(spec.dense ?? [], files));
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
    const { maxTokens, pooling, normalize, space, prefixes } = spec;
    const { lowercase } = spec.tokenizer as WordPieceSpec;
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
    { spec, positions }: Pick<HubModel, "spec" | "positions">,
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

  private urlsOf(path: string): string[] {
    return this.folders.map((folder) => folder + path);
  }

  private fetch(
    urls: readonly string[],
    onBytes?: (done: number, total: number) => void,
  ): Promise<Bytes> {
    const { signal } = this.context;
    return this.store.fetch(this.name, urls, { signal, onBytes });
  }
}

/** The vocab.txt of a WordPiece tokenizer.json. */
function wordsOf(tokenizer: Json): Bytes {
  const vocab = (tokenizer.model as Json | undefined)?.vocab ?? {};
  const words: string[] = [];
  for (const [word, id] of Object.entries(vocab)) words[id as number] = word;
  return new TextEncoder().encode(`${Array.from(words, (word) => word ?? "").join("\n")}\n`);
}

function ifThere<T>(loading: Promise<T>): Promise<T | undefined> {
  return loading.catch((error) => {
    if (error?.code === "not_found") return undefined;
    throw error;
  });
}
