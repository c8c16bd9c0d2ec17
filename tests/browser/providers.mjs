import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { launchChromium } from "../../tools/chromium.mjs";
import { startServer } from "../../tools/loopback-server.mjs";
import { listen } from "../support/listen.mjs";

const CANARY = "sk-canary-5f0d1c77e2";
/** Proof that the search of the profile would find a text: documents are stored there. */
const STORED = "stored-witness-91b2";
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*, authorization",
};
const PIECES = ["One", ", two", ", three"];
const PAUSE_MS = 60;

/** A page asks a service: real fetch, real CORS, a profile on disk that is searched for the key. */
export async function providers(test, environment) {
  const service = await startService();
  const csp = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${service.url}`;
  const server = await startServer({ csp, mounts: environment.mounts });
  const browser = await launchChromium();
  const page = await browser.context.newPage();
  const console = [];
  page.on("console", (message) => console.push(message.text()));
  page.on("pageerror", (error) => console.push(String(error.stack)));
  await page.goto(server.url);
  await page.waitForFunction(() => "suites" in window);
  const options = (path) => ({
    apiKey: CANARY,
    baseURL: `${service.url}/${path}`,
    dangerouslyAllowBrowser: true,
    maxRetries: 1,
    timeLimit: 1500,
  });
  const add = (name, more) =>
    page.evaluate((args) => window.addByProvider(args), {
      name,
      documents: [STORED, "second"],
      options: { ...options(name), ...more },
    });

  await test("a page embeds by a service, and searches", async () => {
    const { error, count, found } = await add("good");
    assert.equal(error, undefined);
    assert.equal(count, 2);
    assert.deepEqual(found, ["d0"]);
    assert.equal(service.requests.at(-1).headers.authorization, `Bearer ${CANARY}`);
  });
  await test("a key in a page needs the explicit option; nothing is sent without", async () => {
    const before = service.requests.length;
    const { error, count } = await add("good-without", { dangerouslyAllowBrowser: false });
    assert.equal(error.code, "invalid_argument");
    assert.match(error.message, /proxyURL.*dangerouslyAllowBrowser/);
    assert.deepEqual([count, service.requests.length], [0, before]);
  });
  await test("a proxy needs no key in the page", async () => {
    const { error, count } = await add("good-proxy", {
      apiKey: undefined,
      dangerouslyAllowBrowser: false,
      baseURL: undefined,
      proxyURL: `${service.url}/good`,
    });
    assert.equal(error, undefined);
    assert.equal(count, 2);
    const { path, headers } = service.requests.at(-1);
    assert.equal(path, "/good/v1/embeddings");
    assert.equal(headers.authorization, undefined);
  });
  for (const [name, code, told] of [
    ["no-cors", "network", /CORS/],
    ["redirect", "provider_failed", /redirect/],
    ["html", "invalid_response", /<!doctype html>/],
    ["storm", "rate_limited", /too many/],
    ["hang", "timeout", /1500 ms/],
    ["drip", "timeout", /1500 ms/],
    ["echo", "unauthorized", /\[key\]/],
    ["short", "invalid_response", /1 results for 2 inputs/],
  ]) {
    await test(`${name}: a typed error, and nothing is stored`, async () => {
      const { error, count } = await add(name);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, told);
      assert.equal(count, 0);
    });
  }
  await test("no key went where a redirect led", () => {
    assert.ok(!service.requests.some(({ path }) => path.startsWith("/elsewhere")));
  });
  await test("a streamed answer arrives in pieces", async () => {
    const args = { provider: "openai", prompt: "Count", options: options("good") };
    const { value, pieces } = await page.evaluate((a) => window.streamByProvider(a), args);
    assert.deepEqual(value, {
      text: PIECES.join(""),
      finishReason: "stop",
      usage: { input: 5, output: 3 },
    });
    assert.deepEqual(
      pieces.map((piece) => piece.text),
      PIECES,
    );
    assert.ok(pieces[2].at - pieces[0].at > PAUSE_MS, "all pieces came at once");
  });
  await test("bitmaps and files become base64", async () => {
    const { value, error } = await page.evaluate((o) => window.embedPictures(o), options("good"));
    assert.equal(error, undefined);
    assert.equal(value.images.length, 3);
    const [bitmap, blob, file] = service.requests.at(-1).body.input.map(({ image }) => image);
    assert.match(bitmap, /^iVBORw0KGgo/, "a bitmap becomes a PNG");
    assert.match(blob, /^\/9j\//, "a JPEG stays one");
    assert.equal(file, blob);
  });
  await test("an abort in the middle of a stream reaches the service", async () => {
    const args = {
      provider: "openai",
      prompt: "Count",
      options: options("good"),
      abortAfter: 1,
    };
    const { error, pieces } = await page.evaluate((a) => window.streamByProvider(a), args);
    assert.equal(error.code, "aborted");
    assert.deepEqual(
      pieces.map((piece) => piece.text),
      PIECES.slice(0, 1),
    );
    await service.requests.at(-1).left;
  });

  await test("the key is nowhere in the profile or on the console", async () => {
    await page.close();
    const found = { [CANARY]: [], [STORED]: [] };
    await browser.close(async (profile) => {
      for (const file of await readdir(profile, { recursive: true, withFileTypes: true })) {
        if (!file.isFile()) continue;
        const path = join(file.parentPath, file.name);
        const bytes = await readFile(path);
        for (const [needle, places] of Object.entries(found)) {
          const wide = Buffer.from(needle, "utf16le");
          if (bytes.includes(needle) || bytes.includes(wide)) places.push(path);
        }
      }
    });
    assert.notEqual(found[STORED].length, 0, "the search finds nothing at all");
    assert.deepEqual(found[CANARY], []);
    assert.ok(console.length > 0, "no error was printed");
    assert.deepEqual(
      console.filter((line) => line.includes(CANARY)),
      [],
    );
  });
  await server.close();
  await service.close();
}

/** Speaks OpenAI's wire, well or badly by the first part of the path. */
async function startService() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const [, behaviour] = request.url.split("/");
    const headers = behaviour === "no-cors" ? {} : CORS;
    if (request.method === "OPTIONS") return response.writeHead(204, headers).end();
    const left = new Promise((resolve) => response.on("close", resolve));
    const body = JSON.parse(await text(request));
    requests.push({ path: request.url, headers: request.headers, body, left });
    const json = (status, value, more) =>
      response
        .writeHead(status, { "content-type": "application/json", ...headers, ...more })
        .end(JSON.stringify(value));
    if (body.stream) return stream(response, headers);
    const data = body.input.map((input, index) => {
      return { index, embedding: [JSON.stringify(input).length, index, 1] };
    });
    const answers = {
      good: () => json(200, { data }),
      "no-cors": () => json(200, { data }),
      elsewhere: () => json(200, { data }),
      redirect: () => response.writeHead(307, { location: "/elsewhere", ...headers }).end(),
      html: () => response.writeHead(200, headers).end("<!doctype html><p>Sign in"),
      storm: () => json(429, { error: { message: "too many" } }),
      hang: () => undefined,
      drip: () => {
        response.writeHead(200, headers);
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
      echo: () =>
        json(401, { error: { message: `no such key: ${request.headers.authorization}` } }),
      short: () => json(200, { data: data.slice(1) }),
    };
    answers[behaviour]();
  });
  return { requests, ...(await listen(server)) };
}

async function stream(response, headers) {
  response.writeHead(200, { "content-type": "text/event-stream", ...headers });
  const event = (value) => response.write(`data: ${JSON.stringify(value)}\n\n`);
  for (const content of PIECES) {
    event({ choices: [{ delta: { content } }] });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  event({ choices: [{ delta: {}, finish_reason: "stop" }] });
  event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 3 } });
  response.end("data: [DONE]\n\n");
}
