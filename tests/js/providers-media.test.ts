import { describe, expect, test } from "@jest/globals";
import { googleGeminiEmbedding, googleGeminiMedia } from "../../js/src/providers/google-gemini.js";
import { googleVertexEmbedding, googleVertexMedia } from "../../js/src/providers/google-vertex.js";
import type { MediaInputs } from "../../js/src/types/media.js";
import { json, type Script, ScriptedServer } from "./support/scripted-server.js";

const server = new ScriptedServer();
const account = () => ({ apiKey: "some-key", baseURL: server.url, maxConcurrency: 1 });
const sent = () => server.received.map(({ body }) => body);
const PNG = "iVBORw0KGgo=";
const MP4 = Uint8Array.of(0, 0, 0, 24, 102, 116, 121, 112, 105, 115, 111, 109);
const UNKNOWN = Uint8Array.of(1, 2, 3);

describe("Gemini", () => {
  /** As many vectors as were asked for; the first number says which request entry it was. */
  let entries = 0;
  const vectors: Script = (response, request) => {
    const embeddings = request.body.requests.map(() => ({ values: [entries++, 3] }));
    return json(200, { embeddings })(response, request);
  };
  const media = (options = {}) =>
    googleGeminiMedia({ ...account(), model: "gemini-embedding-2", ...options });

  test("all kinds share requests, and get their vectors back by kind", async () => {
    entries = 0;
    server.scripts = [vectors];
    const inputs = { audio: [UNKNOWN], video: [MP4, UNKNOWN], texts: ["a", "b"], images: [PNG] };
    expect(await media({ batchSize: 4 }).embedMedia({ ...inputs, imu: [] })).toEqual({
      texts: [
        [0, 3],
        [1, 3],
      ],
      images: [[2, 3]],
      audio: [[3, 3]],
      video: [
        [4, 3],
        [5, 3],
      ],
      imu: [],
    });
    const parts = sent().map(({ requests }) =>
      requests.map(({ content: { parts } }: { content: { parts: object[] } }) => parts[0]),
    );
    const file = (mime_type: string, data: string) => ({ inline_data: { mime_type, data } });
    expect(parts).toEqual([
      [{ text: "a" }, { text: "b" }, file("image/png", PNG), file("audio/mpeg", "AQID")],
      [file("video/mp4", Buffer.from(MP4).toString("base64")), file("video/mp4", "AQID")],
    ]);
  });

  test("is an embedding function for texts", async () => {
    entries = 0;
    server.scripts = [vectors];
    const embedding = media({ task: "QUESTION_ANSWERING" });
    expect(await embedding.generate(["a"])).toEqual([[0, 3]]);
    expect(await embedding.generateForQueries(["b"])).toEqual([[1, 3]]);
    expect(await embedding.generate([])).toEqual([]);
    const tasks = sent().map(({ requests }) => requests[0].taskType);
    expect(tasks).toEqual(["RETRIEVAL_DOCUMENT", "QUESTION_ANSWERING"]);
  });

  test("what it does not take is refused before anything is sent", async () => {
    const refused = media().embedMedia({ texts: ["a"], imu: [UNKNOWN] });
    await expect(refused).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("it takes texts, images, audio, video"),
    });
    const wrong = media().embedMedia({ texts: [1] } as unknown as MediaInputs);
    await expect(wrong).rejects.toMatchObject({ code: "invalid_argument" });
    expect(sent()).toEqual([]);
  });
});

describe("tasks of Google's text models", () => {
  const TASKS = [
    [undefined, "RETRIEVAL_DOCUMENT", "RETRIEVAL_QUERY"],
    ["RETRIEVAL_DOCUMENT", "RETRIEVAL_DOCUMENT", "RETRIEVAL_DOCUMENT"],
    ["CODE_RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "CODE_RETRIEVAL_QUERY"],
    ["FACT_VERIFICATION", "RETRIEVAL_DOCUMENT", "FACT_VERIFICATION"],
    ["CLUSTERING", "CLUSTERING", "CLUSTERING"],
    ["SEMANTIC_SIMILARITY", "SEMANTIC_SIMILARITY", "SEMANTIC_SIMILARITY"],
    ["none", undefined, undefined],
  ] as const;

  test.each(TASKS)("%s: documents %s, queries %s", async (task, document, query) => {
    const values = [0, 1];
    server.scripts = [
      json(200, { embeddings: [{ values }] }),
      json(200, { embeddings: [{ values }] }),
      json(200, { predictions: [{ embeddings: { values } }] }),
    ];
    const title = "T";
    const gemini = googleGeminiEmbedding({ ...account(), task, title });
    const vertex = googleVertexEmbedding({ ...account(), task, title, projectId: "p" });
    for (const embedding of [gemini, vertex]) {
      await embedding.generate(["a"]);
      await embedding.generateForQueries(["b"]);
    }
    const tasks = sent().map(({ requests, instances }) => {
      const [{ taskType, task_type, title }] = requests ?? instances;
      return [taskType ?? task_type, title];
    });
    const titled = (task: string | undefined) => [
      task,
      task === "RETRIEVAL_DOCUMENT" ? title : undefined,
    ];
    const both = [titled(document), titled(query)];
    expect(tasks).toEqual([...both, ...both]);
  });

  test("vectors are scaled when it is asked", async () => {
    server.scripts = [json(200, { embeddings: [{ values: [3, 4] }, { values: [0, 0] }] })];
    const texts = ["a", "b"];
    expect(await googleGeminiEmbedding(account()).generate(texts)).toEqual([
      [3, 4],
      [0, 0],
    ]);
    const scaled = googleGeminiEmbedding({ ...account(), normalize: true });
    expect(await scaled.generate(texts)).toEqual([
      [0.6, 0.8],
      [0, 0],
    ]);
  });

  test("Vertex: gemini-embedding-001 takes one text a request", async () => {
    const embeddings = { values: [1], statistics: { token_count: 2 } };
    server.scripts = [json(200, { predictions: [{ embeddings }] })];
    const billed: unknown[] = [];
    const options = {
      ...account(),
      projectId: "p",
      onUsage: (usage: unknown) => billed.push(usage),
    };
    const embedding = googleVertexEmbedding({ ...options, model: "gemini-embedding-001" });
    await embedding.generate(["a", "b"]);
    expect(sent().map(({ instances }) => instances.length)).toEqual([1, 1]);
    expect(billed).toEqual([{ input: 2 }, { input: 2 }]);
  });

  test("their configurations are Chroma's", () => {
    expect(googleGeminiEmbedding().getConfig()).toEqual({
      api_key_env_var: "GEMINI_API_KEY",
      model_name: "gemini-embedding-001",
    });
    const options = { projectId: "p", location: "europe-west4", task: "CLUSTERING" } as const;
    expect(googleVertexEmbedding(options).getConfig()).toEqual({
      api_key_env_var: "GOOGLE_OAUTH_ACCESS_TOKEN",
      model_name: "text-embedding-005",
      project_id: "p",
      region: "europe-west4",
      task_type: "CLUSTERING",
    });
  });
});

describe("Vertex's multimodalembedding", () => {
  const segment = (...embedding: number[]) => ({ startOffsetSec: 0, endOffsetSec: 1, embedding });
  const media = (options = {}) => googleVertexMedia({ ...account(), projectId: "p", ...options });

  test("inputs at the same place share an instance; a film's segments are averaged", async () => {
    const all = {
      textEmbedding: [1, 0],
      imageEmbedding: [2, 0],
      videoEmbeddings: [segment(0, 3), segment(6, 3), segment(3, 0)],
    };
    server.scripts = [
      json(200, { predictions: [all] }),
      json(200, { predictions: [{ textEmbedding: [4, 0] }] }),
    ];
    const inputs = { texts: ["a", "b"], images: [PNG], video: [MP4] };
    expect(await media({ videoIntervalSeconds: 8 }).embedMedia(inputs)).toEqual({
      texts: [
        [1, 0],
        [4, 0],
      ],
      images: [[2, 0]],
      video: [[3, 2]],
    });
    const film = Buffer.from(MP4).toString("base64");
    expect(sent()).toEqual([
      {
        instances: [
          {
            text: "a",
            image: { bytesBase64Encoded: PNG },
            video: { bytesBase64Encoded: film, videoSegmentConfig: { intervalSec: 8 } },
          },
        ],
      },
      { instances: [{ text: "b" }] },
    ]);
  });

  test("segments that do not fit each other, or none, are no vector", async () => {
    for (const videoEmbeddings of [[segment(1, 2), segment(1)], [], undefined]) {
      server.scripts = [json(200, { predictions: [{ videoEmbeddings }] })];
      await expect(media().embedMedia({ video: [MP4] })).rejects.toMatchObject({
        code: "invalid_response",
      });
    }
  });

  test("films of other lengths, and sounds, are refused before anything is sent", async () => {
    const inputs = { texts: ["a"], video: [MP4] };
    await expect(media({ dimensions: 256 }).embedMedia(inputs)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("1408"),
    });
    await expect(media().embedMedia({ texts: ["a"], audio: [UNKNOWN] })).rejects.toMatchObject({
      code: "unsupported",
    });
    expect(sent()).toEqual([]);
  });
});
