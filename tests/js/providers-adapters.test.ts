import { createCohere } from "@ai-sdk/cohere";
import { createOpenAI } from "@ai-sdk/openai";
import { OpenAIEmbeddingFunction } from "@chroma-core/openai";
import { describe, expect, test } from "@jest/globals";
import {
  fromEmbeddingModel,
  fromLanguageModel,
  fromRerankingModel,
} from "../../js/src/providers/ai-sdk.js";
import { openAIEmbedding } from "../../js/src/providers/openai.js";
import { openTestClient } from "./support/clients.js";
import { createReferenceCore } from "./support/reference-core.js";
import { json, raw, type Script, ScriptedServer } from "./support/scripted-server.js";

// The real packages of others, over real HTTP.

const server = new ScriptedServer();

/** As OpenAI, in the encoding that was asked for; vectors that say which text they belong to. */
const embeddings: Script = (response, request) => {
  const { input, encoding_format: encoding, model } = request.body;
  const data = [input].flat().map((text: string, index: number) => {
    const vector = [text.length, Number(text) || 0];
    const base64 = Buffer.from(new Float32Array(vector).buffer).toString("base64");
    return { object: "embedding", index, embedding: encoding === "base64" ? base64 : vector };
  });
  const usage = { prompt_tokens: 3, total_tokens: 3 };
  return json(200, { object: "list", data, model, usage })(response, request);
};

describe("AI SDK", () => {
  const openai = () => createOpenAI({ apiKey: "k", baseURL: server.url });

  test("an embedding model embeds, in batches of its own size", async () => {
    server.scripts = [embeddings];
    const embedding = fromEmbeddingModel(openai().embedding("text-embedding-3-small"));
    const texts = Array.from({ length: 3000 }, (_, i) => String(i));
    const vectors = await embedding.generate(texts);
    expect(vectors.map(([, value]) => value)).toEqual(texts.map(Number));
    expect(server.received).toHaveLength(2);
    expect(embedding.name).toBe("openai.embedding:text-embedding-3-small");
  });

  test("a language model answers, and streams", async () => {
    const chat = { model: "gpt-4o-mini", id: "c", created: 1, object: "chat.completion" };
    const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
    const choice = { index: 0, finish_reason: "stop" };
    const message = { role: "assistant", content: "One two" };
    server.scripts = [json(200, { ...chat, usage, choices: [{ ...choice, message }] })];
    const model = fromLanguageModel(openai().chat("gpt-4o-mini"), { temperature: 0.5 });
    const request = { prompt: "Count", system: "Be brief", maxTokens: 9, stop: ["x"] };
    expect(await model.generate(request)).toEqual({
      text: "One two",
      finishReason: "stop",
      usage: { input: 9, output: 2 },
    });
    expect(server.received[0]?.body).toMatchObject({
      messages: [
        { role: "system", content: "Be brief" },
        { role: "user", content: "Count" },
      ],
      temperature: 0.5,
      stop: ["x"],
    });

    const events = [
      { ...chat, choices: [{ index: 0, delta: { role: "assistant", content: "One" } }] },
      { ...chat, choices: [{ index: 0, delta: { content: " two" } }] },
      { ...chat, choices: [{ ...choice, delta: {} }] },
      { ...chat, choices: [], usage },
    ];
    const body = [...events.map((event) => JSON.stringify(event)), "[DONE]"];
    const type = { "content-type": "text/event-stream" };
    server.scripts = [raw(200, body.map((line) => `data: ${line}\n\n`).join(""), type)];
    const stream = model.stream(request);
    const pieces: string[] = [];
    for await (const piece of stream) pieces.push(piece);
    expect(pieces).toEqual(["One", " two"]);
    expect(await stream.result()).toEqual({
      text: "One two",
      finishReason: "stop",
      usage: { input: 9, output: 2 },
    });
  });

  test("a reranking model ranks", async () => {
    const results = [
      { index: 1, relevance_score: 0.9 },
      { index: 0, relevance_score: 0.1 },
    ];
    server.scripts = [json(200, { id: "r", results, meta: {} })];
    const cohere = createCohere({ apiKey: "k", baseURL: server.url });
    const reranker = fromRerankingModel(cohere.reranking("rerank-v3.5"));
    expect(await reranker.rerank("q", ["a", "b"], { limit: 2 })).toEqual([
      { index: 1, score: 0.9 },
      { index: 0, score: 0.1 },
    ]);
    expect(server.received[0]?.body).toMatchObject({ query: "q", documents: ["a", "b"], top_n: 2 });
    expect(await reranker.rerank("q", [])).toEqual([]);
  });

  test("a model's error is told in its words", async () => {
    server.scripts = [json(401, { error: { message: "no such key", type: "t", code: "c" } })];
    const failure = fromEmbeddingModel(openai().embedding("m")).generate(["x"]);
    await expect(failure).rejects.toMatchObject({
      code: "provider_failed",
      message: expect.stringContaining("no such key"),
      provider: { status: 401, retryable: false },
    });
  });
});

describe("chromadb", () => {
  test("its embedding function serves a collection as it is", async () => {
    server.scripts = [embeddings];
    const theirs = new OpenAIEmbeddingFunction({
      apiKey: "k",
      modelName: "text-embedding-3-small",
      apiBase: server.url,
    });
    const client = await openTestClient({ core: createReferenceCore() });
    const notes = await client.createCollection({ name: "notes", embeddingFunction: theirs });
    await notes.add({ ids: ["a", "b"], documents: ["1", "22"] });
    const { ids } = await notes.query({ queryTexts: ["22"], nResults: 1 });
    expect(ids).toEqual([["b"]]);
    expect(notes.configuration.hnsw.space).toBe("cosine");
    const stored = notes.configuration.embedding_function;
    expect(stored).toMatchObject({ type: "known", name: "openai" });
    // What theirs remembers of itself is what ours does.
    const ours = openAIEmbedding({ model: "text-embedding-3-small", baseURL: server.url });
    expect(await client.getCollection({ name: "notes", embeddingFunction: ours })).toBeDefined();
    expect(stored).toMatchObject({ config: ours.getConfig() });
    await client.close();
  });
});
