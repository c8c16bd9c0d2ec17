import { describe, expect, test } from "@jest/globals";
import { cohereReranker } from "../../js/src/providers/cohere.js";
import { huggingFaceServerReranker } from "../../js/src/providers/huggingface-server.js";
import { nvidiaReranker } from "../../js/src/providers/nvidia.js";
import { transformersContainerReranker } from "../../js/src/providers/transformers-container.js";
import { voyageAIReranker } from "../../js/src/providers/voyageai.js";
import type { TokenUsage } from "../../js/src/types/generator.js";
import { answering, type Received, ScriptedServer } from "./support/scripted-server.js";

const server = new ScriptedServer();

function serve(answer: (request: Received) => unknown): string {
  server.scripts = [answering(answer)];
  return server.url;
}

/** Far from the order given, and with ties: a document's score is in its text. */
const SCORES = Array.from({ length: 2500 }, (_, i) => (i * 7919) % 1009);
const DOCUMENTS = SCORES.map((score) => `score ${score}`);
const BEST = SCORES.map((score, index) => ({ index, score })).sort(
  (a, b) => b.score - a.score || a.index - b.index,
);

function scoreOf(document: string): number {
  return Number(document.slice(6));
}

describe("many documents", () => {
  test("go into several requests, whose scores are compared with each other", async () => {
    const baseURL = serve(({ body }) => {
      const scored = (body.documents as string[]).map((document, index) => ({
        index,
        relevance_score: scoreOf(document),
      }));
      return { data: scored.reverse(), usage: { total_tokens: body.documents.length } };
    });
    const billed: TokenUsage[] = [];
    const reranker = voyageAIReranker({ baseURL, onUsage: (usage) => void billed.push(usage) });
    expect(await reranker.rerank("q", DOCUMENTS)).toEqual(BEST);
    expect(await reranker.rerank("q", DOCUMENTS, { limit: 3 })).toEqual(BEST.slice(0, 3));
    expect(server.received.map(({ body }) => body.documents.length).sort()).toEqual([
      1000, 1000, 1000, 1000, 500, 500,
    ]);
    // The best three of a part need not be the best three.
    expect(server.received.every(({ body }) => body.top_k === undefined)).toBe(true);
    expect(billed.reduce((sum, { input = 0 }) => sum + input, 0)).toBe(5000);
  });

  test("containers answer by place, also for equal documents", async () => {
    const baseURL = serve(({ body }) => ({
      scores: body.documents.map((document: string) => ({ document, score: scoreOf(document) })),
    }));
    const reranker = transformersContainerReranker({ baseURL });
    const documents = ["score 1", "score 2", "score 1"];
    expect(await reranker.rerank("q", documents)).toEqual([
      { index: 1, score: 2 },
      { index: 0, score: 1 },
      { index: 2, score: 1 },
    ]);
    expect(await reranker.rerank("q", documents, { limit: 1 })).toHaveLength(1);
    await reranker.rerank("q", DOCUMENTS.slice(0, 70));
    const sizes = server.received.slice(2).map(({ body }) => body.documents.length);
    expect(sizes?.sort()).toEqual([32, 32, 6]);
  });
});

test("no documents are no request", async () => {
  const baseURL = serve(() => ({}));
  expect(await cohereReranker({ baseURL }).rerank("q", [])).toEqual([]);
  expect(server.received).toEqual([]);
});

test.each([
  ["fewer results than documents", [{ index: 0, score: 1, logit: 1 }]],
  ["a result twice", [0, 0].map((index) => ({ index, score: 1, logit: 1 }))],
  ["an index that is none", [0, 2].map((index) => ({ index, score: 1, logit: 1 }))],
  ["a score that is none", [0, 1].map((index) => ({ index, score: "1", logit: null }))],
])("%s: refused", async (_, results) => {
  const baseURL = serve(({ path }) => (path === "/rerank" ? results : { rankings: results }));
  for (const reranker of [huggingFaceServerReranker({ baseURL }), nvidiaReranker({ baseURL })]) {
    await expect(reranker.rerank("q", ["a", "b"])).rejects.toMatchObject({
      code: "invalid_response",
    });
  }
});
