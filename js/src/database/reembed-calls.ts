// Loaded with the first reembed(). The new vectors grow in a collection of their own, a hidden part of
// the one that is moved (SettledConfiguration.of): durable like any other, so that a reload costs nothing.
// Writes go on in the original; what they change is embedded again before the two change places.
import { type CollectionHandle, WANT } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import type { CallContext } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import { switched, withoutDocument } from "../storage/errors.js";
import { NO_LIMIT, unpackRecords } from "./columns.js";
import type { Database } from "./database.js";
import { info } from "./info.js";
import { type LoadedCollection, NOTHING_NEW } from "./load.js";
import type { CollectionInfo, DatabaseMethods } from "./methods.js";
import type { CollectionSession } from "./session.js";
import { nextGeneration, writeSnapshot } from "./store-snapshot.js";

type Params<Name extends keyof DatabaseMethods> = DatabaseMethods[Name]["params"];

const PREFIX = "/reembed/";
/** Records that are looked at in one step. */
const PAGE = 10_000;

/**
 * @throws not_found; invalid_argument, naming the first record without a document: nothing could be
 *   embedded of it
 */
export async function begin(
  database: Database,
  { collection: id, embeddingFunction, resume }: Params<"db.reembed.begin">,
  context: CallContext,
): Promise<string> {
  const { configuration } = await database.manifest(id);
  await checkDocuments(database.session(id), context);
  const found = await copyOf(database, id);
  const wanted = JSON.stringify(embeddingFunction);
  if (found && resume && JSON.stringify(found.embeddingFunction) === wanted) return found.id;
  if (found) await database.remove(found.id);
  const collection = {
    name: PREFIX + id,
    metadata: null,
    configuration: { ...configuration, of: id },
    embeddingFunction,
  };
  const made = await database.create({ collection, orGet: false }, context);
  return made.info.id;
}

export async function cancel(
  database: Database,
  { collection }: Params<"db.reembed.cancel">,
): Promise<null> {
  const found = await copyOf(database, collection);
  if (found) await database.remove(found.id);
  return null;
}

async function copyOf(database: Database, id: string): Promise<CollectionInfo | undefined> {
  return (await database.partsOf(id)).find(({ name }) => name === PREFIX + id);
}

async function checkDocuments(session: CollectionSession, context: CallContext): Promise<void> {
  for (let offset = 0; ; offset += PAGE) {
    const read = (handle: CollectionHandle) =>
      handle.get(null, null, null, null, offset, PAGE, WANT.documents);
    const { ids, documents } = await session.read(context, (handle) =>
      unpackRecords(unwrap(read(handle)), 0),
    );
    const at = documents?.indexOf(null) ?? -1;
    if (at !== -1) throw withoutDocument(ids[at] as string);
    if (ids.length < PAGE) return;
  }
}

export async function differing(
  database: Database,
  { from, limit, ...pair }: Params<"db.reembed.differing">,
  context: CallContext,
): Promise<DatabaseMethods["db.reembed.differing"]["result"]> {
  return together(database, pair, context, async ({ handle }, { handle: copy }) => {
    const { next, records } = handle.differing(copy, from, limit, WANT.documents + WANT.metadatas);
    const total = handle.count();
    return {
      next: next === NO_LIMIT ? null : next,
      records: unpackRecords(records, 0),
      done: Math.min(copy.count(), total),
      total,
    };
  });
}

/** @throws conflict when something was written that the copy does not have */
export async function finish(
  database: Database,
  pair: Params<"db.reembed.finish">,
  context: CallContext,
): Promise<CollectionInfo> {
  const original = database.session(pair.collection);
  const copy = database.session(pair.copy);
  await together(database, pair, context, async (loaded, copied) => {
    assertSame(loaded.handle, copied.handle);
    unwrap(copied.handle.takeRecords(loaded.handle));
    try {
      const now = await copy.keepingStill(() => store(database, pair, loaded, copied));
      copy.release();
      await original.replace(now);
    } catch (cause) {
      // What is loaded has records that its journal does not know.
      await copy.replace(null);
      throw cause;
    }
  });
  await database.remove(pair.copy);
  return info(await database.manifest(pair.collection));
}

type Pair = Params<"db.reembed.finish">;

/** Work on both with no write between its own. */
function together<T>(
  database: Database,
  { collection, copy }: Pair,
  context: CallContext,
  work: (loaded: LoadedCollection, copied: LoadedCollection) => Promise<T>,
): Promise<T> {
  return database
    .session(collection)
    .exclusively(context, (loaded) =>
      database.session(copy).exclusively(context, (copied) => work(loaded, copied)),
    );
}

function assertSame(handle: CollectionHandle, copy: CollectionHandle): void {
  for (let from = 0; from !== NO_LIMIT; ) {
    const { next, records } = handle.differing(copy, from, 1, 0);
    if (records.count > 0) {
      throw new PagevecError("conflict", "records were written while they were embedded anew");
    }
    from = next;
  }
}

/** Stores the copy, which has the original's records by now, as the original. */
async function store(
  database: Database,
  { collection, copy }: Pair,
  { handle, snapshot, epoch }: LoadedCollection,
  copied: LoadedCollection,
): Promise<LoadedCollection> {
  const session = database.session(copy);
  const { store, durable } = session.options;
  const { embeddingFunction } = await database.manifest(copy);
  const after = handle.lastSequence();
  const target = {
    replaces: snapshot.generation,
    generation: nextGeneration(snapshot),
    coveredSequence: after + 1,
    move: { after, embeddingFunction },
  };
  let stored = snapshot;
  if (durable) {
    const source = session.blocks(copied);
    const { guarded } = session;
    stored = await writeSnapshot(copied.handle, source, collection, target, guarded);
  } else {
    const { configuration } = switched(await database.manifest(collection), target, snapshot);
    await store.modifyCollection(collection, { configuration, embeddingFunction });
  }
  const { configuration } = await database.manifest(collection);
  return { handle: copied.handle, configuration, epoch, snapshot: stored, ...NOTHING_NEW };
}
