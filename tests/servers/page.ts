/** A page that speaks to a server: bundled and opened by page-calls.mjs. */
import { Client } from "../../js/dist/client.js";
import { type ChromaOptions, chroma } from "../../js/dist/servers/chroma.js";
import { type Outcome, runSameCalls } from "./same-calls.js";

async function callChroma(options: ChromaOptions, prefix: string): Promise<Outcome[]> {
  const client = await Client.open({ engine: chroma(options) });
  const outcomes = await runSameCalls(
    client as unknown as Parameters<typeof runSameCalls>[0],
    prefix,
  );
  await client.close();
  return outcomes;
}

/** The code and message with which opening fails. */
async function refusalOf(options: ChromaOptions) {
  const error = await Client.open({ engine: chroma(options) }).then(
    () => ({ code: "none", message: "" }),
    (thrown: { code: string; message: string }) => thrown,
  );
  return { code: error.code, message: error.message };
}

Object.assign(window, { callChroma, refusalOf });
