import { concat } from "../engine/concat.js";
import type { CallContext } from "../engine/protocol.js";
import { PagevecError, reasonOf } from "../errors.js";
import { formatOf, noSuchCollection, snapshotSwitched, storeClosed } from "../storage/errors.js";
import type { Manifest, Store } from "../storage/store.js";
import { ArchiveWriter } from "./archive-format.js";
import type { ArchivedManifest } from "./archive-manifest.js";
import type { Database, Transfer } from "./database.js";
import { isCurrent } from "./load.js";
import type { TransferMethods } from "./methods.js";

/** Small blocks go to the page together. */
const CHUNK_BYTES = 2 ** 20;
/** Whoever takes nothing for so long no longer keeps new snapshots back. */
const PATIENCE_MS = 30_000;
const ATTEMPTS = 5;

/** What a collection is at one moment: a snapshot and the batches after it up to the last. */
interface State {
  manifest: Manifest;
  last: number;
  /** Of a collection that no store keeps: its snapshot, taken at that moment. */
  parts: Uint8Array[] | null;
}

/** A file of collections on its way to the page, chunk by chunk. */
export class ExportRun implements Transfer {
  private readonly blocks: AsyncGenerator<Uint8Array>;
  private release = () => {};
  private timer: ReturnType<typeof setTimeout> | undefined;
  private done = 0;

  /** total: about how many blocks there will be. */
  constructor(
    private readonly database: Database,
    ids: string[],
    private readonly total: number,
  ) {
    this.blocks = this.file(ids);
  }

  /** @throws not_found */
  static async start(
    database: Database,
    { collection, names }: TransferMethods["db.export"]["params"],
  ): Promise<ExportRun> {
    const store = database.store();
    const known = await store.listCollections();
    const seen = known.filter(({ configuration }) => configuration.of === undefined);
    const find = (key: "id" | "name", value: string) => {
      const found = seen.find((manifest) => manifest[key] === value);
      if (found) return found;
      throw new PagevecError("not_found", `there is no collection with the ${key} "${value}"`);
    };
    const named = names ? [...new Set(names)].map((name) => find("name", name)) : seen;
    const owners = collection === null ? named : [find("id", collection)];
    const chosen = owners.flatMap((owner) => withParts(owner, known));
    let total = 2;
    for (const { id, snapshot } of chosen) {
      total += 1 + snapshot.parts + (await store.lastSequence(id)) - snapshot.coveredSequence;
    }
    const ids = chosen.map(({ id }) => id);
    return new ExportRun(database, ids, total);
  }

  /** The next bytes of the file; null after the last. */
  async next({ progress }: CallContext): Promise<Uint8Array | null> {
    clearTimeout(this.timer);
    const chunk: Uint8Array[] = [];
    for (let bytes = 0; bytes < CHUNK_BYTES; ) {
      const { value, done } = await this.blocks.next();
      if (done) break;
      ++this.done;
      chunk.push(value);
      bytes += value.byteLength;
    }
    if (chunk.length === 0) return null;
    progress({ stage: "export", done: this.done, total: Math.max(this.done, this.total) });
    this.timer = setTimeout(() => this.release(), PATIENCE_MS);
    (this.timer as { unref?: () => void }).unref?.();
    return chunk.length === 1 ? (chunk[0] as Uint8Array) : concat(chunk);
  }

  async end(): Promise<void> {
    clearTimeout(this.timer);
    this.release();
    await this.blocks.return(undefined);
  }

  private async *file(ids: string[]): AsyncGenerator<Uint8Array> {
    const writer = new ArchiveWriter(this.database.options.core);
    try {
      yield writer.begin();
      for (const id of ids) yield* this.collection(writer, id);
      yield writer.end();
    } finally {
      this.release();
    }
  }

  private async *collection(writer: ArchiveWriter, id: string): AsyncGenerator<Uint8Array> {
    const { store } = this.database.options;
    this.release();
    this.release = (await store.transfers?.holdSnapshot(id)) ?? this.release;
    const state = await this.stateOf(id);
    const { manifest, last, parts } = state;
    yield writer.beginCollection({
      manifest: new TextEncoder().encode(JSON.stringify(archived(manifest))),
      parts: parts?.length ?? manifest.snapshot.parts,
      coveredSequence: parts ? last : manifest.snapshot.coveredSequence,
      lastSequence: last,
    });
    try {
      for await (const block of parts ?? storedBlocks(store, state)) yield writer.add(block);
      writer.assertWhole();
    } catch (cause) {
      if (!parts) await assertCurrent(store, manifest);
      throw await this.failure(cause, manifest);
    }
  }

  /** Damage is healed from a second copy, where there is one; what was written before it is no use. */
  private async failure(cause: unknown, { id, name }: Manifest): Promise<PagevecError> {
    const { code = "internal" } = cause as PagevecError;
    const reason = reasonOf(cause).replace("pagevec: ", "");
    const message = `"${name}" cannot be exported: ${reason}`;
    if (code !== "corrupt" || !(await this.database.options.store.heal(id))) {
      return new PagevecError(code, message, { cause });
    }
    await this.database.session(id).reload();
    const healed = "; it was restored from the second copy: export it again";
    return new PagevecError("conflict", message + healed, { cause });
  }

  /** The collection at one moment, and not between two snapshots. */
  private async stateOf(id: string): Promise<State> {
    const { store, durable } = this.database.options;
    for (let attempt = 1; ; ++attempt) {
      const manifest = await store.getCollection(id);
      if (!manifest) throw noSuchCollection(id);
      if (!durable) return this.loadedState(manifest);
      const last = await store.lastSequence(id);
      if (await isCurrent(store, manifest)) return { manifest, last, parts: null };
      if (attempt === ATTEMPTS) throw snapshotSwitched(manifest.name);
    }
  }

  private loadedState(manifest: Manifest): Promise<State> {
    const context = { signal: new AbortController().signal, progress: () => {} };
    return this.database.session(manifest.id).exclusively(context, async ({ handle }) => {
      const writer = handle.snapshot(1, false, true);
      try {
        const parts: Uint8Array[] = [];
        for (let part = writer.next(); part; part = writer.next()) parts.push(part);
        return { manifest, last: handle.lastSequence(), parts };
      } finally {
        writer.delete();
      }
    });
  }
}

/** A collection and those that are a part of it. */
export function withParts(owner: Manifest, known: Manifest[]): Manifest[] {
  const parts = known.filter(({ configuration }) => configuration.of === owner.id);
  return [owner, ...parts.flatMap((part) => withParts(part, known))];
}

async function* storedBlocks(
  store: Store,
  { manifest: { id, snapshot }, last }: State,
): AsyncGenerator<Uint8Array> {
  yield* store.readParts(id, snapshot.generation);
  for await (const { sequence, record } of store.readJournal(id, snapshot.coveredSequence)) {
    if (sequence > last) return;
    yield record;
  }
}

/** @throws not_found, conflict when the collection is not what the export began with */
async function assertCurrent(store: Store, manifest: Manifest): Promise<void> {
  if (!(await store.getCollection(manifest.id))) throw noSuchCollection(manifest.id);
  if (!(await isCurrent(store, manifest))) throw snapshotSwitched(manifest.name);
}

/** What of a manifest means something elsewhere. */
function archived(manifest: Manifest): ArchivedManifest {
  const { id, name, metadata, configuration, embeddingFunction, createdAt } = manifest;
  // The parts are whole in the file.
  const format = formatOf(configuration);
  return { format, id, name, metadata, configuration, embeddingFunction, createdAt };
}

export function noSuchTransfer(): PagevecError {
  return storeClosed("the file is closed: it ended, failed or was given up");
}
