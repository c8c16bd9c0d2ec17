import type { HnswlibContent } from "../engine/converter-module.js";
import { loadConverter } from "../engine/load.js";
import { unwrap } from "../engine/outcome.js";
import { unpackStrings } from "../engine/packed-strings.js";
import type { CallContext, CoreOptions } from "../engine/protocol.js";
import { PagevecError, type PagevecErrorCode, throwIfAborted } from "../errors.js";
import { NO_LIMIT } from "./columns.js";
import type { LoadedCollection } from "./load.js";
import type { DatabaseMethods, WriteParams } from "./methods.js";
import type { CollectionSession } from "./session.js";
import { runInSlices } from "./slices.js";
import { MIN_LINKED_ROWS } from "./snapshot-policy.js";
import { readVectors } from "./stored-vectors.js";

type ImportParams = DatabaseMethods["db.collection.importHnswlib"]["params"];
type ExportResult = DatabaseMethods["db.collection.exportHnswlib"]["result"];
type Columns = Pick<WriteParams, "ids" | "documents" | "metadatas">;

/** Floats in one journal record of an import. */
const BATCH_FLOATS = 2 ** 20;
/** After these the session holds the collection no more, or another tab has it. */
const LOST: readonly PagevecErrorCode[] = ["conflict", "not_found", "closed", "engine_failed"];

/**
 * Reads a file of hnswlib into an empty collection: its records are written as any others are, then
 * its graph is taken over, which the next snapshot keeps. Returns how many records it has.
 * @throws corrupt, limit_exceeded; invalid_argument for a collection that is not empty or links fewer
 *   neighbours than the file, for lists shorter than its labels
 */
export async function importHnswlib(
  session: CollectionSession,
  params: ImportParams,
  wasmUrl: CoreOptions["wasmUrl"],
  context: CallContext,
): Promise<number> {
  const file = await bytesOf(params.file);
  const converter = await loadConverter(wasmUrl);
  const content = unwrap(converter.readHnswlib(file));
  const columns = columnsOf(content, params);
  return session.exclusively(context, async (loaded, write) => {
    const { hnsw, index } = loaded.configuration;
    const count = columns.ids.length;
    checkTarget(loaded, content, index === "flat" ? content.maxNeighbors : hnsw.max_neighbors);
    let written = 0;
    try {
      for (const size = batchSize(content); written < count; written += size) {
        throwIfAborted(context.signal);
        await write(batchAt(file, content, columns, written, size));
        context.progress({ stage: "import", done: Math.min(written + size, count), total: count });
      }
      if (index === "flat" || count === 0) return count;
      const wayPoints = vectorsAt(file, content, count, content.order.length);
      unwrap(loaded.handle.adoptGraph(content.graph, wayPoints));
      // However few: the next snapshot, once the collection is idle, is to have the graph.
      loaded.linkedRows += Math.max(count, MIN_LINKED_ROWS);
      return count;
    } catch (cause) {
      if (!LOST.includes((cause as PagevecError).code)) await undo(write, columns.ids, written);
      throw cause;
    }
  });
}

async function undo(
  write: (batch: Omit<WriteParams, "database" | "collection">) => Promise<void>,
  ids: string[],
  written: number,
): Promise<void> {
  if (written === 0) return;
  await write({ ...NOTHING, operation: "delete", ids: ids.slice(0, written) });
}

const NOTHING = {
  documents: null,
  metadatas: null,
  embedded: null,
  embeddings: new Float32Array(0),
  dimension: 0,
};

async function bytesOf(file: ImportParams["file"]): Promise<Uint8Array> {
  if (ArrayBuffer.isView(file)) {
    return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  }
  if (typeof file !== "object" || file === null) {
    throw new PagevecError("invalid_argument", "give the file as Uint8Array, ArrayBuffer or Blob");
  }
  return new Uint8Array("arrayBuffer" in file ? await file.arrayBuffer() : file);
}

/** Ids, documents and metadatas of the records in the file's order, picked by their labels. */
function columnsOf(content: HnswlibContent, { ids, documents, metadatas }: ImportParams): Columns {
  const labels = unpackStrings(content.labels) as string[];
  if (ids === null) return { ids: labels, documents: null, metadatas: null };
  const missing = labels.find((label) => Number(label) >= ids.length);
  if (missing !== undefined) {
    throw new PagevecError(
      "invalid_argument",
      `the file has the label ${missing}, but the lists end before it with ${ids.length} entries; give one for each label from 0`,
    );
  }
  const pick = <T>(list: T[] | null) => list && labels.map((label) => list[Number(label)] as T);
  return { ids: pick(ids) as string[], documents: pick(documents), metadatas: pick(metadatas) };
}

/** @throws invalid_argument, dimension_mismatch */
function checkTarget({ handle }: LoadedCollection, content: HnswlibContent, most: number): void {
  const refuse = (what: string) => {
    throw new PagevecError("invalid_argument", what);
  };
  if (handle.count() > 0) {
    refuse(`the collection has ${handle.count()} records; import into an empty one`);
  }
  const { maxNeighbors, dimension } = content;
  if (maxNeighbors > most) {
    refuse(
      `the file was made with an M of ${maxNeighbors}, the collection has a max_neighbors of ${most}; create it with ${maxNeighbors}`,
    );
  }
  const own = handle.dimension();
  if (own === 0 || own === dimension) return;
  throw new PagevecError(
    "dimension_mismatch",
    `the file has ${dimension} dimensions, the collection has ${own}`,
  );
}

function batchSize({ dimension }: HnswlibContent): number {
  return Math.max(1, Math.floor(BATCH_FLOATS / dimension));
}

function batchAt(
  file: Uint8Array,
  content: HnswlibContent,
  { ids, documents, metadatas }: Columns,
  begin: number,
  size: number,
) {
  const end = Math.min(begin + size, ids.length);
  return {
    operation: "add" as const,
    ids: ids.slice(begin, end),
    documents: documents?.slice(begin, end) ?? null,
    metadatas: metadatas?.slice(begin, end) ?? null,
    embedded: null,
    embeddings: vectorsAt(file, content, begin, end),
    dimension: content.dimension,
  };
}

/** Vectors of the file, in the order that begins with the records. */
function vectorsAt(
  file: Uint8Array,
  { order, vectorOffset, stride, dimension }: HnswlibContent,
  begin: number,
  end: number,
): Float32Array {
  const vectors = new Float32Array((end - begin) * dimension);
  const bytes = new Uint8Array(vectors.buffer);
  for (let i = begin; i < end; ++i) {
    const from = vectorOffset + (order[i] as number) * stride;
    bytes.set(file.subarray(from, from + dimension * 4), (i - begin) * dimension * 4);
  }
  return vectors;
}

/**
 * Writes a collection as a file of hnswlib, with the ids that its labels are positions in. Rows that
 * are not linked yet are linked first.
 * @throws invalid_argument for a flat collection, and for one that never had a vector
 */
export async function exportHnswlib(
  session: CollectionSession,
  wasmUrl: CoreOptions["wasmUrl"],
  context: CallContext,
): Promise<ExportResult> {
  const converter = await loadConverter(wasmUrl);
  return session.exclusively(context, async (loaded) => {
    const { handle, configuration } = loaded;
    const { index, hnsw } = configuration;
    const dimension = handle.dimension();
    if (index === "flat" || dimension === 0) {
      const what = index === "flat" ? "a flat collection has no graph" : "it has no vectors yet";
      throw new PagevecError("invalid_argument", `the collection cannot be exported: ${what}`);
    }
    await runInSlices(
      (rows) => handle.linkAll(rows),
      () => context.signal.aborted,
    );
    throwIfAborted(context.signal);
    const { file, rows, vectorOffset, stride } = unwrap(
      converter.writeHnswlib(handle.graph(), dimension, hnsw.max_neighbors, hnsw.ef_construction),
    );
    const step = Math.max(1, Math.floor(BATCH_FLOATS / dimension));
    for (let begin = 0; begin < rows.length; begin += step) {
      const vectors = await vectorsOf(session, loaded, rows.subarray(begin, begin + step));
      if (hnsw.space === "cosine") normalize(vectors, dimension);
      const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
      for (let i = 0; i * dimension < vectors.length; ++i) {
        const vector = bytes.subarray(i * dimension * 4, (i + 1) * dimension * 4);
        file.set(vector, vectorOffset + (begin + i) * stride);
      }
    }
    const columns = unwrap(handle.get(null, null, null, null, 0, NO_LIMIT, 0));
    return { file, ids: unpackStrings(columns.ids) as string[] };
  });
}

/** The floats as they were given, or what is left of them where they were given up. */
async function vectorsOf(
  session: CollectionSession,
  loaded: LoadedCollection,
  rows: Uint32Array,
): Promise<Float32Array> {
  const { handle } = loaded;
  const held = handle.vectors(rows);
  if (handle.vectorsIn() !== "storage") return held;
  const places = handle.rowPlaces(rows);
  const vectors = await readVectors(session.blocks(loaded), places, handle.dimension(), held);
  if (vectors) return vectors;
  throw new PagevecError("conflict", "another tab stored a snapshot meanwhile; repeat the call");
}

/** As hnswlib's Python does for cosine. What has norm 1 already stays as it is. */
function normalize(vectors: Float32Array, dimension: number): void {
  for (let begin = 0; begin < vectors.length; begin += dimension) {
    const vector = vectors.subarray(begin, begin + dimension);
    let squares = 0;
    for (const value of vector) squares += value * value;
    if (squares === 0 || Math.abs(squares - 1) < 1e-5) continue;
    const norm = Math.sqrt(squares);
    for (let i = 0; i < dimension; ++i) vector[i] = (vector[i] as number) / norm;
  }
}
