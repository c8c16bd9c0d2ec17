import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type LoopbackServer, startServer } from "../../tools/loopback-server.mjs";

let folder: string;
let server: LoopbackServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pagevec-server-"));
  mkdirSync(join(folder, "www"));
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "www/index.html"), "<p>home");
  writeFileSync(join(folder, "www/core.wasm"), "0123456789");
  server = await startServer({
    mounts: { "/": join(folder, "www") },
    isolated: true,
    csp: "default-src 'self'",
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { headers });

test("serves files with their type and the headers that were asked for", async () => {
  const response = await get("core.wasm");
  expect(await response.text()).toBe("0123456789");
  expect(response.headers.get("content-type")).toBe("application/wasm");
  expect(response.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
  expect(response.headers.get("content-security-policy")).toBe("default-src 'self'");
  expect(await (await get("")).text()).toBe("<p>home");
});

test("serves ranges", async () => {
  const part = await get("core.wasm", { range: "bytes=4-" });
  expect([part.status, await part.text()]).toEqual([206, "456789"]);
  expect(part.headers.get("content-range")).toBe("bytes 4-9/10");
  const inner = await get("core.wasm", { range: "bytes=2-3" });
  expect(await inner.text()).toBe("23");
  expect((await get("core.wasm", { range: "bytes=10-" })).status).toBe(416);
});

test("answers 304 to who has the file, and 404 to what is not there", async () => {
  const etag = (await get("core.wasm")).headers.get("etag") ?? "";
  expect((await get("core.wasm", { "if-none-match": etag })).status).toBe(304);
  expect((await get("nothing")).status).toBe(404);
});

test("serves nothing from outside its folders", async () => {
  for (const path of ["..%2fsecret.txt", "%2e%2e%2fsecret.txt", "x/..%2f..%2fsecret.txt"]) {
    expect((await get(path)).status).toBe(404);
  }
});
