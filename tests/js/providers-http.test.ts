import { describe, expect, test } from "@jest/globals";
import type { PagevecError } from "../../js/src/errors.js";
import {
  type OpenAIEmbeddingOptions,
  openAIEmbedding,
  openAIGenerator,
} from "../../js/src/providers/openai.js";
import { openTestClient } from "./support/clients.js";
import { createReferenceCore } from "./support/reference-core.js";
import {
  json,
  type Received,
  raw,
  type Script,
  ScriptedServer,
} from "./support/scripted-server.js";

const KEY = "sk-canary-0123456789";
const server = new ScriptedServer();
const elsewhere = new ScriptedServer();

/** Vectors that say which text they belong to. */
const good: Script = (response, { body }) => {
  const input: string[] = body.input;
  const data = input.map((text, index) => ({ index, embedding: [text.length, Number(text) || 0] }));
  return json(200, { data, usage: { prompt_tokens: input.length } })(response, {} as Received);
};

function embedder(options: OpenAIEmbeddingOptions = {}) {
  return openAIEmbedding({ apiKey: KEY, baseURL: server.url, ...options });
}

async function failure(call: Promise<unknown>): Promise<PagevecError> {
  const error = await call.then(
    () => expect("it succeeded").toBe("a failure"),
    (reason) => reason,
  );
  expect(error).toMatchObject({ name: "PagevecError" });
  expect(`${error.message} ${JSON.stringify(error)} ${error.cause}`).not.toContain(KEY);
  return error;
}

const busy = json(429, { error: { message: "too fast" } }, { "retry-after-ms": "20" });

describe("retries", () => {
  test("what is busy or broken is asked again", async () => {
    server.scripts = [busy, json(503, {}, { "retry-after": "0" }), good];
    expect(await embedder().generate(["7"])).toEqual([[1, 7]]);
    expect(server.received).toHaveLength(3);
    expect(
      (server.received[1] as Received).at - (server.received[0] as Received).at,
    ).toBeGreaterThan(19);
  });

  test("a storm ends after maxRetries", async () => {
    server.scripts = [busy];
    const error = await failure(embedder({ maxRetries: 3 }).generate(["x"]));
    expect(error).toMatchObject({
      code: "rate_limited",
      provider: { provider: "openai", status: 429, retryable: true, retryAfterMs: 20 },
    });
    expect(error.message).toContain("too fast");
    expect(server.received).toHaveLength(4);
  });

  test("a wait beyond the time limit is not begun", async () => {
    server.scripts = [json(429, {}, { "retry-after": "3600" }), good];
    const error = await failure(embedder().generate(["x"]));
    expect(error.provider?.retryAfterMs).toBe(3_600_000);
    expect(server.received).toHaveLength(1);
  });

  test.each([
    [
      "an account without money",
      json(429, {
        error: { type: "insufficient_quota", code: "insufficient_quota", message: "pay" },
      }),
      "rate_limited",
    ],
    [
      "what the service says not to repeat",
      json(500, {}, { "x-should-retry": "false" }),
      "provider_failed",
    ],
    ["a wrong key", json(401, { error: { message: `no key ${KEY}` } }), "unauthorized"],
    ["a wrong request", json(400, { error: { message: "bad" } }), "provider_failed"],
  ])("%s is not asked again", async (_, script, code) => {
    server.scripts = [script];
    const error = await failure(embedder().generate(["x"]));
    expect(error).toMatchObject({ code, provider: { retryable: false } });
    expect(server.received).toHaveLength(1);
  });

  test("a broken connection is asked again", async () => {
    const reset: Script = (response) => response.destroy();
    const cut: Script = (response) => {
      response.writeHead(200, { "content-length": "1000" }).write("{");
      setTimeout(() => response.destroy(), 20);
    };
    server.scripts = [reset, cut, good];
    expect(await embedder().generate(["12"])).toEqual([[2, 12]]);
    server.scripts = [reset];
    const error = await failure(embedder({ maxRetries: 1 }).generate(["x"]));
    expect(error.code).toBe("network");
    expect(error.message).toContain("CORS");
  });
});

describe("time and abort", () => {
  const hang: Script = () => undefined;
  const drip: Script = (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const timer = setInterval(() => response.write(" "), 10);
    response.on("close", () => clearInterval(timer));
  };

  test.each([
    ["silence", hang],
    ["a slow drip", drip],
  ])("%s ends with the time limit", async (_, script) => {
    server.scripts = [script];
    const error = await failure(embedder({ timeLimit: 150 }).generate(["x"]));
    expect(error).toMatchObject({ code: "timeout", provider: { retryable: true } });
    await server.received[0]?.left;
  });

  test("a fetch that minds no signal does not hold the call", async () => {
    const fetch = () => new Promise<never>(() => undefined);
    const error = await failure(embedder({ timeLimit: 50, fetch }).generate(["x"]));
    expect(error.code).toBe("timeout");
  });

  test("an abort ends a request under way, and a wait", async () => {
    for (const script of [hang, json(503, {}, { "retry-after": "30" })]) {
      server.scripts = [script];
      const controller = new AbortController();
      const call = embedder().generate(["x"], { signal: controller.signal });
      setTimeout(() => controller.abort(new Error("changed my mind")), 50);
      const error = await failure(call);
      expect(error).toMatchObject({ code: "aborted", cause: { message: "changed my mind" } });
    }
    await server.received[0]?.left;
  });

  test("a stream ends when its reader leaves, and with silence", async () => {
    const piece = `data: ${JSON.stringify({ choices: [{ delta: { content: "a" } }] })}\n\n`;
    server.scripts = [(response) => response.writeHead(200).write(piece)];
    const model = openAIGenerator({ apiKey: KEY, baseURL: server.url, timeLimit: 150 });
    for await (const text of model.stream({ prompt: "p" })) {
      expect(text).toBe("a");
      break;
    }
    await server.received[0]?.left;
    expect(await failure(model.stream({ prompt: "p" }).result())).toMatchObject({
      code: "timeout",
    });
  });

  test("a slow reader of a stream has all the time it wants", async () => {
    const piece = `data: ${JSON.stringify({ choices: [{ delta: { content: "a" } }] })}\n\n`;
    server.scripts = [
      async (response) => {
        response.writeHead(200).write(piece);
        await new Promise((resolve) => setTimeout(resolve, 30));
        response.end(piece);
      },
    ];
    const model = openAIGenerator({ apiKey: KEY, baseURL: server.url, timeLimit: 1000 });
    const stream = model.stream({ prompt: "p" });
    for await (const _ of stream) await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(await stream.result()).toEqual({ text: "aa" });
  });

  test("requests keep the pace that the account allows", async () => {
    server.scripts = [good];
    const begin = performance.now();
    await embedder({ requestsPerMinute: 1200, batchSize: 1 }).generate(["1", "2", "3"]);
    // One every 50 ms, the first at once; a timer may fire a millisecond early.
    expect((server.received[2] as Received).at - begin).toBeGreaterThan(97);
  });
});

describe("answers", () => {
  const vector = (embedding: unknown, index = 0) => ({ index, embedding });
  const two = (...data: unknown[]) => json(200, { data });
  test.each([
    [
      "HTML",
      raw(200, "<!doctype html><p>Sign in", { "content-type": "text/html" }),
      "<!doctype html>",
    ],
    ["nothing", raw(200, ""), "an empty body"],
    ["half of a JSON text", raw(200, '{"data":[{"embed'), "no JSON"],
    ["too few vectors", two(vector([1, 2])), "1 results for 2 inputs"],
    ["too many vectors", two(vector([1]), vector([1], 1), vector([1], 2)), "3 results"],
    ["one index twice", two(vector([1]), vector([1])), "index 0"],
    ["an index outside", two(vector([1]), vector([1], 2)), "index 2"],
    ["vectors of two lengths", two(vector([1, 2]), vector([1], 1)), "1 dimensions for input 1"],
    ["an empty vector", two(vector([]), vector([1], 1)), "no vector for input 0"],
    ["null", two(vector([1]), vector([null], 1)), "not finite for input 1"],
    [
      "infinity",
      raw(200, '{"data":[{"index":0,"embedding":[1e999]},{"index":1,"embedding":[1]}]}'),
      "not finite",
    ],
    ["NaN", raw(200, '{"data":[{"index":0,"embedding":[NaN]}]}'), "no JSON"],
    ["a text for a number", two(vector(["1"]), vector([1], 1)), "not finite"],
  ])("%s is refused, and nothing is stored", async (_, script, told) => {
    server.scripts = [script];
    const client = await openTestClient({ core: createReferenceCore() });
    const collection = await client.createCollection({
      name: "answers",
      embeddingFunction: embedder(),
    });
    const add = collection.add({ ids: ["a", "b"], documents: ["first", "second"] });
    const error = await failure(add);
    expect(error).toMatchObject({
      code: "invalid_response",
      provider: { status: 200, retryable: false },
    });
    expect(error.message).toContain(told);
    expect(await collection.count()).toBe(0);
    expect(server.received).toHaveLength(1);
    await client.close();
  });

  test("an error in a good answer's place is one", async () => {
    server.scripts = [json(200, { error: { message: "quota", type: "invalid_request_error" } })];
    const error = await failure(embedder().generate(["x"]));
    expect(error).toMatchObject({
      code: "provider_failed",
      provider: { status: 200, retryable: false },
    });
  });

  test("another length than the one asked for is refused", async () => {
    server.scripts = [good];
    const error = await failure(embedder({ dimensions: 3 }).generate(["x"]));
    expect(error.message).toContain("2 dimensions for input 0 where 3 were expected");
  });

  test("a redirect is not followed, and the key stays here", async () => {
    elsewhere.scripts = [good];
    server.scripts = [raw(308, "", { location: `${elsewhere.url}/embeddings` })];
    const error = await failure(embedder().generate(["x"]));
    expect(error).toMatchObject({
      code: "provider_failed",
      provider: { status: 308, retryable: false },
    });
    expect(error.message).toContain("redirect");
    expect(elsewhere.received).toHaveLength(0);
  });
});

describe("batches", () => {
  test("are split by count, run side by side within the limit, and keep the order", async () => {
    let running = 0;
    let most = 0;
    server.scripts = [
      async (response, request) => {
        most = Math.max(most, ++running);
        // The earlier the batch, the later its answer.
        await new Promise((resolve) =>
          setTimeout(resolve, 60 - Number(request.body.input[0]) / 100),
        );
        running--;
        return good(response, request);
      },
    ];
    const texts = Array.from({ length: 5000 }, (_, i) => String(i));
    const progress: number[] = [];
    const onProgress = ({ done }: { done: number }) => void progress.push(done);
    const vectors = await embedder({ batchSize: 500, maxConcurrency: 3 }).generate(texts, {
      onProgress,
    });
    expect(vectors.map(([, value]) => value)).toEqual(texts.map(Number));
    expect(server.received).toHaveLength(10);
    expect(most).toBe(3);
    expect(progress.at(-1)).toBe(5000);
  });

  test("are split by tokens; a text that is too long goes alone", async () => {
    server.scripts = [good];
    const long = "x".repeat(900_000);
    await embedder().generate(["a", "b", long, "c"]);
    const sizes = server.received.map(({ body }) => body.input.length).sort();
    expect(sizes).toEqual([1, 1, 2]);
  });

  test("one that fails ends the others", async () => {
    server.scripts = [json(400, { error: { message: "bad text" } }), () => undefined];
    const error = await failure(
      embedder({ batchSize: 1, maxRetries: 0 }).generate(["1", "2", "3"]),
    );
    expect(error.message).toContain("bad text");
    await Promise.all(server.received.slice(1).map(({ left }) => left));
  });

  test("no texts are no request", async () => {
    expect(await embedder().generate([])).toEqual([]);
    expect(server.received).toHaveLength(0);
  });
});

describe("keys", () => {
  test("come from a function, for each request", async () => {
    server.scripts = [good];
    let asked = 0;
    const apiKey = async () => `sk-${++asked}`;
    await embedder({ apiKey, batchSize: 1, maxConcurrency: 1 }).generate(["1", "2"]);
    const sent = server.received.map(({ headers }) => headers.authorization);
    expect(sent).toEqual(["Bearer sk-1", "Bearer sk-2"]);
  });

  test("come from the environment by the name that is remembered", async () => {
    server.scripts = [good];
    process.env.MY_TEST_KEY = KEY;
    try {
      const options = { apiKey: undefined, apiKeyName: "MY_TEST_KEY" };
      const embedding = embedder(options);
      await embedding.generate(["1"]);
      expect(server.received[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
      expect(embedding.getConfig()).toMatchObject({ api_key_env_var: "MY_TEST_KEY" });
    } finally {
      delete process.env.MY_TEST_KEY;
    }
  });

  test("are not in what a collection remembers", async () => {
    server.scripts = [good];
    const client = await openTestClient({ core: createReferenceCore() });
    const collection = await client.createCollection({
      name: "keys",
      embeddingFunction: embedder(),
    });
    await collection.add({ ids: ["a"], documents: ["1"] });
    expect(JSON.stringify(collection.configuration)).not.toContain(KEY);
    expect(collection.configuration.embedding_function).toEqual({
      type: "known",
      name: "openai",
      config: {
        api_key_env_var: "OPENAI_API_KEY",
        model_name: "text-embedding-3-small",
        api_base: server.url,
      },
    });
    await client.close();
  });

  test.each([
    ["unencrypted", { baseURL: "http://example.com/v1" }, "use https"],
    ["with a line break", { apiKey: `${KEY}\r\nx-evil: 1` }, "no text of visible ASCII"],
    ["that is missing", { apiKey: undefined, baseURL: undefined }, "needs a key"],
  ])("are refused %s, before anything is sent", async (_, options, told) => {
    let sent = 0;
    const fetch = async () => {
      sent++;
      return Response.json({});
    };
    const error = await failure(embedder({ ...options, fetch }).generate(["x"]));
    expect(error.code).toBe("invalid_argument");
    expect(error.message).toContain(told);
    expect(sent).toBe(0);
  });

  test.each([
    ["an error", json(400, { error: { message: `bad key ${KEY}` } })],
    [
      "an error that is cut in the middle of it",
      json(400, { error: { message: `${"x".repeat(150)}${KEY} y` } }),
    ],
    ["an error in a good answer's place", json(200, { error: { message: `bad key ${KEY}` } })],
    ["a page", raw(200, `<p>${KEY}</p>`)],
    ["a redirect", raw(302, "", { location: `/login?key=${KEY}` })],
  ])("are not repeated from %s", async (_, script) => {
    server.scripts = [script];
    const error = await failure(embedder({ maxRetries: 0 }).generate(["x"]));
    expect(error.message).toContain("[key]");
    expect(error.message).not.toContain(KEY.slice(0, 8));
  });

  test("are not repeated from a stream", async () => {
    server.scripts = [raw(200, `data: ${JSON.stringify({ error: { message: `no ${KEY}` } })}\n\n`)];
    const model = openAIGenerator({ apiKey: KEY, baseURL: server.url });
    const error = await failure(model.stream({ prompt: "p" }).result());
    expect(error.message).toContain("no [key]");
  });

  test("stay with the proxy, which takes the place of the service's origin", async () => {
    server.scripts = [good];
    const proxyURL = `${server.url}/proxy/openai`;
    const embedding = openAIEmbedding({ proxyURL, headers: { "x-session": "s" } });
    await embedding.generate(["1"]);
    expect(server.received[0]).toMatchObject({
      path: "/proxy/openai/v1/embeddings",
      headers: { "x-session": "s" },
    });
    expect(server.received[0]?.headers.authorization).toBeUndefined();
  });
});
