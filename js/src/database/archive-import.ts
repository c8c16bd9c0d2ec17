import type { CollectionHandle } from "../engine/module.js";
import { isTrap } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import { assertNameFree, nameTaken } from "../storage/errors.js";
import {
  type JournalRecord,
  type Manifest,
  NO_SNAPSHOT,
  type Staged,
  type StagedCollection,
} from "../storage/store.js";
import { Inlet, splitBlocks } from "./archive-blocks.js";
import { noSuchTransfer, withParts } from "./archive-export.js";
import { type ArchiveKind, ArchiveReader } from "./archive-format.js";
import { type ArchivedManifest, readManifest } from "./archive-manifest.js";
import { CollectionBuilder } from "./collection-builder.js";
import type { Database, Transfer } from "./database.js";
import { uuid } from "./info.js";
import { NOTHING_NEW } from "./load.js";
import type { ImportedCollection, ImportPlan } from "./methods.js";

/** A collection of the file, and what becomes of it. */
interface Arrival {
  /** In the file. */
  id: string;
  /** Null of a part of another collection, which nobody sees. */
  result: ImportedCollection | null;
  /** Absent: skipped. */
  staged?: StagedCollection;
  /** The collection that it replaces, with its parts. */
  replaces?: string[];
  /** Where no store keeps it. */
  handle?: CollectionHandle;
}

/** A file of collections that the page brings, chunk by chunk. Nothing of it counts before commit(). */
export class ImportRun implements Transfer {
  private readonly inlet = new Inlet();
  private readonly archive: ArchiveReader;
  private readonly blocks: AsyncGenerator<Uint8Array>;
  private readonly arrivals: Arrival[] = [];
  private readonly running: Promise<void>;
  private block: { bytes: Uint8Array; kind: ArchiveKind } | undefined;
  /** Not told to the page yet. */
  private met: ArchivedManifest[] = [];

  constructor(
    private readonly database: Database,
    private readonly plan: ImportPlan,
  ) {
    this.archive = new ArchiveReader(database.options.core);
    this.blocks = splitBlocks(this.inlet.chunks(), this.archive);
    this.running = this.run();
    // The next call hears of it.
    this.running.catch(() => {});
  }

  /** Takes the next bytes of the file; tells of the collections that began in them. */
  async push(chunks: Uint8Array[]): Promise<ArchivedManifest[]> {
    for (const chunk of chunks) await Promise.race([this.inlet.put(chunk), this.running]);
    return this.met.splice(0);
  }

  /** The file is at its end: what came in counts from here on. */
  async commit(): Promise<ImportedCollection[]> {
    await Promise.race([this.inlet.put(null), this.running]);
    await this.running;
    const missing = this.plan.collections?.find(
      (name) => !this.arrivals.some(({ result }) => result?.from === name),
    );
    if (missing !== undefined) {
      throw new PagevecError("not_found", `the file has no collection named "${missing}"`);
    }
    const { options } = this.database;
    const coming = this.arrivals.filter(({ staged }) => staged);
    const replaced = coming.flatMap(({ replaces = [] }) => replaces);
    if (options.store.transfers) {
      const staged = coming.map((arrival) => arrival.staged as StagedCollection);
      if (staged.length > 0) await options.store.transfers.adopt(staged, replaced);
    } else {
      await this.adoptInMemory(coming, replaced);
    }
    for (const id of replaced) await this.database.forget(id);
    return this.arrivals.flatMap(({ result }) => result ?? []);
  }

  /** What is not in place by now is deleted. */
  async end(): Promise<void> {
    this.inlet.fail(noSuchTransfer());
    await this.running.catch(() => {});
    await this.blocks.return(undefined);
    for (const { handle } of this.arrivals) handle?.delete();
    const ids = this.arrivals.flatMap(({ staged }) => staged?.manifest.id ?? []);
    await this.database.options.store.transfers?.unstage(ids);
  }

  private async run(): Promise<void> {
    await this.advance();
    while (this.block) {
      if (this.block.kind === "collection") await this.take();
      else await this.advance();
    }
    this.archive.finish();
  }

  private async advance(): Promise<void> {
    const { value: bytes, done } = await this.blocks.next();
    this.block = done ? undefined : { bytes, kind: this.archive.take(bytes) };
  }

  private async take(): Promise<void> {
    const { manifest: json, coveredSequence } = this.archive.collection;
    const manifest = readManifest(json);
    const arrival = await this.arrive(manifest);
    this.arrivals.push(arrival);
    await this.advance();
    if (!arrival.staged) {
      while (this.block?.kind === "part" || this.block?.kind === "record") await this.advance();
      return;
    }
    this.met.push(manifest);
    const { core, store, durable } = this.database.options;
    const builder = new CollectionBuilder(core, manifest, durable);
    try {
      const parts = this.parts(builder);
      const journal = this.journal(builder, coveredSequence);
      const { id } = arrival.staged.manifest;
      const blocks = await (store.transfers?.stage(id, parts, journal) ?? drain(parts, journal));
      Object.assign(arrival.staged, { blocks, coveredSequence });
      const handle = builder.finish();
      if (arrival.result) arrival.result.records = handle.count();
      if (durable) handle.delete();
      else arrival.handle = handle;
    } catch (cause) {
      builder.delete();
      // The store took what stopped the core for a failure of its own.
      const reason = (cause as Error).cause;
      throw isTrap(reason) ? reason : cause;
    }
  }

  /** @throws already_exists */
  private async arrive(manifest: ArchivedManifest): Promise<Arrival> {
    if (manifest.configuration.of !== undefined) return this.arriveAsPart(manifest);
    const { collections, rename, ifExists } = this.plan;
    const { id, name: from } = manifest;
    const name = Object.hasOwn(rename, from) ? (rename[from] as string) : from;
    const result: ImportedCollection = { name, from, outcome: "skipped", records: null };
    if (collections && !collections.includes(from)) return { id, result };
    const known = await this.database.store().listCollections();
    const old = known.find((each) => each.name === name);
    const twice = this.arrivals.some(({ staged }) => staged?.manifest.name === name);
    if (twice || (old && ifExists === "error")) throw nameTaken(name);
    if (old && ifExists === "skip") return { id, result };
    result.outcome = old ? "replaced" : "created";
    const fresh = { ...manifest, name, id: uuid(), epoch: 1 };
    const staged = { manifest: fresh, blocks: NOTHING, coveredSequence: 0 };
    const replaces = old ? withParts(old, known).map((each) => each.id) : [];
    return { id, result, staged, replaces };
  }

  /** It goes with the collection that it is a part of, whose id is in its name. */
  private arriveAsPart(manifest: ArchivedManifest): Arrival {
    const { id, name, configuration } = manifest;
    const { of = "" } = configuration;
    const owner = this.arrivals.find((each) => each.id === of);
    if (!owner) {
      throw new PagevecError("corrupt", `the file has a part of a collection that is not in it`);
    }
    if (!owner.staged) return { id, result: null };
    const ownerId = owner.staged.manifest.id;
    const fresh = {
      ...manifest,
      id: uuid(),
      name: name.replaceAll(of, ownerId),
      configuration: { ...configuration, of: ownerId },
      epoch: 1,
    };
    const staged = { manifest: fresh, blocks: NOTHING, coveredSequence: 0 };
    return { id, result: null, staged };
  }

  private async *parts(builder: CollectionBuilder): AsyncGenerator<Uint8Array> {
    for (; this.block?.kind === "part"; await this.advance()) {
      builder.addPart(this.block.bytes);
      yield this.block.bytes;
    }
    builder.finishParts();
  }

  private async *journal(
    builder: CollectionBuilder,
    covered: number,
  ): AsyncGenerator<JournalRecord> {
    let sequence = covered;
    for (; this.block?.kind === "record"; await this.advance()) {
      builder.addRecord(++sequence, this.block.bytes);
      yield { sequence, record: this.block.bytes };
    }
  }

  /** A store of memory changes at once: nothing comes between its changes here. */
  private async adoptInMemory(coming: Arrival[], replaced: string[]): Promise<void> {
    const store = this.database.store();
    const others = (await store.listCollections()).filter(({ id }) => !replaced.includes(id));
    for (const { staged } of coming) assertNameFree(others, staged?.manifest.name as string);
    const deleted = replaced.map((id) => store.deleteCollection(id));
    const made = coming.map((arrival) => this.settle(arrival));
    await Promise.all([...deleted, ...made]);
  }

  private settle(arrival: Arrival): Promise<Manifest> {
    const { manifest } = arrival.staged as StagedCollection;
    const handle = arrival.handle as CollectionHandle;
    delete arrival.handle;
    const { configuration, epoch } = manifest;
    const snapshot = { ...NO_SNAPSHOT };
    this.database.seed(manifest.id, { handle, configuration, epoch, snapshot, ...NOTHING_NEW });
    return this.database.store().createCollection(manifest);
  }
}

const NOTHING: Staged = { parts: 0, bytes: 0, batches: 0 };

async function drain(...blocks: AsyncIterable<unknown>[]): Promise<Staged> {
  for (const each of blocks) for await (const _ of each);
  return NOTHING;
}
