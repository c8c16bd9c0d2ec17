import { beforeEach, describe, expect, test } from "@jest/globals";
import { clipContainerMedia } from "../../js/src/providers/clip-container.js";
import { cohereEmbedding, cohereMedia } from "../../js/src/providers/cohere.js";
import { databricksEmbedding } from "../../js/src/providers/databricks.js";
import { gpt4AllEmbedding } from "../../js/src/providers/gpt4all.js";
import { huggingFaceEmbedding } from "../../js/src/providers/huggingface.js";
import { huggingFaceServerEmbedding } from "../../js/src/providers/huggingface-server.js";
import { imageBindContainerMedia } from "../../js/src/providers/imagebind-container.js";
import {
  type JinaAIEmbeddingOptions,
  jinaAIEmbedding,
  jinaAIMedia,
} from "../../js/src/providers/jinaai.js";
import { transformersContainerEmbedding } from "../../js/src/providers/transformers-container.js";
import { voyageAIContextual, voyageAIMedia } from "../../js/src/providers/voyageai.js";
import type { MediaInputs } from "../../js/src/types/media.js";
import { answering, type Received, ScriptedServer } from "./support/scripted-server.js";

// What recorded exchanges of one request cannot show.

const servers = [new ScriptedServer(), new ScriptedServer()];
let used = 0;
beforeEach(() => {
  used = 0;
});

function serve(answer: (request: Received) => unknown): ScriptedServer {
  const server = servers[used++] as ScriptedServer;
  server.scripts = [answering(answer)];
  return server;
}

/** OpenAI's shape, the last item first: "text 7" gets [7, 1]. */
function indexed(texts: string[]): unknown {
  const data = texts.map((text, index) => ({ index, embedding: [numberIn(text), 1] }));
  return { data: data.reverse() };
}

function numberIn(text: string): number {
  return Number(/\d+/.exec(text)?.[0] ?? 0);
}

const THOUSAND = Array.from({ length: 1000 }, (_, i) => `text ${i}`);

describe("many texts", () => {
  test("go into requests of what the service takes, and their vectors come back in order", async () => {
    const server = serve(({ body }) => ({
      embeddings: { float: body.texts.map((text: string) => [numberIn(text), 1]) },
    }));
    const done: number[] = [];
    const vectors = await cohereEmbedding({ baseURL: server.url }).generate(THOUSAND, {
      onProgress: (progress) => void done.push(progress.done),
    });
    expect(vectors.map(([i]) => i)).toEqual(THOUSAND.map((_, i) => i));
    const sizes = server.received.map(({ body }) => body.texts.length).sort((a, b) => b - a);
    expect(sizes).toEqual([...new Array(10).fill(96), 40]);
    expect(server.busiest).toBeLessThanOrEqual(4);
    expect([done.length, done.at(-1)]).toEqual([11, 1000]);
  });

  test("containers get one a request, whatever batchSize says", async () => {
    const server = serve(({ body }) => ({ vector: [numberIn(body.text), 1] }));
    const options = { baseURL: server.url, batchSize: 50 };
    for (const embed of [gpt4AllEmbedding(options), transformersContainerEmbedding(options)]) {
      expect(await embed.generate(["text 1", "text 2"])).toEqual([
        [1, 1],
        [2, 1],
      ]);
    }
    expect(server.received).toHaveLength(4);
  });

  test("no texts are no request", async () => {
    const server = serve(() => ({}));
    expect(await cohereEmbedding({ baseURL: server.url }).generate([])).toEqual([]);
    expect(await clipContainerMedia({ baseURL: server.url }).embedMedia({})).toEqual({});
    expect(server.received).toEqual([]);
  });
});

describe("the query side", () => {
  async function jinaBody(options: JinaAIEmbeddingOptions) {
    used = 0;
    const server = serve(({ body }) => indexed(body.input));
    const embed = jinaAIEmbedding({ ...options, baseURL: server.url });
    await embed.generate(["text"]);
    await embed.generateForQueries(["text"]);
    return server.received.splice(0).map(({ body }) => body.task);
  }

  test("decides the task, unless the caller did", async () => {
    const sides = ["retrieval.passage", "retrieval.query"];
    expect(await jinaBody({ model: "jina-embeddings-v3" })).toEqual(sides);
    expect(await jinaBody({ model: "jina-embeddings-v4" })).toEqual(sides);
    expect(await jinaBody({ model: "jina-embeddings-v2-base-en" })).toEqual([undefined, undefined]);
    expect(await jinaBody({ task: "text-matching" })).toEqual(["text-matching", "text-matching"]);
    expect(await jinaBody({ task: "none" })).toEqual([undefined, undefined]);
    // What documents have anyway, said aloud, leaves queries theirs.
    expect(await jinaBody({ task: "retrieval.passage" })).toEqual([
      "retrieval.passage",
      "retrieval.query",
    ]);
    const queryConfig = { task: "code.query" as const };
    expect(await jinaBody({ task: "code.passage", queryConfig })).toEqual([
      "code.passage",
      "code.query",
    ]);
  });

  test("can have a container of its own", async () => {
    const documents = serve(() => ({ vector: [1, 0] }));
    const queries = serve(() => ({ vector: [0, 1] }));
    const embed = transformersContainerEmbedding({
      baseURL: documents.url,
      queryURL: `${queries.url}/`,
    });
    expect(await embed.generate(["text"])).toEqual([[1, 0]]);
    expect(await embed.generateForQueries(["text"])).toEqual([[0, 1]]);
    expect(queries.received.map(({ path }) => path)).toEqual(["/vectors"]);
  });

  test("can have an instruction or a prompt of its own", async () => {
    const server = serve(({ body }) =>
      body.inputs ? body.inputs.map(() => [1, 2]) : indexed(body.input),
    );
    const databricks = databricksEmbedding({
      endpoint: `${server.url}/invocations`,
      apiKey: "test-token",
      queryInstruction: "Find:",
    });
    const tei = huggingFaceServerEmbedding({ baseURL: server.url, queryPromptName: "query" });
    for (const embed of [databricks, tei]) {
      await embed.generate(["text"]);
      await embed.generateForQueries(["text"]);
    }
    const asked = server.received.map(({ body }) => body.instruction ?? body.prompt_name);
    expect(asked).toEqual([undefined, "Find:", undefined, "query"]);
  });
});

describe("answers", () => {
  async function huggingFace(answer: unknown, count: number): Promise<number[][]> {
    const server = serve(() => answer);
    return huggingFaceEmbedding({ endpoint: server.url }).generate(THOUSAND.slice(0, count));
  }
  const tokens = [
    [1, 2],
    [3, 6],
  ];
  const other = [[5, 7]];

  test.each([
    ["vectors", [[1, 2]], [[1, 2]]],
    ["a single vector", [1, 2], [[1, 2]]],
    ["vectors in embeddings", { embeddings: [[1, 2]] }, [[1, 2]]],
    ["vectors of tokens", [tokens], [[2, 4]]],
    ["vectors of tokens of several texts", [tokens, other], tokensMean()],
    ["vectors of tokens in a list of one", [[tokens, other]], tokensMean()],
    ["each text's vectors of tokens in a list of one", [[tokens], [other]], tokensMean()],
  ])("Hugging Face: %s", async (_, answer, expected) => {
    expect(await huggingFace(answer, expected.length)).toEqual(expected);
  });

  function tokensMean() {
    return [
      [2, 4],
      [5, 7],
    ];
  }

  test.each([
    ["too few", [[1, 2]]],
    ["a single one for two", [1, 2]],
    ["none", {}],
    ["tokens without numbers", [tokens, [[null, "x"]]]],
    ["tokens that are none", [tokens, [7]]],
    ["different lengths", [tokens, [[1, 2, 3]]]],
  ])("Hugging Face: %s is refused", async (_, answer) => {
    await expect(huggingFace(answer, 2)).rejects.toMatchObject({ code: "invalid_response" });
  });

  test.each([
    [{ int8: [[1, -2]] }, [[1, -2]]],
    [{ uint8: [[1, 254]], int8: [[1, -2]] }, [[1, -2]]],
    [{ base64: ["AACAPwAAAMA="] }, [[1, -2]]],
  ])("Cohere's other encodings: %j", async (embeddings, expected) => {
    const server = serve(() => ({ embeddings }));
    const embed = cohereEmbedding({ baseURL: server.url, encoding: ["uint8", "int8", "base64"] });
    expect(await embed.generate(["text"])).toEqual(expected);
    expect(server.received[0]?.body.embedding_types).toEqual(["uint8", "int8", "base64"]);
  });

  test("Cohere without any encoding that we know is refused", async () => {
    const server = serve(() => ({ embeddings: { ubinary: [[1, 2]] } }));
    const embed = cohereEmbedding({ baseURL: server.url });
    await expect(embed.generate(["text"])).rejects.toMatchObject({ code: "invalid_response" });
  });
});

describe("files", () => {
  const PNG = "iVBORw0KGgo=";
  const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);

  test("Cohere gets one image a request, and texts together", async () => {
    const server = serve(({ body }) => {
      const list = body.texts ?? body.images;
      return { embeddings: { float: list.map((item: string) => [numberIn(item), 1]) } };
    });
    const vectors = await cohereMedia({ baseURL: server.url }).embedMedia({
      images: [JPEG, PNG, new Blob([JPEG], { type: "image/x" })],
      texts: THOUSAND.slice(0, 100),
    });
    expect([vectors.texts?.length, vectors.images?.length]).toEqual([100, 3]);
    expect(vectors.texts?.map(([i]) => i)).toEqual(THOUSAND.slice(0, 100).map((_, i) => i));
    const sent = server.received.map(({ body }) => body.images ?? body.texts.length);
    expect(sent.map(String).sort()).toEqual([
      "4",
      "96",
      "data:image/jpeg;base64,/9j/4A==",
      `data:image/png;base64,${PNG}`,
      "data:image/x;base64,/9j/4A==",
    ]);
    expect(server.received.filter(({ body }) => body.input_type === "image")).toHaveLength(3);
  });

  test("a kind that the model does not take is refused before anything is sent", async () => {
    const server = serve(() => ({}));
    const { url: baseURL } = server;
    const refused: [MediaInputs, { embedMedia(inputs: MediaInputs): Promise<unknown> }][] = [
      [{ texts: ["a"], audio: [JPEG] }, cohereMedia({ baseURL })],
      [{ images: [JPEG] }, cohereMedia({ baseURL, model: "embed-english-v2.0" })],
      [{ images: [JPEG] }, jinaAIMedia({ baseURL, model: "jina-embeddings-v3" })],
      [{ video: [JPEG] }, voyageAIMedia({ baseURL })],
      [{ depth: [JPEG] }, clipContainerMedia({ baseURL })],
    ];
    for (const [inputs, embed] of refused) {
      await expect(embed.embedMedia(inputs)).rejects.toMatchObject({ code: "unsupported" });
    }
    const wrong = cohereMedia({ baseURL }).embedMedia({ images: ["https://example.com/a.png"] });
    await expect(wrong).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("images[0]"),
    });
    expect(server.received).toEqual([]);
  });

  test("addresses, texts and images in one input are Voyage AI's own", async () => {
    const server = serve(({ body }) => indexed(body.inputs.map((_: unknown, i: number) => `${i}`)));
    const embed = voyageAIMedia({ baseURL: server.url, model: "voyage-multimodal-3.5" });
    const vectors = await embed.embedInputs([
      [
        { type: "text", text: "a" },
        { type: "image", image: "https://example.com/a.png" },
      ],
      [{ type: "image", image: JPEG }],
    ]);
    expect(vectors).toEqual([
      [0, 1],
      [1, 1],
    ]);
    await embed.embedMedia({ video: ["data:video/mp4;base64,AAAA"] });
    const contents = server.received.map(({ body }) => body.inputs);
    expect(contents[0]).toEqual([
      {
        content: [
          { type: "text", text: "a" },
          { type: "image_url", image_url: "https://example.com/a.png" },
        ],
      },
      { content: [{ type: "image_base64", image_base64: "data:image/jpeg;base64,/9j/4A==" }] },
    ]);
    expect(contents[1]?.[0].content).toEqual([
      { type: "video_base64", video_base64: "data:video/mp4;base64,AAAA" },
    ]);
  });

  test("containers: seven kinds there and back", async () => {
    const server = serve(({ body }) => ({
      textVectors: body.texts?.map(() => [0, 1]),
      depthVectors: body.depth?.map(() => [2, 1]),
      imuVectors: [],
    }));
    const embed = imageBindContainerMedia({ baseURL: server.url });
    expect(await embed.embedMedia({ depth: [JPEG], texts: ["a", "b"] })).toEqual({
      texts: [
        [0, 1],
        [0, 1],
      ],
      depth: [[2, 1]],
    });
    expect(await embed.generateForQueries(["a"])).toEqual([[0, 1]]);
    const bodies = server.received.map(({ body }) => body);
    expect(bodies).toEqual([{ texts: ["a", "b"], depth: ["/9j/4A=="] }, { texts: ["a"] }]);
  });

  test("containers: vectors of another kind are refused, also when the sum is right", async () => {
    const server = serve(() => ({
      textVectors: [
        [0, 1],
        [0, 1],
      ],
      imageVectors: [],
    }));
    const embed = clipContainerMedia({ baseURL: server.url });
    await expect(embed.embedMedia({ texts: ["a"], images: [JPEG] })).rejects.toMatchObject({
      code: "invalid_response",
    });
  });
});

describe("chunks", () => {
  const nested = ({ body }: Received) => ({
    data: body.inputs.map((chunks: string[], index: number) => ({
      index,
      ...(indexed(chunks) as object),
    })),
  });

  test("of many documents come back under their documents", async () => {
    const server = serve(nested);
    const embed = voyageAIContextual({ baseURL: server.url, batchSize: 2 });
    const documents = [["text 1", "text 2"], ["text 3"], ["text 4", "text 5", "text 6"]];
    const vectors = await embed.embedChunks(documents);
    expect(vectors.map((list) => list.map(([i]) => i))).toEqual([[1, 2], [3], [4, 5, 6]]);
    expect(await embed.generateForQueries(["text 7"])).toEqual([[7, 1]]);
    expect(server.received).toHaveLength(3);
    expect(server.received[2]?.body).toMatchObject({ inputs: [["text 7"]], input_type: "query" });
  });

  test("a document with fewer vectors than chunks is refused, also when the sum is right", async () => {
    const server = serve(() =>
      nested({ body: { inputs: [["text 1"], ["text 2", "text 3"]] } } as Received),
    );
    const embed = voyageAIContextual({ baseURL: server.url });
    await expect(embed.embedChunks([["a", "b"], ["c"]])).rejects.toMatchObject({
      code: "invalid_response",
    });
  });
});
