import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { Readable } from "node:stream";

const MIME = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};
const CHUNK = 64 * 1024;

/**
 * A static file server on 127.0.0.1 for the demo and the tests: ranges, ETags, isolation headers,
 * a request log, and faults on demand. Its options are described in loopback-server.d.mts.
 */
export async function startServer(options = {}) {
  const state = {
    mounts: Object.entries(options.mounts ?? {})
      .map(([prefix, folder]) => [prefix, resolve(folder)])
      .sort(([a], [b]) => b.length - a.length),
    files: new Map(Object.entries(options.files ?? {})),
    faults: new Map(),
    headers: commonHeaders(options),
  };
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://loopback").pathname);
    const entry = { method: request.method, path, range: request.headers.range, status: 0 };
    requests.push(entry);
    response.on("close", () => (entry.status = response.statusCode));
    await answer(state, request, response, path).catch(() => response.destroy());
  });
  await new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen(options.port ?? 0, "127.0.0.1", () => listening(undefined));
  });
  const { port } = server.address();
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    requests,
    files: state.files,
    fail(path, fault) {
      state.faults.set(path, { times: 1, ...fault });
    },
    close() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed(undefined)));
    },
  };
}

function commonHeaders({ headers, isolated, csp, cors }) {
  return {
    ...(isolated && {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    }),
    ...(csp && { "content-security-policy": csp }),
    ...(cors && { "access-control-allow-origin": "*", "access-control-expose-headers": "ETag" }),
    ...headers,
  };
}

async function answer(state, request, response, path) {
  const fault = takeFault(state.faults, path);
  const content = await findContent(state, path);
  for (const [name, value] of Object.entries(state.headers)) response.setHeader(name, value);
  if (fault.status !== undefined) return response.writeHead(fault.status).end();
  if (fault.html) {
    return response.writeHead(200, { "content-type": MIME[".html"] }).end("<!doctype html><p>App");
  }
  if (!content) return response.writeHead(404, { "content-type": MIME[".txt"] }).end("not found\n");

  const type = MIME[extname(content.name)] ?? "application/octet-stream";
  response.setHeader("content-type", fault.type ?? type);
  response.setHeader("etag", content.etag);
  response.setHeader("accept-ranges", "bytes");
  response.setHeader("cache-control", "no-cache");
  if (request.headers["if-none-match"] === content.etag) return response.writeHead(304).end();

  const range = fault.ignoreRange ? null : parseRange(request.headers, content);
  if (range === "unsatisfiable") {
    return response.writeHead(416, { "content-range": `bytes */${content.size}` }).end();
  }
  const { begin, end } = range ?? { begin: 0, end: content.size };
  response.setHeader("content-length", end - begin);
  if (range) response.setHeader("content-range", `bytes ${begin}-${end - 1}/${content.size}`);
  response.writeHead(range ? 206 : 200);
  if (request.method === "HEAD" || begin === end) return response.end();
  await sendBody(response, content.read(begin, end), fault);
}

function takeFault(faults, path) {
  const fault = faults.get(path);
  if (!fault) return {};
  if (--fault.times === 0) faults.delete(path);
  return fault;
}

async function findContent({ files, mounts }, path) {
  if (files.has(path)) return memoryContent(path, Buffer.from(files.get(path)));
  for (const [prefix, folder] of mounts) {
    if (!path.startsWith(prefix)) continue;
    let file = resolve(join(folder, path.slice(prefix.length)));
    if (file !== folder && !file.startsWith(folder + sep)) continue;
    if (path.endsWith("/")) file = join(file, "index.html");
    const info = await stat(file).catch(() => null);
    if (info?.isFile()) return diskContent(file, info);
  }
  return null;
}

function memoryContent(name, bytes) {
  const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`;
  const read = (begin, end) => Readable.from(slices(bytes.subarray(begin, end)));
  return { name, size: bytes.length, etag, read };
}

function* slices(bytes) {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

function diskContent(name, { size, mtimeMs }) {
  const read = (begin, end) => createReadStream(name, { start: begin, end: end - 1 });
  return { name, size, etag: `"${size.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`, read };
}

function parseRange(headers, { size, etag }) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  if (!match || (headers["if-range"] && headers["if-range"] !== etag)) return null;
  const begin = Number(match[1]);
  const end = match[2] === "" ? size : Math.min(size, Number(match[2]) + 1);
  return begin >= size || begin >= end ? "unsatisfiable" : { begin, end };
}

async function sendBody(response, body, { cutAfter = Infinity, corrupt, delayMs }) {
  let sent = 0;
  for await (const piece of body) {
    if (delayMs) await new Promise((waited) => setTimeout(waited, delayMs));
    if (response.destroyed) return;
    const chunk = Buffer.from(piece.subarray(0, cutAfter - sent));
    if (corrupt && sent === 0) chunk[0] ^= 0xff;
    sent += chunk.length;
    await new Promise((written) => response.write(chunk, written));
    if (sent >= cutAfter) return response.destroy();
  }
  response.end();
}
