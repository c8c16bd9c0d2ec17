import { EventLog } from "../database/events.js";
import type { CollectionAddress, DatabaseMethods } from "../database/methods.js";
import type { ServerEngine } from "../database/server.js";
import { connectInPlace } from "../engine/host.js";
import type { CallContext, Engine, Service } from "../engine/protocol.js";
import { PagevecError } from "../errors.js";
import type { Capabilities } from "../types/capabilities.js";
import type { CallOptions } from "../types.js";

type Methods = Service<DatabaseMethods>;

/** What a server does of a client's calls; calls that it lacks are refused with code "unsupported". */
export type ServerMethods = Partial<Methods>;

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
  const remove: Methods["db.delete"] = async (params, context) => {
    const { id } = await does["db.find"](params, context);
    await does["db.delete"](params, context);
    events.change(id);
    return null;
  };
  const all: ServerMethods = {
    "db.open": async () => ({ database: 0 }),
    "db.close": async () => null,
    "db.visible": async () => null,
    "db.events": async ({ after }) => events.after(after),
    "db.reset": async ({ database }, context) => {
      const all = await does["db.list"]({ database }, context);
      for (const { name } of all) await remove({ database, name }, context);
      return null;
    },
    ...methods,
    "db.delete": remove,
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
function withRefusals(name: string, methods: ServerMethods): Methods {
  return new Proxy(methods, {
    get: (there, method: keyof DatabaseMethods) =>
      there[method] ??
      (async () => {
        throw unsupportedBy(name, method);
      }),
  }) as Methods;
}

/** @param what the server cannot do, e.g. "search by keywords" */
export function unsupportedBy(name: string, what: string): PagevecError {
  const message = `${name} cannot do this here: ${what}; client.capabilities says what it can`;
  return new PagevecError("unsupported", message);
}
