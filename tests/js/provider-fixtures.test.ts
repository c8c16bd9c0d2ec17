import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Exchange, keyOf, responseBytes } from "../contract/providers/exchange.js";
import { replayFetch, runExchange } from "../contract/providers/run.js";
import { expectFixtures, readFixtures } from "./support/fixture-folder.js";

/** Gives recorded answers over real HTTP, whatever the address was. */
class RecordedServer {
  private readonly server = createServer((request, response) => {
    request.resume().on("end", () => {
      const recorded = this.current?.response;
      if (!recorded) return response.destroy();
      response.writeHead(recorded.status, recorded.headers).end(responseBytes(recorded));
    });
  });
  current: Exchange | undefined;

  start(): Promise<void> {
    return new Promise((listening) => this.server.listen(0, "127.0.0.1", listening));
  }

  readonly fetch: typeof fetch = (_, init) =>
    fetch(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`, init);

  close(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }
}

// Of the files only exchanges have a call; others are rules and sessions.
const exchanges = readFixtures<Exchange>("providers", /\.json$/)
  .map(([, file]) => file)
  .filter((file) => "call" in file);
expectFixtures(exchanges);
const server = new RecordedServer();
beforeAll(() => server.start());
afterAll(() => server.close());

describe("recorded exchanges", () => {
  for (const exchange of exchanges) {
    test(exchange.id, async () => {
      server.current = exchange;
      const apiKey = keyOf(exchange);
      expect(await runExchange(exchange, { apiKey, fetch: server.fetch })).toEqual([]);
    });
  }
});

describe("streams cut anywhere", () => {
  for (const exchange of exchanges.filter(({ call }) => call.stream)) {
    const cutAnywhere = async () => {
      const length = exchange.response ? responseBytes(exchange.response).length : 0;
      const run = async (cut: number) => {
        const options = { apiKey: keyOf(exchange), fetch: replayFetch(exchange, [cut]) };
        return [cut, await runExchange(exchange, options)];
      };
      // At once: signing waits more than it works.
      const runs = await Promise.all(Array.from({ length: length + 1 }, (_, cut) => run(cut)));
      expect(runs.filter(([, problems]) => (problems as string[]).length)).toEqual([]);
    };
    test(exchange.id, cutAnywhere, 120_000);
  }
});
