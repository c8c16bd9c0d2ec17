/** A page that speaks to a server: bundled and opened by page-calls.mjs. */
import { Client } from "../../js/dist/client.js";
import { type ChromaOptions, chroma } from "../../js/dist/servers/chroma.js";
import { type QdrantOptions, qdrant } from "../../js/dist/servers/qdrant.js";
import { type WeaviateOptions, weaviate } from "../../js/dist/servers/weaviate.js";
import { type Outcome, runSameCalls } from "./same-calls.js";

const ENGINES = {
  chroma: (options: object) => chroma(options as ChromaOptions),
  qdrant: (options: object) => qdrant(options as QdrantOptions),
  weaviate: (options: object) => weaviate(options as WeaviateOptions),
};
type Server = keyof typeof ENGINES;

async function callServer(server: Server, options: object, prefix: string): Promise<Outcome[]> {
  const client = await Client.open({ engine: ENGINES[server](options) });
  const outcomes = await runSameCalls(
    client as unknown as Parameters<typeof runSameCalls>[0],
    prefix,
  );
  await client.close();
  return outcomes;
}

/** The code and message with which opening fails. */
async function refusalOf(server: Server, options: object) {
  const error = await Client.open({ engine: ENGINES[server](options) }).then(
    () => ({ code: "none", message: "" }),
    (thrown: { code: string; message: string }) => thrown,
  );
  return { code: error.code, message: error.message };
}

Object.assign(window, { callServer, refusalOf });
