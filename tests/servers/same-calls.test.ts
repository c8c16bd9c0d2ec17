import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import { chroma } from "../../js/src/servers/chroma.js";
import { openTestClient } from "../js/support/clients.js";
import { callsInPage } from "./calls-in-page.js";
import { startChroma } from "./chroma-server.js";
import { assertSameOutcome, type Outcome, runSameCalls, SAME_CALLS } from "./same-calls.js";
import { freePort, type ServerProcess } from "./server-process.js";

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

describe("a page in Chromium calls a Chroma server of another origin", () => {
  const key = { apiKey: "token-0123456789" };
  let url: string;
  let outcomes: Outcome[];
  let refusals: Record<"key" | "allowed" | "elsewhere", { code: string; message: string }>;

  beforeAll(async () => {
    const port = await freePort();
    const server = await startChroma([`http://127.0.0.1:${port}`]);
    const closed = await startChroma(["http://elsewhere.example"]);
    url = `http://127.0.0.1:${server.port}`;
    const calls = [
      ["callServer", "chroma", { url }, "same"],
      ["refusalOf", "chroma", { url, ...key }],
      ["refusalOf", "chroma", { url, ...key, dangerouslyAllowBrowser: true }],
      ["refusalOf", "chroma", { url: `http://127.0.0.1:${closed.port}`, maxRetries: 0 }],
    ];
    try {
      const [answers, ofKey, allowed, elsewhere] = await callsInPage(port, calls);
      outcomes = answers;
      refusals = { key: ofKey, allowed, elsewhere };
    } finally {
      await server.stop();
      await closed.stop();
    }
  }, 300_000);

  test("the answers are the same", () => {
    const { capabilities } = chroma({ url });
    expect(outcomes).toHaveLength(SAME_CALLS.length);
    for (const [i, outcome] of outcomes.entries()) {
      assertSameOutcome(outcome, expected[i] as Outcome, capabilities);
    }
  });

  test("a key in a page takes a permission", () => {
    expect([refusals.key.code, refusals.allowed.code]).toEqual(["invalid_argument", "none"]);
  });

  test("of a server that does not name the page's origin is said what to do", () => {
    expect(refusals.elsewhere.code).toBe("network");
    expect(refusals.elsewhere.message).toContain("cors_allow_origins");
  });
});
