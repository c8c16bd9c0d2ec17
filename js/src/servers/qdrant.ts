import { info } from "../database/info.js";
import type { CollectionAddress, DatabaseMethods } from "../database/methods.js";
import type { ServerEngine } from "../database/server.js";
import type { CallContext } from "../engine/protocol.js";
import { BY_VECTORS, searchByVectors } from "./client/by-vectors.js";
import { diversify } from "./client/diversity.js";
import type { ServerOptions } from "./client/options.js";
import { query } from "./qdrant/queries.js";
import { contains, deleteMatching, get, status, vectorsByIds } from "./qdrant/reads.js";
import { Records } from "./qdrant/records.js";
import { Settings } from "./qdrant/settings.js";
import { QDRANT, Wire } from "./qdrant/wire.js";
import { write } from "./qdrant/writes.js";
import { type ServerMethods, serverEngine } from "./server-engine.js";

/** url: e.g. "http://localhost:6333". The key goes in the header api-key. */
export interface QdrantOptions extends ServerOptions {
  /**
   * How the names of its collections begin: `prefix` has the settings of all, `prefix_ID` the records of
   * one. Clients with one prefix share their collections. Default "pagevec".
   */
  prefix?: string;
}

/**
 * Collections kept and searched by a Qdrant server, from version 1.10 on (docs/servers.md):
 * `Client.open({ engine: qdrant({ url }) })`. A batch of more than 1,000 records, or 8 MB, takes several
 * requests and is not written in one step: a failure says how far it came.
 */
export function qdrant(options: QdrantOptions): ServerEngine {
  const { prefix = "pagevec", ...rest } = options;
  const wire = new Wire(rest);
  return serverEngine(QDRANT.name, BY_VECTORS, async (call) => {
    await wire.connect(call);
    return methodsOver(wire, prefix);
  });
}

function methodsOver(wire: Wire, prefix: string): ServerMethods {
  const settings = new Settings(wire, prefix);
  const opened = new Map<string, Records>();
  const at = ({ collection: id }: CollectionAddress): Records => {
    const records = opened.get(id) ?? new Records(wire, settings, `${prefix}_${id}`, id);
    opened.set(id, records);
    return records;
  };
  return {
    ...recordMethods(at),
    "db.list": async (_, context) => (await settings.list(context)).map(info),
    "db.find": async ({ name }, context) => info(await settings.find(name, context)),
    "db.create": ({ collection, orGet }, context) => settings.create(collection, orGet, context),
    "db.modify": ({ collection, changes }, context) =>
      settings.modify(collection, changes, context),
    "db.delete": async ({ name, ...address }, context) => {
      await settings.remove(name, context);
      await at(address).remove(context);
      opened.delete(address.collection);
      return null;
    },
  };
}

type RecordMethod = Extract<keyof DatabaseMethods, `db.collection.${string}`>;

function recordMethods(at: (address: CollectionAddress) => Records): ServerMethods {
  const on =
    <Name extends RecordMethod>(
      work: (
        records: Records,
        params: DatabaseMethods[Name]["params"],
        context: CallContext,
      ) => Promise<DatabaseMethods[Name]["result"]>,
    ) =>
    (params: DatabaseMethods[Name]["params"], context: CallContext) =>
      work(at(params), params, context);
  return {
    "db.collection.write": on<"db.collection.write">(async (records, params, context) => {
      await write(records, params, context);
      return null;
    }),
    "db.collection.delete": on<"db.collection.delete">(deleteMatching),
    "db.collection.contains": on<"db.collection.contains">((records, { ids }, context) =>
      contains(records, ids, context),
    ),
    "db.collection.status": on<"db.collection.status">((records, _, context) =>
      status(records, context),
    ),
    "db.collection.get": on<"db.collection.get">(get),
    "db.collection.query": on<"db.collection.query">(query),
    "db.collection.diversify": on<"db.collection.diversify">(
      async (records, { ids, ...wishes }, context) =>
        diversify(await vectorsByIds(records, ids, context), wishes),
    ),
    "db.collection.search": on<"db.collection.search">((records, params, context) =>
      searchByVectors(QDRANT.name, params, (asked) => query(records, asked, context)),
    ),
  };
}
