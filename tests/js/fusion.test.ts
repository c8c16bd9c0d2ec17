import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { SearchParams } from "../../js/src/collection/search/search-types.js";
import type { Collection } from "../../js/src/collection.js";
import { type Fused, fuse, type Ranking } from "../../js/src/database/fusion.js";
import { loadCore } from "../../js/src/engine/load.js";
import { uniform } from "../support/mulberry32.mjs";
import { openTestClient } from "./support/clients.js";

// The fusion of rankings that do not come from one collection of the core, beside the core's own.

const COUNT = 200;
const WORDS = ["tea", "green", "black", "cup", "leaf", "water"];
/** Shorter than the rankings, so that each has records that the other lacks. */
const CANDIDATES = 60;

let client: Client;
let collection: Collection;
let ids: string[];

beforeAll(async () => {
  client = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
  const random = uniform(11);
  const some = <T>(list: T[]) => list[Math.floor(random() * list.length)] as T;
  ids = Array.from({ length: COUNT }, (_, i) => `id${i}`);
  collection = await client.createCollection({ name: "fused" });
  await collection.add({
    ids,
    documents: ids.map(() => Array.from({ length: 8 }, () => some(WORDS)).join(" ")),
    // Few values, so that distances are equal.
    embeddings: ids.map(() => [some([0, 1, 2]), some([0, 1 / 3])]),
  });
});

afterAll(() => client.close());

const question = { text: "green tea", embedding: [0.3, 0.7], limit: COUNT, explain: true };

async function found(params: Partial<SearchParams>) {
  const { rows } = await collection.search({ ...question, candidates: CANDIDATES, ...params });
  return rows.map(({ id, score, explain }) => {
    const { vector, keyword } = explain ?? {};
    const parts = [vector, keyword].flatMap((part) => [
      part?.rank ?? 0,
      part?.score ?? 0,
      part?.share ?? 0,
    ]);
    return { id, score, parts } as Fused;
  });
}

/** @param part 0: by vector, 1: by keywords */
function rankingOf(hits: Fused[], part: number): Ranking {
  return {
    ids: hits.map(({ id }) => id),
    scores: hits.map(({ parts }) => parts[3 * part + 1] ?? 0),
  };
}

const NONE: Ranking = { ids: [], scores: [] };

test.each([
  ["rrf", 0.5],
  ["rrf", 0.123],
  ["relativeScoreFusion", 0.5],
  ["relativeScoreFusion", 0.123],
  ["relativeScoreFusion", 0.9],
] as const)("%s with alpha %d gives the core's numbers, to the bit", async (fusion, alpha) => {
  const near = rankingOf(await found({ mode: "vector" }), 0);
  const words = rankingOf(await found({ mode: "keyword" }), 1);
  const scale = fusion === "rrf" ? 2 : 1;
  const settings = {
    fusion: fusion === "rrf" ? 0 : 1,
    vectorWeight: scale * alpha,
    keywordWeight: scale * (1 - alpha),
  };
  const both = new Set([...near.ids, ...words.ids]);
  expect(both.size).toBeGreaterThan(CANDIDATES);
  const order = ids.filter((id) => both.has(id));
  const expected = await found({ mode: "hybrid", fusion, alpha });
  expect(fuse([near, words], settings, order)).toEqual(expected);
});

test("one ranking alone keeps its order and scores", async () => {
  const near = await found({ mode: "vector" });
  const words = await found({ mode: "keyword" });
  const order = (hits: Fused[]) => ids.filter((id) => hits.some((hit) => hit.id === id));
  expect(fuse([rankingOf(near, 0), NONE], null, order(near))).toEqual(near);
  expect(fuse([NONE, rankingOf(words, 1)], null, order(words))).toEqual(words);
});
