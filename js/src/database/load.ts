import { type CollectionHandle, type CoreModule, QUANTIZATION, VECTORS } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { nextTurn } from "../engine/turns.js";
import { PagevecError } from "../errors.js";
import { assertReadable, noSuchCollection, snapshotSwitched } from "../storage/errors.js";
import type {
  Manifest,
  Report,
  SettledConfiguration,
  SnapshotInfo,
  Store,
} from "../storage/store.js";
import type { Progress } from "../types.js";
import type { Heap } from "./heap.js";
import { MIN_LINKED_ROWS } from "./snapshot-policy.js";

/** A collection in the wasm heap, and what of it is in the journal. */
export interface LoadedCollection {
  handle: CollectionHandle;
  configuration: SettledConfiguration;
  epoch: number;
  snapshot: SnapshotInfo;
  journalBytes: number;
  /** Rows that were linked since the snapshot. */
  linkedRows: number;
  /** Records were deleted since the snapshot, perhaps: the next one may be smaller. */
  removed: boolean;
}

/** After a snapshot. */
export const NOTHING_NEW = { journalBytes: 0, linkedRows: 0, removed: false };

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
  // Objects with several vectors have them in collections of their own.
  const index = settings.vectorizer?.vectors ? "flat" : settings.index;
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
      INDEXES[index],
      max_neighbors,
      ef_construction,
      ef_search,
      vectors,
    ),
  );
}

export interface SessionOptions {
  core: CoreModule;
  store: Store;
  /** false: nothing outlives the client, so neither journal nor snapshots are written. */
  durable: boolean;
  heap?: Heap;
  report: Report;
  /** A batch was applied here, of this tab or of another. */
  onChange(collection: string): void;
}

export interface LoadOptions extends Omit<SessionOptions, "onChange"> {
  id: string;
  onProgress(progress: Progress): void;
  /** Its snapshot was read, but not in the copy that counts. */
  compare(manifest: Manifest): void;
}

/** What is read, up to the first batch that cannot be. */
interface ReadState {
  loaded: LoadedCollection;
  /** What is wrong with the journal after that. */
  damage: PagevecError | null;
}

/**
 * Reads a collection: its snapshot, of any copy that is sound, then the journal after it. Nothing is
 * embedded again. Damage is healed from another copy, where the store has one. Else a graph is built
 * anew, and a journal is read up to the first batch that is damaged; the batches from there on are set
 * aside and reported as lost.
 * @throws corrupt for records or vectors of a snapshot that cannot be read, naming the collection and
 *   the place; format_too_new; not_found; conflict when other tabs keep storing snapshots meanwhile.
 */
export async function loadCollection(
  options: LoadOptions,
  /** An older state was put in place of what could not be read. */
  older = false,
): Promise<LoadedCollection> {
  const { store, id } = options;
  let healed = false;
  let anyCopy = true;
  for (let attempt = 1; ; ++attempt) {
    const manifest = await store.getCollection(id);
    if (!manifest) throw noSuchCollection(id);
    const fast = anyCopy ? await store.partsToLoad?.(manifest) : undefined;
    const [read] = await Promise.allSettled([loadState(options, manifest, true, fast)]);
    const current = await isCurrent(store, manifest);
    const failure = read.status === "rejected" ? read.reason : read.value.damage;
    if (current && failure === null && read.status === "fulfilled") {
      if (fast) options.compare(manifest);
      return read.value.loaded;
    }
    const corrupt = (failure as PagevecError | null)?.code === "corrupt";
    if (current && !corrupt) throw failure;
    // What another copy has says nothing about the one that counts: that is read next.
    const damaged = current && !fast;
    anyCopy = false;
    if (damaged && (healed || !(await store.heal(id)))) {
      return salvage(options, manifest, read, older);
    }
    healed ||= damaged;
    // Or another tab switched to a new snapshot meanwhile, so this is a mixture: perhaps unreadable,
    // perhaps the old snapshot without the batches after it.
    if (read.status === "fulfilled") read.value.loaded.handle.delete();
    if (attempt === ATTEMPTS) throw snapshotSwitched(manifest.name);
  }
}

/** The collection without what is damaged, or an older state; throws where there is neither. */
async function salvage(
  options: LoadOptions,
  manifest: Manifest,
  read: PromiseSettledResult<ReadState>,
  older: boolean,
): Promise<LoadedCollection> {
  const { name, snapshot } = manifest;
  const report = (kind: "recovered" | "lost", message: string, batches: number) =>
    options.report({ kind, collection: name, message, batches });
  if (read.status === "rejected") {
    const [rest] = await Promise.allSettled([loadState(options, manifest, false)]);
    const reason = (read.reason as PagevecError).message;
    if (rest.status === "rejected") {
      if (!older && (await options.store.heal(options.id, 0))) return loadCollection(options, true);
      report("lost", reason, 0);
      throw read.reason;
    }
    report("recovered", `${reason}; the graph is built anew from the vectors`, 0);
    // However few: the next snapshot is to have a graph again.
    rest.value.loaded.linkedRows = MIN_LINKED_ROWS;
    if (rest.value.damage) return salvage(options, manifest, rest, older);
    return rest.value.loaded;
  }
  const { loaded, damage } = read.value;
  const last = loaded.handle.lastSequence();
  try {
    if (!older && (await options.store.heal(options.id, last))) {
      loaded.handle.delete();
      return loadCollection(options, true);
    }
    const batches = await options.store.setAside(options.id, snapshot.generation, last);
    report(
      "lost",
      `${damage?.message}; ${batches} batches after batch ${last} were set aside`,
      batches,
    );
  } catch (cause) {
    loaded.handle.delete();
    throw cause;
  }
  return loaded;
}

/** Whether the snapshot still counts that the manifest names. */
export async function isCurrent(store: Store, { id, snapshot }: Manifest): Promise<boolean> {
  const now = await store.getCollection(id);
  return now?.snapshot.generation === snapshot.generation;
}

async function loadState(
  options: LoadOptions,
  manifest: Manifest,
  withGraph: boolean,
  parts?: AsyncIterable<Uint8Array>,
): Promise<ReadState> {
  assertReadable(manifest);
  const { core, store, durable } = options;
  const { snapshot, epoch, configuration } = manifest;
  const handle =
    snapshot.generation === 0
      ? createHandle(core, configuration, durable)
      : await readSnapshot(options, manifest, withGraph, parts);
  try {
    const { bytes, damage } = await replayJournal(handle, store, manifest);
    const journal = { journalBytes: bytes, linkedRows: 0, removed: bytes > 0 };
    return { loaded: { handle, configuration, epoch, snapshot, ...journal }, damage };
  } catch (cause) {
    handle.delete();
    throw cause;
  }
}

async function readSnapshot(
  { core, store, onProgress }: LoadOptions,
  { id, name, snapshot }: Manifest,
  withGraph: boolean,
  parts: AsyncIterable<Uint8Array> = store.readParts(id, snapshot.generation),
): Promise<CollectionHandle> {
  const where = `the snapshot of "${name}"`;
  const reader = core.createSnapshotReader(false);
  try {
    let read = 0;
    for await (const part of parts) {
      const fed = reader.feed(part);
      // Without the graph the first bad part is where the reading ends, not where it fails.
      if (!withGraph && fed.code !== 0) break;
      named(() => unwrap(fed), `part ${read} of the snapshot of "${name}"`);
      onProgress({ stage: "load", done: ++read, total: snapshot.parts });
      // Files are read without waiting for anything.
      await nextTurn();
    }
    if (withGraph && read !== snapshot.parts) {
      throw new PagevecError("corrupt", `${where} has ${read} of ${snapshot.parts} parts`);
    }
    const finish = () => unwrap(withGraph ? reader.finish() : reader.finishWithoutGraph());
    const handle = named(finish, where);
    const last = handle.lastSequence();
    if (last === snapshot.coveredSequence) return handle;
    handle.delete();
    throw new PagevecError(
      "corrupt",
      `${where} ends with batch ${last}, its manifest says ${snapshot.coveredSequence}`,
    );
  } finally {
    reader.delete();
  }
}

/** Applies the journal's records up to the first that is damaged or missing. */
async function replayJournal(
  handle: CollectionHandle,
  store: Store,
  { id, name, snapshot }: Manifest,
): Promise<{ bytes: number; damage: PagevecError | null }> {
  let bytes = 0;
  try {
    for await (const { sequence, record } of store.readJournal(id, snapshot.coveredSequence)) {
      applyRecord(handle, sequence, record, name);
      bytes += record.byteLength;
    }
  } catch (cause) {
    if ((cause as PagevecError).code !== "corrupt") throw cause;
    return { bytes, damage: cause as PagevecError };
  }
  return { bytes, damage: null };
}

/**
 * Applies the next record of a journal; of what is none, nothing is applied.
 * @throws corrupt when it is not the next one, or damaged; format_too_new
 */
export function applyRecord(
  handle: CollectionHandle,
  sequence: number,
  record: Uint8Array,
  name: string,
): void {
  const next = handle.lastSequence() + 1;
  if (sequence !== next) {
    throw new PagevecError("corrupt", `batch ${next} of "${name}" is missing in the journal`);
  }
  const where = `batch ${sequence} of "${name}"`;
  const applied = named(() => unwrap(handle.apply(record)), where);
  if (applied === sequence) return;
  throw new PagevecError(
    "corrupt",
    `${where} holds another batch, after which ${applied} is the last`,
  );
}

/** Says which stored thing a core error is about. Whatever it is, it was valid when it was written. */
export function named<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof PagevecError)) throw cause;
    const code = cause.code === "format_too_new" ? cause.code : "corrupt";
    const reason = cause.message.replace(/^pagevec: /, "");
    throw new PagevecError(code, `${what} cannot be read: ${reason}`, { cause });
  }
}

/**
 * @param model which function's vectors a call brings: how often the collection had been moved
 * @throws model_changed
 */
export function assertModel({ configuration }: LoadedCollection, model: number | undefined): void {
  if (model === undefined || model === (configuration.reembedded ?? 0)) return;
  throw new PagevecError(
    "model_changed",
    "the collection was moved to another embedding function by reembed(); get it again, with that one",
  );
}

/** One slice of index work. Returns the rows that are left. */
export function link(loaded: LoadedCollection, rows: number): number {
  const { handle } = loaded;
  const before = handle.pendingRows();
  const left = handle.maintain(rows);
  const rebuilding = left > handle.pendingRows();
  loaded.linkedRows += rebuilding ? rows : Math.max(0, before - left);
  return left;
}
