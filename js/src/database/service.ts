import type { CollectionHandle, CoreModule } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { packStrings } from "../engine/packed-strings.js";
import type { CallContext, CoreOptions, Service } from "../engine/protocol.js";
import { storeClosed } from "../storage/errors.js";
import type { Store, StoreHooks } from "../storage/store.js";
import { filterArguments, NO_LIMIT, unpackRecords, wantBits } from "./columns.js";
import { Database } from "./database.js";
import { EventLog } from "./events.js";
import type { Heap } from "./heap.js";
import { assertModel } from "./load.js";
import type {
  CollectionAddress,
  DatabaseMethods,
  Hits,
  Records,
  TransferMethods,
} from "./methods.js";

const NO_COLUMNS = { documents: false, metadatas: false, embeddings: false };
/** What a deletion has besides ids. */
const NOTHING_ELSE = {
  documents: null,
  metadatas: null,
  embedded: null,
  embeddings: new Float32Array(0),
  dimension: 0,
};

export type StoreFactory = (
  params: DatabaseMethods["db.open"]["params"],
  hooks: StoreHooks,
) => Promise<Store>;

const openStoreFor: StoreFactory = async (params, hooks) => {
  if (params.storage === "memory") {
    const { MemoryStore } = await import("../storage/memory.js");
    return new MemoryStore();
  }
  const [{ openDurableStore }] = await importStorage();
  return openDurableStore(params, hooks);
};

/** What storage that lasts needs, all now: a snapshot is due when the network may be gone. */
export const importStorage = () =>
  Promise.all([import("../storage/durable.js"), import("./store-snapshot.js")]);

/** The database methods over one wasm core. A client is one open database. */
export function createDatabaseService(
  core: CoreModule,
  openStore: StoreFactory = openStoreFor,
  wasmUrl?: CoreOptions["wasmUrl"],
  renew?: () => Promise<unknown>,
): Service<DatabaseMethods> {
  const databases = new Map<number, Database>();
  const heap: Heap = {
    ready: Promise.resolve(),
    giveUp:
      renew &&
      (() => {
        heap.ready = renew();
        // Who loads a collection is told.
        heap.ready.catch(() => {});
        for (const database of databases.values()) database.unload();
      }),
  };
  let opened = 0;
  const at = ({ database }: { database: number }): Database => {
    const found = databases.get(database);
    if (!found) throw storeClosed();
    return found;
  };
  return {
    ...databaseMethods(at),
    ...collectionMethods(at, wasmUrl),
    ...transferMethods(at),
    "db.open": async (params) => {
      const log = new EventLog();
      let database: Database | undefined;
      const store = await openStore(params, {
        crc32c: (bytes) => core.crc32c(bytes),
        isSound: (block) => core.isSound(block),
        report: log.report,
        // A client that is closed meanwhile has nobody to tell.
        changed: (change) => void database?.changed(change).catch(() => {}),
      });
      database = new Database({ core, store, durable: params.storage !== "memory", heap }, log);
      databases.set(++opened, database);
      return { database: opened };
    },
    "db.close": async (params) => {
      const database = databases.get(params.database);
      databases.delete(params.database);
      await database?.close();
      return null;
    },
  };
}

type Lookup = (params: { database: number }) => Database;
type DatabaseLevel =
  | "db.reset"
  | "db.usage"
  | "db.events"
  | "db.visible"
  | "db.check"
  | "db.list"
  | "db.find"
  | "db.parts"
  | "db.create"
  | "db.modify"
  | "db.delete";
type CollectionLevel = Exclude<
  keyof DatabaseMethods,
  DatabaseLevel | keyof TransferMethods | "db.open" | "db.close"
>;

const TRANSFERS: readonly (keyof TransferMethods)[] = [
  "db.export",
  "db.export.next",
  "db.import",
  "db.import.push",
  "db.import.commit",
  "db.transfer.end",
];

function transferMethods(at: Lookup): Service<TransferMethods> {
  const call = (name: keyof TransferMethods) => async (params: never, context: CallContext) =>
    (await import("./transfers.js")).transfers[name](at(params), params, context);
  return Object.fromEntries(TRANSFERS.map((name) => [name, call(name)])) as never;
}

function databaseMethods(at: Lookup): Pick<Service<DatabaseMethods>, DatabaseLevel> {
  return {
    "db.reset": async (params, context) => {
      await at(params).reset(context);
      return null;
    },
    "db.usage": async (params) => at(params).usage(),
    "db.events": async (params) => at(params).events(params.after),
    "db.visible": async (params) => {
      await at(params).visible(params.visible);
      return null;
    },
    "db.check": async (params, context) => at(params).check(context),
    "db.list": async (params) => at(params).list(),
    "db.find": async (params) => at(params).find(params.name),
    "db.parts": async (params) => at(params).partsOf(params.collection),
    "db.create": async (params, context) => at(params).create(params, context),
    "db.modify": async (params, context) =>
      at(params).modify(params.collection, params.changes, context),
    "db.delete": async (params, context) => {
      await at(params).delete(params.name, context);
      return null;
    },
  };
}

function collectionMethods(
  at: Lookup,
  wasmUrl: CoreOptions["wasmUrl"],
): Pick<Service<DatabaseMethods>, CollectionLevel> {
  const sessionOf = (params: CollectionAddress) => at(params).session(params.collection);
  const read = async <P extends CollectionAddress, T>(
    params: P,
    context: CallContext,
    work: (handle: CollectionHandle, params: P) => T,
  ): Promise<T> => sessionOf(params).read(context, (handle) => work(handle, params));
  const searching = () => import("./search-calls.js");
  return {
    "db.collection.search": async (params, context) =>
      (await searching()).search(sessionOf(params), params, context),
    "db.collection.wordsToStem": async (params, context) =>
      (await searching()).wordsToStem(sessionOf(params), params, context),
    "db.collection.addStems": async (params, context) =>
      (await searching()).addStems(sessionOf(params), params, context),
    "db.collection.diversify": async (params, context) =>
      (await searching()).diversify(sessionOf(params), params, context),
    "db.collection.write": async (params, context) => {
      await sessionOf(params).write(() => params, context);
      return null;
    },
    "db.collection.delete": async (params, context) => {
      let ids: string[] = [];
      await sessionOf(params).write((handle) => {
        ids = get(handle, { ...params, offset: 0, wanted: NO_COLUMNS }).ids;
        return ids.length === 0 ? null : { ...NOTHING_ELSE, operation: "delete", ids };
      }, context);
      return { deleted: ids.length };
    },
    "db.collection.contains": (params, context) =>
      read(params, context, (handle, { ids }) => handle.contains(packStrings(ids))),
    "db.collection.status": (params, context) =>
      read(params, context, (handle) => ({
        count: handle.count(),
        dimension: handle.dimension(),
        pending: handle.pendingRows(),
      })),
    "db.collection.get": async (params, context) =>
      sessionOf(params).readRecords(
        params.wanted,
        context,
        (handle) => get(handle, params),
        (records) => records,
      ),
    "db.collection.query": async (params, context) =>
      sessionOf(params).readRecords(
        params.wanted,
        context,
        (handle, loaded) => {
          assertModel(loaded, params.model);
          return query(handle, params);
        },
        (hits) => hits.records,
      ),
    "db.collection.importHnswlib": async (params, context) => {
      const { importHnswlib } = await import("./hnswlib.js");
      return importHnswlib(sessionOf(params), params, wasmUrl, context);
    },
    "db.collection.exportHnswlib": async (params, context) => {
      const { exportHnswlib } = await import("./hnswlib.js");
      return exportHnswlib(sessionOf(params), wasmUrl, context);
    },
    "db.reembed.begin": async (params, context) =>
      (await import("./reembed-calls.js")).begin(at(params), params, context),
    "db.reembed.differing": async (params, context) =>
      (await import("./reembed-calls.js")).differing(at(params), params, context),
    "db.reembed.finish": async (params, context) =>
      (await import("./reembed-calls.js")).finish(at(params), params, context),
    "db.reembed.cancel": async (params) =>
      (await import("./reembed-calls.js")).cancel(at(params), params),
    "db.collection.project": async (params, context) =>
      (await import("./projection.js")).project(sessionOf(params), params, context),
    "db.collection.recall": async (params, context) =>
      (await import("./recall.js")).measureRecall(sessionOf(params), params, context),
  };
}

function get(
  handle: CollectionHandle,
  { offset, limit, wanted, ...filter }: DatabaseMethods["db.collection.get"]["params"],
): Records {
  const outcome = handle.get(
    ...filterArguments(filter),
    offset,
    limit ?? NO_LIMIT,
    wantBits(wanted),
  );
  return unpackRecords(unwrap(outcome), handle.dimension());
}

function query(
  handle: CollectionHandle,
  params: DatabaseMethods["db.collection.query"]["params"],
): Hits {
  const { queries, dimension, nResults, efSearch, wanted, ...filter } = params;
  const { counts, distances, records } = unwrap(
    handle.query(
      queries,
      dimension,
      nResults,
      efSearch,
      ...filterArguments(filter),
      wantBits(wanted),
    ),
  );
  return { counts, distances, records: unpackRecords(records, handle.dimension()) };
}
