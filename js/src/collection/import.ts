// Loaded with the first import.
import type { ArchivedManifest } from "../database/archive-manifest.js";
import type { DatabaseMethods, ImportedCollection, ImportPlan } from "../database/methods.js";
import { concat } from "../engine/concat.js";
import type { Engine } from "../engine/protocol.js";
import { PagevecError, reasonOf, throwIfAborted } from "../errors.js";
import type { CallOptions } from "../types.js";
import { checkVectorizer } from "../vectorize/settings.js";
import { settleChunking } from "./chunks/settle-chunking.js";
import { settleConfiguration } from "./configuration.js";
import { copyMetadata } from "./metadata.js";
import { checkChoice, checkCollectionName, invalid, shown } from "./validate.js";

/** A file that export() made; a stream is read once, and given up where the import fails. */
export type ImportSource = Blob | ReadableStream<Uint8Array> | Uint8Array | ArrayBuffer;

export interface ImportParams {
  /** Which of the file's collections, by their names in it; default all. */
  collections?: string[];
  /** New names by those in the file. */
  rename?: Record<string, string>;
  /**
   * Of a collection whose name is taken. "error" (default): nothing of the file is imported. "replace":
   * takes the place of the one that is there, which is deleted. "skip": is left out.
   */
  ifExists?: "error" | "replace" | "skip";
}

type Chunk = Uint8Array<ArrayBuffer>;

/** How much is handed to the worker at once. */
const CHUNK_BYTES = 4 * 2 ** 20;

/** @throws already_exists, not_found, corrupt, format_too_new, quota_exceeded, conflict */
export async function importFile(
  engine: Engine<DatabaseMethods>,
  database: number,
  file: ImportSource,
  params: ImportParams,
  { signal, onProgress }: CallOptions,
): Promise<ImportedCollection[]> {
  const plan = planOf(params);
  checkSource(file);
  const address = { database, ...(await engine.call("db.import", { database, plan })) };
  let done = 0;
  try {
    for await (const chunks of chunksOf(file)) {
      throwIfAborted(signal);
      done += chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
      const transfer = [...new Set(chunks.map(({ buffer }) => buffer))];
      const met = await engine.call("db.import.push", { ...address, chunks }, { transfer });
      met.forEach(checkManifest);
      onProgress?.({ stage: "import", done, total: Math.max(done, sizeOf(file)), bytes: done });
    }
    throwIfAborted(signal);
    return await engine.call("db.import.commit", address);
  } finally {
    await engine.call("db.transfer.end", address).catch(() => {});
  }
}

function planOf({ collections, rename = {}, ifExists = "error" }: ImportParams): ImportPlan {
  checkChoice(ifExists, "ifExists", ["error", "replace", "skip"]);
  for (const name of Object.values(rename)) checkCollectionName(name);
  return { collections: collections ?? null, rename, ifExists };
}

function checkSource(file: ImportSource): void {
  const given = file instanceof Blob || file instanceof ArrayBuffer || ArrayBuffer.isView(file);
  if (given || typeof file?.getReader === "function") return;
  throw invalid(
    `give the file as Blob, ReadableStream, Uint8Array or ArrayBuffer, got ${shown(file)}`,
  );
}

/** What this version would not have let anybody make is not let in. */
function checkManifest(manifest: ArchivedManifest): void {
  const { name, metadata, configuration, embeddingFunction } = manifest;
  const { chunking, vectorizer } = configuration;
  try {
    // A part of another collection has a name of its own kind.
    if (configuration.of === undefined) checkCollectionName(name);
    copyMetadata(metadata, "metadata");
    settleConfiguration(configuration);
    if (vectorizer) checkVectorizer(vectorizer);
    if (chunking) settleChunking(chunking, vectorizer);
    const { type } = embeddingFunction;
    if (type !== "legacy" && (type !== "known" || typeof embeddingFunction.name !== "string")) {
      throw invalid(`the embedding function is ${shown(embeddingFunction)}`);
    }
  } catch (cause) {
    const message = `the file's collection ${shown(name)} cannot be imported: ${reasonOf(cause)}`;
    throw new PagevecError("corrupt", message.replace("pagevec: ", ""), { cause });
  }
}

function sizeOf(file: ImportSource): number {
  if (file instanceof Blob) return file.size;
  return "byteLength" in file ? file.byteLength : 0;
}

/** The file in chunks, some at a time, whose buffers nobody else has: they go to the worker. */
async function* chunksOf(file: ImportSource): AsyncGenerator<Chunk[]> {
  // What arrayBuffer() of a slice has read stays in memory after the buffer has gone to the worker.
  if (file instanceof Blob) return yield* gathered(file.stream().getReader());
  if (!(file instanceof ArrayBuffer || ArrayBuffer.isView(file))) {
    for await (const chunks of gathered(file.getReader())) yield [concat(chunks)];
    return;
  }
  const bytes = ArrayBuffer.isView(file)
    ? new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
    : new Uint8Array(file);
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
    yield [new Uint8Array(bytes.subarray(at, at + CHUNK_BYTES))];
  }
}

/** Small chunks go together: each time is a message to the worker. */
async function* gathered(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Chunk[]> {
  let over = false;
  try {
    let chunks: Chunk[] = [];
    let bytes = 0;
    while (!over) {
      const { value, done } = await read(() => reader.read());
      over = done;
      if (value !== undefined && !(value instanceof Uint8Array)) {
        throw invalid(`the stream gave ${shown(value)}; it must give Uint8Arrays`);
      }
      if (value) chunks.push(value as Chunk);
      bytes += value?.byteLength ?? 0;
      if (bytes < CHUNK_BYTES && !over) continue;
      yield chunks;
      chunks = [];
      bytes = 0;
    }
  } finally {
    if (!over) await reader.cancel().catch(() => {});
  }
}

async function read<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new PagevecError("network", `the file cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
