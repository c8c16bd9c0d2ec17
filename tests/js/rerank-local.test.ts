import { describe, expect, jest, test } from "@jest/globals";
import {
  type LocalReranker,
  type LocalRerankerOptions,
  localReranker,
} from "../../js/src/rerank/local-reranker.js";
import type { Progress } from "../../js/src/types.js";
import { makeTinyBert, makeTinyCrossEncoder } from "../support/tiny-bert.mjs";
import { HubServer } from "./support/hub-server.js";

const QUERY = "old house";
const DOCUMENTS = ["a cat sits on the mat", "the new house", "", "rain snow wind", "river : tree"];

const hub = new HubServer();

function serve(changes: Record<string, string | Uint8Array> = {}, seed = 1) {
  const tiny = makeTinyCrossEncoder({ seed });
  hub.server.files.clear();
  hub.serve("tiny", { ...tiny.files, ...changes });
  return tiny;
}

function open(options: LocalRerankerOptions = {}): LocalReranker {
  const given = { modelUrl: `${hub.server.url}tiny`, worker: false as const, ...options };
  return hub.keep(localReranker("test/tiny-reranker", given));
}

test.each([1, 2, 3])("ranks as the reference does, seed %d", async (seed) => {
  const tiny = serve({}, seed);
  const ranking = await open().rerank(QUERY, DOCUMENTS);
  for (const { index, score } of ranking) {
    expect(score).toBeCloseTo(tiny.logitOf(QUERY, DOCUMENTS[index] as string), 1);
  }
  const scores = ranking.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(ranking.map(({ index }) => index).toSorted()).toEqual([0, 1, 2, 3, 4]);
});

test("a document's score does not depend on the others", async () => {
  serve();
  const model = open();
  const ranking = await model.rerank(QUERY, DOCUMENTS);
  const alone = await model.rerank(QUERY, [DOCUMENTS[3] as string]);
  expect(alone).toEqual([{ index: 0, score: ranking.find(({ index }) => index === 3)?.score }]);
});

test("limit keeps the best; equal documents keep their order; none is none", async () => {
  serve();
  const model = open();
  const all = await model.rerank(QUERY, DOCUMENTS);
  expect(await model.rerank(QUERY, DOCUMENTS, { limit: 2 })).toEqual(all.slice(0, 2));
  const twins = await model.rerank(QUERY, ["cat", "cat", "cat"]);
  expect(twins.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(await model.rerank(QUERY, [])).toEqual([]);
  await expect(model.rerank(QUERY, ["cat"], { limit: -1 })).rejects.toMatchObject({
    code: "invalid_argument",
  });
});

test("what is cut is told", async () => {
  serve();
  const onTruncate = jest.fn();
  const documents = ["cat", Array(40).fill("cat").join(" ")];
  await open({ onTruncate }).rerank(QUERY, documents);
  expect(onTruncate).toHaveBeenCalledWith([1], documents);
});

test("many documents report progress and can be stopped", async () => {
  serve();
  const model = open();
  const documents = Array.from({ length: 2000 }, (_, i) => `cat dog ${i}`);
  const seen: Progress[] = [];
  const controller = new AbortController();
  const onProgress = (progress: Progress) => {
    if (progress.stage !== "rerank") return;
    seen.push(progress);
    if (seen.length === 2) controller.abort();
  };
  const call = model.rerank(QUERY, documents, { onProgress, signal: controller.signal });
  await expect(call).rejects.toMatchObject({ code: "aborted" });
  expect(seen.length).toBe(2);
  expect(seen[0]).toMatchObject({ stage: "rerank", total: 2000 });
  expect((await model.rerank(QUERY, ["cat"])).length).toBe(1);
});

describe("what is no reranker is refused", () => {
  const config = (fields: object) =>
    JSON.stringify({
      ...JSON.parse(makeTinyCrossEncoder().files["config.json"] as string),
      ...fields,
    });

  test.each([
    ["another architecture", { architectures: ["XLMRobertaForSequenceClassification"] }],
    ["three labels", { id2label: { 0: "a", 1: "b", 2: "c" } }],
    ["another activation", { hidden_act: "relu" }],
  ])("%s", async (_, fields) => {
    serve({ "config.json": config(fields) });
    await expect(open().load()).rejects.toMatchObject({ code: "unsupported" });
  });

  test("weights without a head", async () => {
    serve({ "model.safetensors": makeTinyBert().files["model.safetensors"] as Uint8Array });
    await expect(open().load()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("pooler.dense.weight"),
    });
  });
});

test("after close() calls are refused", async () => {
  serve();
  const model = open();
  await model.load();
  await model.close();
  await expect(model.rerank(QUERY, ["cat"])).rejects.toMatchObject({ code: "closed" });
});
