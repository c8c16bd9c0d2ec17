import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { AddParams } from "../../js/src/types.js";
import { assert, assertEqual, type ContractCase } from "./contract.js";
import { filterRows, otherRows } from "./hostile-calls.js";
import { idRows, metadataRows, textRows, vectorRows } from "./hostile-records.js";

export interface HostileContext {
  /** The same one each time: what a case leaves behind would harm those after it. */
  client(): Promise<Client>;
}

/** A call with hostile input. */
export interface HostileRow {
  what: string;
  call(notes: Collection, client: Client): Promise<unknown>;
  /** As which it is refused, and what the message says: what, which value, what to do. */
  refused?: [code: string, message: RegExp];
  /** What a call that is taken has done, besides resolving. */
  taken?(notes: Collection, answer: unknown): Promise<void>;
}

/** Metadata keys and values, documents and vectors of every kind. */
const RECORDS: AddParams = {
  ids: ["a", "__proto__", "c"],
  embeddings: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  documents: ["a cat", "", null],
  metadatas: [{ n: 1, tags: ["x", "y"] }, null, { text: "naïve" }],
};

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype];

/** All that can be read of a collection, also through the index and the filters. */
async function stateOf(notes: Collection, client: Client): Promise<unknown> {
  const all = await notes.get({ include: ["documents", "metadatas", "embeddings"] });
  return {
    count: await notes.count(),
    all: [all.ids, all.documents, all.metadatas, all.embeddings],
    near: (await notes.query({ queryEmbeddings: [[1, 0.5, 0.25]] })).rows(),
    filtered: (await notes.get({ where: { n: { $gte: 1 } } })).ids,
    named: [notes.name, notes.metadata],
    collections: await client.countCollections(),
  };
}

const prototypes = () => PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).length);

async function assertRefused(row: HostileRow, call: () => Promise<unknown>): Promise<void> {
  const [code, message] = row.refused as [string, RegExp];
  let thrown: { name?: unknown; code?: unknown; message?: unknown } | undefined;
  try {
    await call();
  } catch (error) {
    thrown = error as typeof thrown;
  }
  assert(thrown !== undefined, `expected a rejection with code ${code}, it resolved`);
  const got = `${thrown.code}: ${thrown.message}`;
  assert(thrown.name === "PagevecError" && thrown.code === code, `expected ${code}, got ${got}`);
  assert(message.test(String(thrown.message)), `expected a message like ${message}, got ${got}`);
  assert(/^pagevec: \S/.test(String(thrown.message)), `no message of pagevec: ${got}`);
  assert(String(thrown.message).length < 600, `a message of ${String(thrown.message).length}`);
}

async function runRow(row: HostileRow, context: HostileContext): Promise<void> {
  const before = prototypes();
  const client = await context.client();
  const notes = await client.createCollection({ name: "notes", metadata: { kind: "hostile" } });
  try {
    await notes.add(RECORDS);
    const state = await stateOf(notes, client);
    const call = async () => row.call(notes, client);
    if (row.refused) {
      await assertRefused(row, call);
      assertEqual(await stateOf(notes, client), state, "what is there after a refusal");
    } else {
      const answer = await call();
      await row.taken?.(notes, answer);
    }
    assertEqual(prototypes(), before, "the keys of built-in prototypes");
    // The next good call works, and is not mixed with anything of the refused one.
    const count = await notes.count();
    await notes.add({ ids: ["next"], embeddings: [[3, 2, 1]], documents: ["next"] });
    assertEqual((await notes.get({ ids: ["next"] })).documents, ["next"], "the next batch");
    assertEqual(await notes.count(), count + 1, "the count after it");
  } finally {
    await client.deleteCollection({ name: "notes" });
  }
}

const TABLES: [string, HostileRow[]][] = [
  ["vectors", vectorRows],
  ["texts", textRows],
  ["ids", idRows],
  ["metadata", metadataRows],
  ["filters", filterRows],
  ["other arguments", otherRows],
];

/** What a caller may hand over by mistake or on purpose; each is taken whole or refused whole. */
export const hostileContract: ContractCase<HostileContext>[] = TABLES.flatMap(([table, rows]) =>
  rows.map((row) => ({
    name: `${table}: ${row.what}`,
    run: (context: HostileContext) => runRow(row, context),
  })),
);
