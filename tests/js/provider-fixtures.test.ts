import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Exchange, keyOf, responseBytes } from "../contract/providers/exchange.js";
import { replayFetch, runExchange } from "../contract/providers/run.js";

const DEFAULT = fileURLToPath(new URL("../fixtures", import.meta.url));
const FOLDER = join(process.env.PAGEVEC_FIXTURES ?? DEFAULT, "providers");

/** The exchanges among the files: rule files have no call. */
function readExchanges(): Exchange[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
  const files = names.map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")));
  return files.filter((file) => "call" in file);
}

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

const exchanges = readExchanges();
const server = new RecordedServer();
beforeAll(() => server.start());
afterAll(() => server.close());

describe("recorded exchanges", () => {
  test.each(exchanges.map((exchange) => [exchange.id, exchange] as const))(
    "%s",
    async (_, exchange) => {
      server.current = exchange;
      const apiKey = keyOf(exchange);
      expect(await runExchange(exchange, { apiKey, fetch: server.fetch })).toEqual([]);
    },
  );
});

describe("streams cut anywhere", () => {
  const streams = exchanges.filter(({ call }) => call.stream);
  test.each(streams.map((exchange) => [exchange.id, exchange] as const))(
    "%s",
    async (_, exchange) => {
      const length = exchange.response ? responseBytes(exchange.response).length : 0;
      const run = async (cut: number) => {
        const options = { apiKey: keyOf(exchange), fetch: replayFetch(exchange, [cut]) };
        return [cut, await runExchange(exchange, options)];
      };
      // At once: signing waits more than it works.
      const runs = await Promise.all(Array.from({ length: length + 1 }, (_, cut) => run(cut)));
      expect(runs.filter(([, problems]) => (problems as string[]).length)).toEqual([]);
    },
    30_000,
  );
});
