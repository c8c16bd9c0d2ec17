import { describe, expect, test } from "@jest/globals";
import { awsBedrockGenerator } from "../../js/src/providers/aws-bedrock.js";
import { awsEvents } from "../../js/src/providers/client/aws-events.js";
import { AWS_BEDROCK } from "../../js/src/providers/client/bedrock.js";
import { chunk, event, exception, type FrameHeader, frame } from "./support/event-frames.js";
import { type Script, ScriptedServer } from "./support/scripted-server.js";

async function read(...pieces: Uint8Array[]) {
  const body = (async function* () {
    yield* pieces;
  })();
  const events = [];
  for await (const one of awsEvents(AWS_BEDROCK, body)) events.push(one);
  return events;
}

const BAD = { code: "invalid_response", provider: { retryable: false } };
const FRAME = event("messageStop", { stopReason: "end_turn" });

describe("frames", () => {
  test("come in any pieces, several in one too", async () => {
    const two = Buffer.concat([event("a", { text: "ä😀" }), event("b", [1])]);
    const events = [
      { type: "a", value: { text: "ä😀" } },
      { type: "b", value: [1] },
    ];
    expect(await read(two)).toEqual(events);
    expect(await read(...Array.from(two, (byte) => Uint8Array.of(byte)))).toEqual(events);
    expect(await read()).toEqual([]);
  });

  test("headers of every type are passed over", async () => {
    const sizes = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
    const headers: Record<string, FrameHeader> = {};
    for (const [type, size] of sizes.entries()) {
      if (size >= 0) headers[`type-${type}`] = { type, value: new Uint8Array(size).fill(7) };
    }
    headers.bytes = { type: 6, value: Uint8Array.of(0, 3, 1, 2, 3) };
    const told = { ":event-type": "x", ":message-type": "event" };
    expect(await read(frame({ ...headers, ...told }, {}))).toEqual([{ type: "x", value: {} }]);
  });

  test("any changed byte is noticed", async () => {
    for (let i = 0; i < FRAME.length; i++) {
      const damaged = Buffer.from(FRAME);
      damaged[i] = (damaged[i] as number) ^ 0x10;
      await expect([i, await read(damaged).catch((error) => error)]).toMatchObject([i, BAD]);
    }
  });

  test("a stream that ends within a frame is no stream", async () => {
    for (let end = 1; end < FRAME.length; end++) {
      await expect([end, await read(FRAME, FRAME.subarray(0, end)).catch((e) => e)]).toMatchObject([
        end,
        BAD,
      ]);
    }
  });

  test("right checksums do not make nonsense right", async () => {
    const told = { ":event-type": "x", ":message-type": "event" };
    const unknown = { odd: { type: 10, value: new Uint8Array(4) } };
    const tooLong = { odd: { type: 7, value: Uint8Array.of(255, 255, 1) } };
    await expect(read(frame({ ...told, ...unknown }, {}))).rejects.toMatchObject(BAD);
    await expect(read(frame({ ...told, ...tooLong }, {}))).rejects.toMatchObject(BAD);
    await expect(read(frame(told, "no JSON"))).rejects.toMatchObject(BAD);
  });

  test.each([
    ["throttlingException", "rate_limited", true],
    ["modelStreamErrorException", "provider_failed", true],
    ["internalServerException", "provider_failed", true],
    ["validationException", "provider_failed", false],
  ])("an exception in the stream: %s", async (type, code, retryable) => {
    const read_ = read(FRAME, exception(type, { message: "in its own words" }));
    await expect(read_).rejects.toMatchObject({
      code,
      message: expect.stringContaining("in its own words"),
      provider: { status: 200, type, retryable },
    });
  });

  test("an error outside of the interface", async () => {
    const headers = { ":message-type": "error", ":error-code": "E1", ":error-message": "broken" };
    await expect(read(frame(headers, ""))).rejects.toMatchObject({
      message: expect.stringContaining("broken"),
      provider: { type: "E1", retryable: false },
    });
  });
});

describe("a model's stream", () => {
  const server = new ScriptedServer();
  const stream =
    (...frames: Buffer[]): Script =>
    (response) =>
      response
        .writeHead(200, { "content-type": "application/vnd.amazon.eventstream" })
        .end(Buffer.concat(frames));
  const generator = (options = {}) =>
    awsBedrockGenerator({ region: "r", apiKey: "k", baseURL: server.url, ...options });
  const METRICS = {
    "amazon-bedrock-invocationMetrics": { inputTokenCount: 3, outputTokenCount: 5 },
  };

  const FAMILIES: [model: string, events: object[], reason: string][] = [
    [
      "amazon.titan-text-express-v1",
      [{ outputText: "a" }, { outputText: "b", completionReason: "FINISH", ...METRICS }],
      "FINISH",
    ],
    [
      "us.amazon.nova-lite-v1:0",
      [
        { messageStart: { role: "assistant" } },
        { contentBlockDelta: { delta: { text: "a" } } },
        { contentBlockDelta: { delta: { text: "b" } } },
        { messageStop: { stopReason: "end_turn" } },
        { metadata: { usage: { inputTokens: 3, outputTokens: 5 } } },
      ],
      "end_turn",
    ],
    [
      "anthropic.claude-v2:1",
      [{ completion: "a" }, { completion: "b", stop_reason: "stop_sequence", ...METRICS }],
      "stop_sequence",
    ],
    [
      "cohere.command-text-v14",
      [
        { is_finished: false, text: "a" },
        { is_finished: false, text: "b" },
        { is_finished: true, finish_reason: "COMPLETE", ...METRICS },
      ],
      "COMPLETE",
    ],
    [
      "cohere.command-r-plus-v1:0",
      [
        { event_type: "text-generation", text: "a" },
        { event_type: "text-generation", text: "b" },
        {
          event_type: "stream-end",
          finish_reason: "COMPLETE",
          response: { text: "ab" },
          ...METRICS,
        },
      ],
      "COMPLETE",
    ],
    [
      "mistral.mixtral-8x7b-instruct-v0:1",
      [
        { outputs: [{ text: "a", stop_reason: null }] },
        { outputs: [{ text: "b", stop_reason: "stop" }], ...METRICS },
      ],
      "stop",
    ],
    [
      "meta.llama3-8b-instruct-v1:0",
      [
        { generation: "a", stop_reason: null },
        { generation: "b", stop_reason: "stop", ...METRICS },
      ],
      "stop",
    ],
  ];

  test.each(FAMILIES)("%s", async (model, events, finishReason) => {
    server.scripts = [stream(...events.map(chunk))];
    const answer = generator({ api: "invoke", model }).stream({ prompt: "p" });
    const pieces = [];
    for await (const piece of answer) pieces.push(piece);
    expect(pieces).toEqual(["a", "b"]);
    const usage = { input: 3, output: 5 };
    expect(await answer.result()).toEqual({ text: "ab", finishReason, usage });
    const name = encodeURIComponent(model);
    expect(server.received[0]?.path).toBe(`/model/${name}/invoke-with-response-stream`);
  });

  test("what came before an exception is given", async () => {
    server.scripts = [
      stream(
        event("contentBlockDelta", { delta: { text: "half" } }),
        exception("modelStreamErrorException", { message: "m", originalStatusCode: 500 }),
      ),
    ];
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const piece of generator({ model: "m" }).stream({ prompt: "p" }))
        pieces.push(piece);
    })();
    await expect(reading).rejects.toMatchObject({
      provider: { type: "modelStreamErrorException", retryable: true },
    });
    expect(pieces).toEqual(["half"]);
  });
});
