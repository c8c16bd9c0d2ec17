import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "./listen.mjs";

/** What it answers, and how long it waits after each piece. */
export const PIECES = ["Plants make", " sugar from light,", " water and air."];
export const PAUSE_MS = 60;

/** Streams as Ollama does: https://docs.ollama.com/api/generate, a JSON value a line. */
export async function startOllama() {
  const requests = [];
  const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
  const service = { requests, pause: PAUSE_MS };
  const server = createServer(async (request, response) => {
    if (request.method === "OPTIONS") return response.writeHead(204, cors).end();
    const now = () => performance.timeOrigin + performance.now();
    const left = new Promise((resolve) => response.on("close", () => resolve(now())));
    const body = JSON.parse(await text(request));
    const written = [];
    requests.push({ path: request.url, body, left, written });
    response.writeHead(200, { "content-type": "application/x-ndjson", ...cors });
    const line = (value) => response.write(`${JSON.stringify({ model: body.model, ...value })}\n`);
    for (const piece of PIECES) {
      if (response.destroyed) return;
      line({ response: piece, done: false });
      written.push(piece);
      await Promise.race([left, new Promise((resolve) => setTimeout(resolve, service.pause))]);
    }
    line({ response: "", done: true, done_reason: "stop", prompt_eval_count: 5, eval_count: 3 });
    response.end();
  });
  return Object.assign(service, await listen(server));
}
