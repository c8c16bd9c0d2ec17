import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import { chroma } from "../../js/src/servers/chroma.js";
import { openTestClient } from "../js/support/clients.js";
import { startChroma } from "./chroma-server.js";
import { assertSameOutcome, type Outcome, runSameCalls, SAME_CALLS } from "./same-calls.js";
import type { ServerProcess } from "./server-process.js";

/** What the core answers, in memory. */
let expected: Outcome[];

beforeAll(async () => {
  const memory = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
  expected = await runSameCalls(memory, "same");
  await memory.close();
});

describe("a Chroma server answers the same calls alike", () => {
  let server: ServerProcess | undefined;
  let client: Client;
  let outcomes: Outcome[];

  beforeAll(async () => {
    server = await startChroma();
    const engine = chroma({ url: `http://127.0.0.1:${server.port}` });
    client = await Client.open({ engine });
    outcomes = await runSameCalls(client, "same");
  }, 300_000);

  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  test.each(SAME_CALLS.map(({ name }, i) => [name, i] as const))("%s", (_, i) => {
    assertSameOutcome(outcomes[i] as Outcome, expected[i] as Outcome, client.capabilities);
  });
});
