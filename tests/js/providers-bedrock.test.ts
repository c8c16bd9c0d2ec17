import { describe, expect, test } from "@jest/globals";
import {
  AWS_BEDROCK_CONFIG,
  awsBedrockEmbedding,
  awsBedrockGenerator,
  awsBedrockMedia,
} from "../../js/src/providers/aws-bedrock.js";
import { fromConfig } from "../../js/src/providers/client/config.js";
import { json, type Script, ScriptedServer } from "./support/scripted-server.js";

const server = new ScriptedServer();
const account = () => ({ region: "r", apiKey: "k", baseURL: server.url, maxConcurrency: 1 });
const PNG = "iVBORw0KGgo=";
const sent = () => server.received.map(({ body }) => body);

describe("each family's own form", () => {
  const CLAUDE = {
    prompt: "\n\nHuman: S\n\np\n\nAssistant:",
    anthropic_version: "bedrock-2023-05-31",
  };
  const FAMILIES: [model: string, body: object, answer: object, reason: string | undefined][] = [
    [
      "amazon.titan-text-express-v1",
      {
        inputText: "S\n\np",
        textGenerationConfig: { temperature: 0, topP: 0.5, maxTokenCount: 7, stopSequences: ["X"] },
      },
      { results: [{ outputText: "yes", completionReason: "FINISH" }] },
      "FINISH",
    ],
    [
      "amazon.nova-pro-v1:0",
      {
        messages: [{ role: "user", content: [{ text: "p" }] }],
        system: [{ text: "S" }],
        inferenceConfig: { temperature: 0, topP: 0.5, topK: 4, maxTokens: 7, stopSequences: ["X"] },
      },
      { output: { message: { content: [{ text: "yes" }] } }, stopReason: "end_turn" },
      "end_turn",
    ],
    [
      "anthropic.claude-instant-v1",
      {
        ...CLAUDE,
        max_tokens_to_sample: 7,
        temperature: 0,
        top_p: 0.5,
        top_k: 4,
        stop_sequences: ["X"],
      },
      { completion: "yes", stop_reason: "stop_sequence" },
      "stop_sequence",
    ],
    [
      "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
      {
        anthropic_version: "bedrock-2023-05-31",
        max_tokens: 7,
        temperature: 0,
        top_p: 0.5,
        top_k: 4,
        stop_sequences: ["X"],
        system: "S",
        messages: [{ role: "user", content: [{ type: "text", text: "p" }] }],
      },
      { content: [{ type: "text", text: "yes" }], stop_reason: "end_turn" },
      "end_turn",
    ],
    [
      "ai21.j2-ultra-v1",
      { prompt: "S\n\np", temperature: 0, topP: 0.5, maxTokens: 7, stopSequences: ["X"] },
      { completions: [{ data: { text: "yes" }, finishReason: { reason: "endoftext" } }] },
      "endoftext",
    ],
    [
      "cohere.command-text-v14",
      { prompt: "S\n\np", temperature: 0, p: 0.5, k: 4, max_tokens: 7, stop_sequences: ["X"] },
      { generations: [{ text: "yes", finish_reason: "COMPLETE" }] },
      "COMPLETE",
    ],
    [
      "cohere.command-r-v1:0",
      {
        message: "p",
        preamble: "S",
        temperature: 0,
        p: 0.5,
        k: 4,
        max_tokens: 7,
        stop_sequences: ["X"],
      },
      { text: "yes", finish_reason: "COMPLETE" },
      "COMPLETE",
    ],
    [
      "mistral.mistral-7b-instruct-v0:2",
      {
        prompt: "<s>[INST] S\n\np [/INST]",
        temperature: 0,
        top_p: 0.5,
        top_k: 4,
        max_tokens: 7,
        stop: ["X"],
      },
      { outputs: [{ text: "yes", stop_reason: "stop" }] },
      "stop",
    ],
    [
      "meta.llama3-70b-instruct-v1:0",
      { prompt: "S\n\np", temperature: 0, top_p: 0.5, max_gen_len: 7 },
      { generation: "yes", stop_reason: "stop" },
      "stop",
    ],
  ];

  test.each(FAMILIES)("%s", async (model, body, answer, finishReason) => {
    server.scripts = [json(200, answer)];
    const generator = awsBedrockGenerator({ ...account(), api: "invoke", model });
    const settings = { temperature: 0, topP: 0.5, topK: 4, maxTokens: 7, stop: ["X"] };
    const given = await generator.generate({ prompt: "p", system: "S", ...settings });
    expect(given).toMatchObject({ text: "yes", finishReason });
    expect(sent()).toEqual([body]);
  });

  test.each([
    ["a conversation", "meta.llama3-8b-instruct-v1:0", { messages: conversation() }],
    ["an image", "amazon.titan-text-express-v1", { prompt: "p", images: [PNG] }],
    ["an image", "cohere.command-r-v1:0", { prompt: "p", images: [PNG] }],
    ["anything", "deepseek.r1-v1:0", { prompt: "p" }],
  ])("%s that %s does not take is not sent", async (_, model, request) => {
    const generator = awsBedrockGenerator({ ...account(), api: "invoke", model });
    await expect(generator.generate(request)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining('use api: "converse"'),
    });
    expect(sent()).toEqual([]);
  });

  test("a family that does not stream", async () => {
    const generator = awsBedrockGenerator({ ...account(), api: "invoke", model: "ai21.j2-mid-v1" });
    await expect(generator.stream({ prompt: "p" }).result()).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  test("Command R takes a conversation", async () => {
    server.scripts = [json(200, { text: "yes" })];
    const model = "cohere.command-r-v1:0";
    await awsBedrockGenerator({ ...account(), api: "invoke", model }).generate({
      messages: conversation(),
    });
    const chat_history = [
      { role: "USER", message: "a" },
      { role: "CHATBOT", message: "b" },
    ];
    expect(sent()).toEqual([{ message: "c", chat_history, preamble: "first" }]);
  });
});

describe("converse", () => {
  const answer = { output: { message: { content: [{ text: "yes" }] } }, stopReason: "end_turn" };

  test("images, system messages, and top_k by the family's name", async () => {
    server.scripts = [json(200, answer)];
    const generate = (model: string, request: object) =>
      awsBedrockGenerator({ ...account(), model }).generate(request);
    await generate("us.amazon.nova-lite-v1:0", { prompt: "p", images: [PNG], topK: 2 });
    await generate("anthropic.claude-3-haiku-20240307-v1:0", { messages: conversation(), topK: 2 });
    const image = { image: { format: "png", source: { bytes: PNG } } };
    const turn = (role: string, text: string) => ({ role, content: [{ text }] });
    expect(sent()).toEqual([
      {
        messages: [{ role: "user", content: [{ text: "p" }, image] }],
        additionalModelRequestFields: { inferenceConfig: { topK: 2 } },
      },
      {
        messages: [turn("user", "a"), turn("assistant", "b"), turn("user", "c")],
        system: [{ text: "first" }],
        additionalModelRequestFields: { top_k: 2 },
      },
    ]);
  });

  test("an answer that a guardrail kept back is an error", async () => {
    const blocked = { output: { message: { content: [] } }, stopReason: "guardrail_intervened" };
    server.scripts = [json(200, blocked)];
    await expect(
      awsBedrockGenerator({ ...account(), model: "m" }).generate({ prompt: "p" }),
    ).rejects.toMatchObject({
      code: "provider_failed",
      provider: { type: "guardrail_intervened", retryable: false },
    });
  });

  test("needs a model", async () => {
    await expect(awsBedrockGenerator(account()).generate({ prompt: "p" })).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });

  test("Claude's images where it is invoked; an address is not fetched", async () => {
    server.scripts = [json(200, { content: [{ type: "text", text: "yes" }] })];
    const model = "anthropic.claude-3-haiku-20240307-v1:0";
    const generator = awsBedrockGenerator({ ...account(), api: "invoke", model });
    await generator.generate({ prompt: "p", images: [PNG] });
    const source = { type: "base64", media_type: "image/png", data: PNG };
    expect(sent()[0].messages[0].content).toEqual([
      { type: "text", text: "Image 1:" },
      { type: "image", source },
      { type: "text", text: "p" },
    ]);
    const images = ["https://example.com/a.png"];
    await expect(generator.generate({ prompt: "p", images })).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });
});

describe("vectors", () => {
  const vectors: Script = (response, request) => {
    const { texts, images = [] } = request.body;
    const embeddings = (texts ?? images).map((_: string, i: number) => [i, 1]);
    return json(200, { embeddings })(response, request);
  };
  const nova: Script = json(200, { embeddings: [{ embeddingType: "TEXT", embedding: [3, 4] }] });
  const NOVA = "amazon.nova-2-multimodal-embeddings-v1:0";
  const COHERE = "cohere.embed-multilingual-v3";

  test("Nova tells documents from queries, unless a task is given", async () => {
    server.scripts = [nova];
    const embedding = awsBedrockEmbedding({ ...account(), model: NOVA, dimensions: 2 });
    await embedding.generate(["a", "b"]);
    await embedding.generateForQueries(["c"]);
    const task = "CLUSTERING";
    await awsBedrockEmbedding({ ...account(), model: NOVA, task }).generateForQueries(["d"]);
    const body = (embeddingPurpose: string, value: string, further = {}) => ({
      taskType: "SINGLE_EMBEDDING",
      singleEmbeddingParams: {
        embeddingPurpose,
        ...further,
        text: { truncationMode: "END", value },
      },
    });
    const asked = { embeddingDimension: 2 };
    expect(sent()).toEqual([
      body("GENERIC_INDEX", "a", asked),
      body("GENERIC_INDEX", "b", asked),
      body("GENERIC_RETRIEVAL", "c", asked),
      body(task, "d"),
    ]);
  });

  test("Cohere takes 96 texts, and images one by one", async () => {
    server.scripts = [vectors];
    const media = awsBedrockMedia({ ...account(), model: COHERE });
    const texts = Array.from({ length: 97 }, (_, i) => String(i));
    const given = await media.embedMedia({ images: [PNG, PNG], texts });
    expect([given.texts?.length, given.images]).toEqual([
      97,
      [
        [0, 1],
        [0, 1],
      ],
    ]);
    expect(sent().map(({ texts, images }) => (texts ?? images).length)).toEqual([96, 1, 1, 1]);
    expect(sent()[2]).toEqual({
      images: [`data:image/png;base64,${PNG}`],
      input_type: "image",
    });
  });

  test("Titan image gives text and image one vector or one each", async () => {
    server.scripts = [json(200, { embedding: [1, 2], inputTextTokenCount: 2 })];
    const model = "amazon.titan-embed-image-v1";
    const media = awsBedrockMedia({ ...account(), model, dimensions: 2 });
    const vector = [1, 2];
    expect(await media.embedPairs([{ text: "t", image: PNG }])).toEqual([vector]);
    expect(await media.embedMedia({ texts: ["t"], images: [PNG] })).toEqual({
      texts: [vector],
      images: [vector],
    });
    const embeddingConfig = { outputEmbeddingLength: 2 };
    expect(sent()).toEqual([
      { inputText: "t", inputImage: PNG, embeddingConfig },
      { inputText: "t", embeddingConfig },
      { inputImage: PNG, embeddingConfig },
    ]);
  });

  test("what a model does not take is refused before anything is sent", async () => {
    const cases: [model: string, inputs: object][] = [
      [NOVA, { texts: ["a"], audio: [PNG] }],
      ["amazon.titan-embed-text-v2:0", { texts: ["a"], images: [PNG] }],
      [COHERE, { video: [PNG] }],
    ];
    for (const [model, inputs] of cases) {
      const media = awsBedrockMedia({ ...account(), model });
      await expect(media.embedMedia(inputs)).rejects.toMatchObject({ code: "unsupported" });
      const pairs = [{ text: "a", image: PNG }];
      await expect(media.embedPairs(pairs)).rejects.toMatchObject({ code: "unsupported" });
    }
    expect(sent()).toEqual([]);
    expect(() => awsBedrockEmbedding({ ...account(), model: "other.model" })).toThrow(
      expect.objectContaining({ code: "invalid_argument" }),
    );
  });

  test("an error in the place of Titan's vector", async () => {
    server.scripts = [json(200, { message: "image too large" })];
    const media = awsBedrockMedia({ ...account(), model: "amazon.titan-embed-image-v1" });
    await expect(media.embedMedia({ images: [PNG] })).rejects.toMatchObject({
      code: "provider_failed",
      message: expect.stringContaining("image too large"),
    });
  });

  test("Chroma's configuration has the region in session_args, and makes the same options", () => {
    const options = { ...account(), dimensions: 256, model: "amazon.titan-embed-text-v2:0" };
    const embedding = awsBedrockEmbedding(options);
    const config = embedding.getConfig();
    expect([embedding.name, config]).toEqual([
      "amazon_bedrock",
      {
        api_key_env_var: "AWS_BEARER_TOKEN_BEDROCK",
        model_name: "amazon.titan-embed-text-v2:0",
        session_args: { region_name: "r" },
        dimensions: 256,
      },
    ]);
    expect(fromConfig(AWS_BEDROCK_CONFIG, config)).toEqual({
      apiKeyName: "AWS_BEARER_TOKEN_BEDROCK",
      model: "amazon.titan-embed-text-v2:0",
      region: "r",
      dimensions: 256,
    });
  });
});

function conversation() {
  return [
    { role: "system" as const, content: "first" },
    { role: "user" as const, content: "a" },
    { role: "assistant" as const, content: "b" },
    { role: "user" as const, content: "c" },
  ];
}
