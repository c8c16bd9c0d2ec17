import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jest, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import { qdrant } from "../../js/src/servers/qdrant.js";
import { startQdrant } from "./qdrant-server.js";
import { countedUuids, KEY, SESSIONS } from "./qdrant-sessions.js";
import { asJson } from "./same-calls.js";

// Writes tests/fixtures/servers/qdrant: PAGEVEC_RECORD=1 with the program of a whole server in PAGEVEC_QDRANT.

const FOLDER = join(process.cwd(), "tests/fixtures/servers/qdrant");
const recording = process.env.PAGEVEC_RECORD && process.env.PAGEVEC_QDRANT ? test : test.skip;

interface Exchange {
  request: { method: string; path: string; headers: Record<string, string>; body?: unknown };
  response: { status: number; body: unknown };
}

recording.each(Object.entries(SESSIONS))("records %s", async (name, run) => {
  const server = await startQdrant(KEY);
  const url = `http://127.0.0.1:${server.port}`;
  const exchanges: Exchange[] = [];
  const recorder: typeof fetch = async (input, init) => {
    const request = {
      method: init?.method ?? "GET",
      path: String(input).slice(url.length),
      headers: init?.headers as Record<string, string>,
      ...(init?.body ? { body: JSON.parse(String(init.body)) } : {}),
    };
    // In the order of the requests: of two under way at once either answer may come first.
    const exchange: Exchange = { request, response: { status: 0, body: null } };
    exchanges.push(exchange);
    const response = await fetch(input, init);
    exchange.response = {
      status: response.status,
      body: JSON.parse(await response.clone().text()),
    };
    return response;
  };
  jest.spyOn(crypto, "getRandomValues").mockImplementation(countedUuids());
  const client = await Client.open({ engine: qdrant({ url, apiKey: KEY, fetch: recorder }) });
  const answer = asJson(await run(client));
  await client.close();
  await server.stop();
  const [{ response }] = exchanges as [Exchange];
  const { version } = response.body as { version: string };
  const source = `recorded from a running Qdrant ${version}`;
  mkdirSync(FOLDER, { recursive: true });
  const text = JSON.stringify({ id: `qdrant.${name}`, source, exchanges, answer }, null, 1);
  writeFileSync(join(FOLDER, `${name}.json`), `${text}\n`);
});
