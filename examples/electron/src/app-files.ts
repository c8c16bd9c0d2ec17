import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};
/** Everything is in the app: no other origin is asked for anything. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/** Answers a request for app://notes/... with a file of the folder. */
export async function appFile(folder: string, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const path = normalize(join(folder, decodeURIComponent(pathname)));
  if (!path.startsWith(folder + sep)) return new Response("not here", { status: 403 });
  try {
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    const headers = { "content-type": type, "content-security-policy": POLICY };
    return new Response(await readFile(path), { headers });
  } catch {
    return new Response("not found", { status: 404 });
  }
}
