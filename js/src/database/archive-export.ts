import type { ArchiveWriterHandle } from "../engine/archive-module.js";
import { unwrap } from "../engine/outcome.js";
import type { CallContext } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import { noSuchCollection, snapshotSwitched, storeClosed } from "../storage/errors.js";
import type { Manifest, Store } from "../storage/store.js";
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
    const find = (key: "id" | "name", value: string) => {
      const found = known.find((manifest) => manifest[key] === value);
      if (found) return found;
      throw new PagevecError("not_found", `there is no collection with the ${key} "${value}"`);
    };
    const named = names?.map((name) => find("name", name)) ?? known;
    const chosen = collection === null ? named : [find("id", collection)];
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
    progress({ stage: "export", done: this.done, total: Math.max(this.done, this.total) });
    this.timer = setTimeout(() => this.release(), PATIENCE_MS);
    (this.timer as { unref?: () => void }).unref?.();
    return chunk.length === 0 ? null : joined(chunk);
  }

  async end(): Promise<void> {
    clearTimeout(this.timer);
    this.release();
    await this.blocks.return(undefined);
  }

  private async *file(ids: string[]): AsyncGenerator<Uint8Array> {
    const writer = this.database.options.core.createArchiveWriter();
    try {
      yield writer.begin();
      for (const id of ids) yield* this.collection(writer, id);
      yield unwrap(writer.end());
    } finally {
      writer.delete();
      this.release();
    }
  }

  private async *collection(writer: ArchiveWriterHandle, id: string): AsyncGenerator<Uint8Array> {
    const { store } = this.database.options;
    this.release();
    this.release = (await store.transfers?.holdSnapshot(id)) ?? this.release;
    const { manifest, last, parts } = await this.stateOf(id);
    const { name, snapshot } = manifest;
    const covered = parts ? last : snapshot.coveredSequence;
    const json = new TextEncoder().encode(JSON.stringify(archived(manifest)));
    yield unwrap(writer.collection(json, parts?.length ?? snapshot.parts, covered, last));
    const add = (block: Uint8Array) => {
      const { code, message } = writer.add(block);
      if (code === 0) return block;
      throw new PagevecError("corrupt", `"${name}" cannot be exported: ${message}`);
    };
    let count = 0;
    try {
      for await (const part of parts ?? store.readParts(id, snapshot.generation)) {
        ++count;
        yield add(part);
      }
      for await (const { sequence, record } of parts ? [] : store.readJournal(id, covered)) {
        if (sequence > last) break;
        ++count;
        yield add(record);
      }
    } catch (cause) {
      if (!parts) await assertCurrent(store, manifest);
      throw cause;
    }
    const wanted = (parts?.length ?? snapshot.parts) + last - covered;
    if (!parts && count !== wanted) {
      await assertCurrent(store, manifest);
      throw new PagevecError("corrupt", `"${name}" cannot be exported: batches are missing`);
    }
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
      const writer = handle.snapshot(1);
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

/** @throws not_found, conflict when the collection is not what the export began with */
async function assertCurrent(store: Store, manifest: Manifest): Promise<void> {
  if (!(await store.getCollection(manifest.id))) throw noSuchCollection(manifest.id);
  if (!(await isCurrent(store, manifest))) throw snapshotSwitched(manifest.name);
}

/** What of a manifest means something elsewhere. */
function archived(manifest: Manifest): ArchivedManifest {
  const { format, id, name, metadata, configuration, embeddingFunction, createdAt } = manifest;
  return { format, id, name, metadata, configuration, embeddingFunction, createdAt };
}

function joined(blocks: Uint8Array[]): Uint8Array {
  const [first] = blocks;
  if (first && blocks.length === 1) return first;
  const all = new Uint8Array(blocks.reduce((sum, block) => sum + block.byteLength, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.byteLength;
  }
  return all;
}

export function noSuchTransfer(): PagevecError {
  return storeClosed("the file is closed: it ended, failed or was given up");
}
