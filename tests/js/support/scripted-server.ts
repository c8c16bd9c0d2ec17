import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach } from "@jest/globals";

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  /** undefined: there was none. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  body: any;
  at: number;
  /** The client closed the connection before the answer was whole. */
  left: Promise<void>;
}

/** What happens to one request. */
export type Script = (response: ServerResponse, request: Received) => unknown;

/** A service on 127.0.0.1 that does what each test tells it to. */
export class ScriptedServer {
  readonly received: Received[] = [];
  /** One a request; the last one stays. */
  scripts: Script[] = [];
  /** Most requests that were under way at once. */
  busiest = 0;
  private busy = 0;
  private server = createServer();

  constructor() {
    // Each test has its own port: what a client keeps of broken connections is by address.
    beforeEach(async () => {
      this.received.length = 0;
      this.scripts = [];
      this.busiest = 0;
      this.server = createServer((request, response) => void this.handle(request, response));
      await new Promise<void>((listening) => this.server.listen(0, "127.0.0.1", listening));
    });
    afterEach(() => {
      this.server.closeAllConnections();
      return new Promise((closed) => this.server.close(closed));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now();
    this.busiest = Math.max(this.busiest, ++this.busy);
    response.on("close", () => this.busy--);
    const left = new Promise<void>((resolve) => {
      response.on("close", () => response.writableFinished || resolve());
    });
    const sent = await text(request);
    const body = sent === "" ? undefined : JSON.parse(sent);
    const entry = { path: request.url ?? "", headers: request.headers, body, at, left };
    this.received.push(entry);
    const [script] = this.scripts.length > 1 ? this.scripts.splice(0, 1) : this.scripts;
    await script?.(response, entry);
  }
}

/** A JSON value for each request; a text is sent as it is. */
export function answering(answer: (request: Received) => unknown): Script {
  return async (response, request) => {
    const value = await answer(request);
    response.end(typeof value === "string" ? value : JSON.stringify(value));
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Script {
  return raw(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

export function raw(status: number, body: string, headers: Record<string, string> = {}): Script {
  return (response) => response.writeHead(status, headers).end(body);
}
