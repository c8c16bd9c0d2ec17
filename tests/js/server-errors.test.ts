import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { ServerEngine } from "../../js/src/database/server.js";
import type { PagevecError } from "../../js/src/errors.js";
import { chroma } from "../../js/src/servers/chroma.js";
import type { ServerOptions } from "../../js/src/servers/client/options.js";
import { qdrant } from "../../js/src/servers/qdrant.js";
import { weaviate } from "../../js/src/servers/weaviate.js";
import { json, raw, type Script, ScriptedServer } from "./support/scripted-server.js";

// Servers that are not there, are something else, or refuse: what each engine says of them.

const KEY = "key-canary-0123456789";

interface Kind {
  name: string;
  engine: (options: ServerOptions) => ServerEngine;
  /** Of the first request. */
  path: string;
  /** What opens a client. */
  hello: Script[];
  /** A server that is too old, and what is enough. */
  old: Script[];
  least: string;
  /** An error in the server's own form. */
  says: (message: string) => unknown;
  fromPage: string;
}

const KINDS: Kind[] = [
  {
    name: "chroma",
    engine: chroma,
    path: "/api/v2/pre-flight-checks",
    hello: [json(200, { max_batch_size: 5461, supports_base64_encoding: true }), json(200, {})],
    old: [json(200, { max_batch_size: 5461 }), json(200, "0.6.3")],
    least: "1.0",
    says: (message) => ({ error: "InternalError", message }),
    fromPage: "cors_allow_origins",
  },
  {
    name: "weaviate",
    engine: weaviate,
    path: "/v1/meta",
    hello: [json(200, { version: "1.38.0" })],
    old: [json(200, { version: "1.32.9" })],
    least: "1.33",
    says: (message) => ({ error: [{ message }] }),
    fromPage: "CORS_ALLOW_ORIGIN",
  },
  {
    name: "qdrant",
    engine: qdrant,
    path: "/",
    hello: [json(200, { title: "qdrant - vector search engine", version: "1.18.3" })],
    old: [json(200, { title: "qdrant - vector search engine", version: "1.9.7" })],
    least: "1.10",
    says: (error) => ({ status: { error }, time: 0 }),
    fromPage: "service.enable_cors",
  },
];

const HTML = "<!doctype html><title>Welcome to nginx!</title>";
const html = (status: number) => raw(status, HTML, { "content-type": "text/html" });

interface Case {
  scripts: (kind: Kind) => Script[];
  code: string;
  /** What it says, and what it says to do. */
  says: (string | ((kind: Kind) => string))[];
  provider?: object;
}

const isIt = ({ name, least }: Kind) =>
  `is ${name[0]?.toUpperCase()}${name.slice(1)} there, of version ${least} or later`;

const CASES: Record<string, Case> = {
  "closes the connection": {
    scripts: () => [(response) => response.destroy()],
    code: "network",
    says: ["could not be reached (fetch failed: other side closed)", "start the server"],
    provider: { retryable: true },
  },
  "does not answer": {
    scripts: () => [() => undefined],
    code: "timeout",
    says: ["within 300 ms", "raise timeLimit"],
    provider: { retryable: true },
  },
  "is a web server with a page for every path": {
    scripts: () => [html(200)],
    code: "invalid_response",
    says: ["Welcome to nginx!", isIt],
  },
  "is another server, which answers everything": {
    scripts: () => [json(200, { tagline: "You Know, for Search" })],
    code: "invalid_response",
    says: [isIt],
  },
  "is another server, without that path": {
    scripts: () => [json(404, { detail: "Not Found" })],
    code: "invalid_response",
    says: ["answered 404: Not Found", isIt],
    provider: { status: 404, retryable: false },
  },
  "is a web server without that path": {
    scripts: () => [html(404)],
    code: "invalid_response",
    says: ["answered 404: <!doctype html>", isIt],
    provider: { status: 404, retryable: false },
  },
  "takes no such method": {
    scripts: () => [raw(405, "")],
    code: "invalid_response",
    says: ["answered 405: an empty body", isIt],
  },
  "leads elsewhere": {
    scripts: () => [raw(307, "", { location: "https://login.example/" })],
    code: "provider_failed",
    says: ["redirect to https://login.example/", "give the address where it leads"],
    provider: { status: 307, retryable: false },
  },
  "does not know the key": {
    scripts: ({ says }) => [json(401, says(`no such key: ${KEY}`))],
    code: "unauthorized",
    says: ["answered 401:", "no such key: [key]", "give a key that it knows: as apiKey"],
    provider: { status: 401, retryable: false },
  },
  "forbids the key this": {
    scripts: ({ says }) => [json(403, says("manage access is required"))],
    code: "unauthorized",
    says: ["answered 403:", "manage access is required", "lacks the right"],
    provider: { status: 403, retryable: false },
  },
  "was asked too often": {
    scripts: ({ says }) => [json(429, says("slow down"), { "retry-after": "7" })],
    code: "rate_limited",
    says: ["answered 429:", "slow down", "try again in 7 s"],
    provider: { status: 429, retryable: true, retryAfterMs: 7000 },
  },
  "was asked too often, and does not say for how long": {
    scripts: ({ says }) => [json(429, says("slow down"))],
    code: "rate_limited",
    says: ["try again later", "raise the server's limit"],
    provider: { status: 429, retryable: true },
  },
  fails: {
    scripts: ({ says }) => [json(500, says("the disk is full"))],
    code: "provider_failed",
    says: ["answered 500:", "the disk is full", "the server's log"],
    provider: { status: 500, retryable: true },
  },
  "is behind a proxy that does not reach it": {
    scripts: () => [html(502)],
    code: "provider_failed",
    says: ["answered 502: <!doctype html>", "a proxy before it"],
    provider: { status: 502, retryable: true },
  },
};

const server = new ScriptedServer();

afterEach(() => {
  Reflect.deleteProperty(globalThis, "location");
});

async function failure(call: Promise<unknown>): Promise<PagevecError> {
  const error = await call.then(
    () => expect("it succeeded").toBe("a failure"),
    (reason) => reason,
  );
  expect(error).toMatchObject({ name: "PagevecError" });
  for (let each = error; each; each = each.cause) {
    expect(`${each.message} ${JSON.stringify(each)}`).not.toContain(KEY);
  }
  return error;
}

/** What opening a client fails with. */
async function refusal(kind: Kind, options: Partial<ServerOptions>): Promise<PagevecError> {
  const all = { url: server.url, maxRetries: 0, timeLimit: 10_000, ...options };
  return failure((async () => Client.open({ engine: kind.engine(all) }))());
}

/** Where nothing listens. */
async function closedPort(): Promise<number> {
  const gone = createServer();
  await new Promise<void>((listening) => gone.listen(0, "127.0.0.1", listening));
  const { port } = gone.address() as AddressInfo;
  await new Promise((closed) => gone.close(closed));
  return port;
}

describe.each(KINDS.map((kind) => [kind.name, kind] as const))("%s", (name, kind) => {
  test.each(Object.entries(CASES))("that %s", async (_, { scripts, code, says, provider }) => {
    server.scripts = scripts(kind);
    const timeLimit = code === "timeout" ? 300 : 10_000;
    const error = await refusal(kind, { apiKey: KEY, timeLimit });
    expect(error).toMatchObject({ code, provider: { provider: name, ...provider } });
    const parts = [`pagevec: ${name} `, `asked was GET ${server.url}${kind.path}`, ...says];
    for (const part of parts) {
      expect(error.message).toContain(typeof part === "string" ? part : part(kind));
    }
    expect(error.message).not.toContain("CORS");
    expect(server.received).toHaveLength(1);
  });

  test("that is not running", async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const { code, message } = await refusal(kind, { url, apiKey: KEY });
    expect(code).toBe("network");
    expect(message).toContain(`connect ECONNREFUSED ${url.slice("http://".length)}`);
    expect(message).toContain(`asked was GET ${url}${kind.path}; start the server`);
    expect(message).not.toContain("CORS");
  });

  test("on a machine that no name server knows", async () => {
    const { code, message } = await refusal(kind, { url: "http://nowhere.invalid:8000" });
    expect(code).toBe("network");
    expect(message).toMatch(/ENOTFOUND|EAI_AGAIN/);
    expect(message).toContain("correct its url");
  });

  test("of a version that is too old", async () => {
    server.scripts = [...kind.old];
    const { code, message } = await refusal(kind, {});
    expect(code).toBe("unsupported");
    expect(message).toMatch(/is of version \d+\.\d+\.\d+ at /);
    expect(message).toContain(`${server.url}/`);
    expect(message).toContain(`take ${kind.least} or later`);
  });

  test("that fails once it is open", async () => {
    server.scripts = [...kind.hello, json(500, kind.says("the disk is full"))];
    const engine = kind.engine({ url: server.url, maxRetries: 0, apiKey: KEY });
    const client = await Client.open({ engine });
    const { code, message } = await failure(client.listCollections());
    expect(code).toBe("provider_failed");
    expect(message).toContain("the disk is full");
    // What follows ? in it is not told.
    const path = server.received.at(-1)?.path.replace(/\?.*/, "");
    expect(message).toMatch(
      new RegExp(`asked was (GET|POST) ${server.url}${path}; the server's log`),
    );
    await client.close();
  });

  test("asked through a proxy, whose address it is then", async () => {
    server.scripts = [html(404)];
    const { message } = await refusal(kind, { url: "https://db.example", proxyURL: server.url });
    expect(message).toContain(`asked was GET ${server.url}${kind.path}`);
  });

  test.each([
    ["another origin", "https://page.example", true],
    ["a file", "null", true],
    ["its own origin", "", false],
  ])("that a page of %s cannot reach", async (_, origin, told) => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const location = {
      origin: origin || url,
      href: origin === "null" ? "file:///" : `${origin || url}/`,
    };
    Object.defineProperty(globalThis, "location", { value: location, configurable: true });
    const { message } = await refusal(kind, { url });
    expect(message.includes(`pages of ${origin} to call it (CORS)`)).toBe(told);
    expect(message.includes(kind.fromPage)).toBe(told);
    expect(message).toContain("start the server");
  });

  test.each([
    ["a status", html(502)],
    ["a wrong answer", html(200)],
  ])("that answers a page of another origin with %s allows it to call", async (_, script) => {
    server.scripts = [script];
    const location = { origin: "https://page.example", href: "https://page.example/" };
    Object.defineProperty(globalThis, "location", { value: location, configurable: true });
    expect((await refusal(kind, {})).message).not.toContain("CORS");
  });

  test.each([
    ["no protocol", "localhost:8000", '"localhost:8000"'],
    ["another protocol", "ftp://h", '"ftp://h"'],
    ["nothing in it", "", '""'],
    ["no protocol and a password", `root:${KEY}@db.example`, '"...db.example"'],
    ["a key but no protocol", `db.example?key=${KEY}`, '"db.example..."'],
    ["a password", `https://root:${KEY}@db.example`, "a user"],
    ["a key", `https://db.example/?key=${KEY}`, 'a "?"'],
    ["a fragment", "https://db.example/#/collections", 'a "#"'],
  ])("with %s in its address", async (_, address, part) => {
    for (const options of [{ url: address }, { url: server.url, proxyURL: address }]) {
      const { code, message } = await refusal(kind, options);
      expect(code).toBe("invalid_argument");
      expect(message).toContain(name);
      expect(message).toContain("proxyURL" in options ? "proxyURL" : "url");
      expect(message).toContain(part);
    }
    expect(server.received).toEqual([]);
  });
});

test("chroma without that database says so", async () => {
  const message = "Database [none] not found for tenant [default_tenant]";
  const [kind] = KINDS as [Kind];
  server.scripts = [kind.hello[0] as Script, json(404, { error: "NotFoundError", message })];
  const error = await refusal(kind, {});
  expect(error.code).toBe("not_found");
  expect(error.message).toContain(message);
  expect(error.message).toContain(`${server.url}/api/v2/tenants/default_tenant/databases/`);
});

test("chroma of an early 1.0, which does not tell whether it takes base64, is taken", async () => {
  const limits = json(200, { max_batch_size: 5461 });
  server.scripts = [limits, json(200, "1.0.0"), json(200, {})];
  const client = await Client.open({ engine: chroma({ url: server.url }) });
  expect(server.received.map(({ path }) => path)).toEqual([
    "/api/v2/pre-flight-checks",
    "/api/v2/version",
    "/api/v2/tenants/default_tenant/databases/default_database",
  ]);
  await client.close();
});
