import { CoreTokenizer } from "../engine/core-tokenizer.js";
import { HeapFile } from "../engine/heap-file.js";
import type { CoreModule, EncoderHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import type { CallContext } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import { findFile, type ModelSpec } from "../models/manifest.js";
import type { FileRoom } from "../models/partial-file.js";
import { type LoadOptions, ModelStore } from "../models/store.js";
import { enginesOf, filesOf, type ModelEngine, type ResolvedEngine } from "./engines.js";
import { LocalEmbedder } from "./local-embedder.js";
import { NativeEncoder } from "./native-encoder.js";
import type { OnnxOptions } from "./onnx/open.js";

export interface ModelParams extends ResolvedEngine, Omit<OnnxOptions, "device"> {
  spec: ModelSpec;
  /** Absolute: a worker's base is not the page's. */
  modelUrl?: readonly string[] | undefined;
  /** The files are wanted back, for other workers. */
  share?: boolean;
  /** The files, where they are loaded already; `engine` is the engine they are for. */
  loaded?: Uint8Array[] | undefined;
}

interface LoadedFiles {
  engine: ModelEngine;
  files: Uint8Array[];
}

export interface OpenModel extends LoadedFiles {
  embedder: LocalEmbedder;
  /** Settles when what was downloaded is in the cache, or `warn` was told why it is not. */
  kept: Promise<unknown>;
}

const PROGRESS_MS = 50;

/**
 * Loads a model's files and starts it.
 * @param warn told what went wrong without stopping the call, e.g. a full cache.
 */
export async function openModel(
  core: CoreModule,
  params: ModelParams,
  context: CallContext,
  warn: (message: string) => void,
): Promise<OpenModel> {
  // Before anything is downloaded.
  if (params.device === "webgpu") await (await import("./onnx/open.js")).requireWebGpu();
  const { spec, loaded } = params;
  const heap = new HeapFile(core);
  // The core rearranges the weights in its heap: who wants the file back has it elsewhere.
  const room = params.share ? undefined : heap.room;
  const keeping: Promise<void>[] = [];
  const options = { onWarning: warn, room, onKeeping: (kept: Promise<void>) => keeping.push(kept) };
  try {
    const { engine, files } = loaded
      ? { engine: params.engine as ModelEngine, files: loaded }
      : await loadAny(params, context, options);
    const embedder =
      engine === "native"
        ? openNative(heap.open(files[0] as Uint8Array), spec)
        : await (await import("./onnx/open.js")).openOnnx(core, spec, files, params);
    return { engine, files, embedder, kept: Promise.all(keeping) };
  } finally {
    heap.close();
  }
}

/** The files of the first engine whose files can be had. */
async function loadAny(
  params: ModelParams,
  context: CallContext,
  { room, ...options }: LoadOptions & { onWarning(message: string): void },
): Promise<LoadedFiles> {
  const store = await ModelStore.open();
  const { spec, dtype, modelUrl } = params;
  const [engine, other] = enginesOf(spec, params.engine) as [ModelEngine, ModelEngine?];
  const load = (names: string[], into?: FileRoom) =>
    loadFiles(store, spec, names, { ...options, modelUrl, room: into }, context);
  try {
    const into = engine === "native" ? room : undefined;
    return { engine, files: await load(filesOf(spec, engine, dtype), into) };
  } catch (error) {
    if (!other || !(error instanceof PagevecError)) throw error;
    const otherFiles = filesOf(spec, other, dtype);
    await requireAbsence(error, () => store.isCached(spec, otherFiles));
    const files = await load(otherFiles).catch((second) => {
      throw second instanceof PagevecError ? both(error, second) : second;
    });
    options.onWarning(
      `${error.message}; ${spec.name} runs on onnxruntime-web instead: larger, slower, less exact`,
    );
    return { engine: other, files };
  }
}

function both(first: PagevecError, second: PagevecError): PagevecError {
  const message = `${first.message}; ${second.message.replace(/^pagevec: /, "")}`;
  return new PagevecError(second.code, message, { cause: second.cause });
}

/**
 * Throws the error again unless it says that the file is not there. A broken connection does not
 * say so, unless an earlier visit found the same and has cached the other engine's files: a model
 * whose vectors change a little from visit to visit would be worse than a failed call.
 */
async function requireAbsence(error: PagevecError, hasOther: () => Promise<boolean>) {
  if (error.code === "not_found") return;
  if (error.code === "network" && (await hasOther())) return;
  throw error;
}

function openNative(handle: EncoderHandle, spec: ModelSpec): LocalEmbedder {
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
  store: ModelStore,
  spec: ModelSpec,
  names: readonly string[],
  options: LoadOptions,
  { signal, progress }: CallContext,
): Promise<Uint8Array[]> {
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
    const file = await store.load(spec, name, { ...options, signal, onBytes });
    before += file.length;
    files.push(file);
  }
  return files;
}
