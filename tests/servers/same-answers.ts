import { expect } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { mulberry32 } from "../support/mulberry32.mjs";
import type { Operation, Sequence } from "./chroma-operations.js";

// Two clients, the same calls, the same answers: one of the core, the other of a server.

/** Of distances and embeddings, relative to those above 1. */
const TOLERANCE = 1e-5;

/**
 * Runs a sequence on both and compares each answer.
 * @returns how many calls were compared, and how many of them both refused
 */
export async function compareSequence(
  name: string,
  { space, dimension, embeds, operations }: Sequence,
  core: Client,
  server: Client,
): Promise<{ calls: number; refused: number }> {
  const embeddingFunction = embeds
    ? { generate: async (texts: string[]) => texts.map((text) => textVector(text, dimension)) }
    : null;
  const params = { name, embeddingFunction, configuration: { hnsw: { space } } };
  const [expecting, asked] = [
    await core.createCollection(params),
    await server.createCollection(params),
  ];
  let refused = 0;
  for (const [i, operation] of operations.entries()) {
    const expected = await outcome(expecting, operation);
    const got = await outcome(asked, operation);
    if ("code" in expected) refused += 1;
    try {
      await assertSame(operation, got, expected, expecting);
    } catch (cause) {
      const calls = operations.slice(0, i + 1).map((call) => JSON.stringify(call));
      const what = `${i} ${operation.op} ${JSON.stringify(operation.args)}`;
      const after = `${space}, after:\n${calls.join("\n")}`;
      throw new Error(`${what}: ${(cause as Error).message}\n${after}`);
    }
  }
  expect(await described(server, asked.name)).toEqual(await described(core, expecting.name));
  await server.deleteCollection({ name: asked.name });
  await core.deleteCollection({ name: expecting.name });
  return { calls: operations.length, refused };
}

type Outcome = { answer: unknown } | { code: string; message: string };

async function outcome(collection: Collection, { op, args }: Operation): Promise<Outcome> {
  try {
    const call = collection[op] as (params: unknown) => Promise<unknown>;
    return { answer: (await call.call(collection, structuredClone(args))) ?? null };
  } catch (error) {
    return { code: (error as { code: string }).code, message: String(error) };
  }
}

async function described(client: Client, name: string) {
  const found = await client.getCollection({ name, embeddingFunction: null });
  return { name: found.name, metadata: found.metadata, count: await found.count() };
}

async function assertSame(
  { op, args }: Operation,
  got: Outcome,
  expected: Outcome,
  core: Collection,
): Promise<void> {
  if ("code" in expected || "code" in got) {
    const text = (side: Outcome) =>
      "code" in side ? `${side.code} (${side.message})` : "an answer";
    if ("code" in expected && "code" in got && got.code === expected.code) return;
    throw new Error(`expected ${text(expected)}, got ${text(got)}`);
  }
  if (op === "query") {
    const all = await core.query({ ...args, nResults: 1000, include: ["distances"] });
    return assertSameHits(got.answer as Hits, expected.answer as Hits, all.distances);
  }
  if (op !== "get" && op !== "peek") return expect(got.answer).toEqual(expected.answer);
  const { embeddings: theirs, ...columns } = got.answer as Columns;
  const { embeddings: ours, ...others } = expected.answer as Columns;
  expect({ ...columns }).toEqual({ ...others });
  // Floats come back as they were given.
  expect(theirs).toEqual(ours);
}

interface Columns {
  ids: string[];
  embeddings: Float32Array[];
}

export interface Hits {
  ids: string[][];
  documents: unknown[][];
  metadatas: unknown[][];
  embeddings: Float32Array[][];
  distances: number[][];
  include: string[];
}

/**
 * What is at one distance, but for rounding, may stand in any order, and any of it may be cut off.
 * @param all the distances of all records that meet the filter, by query
 */
export function assertSameHits(got: Hits, expected: Hits, all: number[][]): void {
  expect(got.include).toEqual(expected.include);
  for (const [q, distances] of expected.distances.entries()) {
    expect(got.distances[q]).toHaveLength(distances.length);
    for (const [i, distance] of distances.entries()) {
      if (!isClose(distance, got.distances[q]?.[i])) {
        throw new Error(`distance ${i} of query ${q} is ${got.distances[q]?.[i]}, not ${distance}`);
      }
    }
  }
  expect(got.ids.map((ids) => ids.length)).toEqual(expected.ids.map((ids) => ids.length));
  for (const column of ["documents", "metadatas", "embeddings"] as const) {
    expect([column, got[column].length]).toEqual([column, expected[column].length]);
  }
  for (const [q, ids] of expected.ids.entries()) {
    for (const [begin, end] of runs(all[q] as number[])) {
      if (end > ids.length) break;
      expect(rowsOf(got, q, begin, end)).toEqual(rowsOf(expected, q, begin, end));
    }
  }
}

/** [begin, end) of what is at one distance. */
function runs(distances: number[]): [number, number][] {
  const found: [number, number][] = [];
  for (let begin = 0, end = 0; begin < distances.length; begin = end) {
    end = begin + 1;
    while (end < distances.length && isClose(distances[end - 1], distances[end])) ++end;
    found.push([begin, end]);
  }
  return found;
}

function isClose(a = Number.NaN, b = Number.NaN): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
}

function rowsOf(hits: Hits, query: number, begin: number, end: number) {
  const rows = [];
  for (let i = begin; i < end; ++i) {
    rows.push({
      id: hits.ids[query]?.[i] ?? "",
      document: hits.documents[query]?.[i],
      metadata: hits.metadatas[query]?.[i],
      embedding: hits.embeddings[query]?.[i],
    });
  }
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A vector of a text that no other text has. */
function textVector(text: string, dimension: number): number[] {
  const seed = [...text].reduce(
    (hash, c) => Math.imul(hash ^ (c.codePointAt(0) ?? 0), 16777619),
    7,
  );
  const bits = mulberry32(seed);
  return Array.from({ length: dimension }, () => Math.fround(bits() / 2 ** 30 - 2));
}
