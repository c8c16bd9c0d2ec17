import "fake-indexeddb/auto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { PagevecError } from "../../js/src/errors.js";
import { type AnswerFunction, createAnswers, streamAnswers } from "../../js/src/generate/index.js";
import { openAIGenerator } from "../../js/src/providers/openai.js";
import type { GenerateRequest, Generator } from "../../js/src/types/generator.js";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";

const SOURCES = [
  { id: "tom", properties: { title: 'Tom & "Jerry" <3', count: 7, tags: ["a", "b"] } },
  { id: "second", properties: { title: "Second" } },
  { id: "empty", properties: { title: null } },
];

/** A model that answers with its prompt's first word, and counts it. */
class ScriptedGenerator implements Generator {
  readonly name = "scripted";
  readonly requests: GenerateRequest[] = [];
  running = 0;
  most = 0;

  constructor(private readonly failFor?: string) {}

  async generate(request: GenerateRequest) {
    this.requests.push(request);
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.running -= 1;
    if (request.prompt === this.failFor) {
      throw new PagevecError("rate_limited", "scripted answered 429: slow down");
    }
    return { text: `<${request.prompt}>`, finishReason: "stop", usage: { input: 2, output: 3 } };
  }

  stream(request: GenerateRequest) {
    const whole = this.generate(request);
    return {
      async *[Symbol.asyncIterator]() {
        const { text } = await whole;
        yield text.slice(0, 1);
        yield text.slice(1);
      },
      result: () => whole,
    };
  }
}

describe("createAnswers", () => {
  test("asks about each record and about all, and says which were given", async () => {
    const model = new ScriptedGenerator();
    const result = await createAnswers(SOURCES, {
      model,
      single: "About {title}",
      grouped: "Sum up",
      properties: ["title", "count"],
      system: "Be short.",
      settings: { temperature: 0 },
    });
    const [tom, second, empty] = result.rows;
    const usage = { input: 2, output: 3 };
    expect(tom?.single).toEqual({
      text: '<About Tom & "Jerry" <3>',
      finishReason: "stop",
      usage,
      citations: ["tom"],
    });
    expect(second?.single?.citations).toEqual(["second"]);
    expect(tom?.grouped?.citations).toEqual(["tom", "second"]);
    expect(tom?.grouped?.text).toContain('Sum up: [{"count":"7","title":"Tom \\u0026');
    expect(second).not.toHaveProperty("grouped");
    expect(empty?.error).toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("Following property has empty value: 'title'"),
    });
    expect(result.usage).toEqual({ input: 6, output: 9 });
    expect(model.requests).toHaveLength(3);
    expect(model.requests[0]).toMatchObject({ system: "Be short.", temperature: 0 });
  });

  test("a request that fails fails no other one", async () => {
    const model = new ScriptedGenerator("Second");
    const { rows } = await createAnswers(SOURCES.slice(0, 2), { model, single: "{title}" });
    expect(rows.map(({ single, error }) => single?.text ?? error?.code)).toEqual([
      '<Tom & "Jerry" <3>',
      "rate_limited",
    ]);
    const thrown = () => {
      throw new Error("out of memory");
    };
    const { rows: failed } = await createAnswers(SOURCES, { model: thrown, grouped: "x" });
    expect(failed[0]?.groupedError).toMatchObject({
      code: "provider_failed",
      message: "pagevec: the model failed: out of memory",
    });
  });

  test("runs so many requests at once and no more", async () => {
    const many = Array.from({ length: 12 }, (_, i) => ({ id: `${i}`, properties: { n: i + 1 } }));
    for (const [maxConcurrency, most] of [
      [undefined, 4],
      [2, 2],
    ] as const) {
      const model = new ScriptedGenerator();
      const params = { model, single: "{n}", ...(maxConcurrency && { maxConcurrency }) };
      const { rows } = await createAnswers(many, params);
      expect(rows.map(({ single }) => single?.text)).toEqual(many.map((_, i) => `<${i + 1}>`));
      expect(model.most).toBe(most);
    }
  });

  test("sends nothing that is over the token budget", async () => {
    const model = new ScriptedGenerator();
    const budget = { model, tokenBudget: 20, countTokens: (text: string) => text.length };
    const grouped = createAnswers(SOURCES, { ...budget, grouped: "Sum up", single: "{title}" });
    await expect(grouped).rejects.toMatchObject({
      code: "limit_exceeded",
      message: expect.stringMatching(
        /the prompt for 3 records has \d+ tokens and tokenBudget is 20; ask for fewer records/,
      ),
    });
    expect(model.requests).toEqual([]);
    const { rows } = await createAnswers(SOURCES, { ...budget, single: "Say: {title}" });
    expect(rows.map(({ error }) => error?.code)).toEqual([
      "limit_exceeded",
      undefined,
      "invalid_argument",
    ]);
    const system = createAnswers(SOURCES, { ...budget, single: "ok", system: "s".repeat(19) });
    expect((await system).rows[0]?.error?.message).toContain("has 21 tokens");
    const estimated = createAnswers(SOURCES, { model, grouped: "Sum up", tokenBudget: 5 });
    await expect(estimated).rejects.toMatchObject({ code: "limit_exceeded" });
  });

  test("gives pictures of the records, then those of the call", async () => {
    const model = new ScriptedGenerator();
    const sources = [
      { id: "a", properties: { title: "A", picture: "aaaa" } },
      { id: "b", properties: { title: "B", thumb: "bbbb" } },
    ];
    const images = ["own="];
    const imageProperties = ["picture", "thumb"];
    await createAnswers(sources, { model, single: "x", grouped: "y", images, imageProperties });
    expect(model.requests.map(({ prompt, images }) => [prompt, images])).toEqual([
      ['y: [{"title":"A"},{"title":"B"}]', ["aaaa", "bbbb", "own="]],
      ["x", ["aaaa", "own="]],
      ["x", ["bbbb", "own="]],
    ]);
  });

  test("takes functions: texts, promises, pieces", async () => {
    const models: AnswerFunction[] = [
      (prompt) => `<${prompt}>`,
      async (prompt) => `<${prompt}>`,
      async function* (prompt) {
        yield "<";
        yield `${prompt}>`;
      },
    ];
    for (const model of models) {
      const { rows } = await createAnswers(SOURCES.slice(0, 1), {
        model,
        single: "hi",
        system: "s",
      });
      expect(rows[0]?.single).toEqual({ text: "<s\n\nhi>", citations: ["tom"] });
    }
    const { rows } = await createAnswers(SOURCES, { model: () => 7 as never, grouped: "x" });
    expect(rows[0]?.groupedError?.code).toBe("invalid_response");
  });

  test("without records nothing is sent, and nothing is asked without a prompt", async () => {
    const model = new ScriptedGenerator();
    expect(await createAnswers([], { model, grouped: "x", single: "y" })).toEqual({
      rows: [],
      usage: {},
    });
    expect(model.requests).toEqual([]);
    await expect(createAnswers(SOURCES, { model })).rejects.toThrow("needs single (a prompt)");
    await expect(createAnswers(SOURCES, { model, single: "" })).rejects.toThrow("single must be");
    await expect(createAnswers(SOURCES, { model: {} as never, single: "x" })).rejects.toThrow(
      "model must be a Generator or a function",
    );
  });

  test("an abort ends the call, also where the model does not mind it", async () => {
    const stop = new AbortController();
    const model = () => new Promise<string>(() => {});
    const call = createAnswers(SOURCES, { model, single: "x" }, { signal: stop.signal });
    stop.abort("enough");
    await expect(call).rejects.toMatchObject({ code: "aborted", cause: "enough" });
  });

  test("property names are names, whatever they are", async () => {
    const own = JSON.parse('{"__proto__": "p", "constructor": "c"}');
    const { rows } = await createAnswers([{ id: "a", properties: own }], {
      model: (prompt) => prompt,
      single: "{__proto__} {constructor}",
      grouped: "x",
    });
    expect(rows[0]?.single?.text).toBe("p c");
    expect(rows[0]?.grouped?.text).toBe('x: [{"__proto__":"p","constructor":"c"}]');
    const { rows: none } = await createAnswers(SOURCES, {
      model: (prompt) => prompt,
      single: "{constructor}",
    });
    expect(none.every(({ error }) => error?.code === "invalid_argument")).toBe(true);
  });
});

describe("streamAnswers", () => {
  test("gives the pieces of all answers, then the whole ones", async () => {
    const model = new ScriptedGenerator("Second");
    const params = { model, single: "{title}", grouped: "All", properties: ["count"] };
    const stream = streamAnswers(SOURCES, params);
    expect(model.requests).toEqual([]);
    const texts: Record<string, string> = {};
    for await (const { kind, index, id, text } of stream) {
      expect(stream.rows[index]?.id).toBe(id);
      texts[`${kind} ${index}`] = (texts[`${kind} ${index}`] ?? "") + text;
    }
    const grouped = '<All: [{"count":"7"}]>';
    expect(texts).toEqual({ "single 0": '<Tom & "Jerry" <3>', "grouped 0": grouped });
    const { rows, usage } = await stream.result();
    expect(rows[0]?.grouped).toMatchObject({ text: grouped, citations: ["tom"] });
    expect(rows.map(({ error }) => error?.code)).toEqual([
      undefined,
      "rate_limited",
      "invalid_argument",
    ]);
    expect(usage).toEqual({ input: 4, output: 6 });
  });

  test("result() alone reads all of it", async () => {
    const stream = streamAnswers(SOURCES, { model: (prompt) => prompt, single: "x" });
    expect((await stream.result()).rows.map(({ single }) => single?.text)).toEqual(["x", "x", "x"]);
  });

  test("leaving the loop, or an abort, ends the requests", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const model: AnswerFunction = async function* (_, { signal }) {
      signals.push(signal);
      for (let i = 0; !signal?.aborted; i++) {
        yield `${i}`;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    for await (const _ of streamAnswers(SOURCES, { model, single: "x" })) break;
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true]);
    const stop = new AbortController();
    const stream = streamAnswers(SOURCES, { model, single: "x" }, { signal: stop.signal });
    const read = async () => {
      for await (const _ of stream) stop.abort("enough");
    };
    await expect(read()).rejects.toMatchObject({ code: "aborted" });
    expect(signals.slice(3).every((signal) => signal?.aborted)).toBe(true);
  });
});

describe("over a service's wire", () => {
  interface ChatRequest {
    stream?: boolean;
    messages: { content: string }[];
  }
  /** Answers a chat completion with its prompt in capitals; refuses one. */
  const server = createServer(async (request, response) => {
    const { stream, messages } = (await json(request)) as ChatRequest;
    const content = messages.at(-1)?.content ?? "";
    if (content === "Second") {
      response.writeHead(400).end('{"error":{"message":"no","type":"refused"}}');
      return;
    }
    const usage = { prompt_tokens: 5, completion_tokens: 1 };
    const text = content.toUpperCase();
    if (!stream) {
      const choices = [{ message: { content: text }, finish_reason: "stop" }];
      response.end(JSON.stringify({ choices, usage }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const letter of text) {
      const choices = [{ delta: { content: letter } }];
      response.write(`data: ${JSON.stringify({ choices })}\n\n`);
    }
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  });
  const params = () => ({
    model: openAIGenerator({
      apiKey: "key",
      baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      maxRetries: 0,
    }),
    single: "{title}",
    grouped: "all",
    properties: ["count"],
  });
  beforeAll(() => new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready)));
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });
  const expected = {
    single: ['TOM & "JERRY" <3', "provider_failed", "invalid_argument"],
    grouped: 'ALL: [{"COUNT":"7"}]',
    usage: { input: 10, output: 2 },
  };
  const summary = ({ rows, usage }: Awaited<ReturnType<typeof createAnswers>>) => ({
    single: rows.map(({ single, error }) => single?.text ?? error?.code),
    grouped: rows[0]?.grouped?.text,
    usage,
  });

  test("each answer is a request, and so is each refusal", async () => {
    expect(summary(await createAnswers(SOURCES, params()))).toEqual(expected);
  });

  test("streams come as events", async () => {
    const stream = streamAnswers(SOURCES, params());
    let letters = 0;
    for await (const { text } of stream) letters += text.length;
    expect(letters).toBe((expected.single[0] ?? "").length + expected.grouped.length);
    expect(summary(await stream.result())).toEqual(expected);
  });
});

describe.each(CORES)("Collection.generate on the %s", (_name, load) => {
  let client: Client;
  let notes: Collection;
  const echo = (prompt: string) => prompt;

  beforeAll(async () => {
    client = await openTestClient({ core: await load() });
    notes = await client.createCollection({ name: "notes", embeddingFunction: new ToyEmbedding() });
    await notes.add({
      ids: ["a", "b", "c"],
      documents: ["cats sleep", "dogs bark loudly", "a bat"],
      metadatas: [{ lang: "en" }, { lang: "de" }, null],
    });
  });

  test("answers about what a search finds", async () => {
    const { rows } = await notes.generate({
      text: "cats",
      mode: "keyword",
      single: "{document} in {lang}",
      model: echo,
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      id: "a",
      document: "cats sleep",
      score: expect.any(Number),
      single: { text: "cats sleep in en", citations: ["a"] },
    });
    const near = await notes.generate({
      queryTexts: ["cats sleep"],
      limit: 1,
      grouped: "x",
      model: echo,
    });
    expect(near.rows[0]?.grouped?.text).toBe('x: [{"document":"cats sleep","lang":"en"}]');
    await expect(
      notes.generate({ queryTexts: ["x"], text: "y", grouped: "x", model: echo }),
    ).rejects.toThrow("give no other query");
  });

  test("answers about what meets a filter, in the order of insertion", async () => {
    const { rows } = await notes.generate({ single: "{document}", model: echo, offset: 1 });
    expect(rows.map(({ single }) => single?.text)).toEqual(["dogs bark loudly", "a bat"]);
    const german = await notes.generate({ where: { lang: "de" }, single: "{lang}", model: echo });
    expect(german.rows.map(({ id }) => id)).toEqual(["b"]);
    const none = await notes.generate({ where: { lang: "fr" }, grouped: "x", model: echo });
    expect(none).toEqual({ rows: [], usage: {} });
  });

  test("streams", async () => {
    const stream = await notes.generate({
      ids: ["a"],
      single: "{lang}",
      model: echo,
      stream: true,
    });
    const pieces: string[] = [];
    for await (const { text } of stream) pieces.push(text);
    expect(pieces).toEqual(["en"]);
    expect((await stream.result()).rows[0]?.single?.text).toBe("en");
  });

  test("tells of the properties of objects, not of their texts or files", async () => {
    const objects = await client.createCollection({
      name: "objects",
      embeddingFunction: new ToyEmbedding("toy"),
      vectorizer: {
        propertyConfig: {
          address: { dataType: "object" },
          photo: { dataType: "blob", skip: true },
          when: { dataType: "date" },
        },
      },
    });
    const properties = {
      title: "T",
      address: { zip: "1", city: "B" },
      photo: "iVBORw0KGgo=",
      when: new Date(0),
      size: 1e6,
    };
    await objects.objects.add([{ id: "a", properties }]);
    const images: unknown[] = [];
    const { rows } = await objects.generate({
      grouped: "x",
      imageProperties: ["photo"],
      model: (prompt, call) => {
        images.push(call.images);
        return prompt;
      },
    });
    expect(rows[0]?.grouped?.text).toBe(
      'x: [{"address":"{\\"city\\":\\"B\\",\\"zip\\":\\"1\\"}","size":"1e+06","title":"T","when":"1970-01-01T00:00:00Z"}]',
    );
    expect(images).toEqual([["iVBORw0KGgo="]]);
  });
});
