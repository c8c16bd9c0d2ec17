import { EventLog } from "../database/events.js";
import type { CollectionAddress, CollectionInfo, DatabaseMethods } from "../database/methods.js";
import type { ServerEngine } from "../database/server.js";
import { connectInPlace } from "../engine/host.js";
import type { CallContext, Engine, Service } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import type { Capabilities } from "../types/capabilities.js";
import type { CallOptions } from "../types.js";

type Methods = Service<DatabaseMethods>;

/** What a server does of a client's calls; calls that it lacks are refused with code "unsupported". */
export type ServerMethods = Partial<Omit<Methods, "db.delete">> & {
  /** Deletes a collection that was found just now. */
  "db.delete"?: (
    params: CollectionAddress & { name: string },
    context: CallContext,
  ) => Promise<null>;
};

/** Calls after which a collection is not what it was. */
const CHANGES = [
  "db.collection.write",
  "db.collection.delete",
  "db.modify",
] as const satisfies (keyof DatabaseMethods)[];

/**
 * A server of vectors as a client's engine.
 * @param connect asks whether it is there and answers with what it does
 */
export function serverEngine(
  name: string,
  capabilities: Capabilities,
  connect: (call: CallOptions) => Promise<ServerMethods>,
): ServerEngine {
  return {
    name,
    capabilities,
    connect: async (call) => engineOver(name, await connect(call)),
  };
}

/** The engine of those methods, which tells of the changes that go through it, and of no others. */
function engineOver(name: string, methods: ServerMethods): Engine<DatabaseMethods> {
  const events = new EventLog();
  const does = withRefusals(name, methods);
  const remove = async (database: number, { id, name }: CollectionInfo, context: CallContext) => {
    await does["db.delete"]({ database, collection: id, name }, context);
    events.change(id);
  };
  const all: Partial<Methods> = {
    "db.open": async () => ({ database: 0 }),
    "db.close": async () => null,
    "db.visible": async () => null,
    "db.events": async ({ after }) => events.after(after),
    "db.reset": async ({ database }, context) => {
      const all = await does["db.list"]({ database }, context);
      for (const each of all) await remove(database, each, context);
      return null;
    },
    ...methods,
    "db.delete": async (params, context) => {
      await remove(params.database, await does["db.find"](params, context), context);
      return null;
    },
  };
  for (const change of CHANGES) {
    const method = methods[change] as
      | ((params: unknown, context: CallContext) => unknown)
      | undefined;
    if (!method) continue;
    const telling = async (params: CollectionAddress, context: CallContext) => {
      try {
        return await method(params, context);
      } finally {
        // Of a call that failed something may be done: a part of it, or all, and the answer was lost.
        events.change(params.collection);
      }
    };
    Object.assign(all, { [change]: telling });
  }
  return connectInPlace<DatabaseMethods>(withRefusals(name, all));
}

/** Methods that are not there reject. */
function withRefusals<T extends Partial<Methods> | ServerMethods>(name: string, methods: T) {
  return new Proxy(methods, {
    get: (there, method: keyof DatabaseMethods) =>
      there[method] ??
      (async () => {
        throw unsupportedBy(name, method);
      }),
  }) as Required<T>;
}

/** @param what the server cannot do, e.g. "search by keywords" */
export function unsupportedBy(name: string, what: string): PagevecError {
  const message = `${name} cannot do this here: ${what}; client.capabilities says what it can`;
  return new PagevecError("unsupported", message);
}
