import { info } from "../database/info.js";
import type { ServerEngine } from "../database/server.js";
import { PagevecError } from "../errors.js";
import { bearer } from "../providers/client/http.js";
import { BY_VECTORS } from "./client/by-vectors.js";
import { type ServerOptions, serverHttp } from "./client/options.js";
import { type ServerMethods, serverEngine } from "./server-engine.js";
import { Classes } from "./weaviate/classes.js";
import { Reads } from "./weaviate/reads.js";
import { Searches } from "./weaviate/search.js";
import { WEAVIATE, Wire } from "./weaviate/wire.js";
import { Writes } from "./weaviate/writes.js";

export interface WeaviateOptions extends ServerOptions {
  /**
   * What the names of the classes begin with that are collections: a capital letter, then letters, digits
   * and _. Clients of one prefix share their collections and see no other class. Default "Pagevec".
   */
  prefix?: string;
}

const CAPABILITIES = { ...BY_VECTORS, keyword: true, hybrid: true, chunking: true };
const PREFIX = /^[A-Z][A-Za-z0-9_]{0,63}$/;

/**
 * Collections kept and searched by a Weaviate server, 1.33 or later, by its REST and GraphQL interfaces:
 * docs/servers.md.
 * @throws invalid_argument for a prefix that no class can begin with
 */
export function weaviate(options: WeaviateOptions): ServerEngine {
  const { prefix = "Pagevec", ...rest } = options;
  if (!PREFIX.test(prefix)) {
    throw new PagevecError(
      "invalid_argument",
      `prefix must be a capital letter and up to 63 letters, digits and _, got ${JSON.stringify(prefix)}`,
    );
  }
  const wire = new Wire(serverHttp(WEAVIATE, rest, bearer));
  return serverEngine(WEAVIATE.name, CAPABILITIES, async (call) => {
    await wire.version(call);
    return methodsOf(new Classes(wire, prefix));
  });
}

function methodsOf(classes: Classes): ServerMethods {
  const reads = new Reads(classes);
  const writes = new Writes(classes, reads);
  const searches = new Searches(classes, reads);
  return {
    "db.list": async (_, context) => (await classes.list(context)).map(info),
    "db.find": async ({ name }, context) => info(await classes.find(name, context)),
    "db.create": ({ collection, orGet }, context) => classes.create(collection, orGet, context),
    "db.modify": ({ collection, changes }, context) => classes.modify(collection, changes, context),
    "db.delete": async ({ collection }, context) => {
      await classes.delete(collection, context);
      return null;
    },
    "db.collection.write": async (params, context) => {
      await writes.write(params, context);
      return null;
    },
    "db.collection.delete": (params, context) => writes.delete(params, context),
    "db.collection.contains": (params, context) => reads.contains(params, context),
    "db.collection.status": (params, context) => reads.status(params, context),
    "db.collection.get": (params, context) => reads.get(params, context),
    "db.collection.query": (params, context) => searches.query(params, context),
    "db.collection.search": (params, context) => searches.search(params, context),
    "db.collection.diversify": (params, context) => searches.diversify(params, context),
  };
}
