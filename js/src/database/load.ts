import { type CollectionHandle, type CoreModule, QUANTIZATION, VECTORS } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { PagevecError } from "../errors.js";
import { noSuchCollection, snapshotSwitched } from "../storage/errors.js";
import {
  MANIFEST_FORMAT,
  type Manifest,
  type SettledConfiguration,
  type SnapshotInfo,
  type Store,
} from "../storage/store.js";
import type { Progress } from "../types.js";

/** A collection in the wasm heap, and what of it is in the journal. */
export interface LoadedCollection {
  handle: CollectionHandle;
  configuration: SettledConfiguration;
  epoch: number;
  snapshot: SnapshotInfo;
  journalBytes: number;
  /** Rows that were linked since the snapshot. */
  linkedRows: number;
}

const SPACES = { l2: 0, ip: 1, cosine: 2 } as const;
const INDEXES = { auto: 0, flat: 1, hnsw: 2 } as const;
const ATTEMPTS = 3;

/**
 * An empty collection. durable: a store keeps what is written, and the heap need not hold floats.
 * @throws invalid_argument for a value out of range, naming it.
 */
export function createHandle(
  core: CoreModule,
  settings: SettledConfiguration,
  durable: boolean,
): CollectionHandle {
  const { space, max_neighbors, ef_construction, ef_search } = settings.hnsw;
  const { quantization = "int8", rescoring, keepVectors } = settings;
  const vectors =
    QUANTIZATION[quantization] +
    (keepVectors === false ? 0 : VECTORS.kept) +
    (rescoring === "none" ? 0 : VECTORS.rescored) +
    (durable ? 0 : VECTORS.inHeap);
  return unwrap(
    core.createCollection(
      SPACES[space],
      INDEXES[settings.index],
      max_neighbors,
      ef_construction,
      ef_search,
      vectors,
    ),
  );
}

/**
 * Reads a collection: its snapshot, then the journal after it. Nothing is embedded again.
 * @throws corrupt, naming the collection and the place; format_too_new; not_found; conflict when
 *   other tabs keep storing snapshots meanwhile.
 */
export async function loadCollection(
  core: CoreModule,
  store: Store,
  id: string,
  durable: boolean,
  onProgress: (progress: Progress) => void,
): Promise<LoadedCollection> {
  for (let attempt = 1; ; ++attempt) {
    const manifest = await store.getCollection(id);
    if (!manifest) throw noSuchCollection(id);
    const [read] = await Promise.allSettled([
      loadState(core, store, manifest, durable, onProgress),
    ]);
    if (await isCurrent(store, manifest)) {
      if (read.status === "fulfilled") return read.value;
      throw read.reason;
    }
    // Another tab switched to a new snapshot meanwhile, so this is a mixture: perhaps unreadable,
    // perhaps the old snapshot without the batches after it.
    if (read.status === "fulfilled") read.value.handle.delete();
    if (attempt === ATTEMPTS) throw snapshotSwitched(manifest.name);
  }
}

async function isCurrent(store: Store, { id, snapshot }: Manifest): Promise<boolean> {
  const now = await store.getCollection(id);
  return now?.snapshot.generation === snapshot.generation;
}

async function loadState(
  core: CoreModule,
  store: Store,
  manifest: Manifest,
  durable: boolean,
  onProgress: (progress: Progress) => void,
): Promise<LoadedCollection> {
  assertReadable(manifest);
  const { snapshot, epoch, configuration } = manifest;
  const handle =
    snapshot.generation === 0
      ? createHandle(core, manifest.configuration, durable)
      : await readSnapshot(core, store, manifest, onProgress);
  try {
    const journalBytes = await replayJournal(handle, store, manifest);
    return { handle, configuration, epoch, snapshot, journalBytes, linkedRows: 0 };
  } catch (cause) {
    handle.delete();
    throw cause;
  }
}

function assertReadable({ format, name }: Manifest): void {
  if (format <= MANIFEST_FORMAT) return;
  throw new PagevecError(
    "format_too_new",
    `collection "${name}" has format ${format}, this version of pagevec reads up to ${MANIFEST_FORMAT}; update this page`,
  );
}

async function readSnapshot(
  core: CoreModule,
  store: Store,
  { id, name, snapshot }: Manifest,
  onProgress: (progress: Progress) => void,
): Promise<CollectionHandle> {
  const reader = core.createSnapshotReader(false);
  try {
    let read = 0;
    for await (const part of store.readParts(id, snapshot.generation)) {
      named(() => unwrap(reader.feed(part)), `part ${read} of the snapshot of "${name}"`);
      onProgress({ stage: "load", done: ++read, total: snapshot.parts });
    }
    const where = `the snapshot of "${name}"`;
    if (read !== snapshot.parts) {
      throw new PagevecError("corrupt", `${where} has ${read} of ${snapshot.parts} parts`);
    }
    const handle = named(() => unwrap(reader.finish()), where);
    if (handle.lastSequence() === snapshot.coveredSequence) return handle;
    const last = handle.lastSequence();
    handle.delete();
    throw new PagevecError(
      "corrupt",
      `${where} ends with batch ${last}, its manifest says ${snapshot.coveredSequence}`,
    );
  } finally {
    reader.delete();
  }
}

/** Returns the bytes of the records. */
async function replayJournal(
  handle: CollectionHandle,
  store: Store,
  { id, name, snapshot }: Manifest,
): Promise<number> {
  let bytes = 0;
  let last = snapshot.coveredSequence;
  for await (const { sequence, record } of store.readJournal(id, last)) {
    if (sequence !== last + 1) {
      throw new PagevecError("corrupt", `batch ${last + 1} of "${name}" is missing in the journal`);
    }
    const where = `batch ${sequence} of "${name}"`;
    last = named(() => unwrap(handle.apply(record)), where);
    if (last !== sequence) {
      throw new PagevecError("corrupt", `${where} says that it is batch ${last}`);
    }
    bytes += record.byteLength;
  }
  return bytes;
}

/** Says which stored thing a core error is about. Whatever it is, it was valid when it was written. */
function named<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof PagevecError)) throw cause;
    const code = cause.code === "format_too_new" ? cause.code : "corrupt";
    const reason = cause.message.replace(/^pagevec: /, "");
    throw new PagevecError(code, `${what} cannot be read: ${reason}`, { cause });
  }
}
