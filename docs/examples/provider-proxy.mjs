// A proxy that keeps your keys: node provider-proxy.mjs, then proxyURL: "https://your.site/api/openai".
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Where each name leads, what may be asked there, and the headers with your key. */
const SERVICES = {
  openai: {
    origin: process.env.OPENAI_ORIGIN ?? "https://api.openai.com",
    paths: ["/v1/embeddings", "/v1/chat/completions"],
    headers: () => ({ authorization: `Bearer ${process.env.OPENAI_API_KEY}` }),
  },
};

const server = createServer(async (request, response) => {
  const [, name, path] = /^\/api\/([\w-]+)(\/.*)$/.exec(request.url) ?? [];
  const service = SERVICES[name];
  if (!service?.paths.includes(path)) return response.writeHead(404).end();
  // Here belongs your own check of who is asking, and how often.
  const headers = { "content-type": "application/json", ...service.headers() };
  const sent = { method: "POST", headers, body: Readable.toWeb(request), duplex: "half" };
  const answer = await fetch(service.origin + path, sent).catch(() => undefined);
  if (!answer) return response.writeHead(502).end();
  const passed = ["content-type", "retry-after"].map((header) => [
    header,
    answer.headers.get(header),
  ]);
  response.writeHead(answer.status, Object.fromEntries(passed.filter(([, value]) => value)));
  await pipeline(Readable.fromWeb(answer.body), response).catch(() => undefined);
});
server.listen(process.env.PORT ?? 8787, () => console.log(`proxy: port ${server.address().port}`));
