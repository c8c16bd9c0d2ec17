import type { ServerEngine } from "../database/server.js";
import { CHROMA, ChromaApi, type ChromaOptions } from "./chroma/api.js";
import { ChromaCollections } from "./chroma/collections.js";
import { ChromaRecords } from "./chroma/records.js";
import { BY_VECTORS } from "./client/by-vectors.js";
import { serverEngine } from "./server-engine.js";

export type { ChromaOptions };

/**
 * A Chroma server (1.0 or later: REST v2) as the engine of a client, `Client.open({ engine: chroma({ url }) })`;
 * chromadb's clients open the same collections. docs/servers.md says what differs from the core.
 *
 * A batch of more records than the server takes in one request (5,461) is sent in several: when one
 * of them fails, those before it stay, and the error says how many records these are.
 */
export function chroma(options: ChromaOptions): ServerEngine {
  return serverEngine(CHROMA.name, BY_VECTORS, async (call) => {
    const api = new ChromaApi(options);
    await api.connect(call);
    const collections = new ChromaCollections(api);
    return { ...collections.methods(), ...new ChromaRecords(api, collections).methods() };
  });
}
