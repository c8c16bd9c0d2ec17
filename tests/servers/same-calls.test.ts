import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import { chroma } from "../../js/src/servers/chroma.js";
import { openTestClient } from "../js/support/clients.js";
import { startChroma } from "./chroma-server.js";
import { type ChromiumPage, openChromiumPage } from "./chromium-page.js";
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

describe("a page in Chromium calls a Chroma server of another origin", () => {
  let server: ServerProcess | undefined;
  let page: ChromiumPage;
  let url: string;

  beforeAll(async () => {
    page = await openChromiumPage();
    server = await startChroma([page.origin]);
    url = `http://127.0.0.1:${server.port}`;
  }, 300_000);

  afterAll(async () => {
    await page?.close();
    await server?.stop();
  });

  test("the answers are the same", async () => {
    const outcomes: Outcome[] = await page.call("callChroma", { url }, "same");
    const { capabilities } = chroma({ url });
    for (const [i, outcome] of outcomes.entries()) {
      assertSameOutcome(outcome, expected[i] as Outcome, capabilities);
    }
    expect(outcomes).toHaveLength(SAME_CALLS.length);
  }, 60_000);

  test("a key in a page takes a permission", async () => {
    const options = { url, apiKey: "token-0123456789" };
    expect((await page.call("refusalOf", options)).code).toBe("invalid_argument");
    const allowed = { ...options, dangerouslyAllowBrowser: true };
    expect((await page.call("refusalOf", allowed)).code).toBe("none");
  });

  test("a server that does not name the page's origin says so", async () => {
    const closed = await startChroma(["http://elsewhere.example"]);
    const options = { url: `http://127.0.0.1:${closed.port}`, maxRetries: 0 };
    const { code, message } = await page.call("refusalOf", options);
    await closed.stop();
    expect(code).toBe("network");
    expect(message).toContain("cors_allow_origins");
  });
});
