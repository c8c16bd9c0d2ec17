import { describe, expect, test } from "@jest/globals";
import { anthropicGenerator } from "../../js/src/providers/anthropic.js";
import { azureOpenAIEmbedding, azureOpenAIGenerator } from "../../js/src/providers/azure-openai.js";
import { googleGeminiGenerator } from "../../js/src/providers/google-gemini.js";
import { googleVertexGenerator } from "../../js/src/providers/google-vertex.js";
import type { Message } from "../../js/src/types/generator.js";
import { json, raw, ScriptedServer } from "./support/scripted-server.js";

const server = new ScriptedServer();
const account = () => ({ apiKey: "some-key", baseURL: server.url });
const sent = () => server.received.map(({ body }) => body);
const events = (...values: unknown[]) =>
  raw(200, values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(""), {
    "content-type": "text/event-stream",
  });
const PNG = "iVBORw0KGgo=";
const CONVERSATION: Message[] = [
  { role: "system", content: "first" },
  { role: "user", content: "a" },
  { role: "assistant", content: "b" },
  { role: "system", content: [{ type: "text", text: "second" }] },
  { role: "user", content: "c" },
];

describe("Anthropic", () => {
  const answer = {
    content: [
      { type: "text", text: "ye" },
      { type: "text", text: "s" },
    ],
  };

  test("names the images of a prompt; leaves messages as they are", async () => {
    server.scripts = [json(200, answer)];
    const generator = anthropicGenerator(account());
    const jpeg = new Blob([Uint8Array.of(255, 216, 255)], { type: "image/jpeg" });
    const images = [PNG, jpeg, "https://example.com/a.png"];
    expect((await generator.generate({ prompt: "p", images })).text).toBe("yes");
    const text = (text: string) => ({ type: "text", text });
    const image = (source: object) => ({ type: "image", source });
    const png = image({ type: "base64", media_type: "image/png", data: PNG });
    expect(sent()[0]).toEqual({
      model: "claude-haiku-4-5",
      max_tokens: 4096,
      messages: [
        {
          role: "user",
          content: [
            text("Image 1:"),
            png,
            text("Image 2:"),
            image({ type: "base64", media_type: "image/jpeg", data: "/9j/" }),
            text("Image 3:"),
            image({ type: "url", url: "https://example.com/a.png" }),
            text("p"),
          ],
        },
      ],
    });
    const content = [
      { type: "image" as const, image: PNG },
      { type: "text" as const, text: "or" },
      { type: "image" as const, image: PNG },
    ];
    await generator.generate({ messages: [{ role: "user", content }] });
    expect(sent()[1].messages[0].content).toEqual([png, text("or"), png]);
  });

  test("what a bytes-only file is, its first bytes say", async () => {
    server.scripts = [json(200, answer)];
    const images = [Uint8Array.of(71, 73, 70, 56, 57, 97), Uint8Array.of(1, 2, 3)];
    await anthropicGenerator(account()).generate({ prompt: "p", images });
    const types = sent()[0].messages[0].content.map(
      (block: { source?: { media_type: string } }) => block.source?.media_type,
    );
    expect(types).toEqual([undefined, "image/gif", undefined, "image/jpeg", undefined]);
  });

  test("system messages join what the request tells", async () => {
    server.scripts = [json(200, answer)];
    await anthropicGenerator(account()).generate({ messages: CONVERSATION, system: "zeroth" });
    expect(sent()[0]).toMatchObject({
      system: "zeroth\n\nfirst\n\nsecond",
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", content: "b" },
        { role: "user", content: "c" },
      ],
    });
  });

  test("a refusal is an error, also in a stream, and usage comes from both ends of one", async () => {
    const refusal = { content: [], stop_reason: "refusal" };
    server.scripts = [
      json(200, refusal),
      events(
        { type: "content_block_delta", delta: { type: "text_delta", text: "half" } },
        { type: "message_delta", delta: { stop_reason: "refusal" } },
      ),
      events(
        { type: "message_start", message: { usage: { input_tokens: 9, output_tokens: 1 } } },
        { type: "content_block_delta", delta: { type: "thinking_delta", thinking: "hm" } },
        { type: "content_block_delta", delta: { type: "text_delta", text: "yes" } },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 4 } },
      ),
    ];
    const generator = anthropicGenerator(account());
    const withheld = { code: "provider_failed", provider: { type: "refusal", retryable: false } };
    await expect(generator.generate({ prompt: "p" })).rejects.toMatchObject(withheld);
    await expect(generator.stream({ prompt: "p" }).result()).rejects.toMatchObject(withheld);
    expect(await generator.stream({ prompt: "p" }).result()).toEqual({
      text: "yes",
      finishReason: "end_turn",
      usage: { input: 9, output: 4 },
    });
  });

  test("an overloaded service in the middle of a stream", async () => {
    server.scripts = [
      events({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
    ];
    await expect(
      anthropicGenerator(account()).stream({ prompt: "p" }).result(),
    ).rejects.toMatchObject({ provider: { type: "overloaded_error", retryable: true } });
  });
});

describe("Google", () => {
  const parts = (...texts: object[]) => ({
    candidates: [{ content: { parts: texts }, finishReason: "STOP" }],
  });
  const gemini = (options = {}) => googleGeminiGenerator({ ...account(), ...options });

  test("images, roles, system messages, settings of its own", async () => {
    server.scripts = [json(200, parts({ text: "hm", thought: true }, { text: "yes" }))];
    const generationConfig = { thinkingConfig: { thinkingBudget: 0 } };
    const safetySettings = [{ category: "C", threshold: "BLOCK_NONE" }];
    const generator = gemini({ generationConfig, safetySettings, temperature: 1 });
    expect((await generator.generate({ prompt: "p", images: [PNG] })).text).toBe("yes");
    await gemini().generate({ messages: CONVERSATION });
    const turn = (role: string, text: string) => ({ role, parts: [{ text }] });
    const inlineData = { mimeType: "image/png", data: PNG };
    expect(sent()).toEqual([
      {
        contents: [{ role: "user", parts: [{ text: "p" }, { inlineData }] }],
        generationConfig: { temperature: 1, ...generationConfig },
        safetySettings,
      },
      {
        contents: [turn("user", "a"), turn("model", "b"), turn("user", "c")],
        systemInstruction: { parts: [{ text: "first\n\nsecond" }] },
      },
    ]);
  });

  test.each([
    ["prompt", { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }, "PROHIBITED_CONTENT"],
    ["answer", { candidates: [{ finishReason: "SAFETY", index: 0 }] }, "SAFETY"],
    [
      "answer",
      { candidates: [{ content: { role: "model" }, finishReason: "MAX_TOKENS" }] },
      "MAX_TOKENS",
    ],
  ])("a blocked %s is an error, also in a stream: %j", async (_, body, type) => {
    server.scripts = [json(200, body), events(body)];
    const withheld = { code: "provider_failed", provider: { status: 200, type, retryable: false } };
    await expect(gemini().generate({ prompt: "p" })).rejects.toMatchObject(withheld);
    await expect(gemini().stream({ prompt: "p" }).result()).rejects.toMatchObject(withheld);
  });

  test("an answer of nothing is no answer", async () => {
    server.scripts = [json(200, {}), raw(200, "")];
    await expect(gemini().generate({ prompt: "p" })).rejects.toMatchObject({
      code: "invalid_response",
    });
    await expect(gemini().stream({ prompt: "p" }).result()).rejects.toMatchObject({
      code: "invalid_response",
    });
  });

  test("a stream's error in a list of one: before it begins, and in it", async () => {
    const error = { code: 400, message: "API key not valid", status: "INVALID_ARGUMENT" };
    const told = { type: "INVALID_ARGUMENT", retryable: false };
    server.scripts = [json(400, [{ error }]), events(parts({ text: "half" }), [{ error }])];
    await expect(gemini().stream({ prompt: "p" }).result()).rejects.toMatchObject({
      message: expect.stringContaining("API key not valid"),
      provider: { status: 400, ...told },
    });
    await expect(gemini().stream({ prompt: "p" }).result()).rejects.toMatchObject({
      message: expect.stringContaining("API key not valid"),
      provider: { status: 200, ...told },
    });
  });

  test.each([
    [undefined, "us-central1-aiplatform.googleapis.com", "us-central1"],
    ["europe-west4", "europe-west4-aiplatform.googleapis.com", "europe-west4"],
    ["global", "aiplatform.googleapis.com", "global"],
  ])("Vertex at %s", async (location, host, path) => {
    const addresses: string[] = [];
    const fetch: typeof globalThis.fetch = async (address) => {
      addresses.push(String(address));
      return Response.json(parts({ text: "yes" }));
    };
    await googleVertexGenerator({ apiKey: "t", projectId: "p", location, fetch }).generate({
      prompt: "p",
    });
    expect(addresses).toEqual([
      `https://${host}/v1/projects/p/locations/${path}/publishers/google/models/gemini-2.5-flash:generateContent`,
    ]);
  });
});

describe("Azure OpenAI", () => {
  const answer = { choices: [{ message: { content: "yes" }, finish_reason: "stop" }] };

  test("needs the resource and the deployment, or an address", () => {
    const missing = expect.objectContaining({ code: "invalid_argument" });
    expect(() => azureOpenAIEmbedding({ resourceName: "r" })).toThrow(missing);
    expect(() => azureOpenAIGenerator({ deploymentId: "d" })).toThrow(missing);
  });

  test("an address takes the resource's place; the limit's name is the model's", async () => {
    server.scripts = [json(200, answer)];
    const baseURL = server.url;
    const generate = (options: object) =>
      azureOpenAIGenerator({ apiKey: "some-key", maxTokens: 5, ...options }).generate({
        prompt: "p",
      });
    await generate({ baseURL, deploymentId: "my deployment" });
    await generate({ baseURL: `${baseURL}/openai/deployments/d`, model: "gpt-5-mini" });
    expect(server.received.map(({ path }) => path)).toEqual([
      "/openai/deployments/my%20deployment/chat/completions?api-version=2024-06-01",
      "/openai/deployments/d/chat/completions?api-version=2024-06-01",
    ]);
    const messages = [{ role: "user", content: "p" }];
    expect(sent()).toEqual([
      { messages, max_tokens: 5 },
      { model: "gpt-5-mini", messages, max_completion_tokens: 5 },
    ]);
    expect(server.received[0]?.headers["api-key"]).toBe("some-key");
  });
});
