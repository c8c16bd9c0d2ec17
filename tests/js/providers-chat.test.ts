import { describe, expect, test } from "@jest/globals";
import { cohereGenerator } from "../../js/src/providers/cohere.js";
import { databricksGenerator } from "../../js/src/providers/databricks.js";
import { mistralGenerator } from "../../js/src/providers/mistral.js";
import { octoAIEmbedding, octoAIGenerator } from "../../js/src/providers/octoai.js";
import { ollamaGenerator } from "../../js/src/providers/ollama.js";
import { answering, type Received, ScriptedServer } from "./support/scripted-server.js";

const server = new ScriptedServer();

function serve(answer: (request: Received) => unknown): string {
  server.scripts = [answering(answer)];
  return server.url;
}

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);

describe("Cohere", () => {
  test("a model that broke off has failed, also in a stream", async () => {
    const baseURL = serve(({ body }) =>
      body.stream
        ? 'data: {"delta":{"message":{"content":{"text":"Hal"}}}}\n\ndata: {"delta":{"finish_reason":"ERROR"}}\n\n'
        : { message: { content: [] }, finish_reason: "ERROR" },
    );
    const generator = cohereGenerator({ baseURL, maxRetries: 0 });
    const failed = { code: "provider_failed", provider: { type: "ERROR" } };
    await expect(generator.generate({ prompt: "Hi" })).rejects.toMatchObject(failed);
    await expect(generator.stream({ prompt: "Hi" }).result()).rejects.toMatchObject(failed);
  });

  test("an answer without a message is refused", async () => {
    const baseURL = serve(() => ({ finish_reason: "COMPLETE" }));
    const answer = cohereGenerator({ baseURL }).generate({ prompt: "Hi" });
    await expect(answer).rejects.toMatchObject({ code: "invalid_response" });
  });
});

describe("Ollama", () => {
  test("prompts and conversations carry images and settings in its way", async () => {
    const baseURL = serve(({ path }) =>
      path === "/api/chat" ? { message: { content: "A" } } : { response: "A" },
    );
    const generator = ollamaGenerator({
      baseURL,
      maxTokens: 5,
      keepAlive: "5m",
      modelOptions: { num_ctx: 8192 },
    });
    const image = { type: "image" as const, image: JPEG };
    await generator.generate({ prompt: "See", images: [JPEG], system: "S", stop: ["."] });
    await generator.generate({
      system: "S",
      messages: [{ role: "user", content: [{ type: "text", text: "See" }, image] }],
    });
    const shared = { model: "llama3", stream: false, keep_alive: "5m" };
    expect(server.received.map(({ path, body }) => [path, body])).toEqual([
      [
        "/api/generate",
        {
          ...shared,
          prompt: "See",
          system: "S",
          images: ["/9j/4A=="],
          options: { num_predict: 5, stop: ["."], num_ctx: 8192 },
        },
      ],
      [
        "/api/chat",
        {
          ...shared,
          messages: [
            { role: "system", content: "S" },
            { role: "user", content: "See", images: ["/9j/4A=="] },
          ],
          options: { num_predict: 5, num_ctx: 8192 },
        },
      ],
    ]);
  });

  test("a conversation streams; a line that is an error ends it", async () => {
    const baseURL = serve(
      () =>
        '{"message":{"content":"Hal"}}\n{"message":{"content":"lo"}}\n{"error":"out of memory"}\n',
    );
    const stream = ollamaGenerator({ baseURL }).stream({
      messages: [{ role: "user", content: "Hi" }],
    });
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const piece of stream) pieces.push(piece);
    })();
    await expect(reading).rejects.toMatchObject({
      code: "provider_failed",
      message: expect.stringContaining("out of memory"),
    });
    expect(pieces).toEqual(["Hal", "lo"]);
  });
});

describe("others", () => {
  test("Databricks: no empty lines around an answer, no model, and a key", async () => {
    const baseURL = serve(() => ({ choices: [{ text: "\n\n A\nB \n" }] }));
    const endpoint = `${baseURL}/serving-endpoints/x/invocations`;
    const generator = databricksGenerator({ endpoint, apiKey: "test-token", topK: 3 });
    expect(await generator.generate({ prompt: "Hi", model: "m" })).toEqual({ text: " A\nB " });
    expect(server.received[0]?.body).toEqual({
      messages: [{ role: "user", content: "Hi" }],
      top_k: 3,
    });
    const keyless = databricksGenerator({ endpoint, apiKeyName: "PAGEVEC_NO_SUCH_KEY" });
    await expect(keyless.generate({ prompt: "Hi" })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("PAGEVEC_NO_SUCH_KEY"),
    });
  });

  test("Mistral: its own settings", async () => {
    const baseURL = serve(() => ({ choices: [{ message: { content: "A" } }] }));
    await mistralGenerator({ baseURL, seed: 1, safePrompt: true }).generate({ prompt: "Hi" });
    expect(server.received[0]?.body).toMatchObject({ random_seed: 1, safe_prompt: true });
  });

  test("OctoAI fails at once", () => {
    for (const make of [octoAIEmbedding, octoAIGenerator]) {
      expect(() => make({})).toThrow("OctoAI is permanently shut down");
    }
  });
});
