import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { listen } from "../support/listen.mjs";

/** A server before another one: it lets requests through, or answers them itself with a status. */
export interface Gate {
  url: string;
  /** "POST /api/v2/..." of each request, in order. */
  seen: string[];
  close(): Promise<void>;
}

/** @param refuse the status for a request that is not let through */
export async function openGate(
  port: number,
  refuse: (request: IncomingMessage) => number | undefined,
): Promise<Gate> {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = "GET", url = "/" } = request;
    seen.push(`${method} ${url}`);
    const status = refuse(request);
    const body = await buffer(request);
    if (status !== undefined) return void response.writeHead(status).end("refused at the gate");
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body.length > 0 ? new Uint8Array(body) : null,
    });
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(await answer.text());
  });
  return { ...(await listen(server)), seen };
}
