import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface JsonRequest {
  path: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
  body: any;
}

/** A service on loopback: answers JSON (a string: as it is) to JSON, and keeps what it was asked. */
export class JsonServer {
  readonly requests: JsonRequest[] = [];
  /** Most requests that were under way at once. */
  busiest = 0;
  private busy = 0;
  private readonly server = createServer((request, response) => {
    this.busiest = Math.max(this.busiest, ++this.busy);
    const pieces: Buffer[] = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", async () => {
      const body = JSON.parse(Buffer.concat(pieces).toString());
      const asked = { path: request.url ?? "", headers: request.headers, body };
      this.requests.push(asked);
      const answer = await this.answer(asked);
      this.busy--;
      response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
  });

  constructor(private readonly answer: (request: JsonRequest) => unknown) {}

  static async start(answer: (request: JsonRequest) => unknown): Promise<JsonServer> {
    const server = new JsonServer(answer);
    await new Promise<void>((listening) => server.server.listen(0, "127.0.0.1", listening));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<unknown> {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }
}
