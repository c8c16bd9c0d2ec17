import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startServer } from "../../tools/loopback-server.mjs";
import { listen } from "../support/listen.mjs";

const MASTER_KEY = "sk-gateway-0123456789";
/** More than a gateway may hold back before it begins to send. */
const PIECES = Array.from({ length: 12 }, (_, i) => `${i ? ", " : ""}${i + 1}`);
const PAUSE_MS = 80;

/**
 * A page asks a real gateway, the LiteLLM proxy ($LITELLM, see tools/test), which speaks the wires of
 * OpenAI, Cohere and Anthropic, checks keys and lets pages in. Behind it, in the place of the
 * models, stands a service of this file: that is what no test can have.
 */
export async function gateway(test, environment) {
  const models = await startModels();
  const proxy = await startGateway(models.url);
  const csp = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${proxy.url}`;
  const server = await startServer({ csp, mounts: environment.mounts });
  const page = await environment.openPage(server.url);
  const options = (more) => ({
    apiKey: MASTER_KEY,
    baseURL: proxy.url,
    dangerouslyAllowBrowser: true,
    ...more,
  });

  await test("OpenAI's embeddings, through a collection", async () => {
    const args = {
      name: "gateway",
      documents: ["a red apple", "the night sky"],
      options: options({ baseURL: `${proxy.url}/v1`, model: "text-embedding-3-small" }),
    };
    const { error, count, found } = await page.evaluate((a) => window.addByProvider(a), args);
    assert.equal(error, undefined);
    assert.deepEqual([count, found], [2, ["d0"]]);
  });
  await test("OpenAI's chat streams in pieces", async () => {
    const args = {
      provider: "openai",
      prompt: "Count in German",
      options: options({ baseURL: `${proxy.url}/v1`, model: "gpt-4o-mini" }),
    };
    assertStreamed(await page.evaluate((a) => window.streamByProvider(a), args));
  });
  await test("Anthropic's messages stream in pieces", async () => {
    const args = {
      provider: "anthropic",
      prompt: "Count in German",
      options: options({ baseURL: `${proxy.url}/v1`, model: "claude-haiku-4-5" }),
    };
    assertStreamed(await page.evaluate((a) => window.streamByProvider(a), args));
  });
  await test("Cohere's rerank", async () => {
    const args = {
      query: "apple",
      documents: ["the night sky", "a red apple"],
      options: options({ model: "rerank-v3.5" }),
    };
    const { value, error } = await page.evaluate((a) => window.rerankByProvider(a), args);
    assert.equal(error, undefined);
    assert.deepEqual(
      value.map(({ index }) => index),
      [1, 0],
    );
  });
  await test("a wrong key is refused in the gateway's words", async () => {
    const args = {
      provider: "openai",
      prompt: "x",
      options: options({
        apiKey: "sk-wrong-0123456789",
        baseURL: `${proxy.url}/v1`,
        maxRetries: 0,
      }),
    };
    const { error } = await page.evaluate((a) => window.streamByProvider(a), args);
    assert.ok(["unauthorized", "provider_failed"].includes(error.code), JSON.stringify(error));
    assert.ok(error.provider.status >= 400, JSON.stringify(error));
    assert.ok(!error.message.includes("sk-wrong-0123456789"), error.message);
  });
  await page.close();
  await server.close();
  await proxy.close();
  await models.close();
}

function assertStreamed({ value, error, pieces }) {
  assert.equal(error, undefined);
  assert.equal(value.text, PIECES.join(""));
  assert.ok(value.usage.output > 0, JSON.stringify(value));
  assert.ok(pieces.length >= PIECES.length, `${pieces.length} pieces`);
  assert.ok(
    pieces.at(-1).at - pieces[0].at > PAUSE_MS,
    `all pieces came at once: ${JSON.stringify(pieces)}`,
  );
}

async function startGateway(upstream) {
  const folder = await mkdtemp(join(tmpdir(), "pagevec-gateway-"));
  const model = (name, provider, base) => ({
    model_name: name,
    litellm_params: { model: `${provider}/${name}`, api_base: base, api_key: "upstream" },
  });
  const config = {
    model_list: [
      model("text-embedding-3-small", "openai", `${upstream}/v1`),
      model("gpt-4o-mini", "openai", `${upstream}/v1`),
      model("claude-haiku-4-5", "anthropic", upstream),
      model("rerank-v3.5", "cohere", upstream),
    ],
    general_settings: { master_key: MASTER_KEY },
  };
  // JSON is YAML.
  await writeFile(join(folder, "config.yaml"), JSON.stringify(config));
  const port = await freePort();
  const args = [
    "--config",
    join(folder, "config.yaml"),
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
  ];
  const env = { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: "True", NO_PROXY: "127.0.0.1" };
  const child = spawn(process.env.LITELLM ?? "litellm", args, { env, cwd: folder });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const url = `http://127.0.0.1:${port}`;
  const begin = Date.now();
  while (!(await fetch(`${url}/health/liveliness`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null || Date.now() - begin > 120_000) {
      child.kill();
      throw new Error(`the gateway did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return {
    url,
    async close() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What stands behind the gateway: vectors, rankings and answers on the wires of three services. */
async function startModels() {
  const server = createServer(async (request, response) => {
    const body = JSON.parse((await text(request)) || "{}");
    const json = (value) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    const { pathname } = new URL(request.url, "http://loopback");
    if (pathname.endsWith("/embeddings")) return json(embeddings(body));
    if (pathname.endsWith("/rerank")) return json(ranking(body));
    const events = pathname.endsWith("/messages") ? anthropicEvents() : openaiEvents(body);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const { event, data } of events) {
      if (event) response.write(`event: ${event}\n`);
      response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    response.end();
  });
  return listen(server);
}

/** Counts of letters: alike texts have alike vectors. */
function embeddings({ input, model, encoding_format: encoding }) {
  const data = [input].flat().map((item, index) => {
    const vector = Array.from("aeinrst", (letter) => item.split(letter).length);
    const base64 = Buffer.from(new Float32Array(vector).buffer).toString("base64");
    return { object: "embedding", index, embedding: encoding === "base64" ? base64 : vector };
  });
  return { object: "list", model, data, usage: { prompt_tokens: 5, total_tokens: 5 } };
}

function ranking({ query, documents }) {
  const results = documents.map((item, index) => ({
    index,
    relevance_score: String(item.text ?? item).includes(query) ? 0.9 : 0.1,
  }));
  results.sort((a, b) => b.relevance_score - a.relevance_score);
  return { id: "r", results, meta: { billed_units: { search_units: 1 } } };
}

function openaiEvents({ model }) {
  const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model };
  const choice = (delta, finish_reason = null) => ({
    data: { ...chunk, choices: [{ index: 0, delta, finish_reason }] },
  });
  const usage = { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 };
  return [
    ...PIECES.map((content) => choice({ role: "assistant", content })),
    choice({}, "stop"),
    { data: { ...chunk, choices: [], usage } },
    { data: "[DONE]" },
  ];
}

function anthropicEvents() {
  const message = { id: "m", type: "message", role: "assistant", content: [], model: "claude" };
  const usage = { input_tokens: 5, output_tokens: 1 };
  const events = [
    { type: "message_start", message: { ...message, stop_reason: null, usage } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...PIECES.map((piece) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: piece },
    })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 6 },
    },
    { type: "message_stop" },
  ];
  return events.map((data) => ({ event: data.type, data }));
}

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}
