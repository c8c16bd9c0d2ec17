import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ChromaClient } from "chromadb";
import { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import { chroma as chromaEngine } from "../../js/src/servers/chroma.js";
import {
  assertClose,
  codeOf,
  type Recording,
  Replay,
  type ReplayClient,
  titleOf,
} from "../contract/collection-replay.js";
import { openTestClient } from "../js/support/clients.js";
import { readFixtures } from "../js/support/fixture-folder.js";
import { mulberry32 } from "../support/mulberry32.mjs";
import { type Operation, randomSequence, type Sequence } from "./chroma-operations.js";
import { startChroma } from "./chroma-server.js";
import type { ServerProcess } from "./server-process.js";

// pagevec beside a running Chroma, and over it: the same calls as chromadb's client, the same answers.
// PAGEVEC_SEQUENCES: how many random sequences; PAGEVEC_SEED: those of an earlier run.

const SEQUENCES = Number(process.env.PAGEVEC_SEQUENCES ?? 2000);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1_000_000_007);

/** Of distances and embeddings, relative to those above 1. */
const TOLERANCE = 1e-5;

/** Sequences under way together: most of the time is the server's. */
const AT_ONCE = 16;

let server: ServerProcess | undefined;
let chroma: ReplayClient;
/** Whose collections are in the core, and whose are in the server. */
const SIDES = ["pagevec", "pagevec over Chroma"] as const;
type Side = (typeof SIDES)[number];
let clients: Record<Side, Client>;
let kept: Collection;
let keptRecords = 0;

beforeAll(async () => {
  server = await startChroma();
  chroma = new ChromaClient({ host: "127.0.0.1", port: server.port }) as unknown as ReplayClient;
  const url = `http://127.0.0.1:${server.port}`;
  const engine = chromaEngine({ url, database: await createDatabase(url) });
  clients = {
    pagevec: await openTestClient({ core: await loadCore({ variant: "simd128" }) }),
    "pagevec over Chroma": await Client.open({ engine }),
  };
}, 300_000);

afterAll(async () => {
  for (const client of Object.values(clients ?? {})) await client.close();
  await server?.stop();
});

/** Beside the one that chromadb's client uses, so that names are free in both. */
async function createDatabase(url: string): Promise<string> {
  const name = "pagevec";
  const answer = await fetch(`${url}/api/v2/tenants/default_tenant/databases`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  expect(answer.status).toBe(200);
  return name;
}

const recordings = readFixtures<Recording>("providers", /^chroma\.semantics.*\.json$/);
describe.each(["Chroma", ...SIDES] as const)("the recorded sessions on %s", (side) => {
  for (const [name, recording] of recordings) {
    describe(name, () => {
      let replay: Replay;
      beforeAll(() => {
        replay =
          side === "Chroma"
            ? new Replay(chroma, recording, (error) => codeOf(error as Error))
            : new Replay(clients[side], recording);
      });
      for (const [i, step] of recording.steps.entries()) {
        test(titleOf(step, i), () => replay.run(step));
      }
    });
  }
});

describe.each(SIDES)(`%s, random sequences of seed ${SEED}`, (side) => {
  const counts: Record<string, number> = {};
  // Over the server every call is two requests or more.
  const sequences = side === "pagevec" ? SEQUENCES : Math.ceil(SEQUENCES / 4);
  let began = 0;
  beforeAll(async () => {
    kept = await chroma.getOrCreateCollection({ name: "kept", embeddingFunction: null });
    began = performance.now();
  });
  afterAll(() => {
    const operations = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(
      `${side}, seed ${SEED}: ${sequences} sequences, ${operations} calls compared in ${seconds} s: ${JSON.stringify(counts)}`,
    );
  });

  const running: Promise<unknown>[] = [];
  // PAGEVEC_SEED of one that fails and PAGEVEC_SEQUENCES=1 run it alone.
  test.each(Array.from({ length: sequences }, (_, i) => i))(
    `seed ${SEED} + %i`,
    async (i) => {
      const compareOne = (next: number) =>
        compare(clients[side], `sequence-${next}`, randomSequence(SEED + next), counts);
      for (let next = i; next < Math.min(i + AT_ONCE, sequences); ++next) {
        // Caught, for its own test to tell.
        running[next] ??= compareOne(next).then(
          () => null,
          (error) => error,
        );
      }
      const failure = await running[i];
      if (failure) throw failure;
    },
    60_000,
  );
});

/** Runs a sequence on both sides and compares each answer. */
async function compare(
  pagevec: Client,
  name: string,
  { space, dimension, embeds, operations }: Sequence,
  counts: Record<string, number>,
): Promise<void> {
  const embeddingFunction = embeds
    ? { generate: async (texts: string[]) => texts.map((text) => textVector(text, dimension)) }
    : null;
  const params = { name, embeddingFunction, configuration: { hnsw: { space } } };
  const theirs = await chroma.createCollection(params);
  const ours = await pagevec.createCollection(params);
  for (const [i, operation] of operations.entries()) {
    if (operation.op === "query" || operation.op === "update") {
      await dropUnknownIds(theirs, operation, embeds);
    }
    if (operation.op === "delete") await keepRowNumber();
    if (operation.op === "update" && operation.args.ids === undefined) continue;
    const what = `${i} ${operation.op} ${JSON.stringify(operation.args)}`;
    const expected = await outcome(theirs, operation, (error) => codeOf(error as Error));
    const got = await outcome(ours, operation, (error) => (error as { code: string }).code);
    counts[operation.op] = (counts[operation.op] ?? 0) + 1;
    if ("code" in expected) counts.refused = (counts.refused ?? 0) + 1;
    try {
      if (operation.op === "query" && "answer" in got && "answer" in expected) {
        const every = { ...operation.args, nResults: 100, include: ["distances"] };
        const { distances } = await theirs.query(every);
        assertSameHits(got.answer as Hits, expected.answer as Hits, distances);
      } else {
        assertSame(operation, got, expected);
      }
    } catch (cause) {
      const calls = operations
        .slice(0, i + 1)
        .map((call) => JSON.stringify(call))
        .join("\n");
      throw new Error(`${what}: ${(cause as Error).message}\n${space}, after:\n${calls}`);
    }
  }
  expect(await described(pagevec, ours.name)).toEqual(await described(chroma, theirs.name));
  await keepRowNumber();
  await chroma.deleteCollection({ name: theirs.name });
  await pagevec.deleteCollection({ name: ours.name });
}

/**
 * Chroma's server keeps the lists in metadata of deleted records, and shows them with the next
 * record of that row number: the next after the highest that is in use. A record that stays uses it.
 */
async function keepRowNumber(): Promise<void> {
  await kept.add({ ids: [`${++keptRecords}`], embeddings: [[0]] });
}

/**
 * A query that names an id that is not there fails inside Chroma's server, and an update of one
 * leaves a vector in its index that a later add does not replace. Here both find the others.
 */
async function dropUnknownIds(
  collection: Collection,
  { op, args }: Operation,
  embeds: boolean,
): Promise<void> {
  const { ids, embeddings, documents, metadatas } = args;
  if (ids === undefined || (op === "update" && !embeddings && !(embeds && documents))) return;
  const known = new Set((await collection.get({ include: [] })).ids);
  const places = ids.flatMap((id: string, i: number) => (known.has(id) ? [i] : []));
  for (const [name, list] of Object.entries({ ids, embeddings, documents, metadatas })) {
    if (list === undefined) continue;
    if (places.length > 0) args[name] = places.map((place: number) => list[place]);
    else delete args[name];
  }
}

async function described(client: ReplayClient, name: string) {
  const found = await client.getCollection({ name, embeddingFunction: null });
  return { name: found.name, metadata: found.metadata ?? null, count: await found.count() };
}

type Outcome = { answer: unknown } | { code: string; message: string };

async function outcome(
  collection: Collection,
  { op, args }: Operation,
  codeOfError: (error: unknown) => string,
): Promise<Outcome> {
  try {
    // The clients may change what they are given.
    const call = collection[op] as (params: unknown) => Promise<unknown>;
    return { answer: (await call.call(collection, structuredClone(args))) ?? null };
  } catch (error) {
    return { code: codeOfError(error), message: String(error) };
  }
}

/** Chroma's client does not tell what is not finite from what is no number. */
const kind = (code: string) => (code === "not_finite" ? "invalid_argument" : code);

function assertSame({ op }: Operation, got: Outcome, expected: Outcome): void {
  if ("code" in expected || "code" in got) {
    const text = (side: Outcome) =>
      "code" in side ? `${side.code} (${side.message})` : "an answer";
    if ("code" in expected && "code" in got && kind(got.code) === kind(expected.code)) return;
    throw new Error(`expected ${text(expected)}, got ${text(got)}`);
  }
  if (op === "get" || op === "peek") {
    assertSameColumns(got.answer as Columns, expected.answer as Columns);
  } else {
    expect(got.answer).toEqual(expected.answer);
  }
}

interface Columns {
  ids: string[];
  documents: unknown[];
  metadatas: unknown[];
  embeddings: ArrayLike<number>[];
  include: string[];
}

interface Hits {
  ids: string[][];
  documents: unknown[][];
  metadatas: unknown[][];
  embeddings: ArrayLike<number>[][];
  distances: number[][];
  include: string[];
}

function assertSameColumns(got: Columns, expected: Columns): void {
  const plain = ({ ids, documents, metadatas, include }: Columns) => ({
    ids,
    documents,
    metadatas,
    include,
  });
  expect(plain(got)).toEqual(plain(expected));
  assertClose(got.embeddings, expected.embeddings, "embeddings", TOLERANCE);
}

/**
 * Records at one distance may stand in any order, and any of them may be cut off.
 * @param all the distances of all records that meet the filter, by query
 */
function assertSameHits(got: Hits, expected: Hits, all: number[][]): void {
  expect(got.include).toEqual(expected.include);
  assertClose(got.distances, expected.distances, "distances", TOLERANCE);
  expect(got.ids.map((ids) => ids.length)).toEqual(expected.ids.map((ids) => ids.length));
  for (const column of ["documents", "metadatas", "embeddings"] as const) {
    expect([column, got[column].length]).toEqual([column, expected[column].length]);
  }
  for (const [q, ids] of expected.ids.entries()) {
    for (const [begin, end] of runs(all[q] as number[])) {
      if (end > ids.length) break;
      const [ours, theirs] = [rowsOf(got, q, begin, end), rowsOf(expected, q, begin, end)];
      expect(ours.map(({ row }) => row)).toEqual(theirs.map(({ row }) => row));
      const vectors = (rows: typeof ours) => rows.map(({ vector }) => vector);
      assertClose(vectors(ours), vectors(theirs), "embeddings", TOLERANCE);
    }
  }
}

/** [begin, end) of what is at one distance. */
function runs(distances: number[]): [number, number][] {
  const found: [number, number][] = [];
  for (let begin = 0, end = 0; begin < distances.length; begin = end) {
    end = begin + 1;
    while (end < distances.length && equalDistance(distances[end - 1], distances[end])) ++end;
    found.push([begin, end]);
  }
  return found;
}

function equalDistance(a = 0, b = 0): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
}

function rowsOf(hits: Hits, query: number, begin: number, end: number) {
  const rows = [];
  for (let i = begin; i < end; ++i) {
    rows.push({
      row: {
        id: hits.ids[query]?.[i] ?? "",
        document: hits.documents[query]?.[i],
        metadata: hits.metadatas[query]?.[i],
      },
      vector: hits.embeddings[query]?.[i] ?? [],
    });
  }
  return rows.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
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
