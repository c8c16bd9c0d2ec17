import "fake-indexeddb/auto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { openMirroredClient } from "./support/mirrored-client.js";
import { NodeFolder } from "./support/node-folder.js";
import { Refusal, refusingFolder, refusingTransactions } from "./support/refusals.js";

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-refusals-"));
afterAll(() => fs.rmSync(root, { recursive: true }));

/** More than a journal may have before an idle collection gets a snapshot. */
const LONG = "x".repeat(300 * 1024);
/** Records that are deleted to make room, and are no part of what is compared. */
const SPARE = "spare";

let core: CoreModule;
beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
});

interface Session {
  client: Client;
  open(): Promise<Client>;
}
type Step = (session: Session) => Promise<unknown>;

const notesOf = ({ client }: Session, name = "notes") => client.getCollection({ name });
const reopen: Step = async (session) => {
  // Stores a snapshot, if one is due and there is room for it.
  await session.client.close();
  session.client = await session.open();
};
const add =
  (id: string, text: string): Step =>
  async (session) =>
    (await notesOf(session)).add({
      ids: [id, `${SPARE}-${id}`],
      embeddings: [
        [1, id.length],
        [2, 2],
      ],
      documents: [text, "x"],
    });

/** Everything that writes. */
const STEPS: Record<string, Step> = {
  "create a collection": ({ client }) =>
    client.createCollection({ name: "notes", metadata: { k: "v" } }),
  "add a batch": add("a", "x"),
  "add a long batch": add("bb", LONG),
  "store a snapshot": reopen,
  "update a record": async (session) =>
    (await notesOf(session)).update({ ids: ["a"], embeddings: [[7, 7]], documents: ["new"] }),
  "rename the collection": async (session) => (await notesOf(session)).modify({ name: "renamed" }),
  "name it back": async (session) => (await notesOf(session, "renamed")).modify({ name: "notes" }),
  "add a longer batch": add("ccc", LONG + LONG),
  "store another snapshot": reopen,
  "delete a record": async (session) => (await notesOf(session)).delete({ ids: ["bb"] }),
  "create another collection": ({ client }) => client.createCollection({ name: "more" }),
  "delete the first collection": ({ client }) => client.deleteCollection({ name: "notes" }),
};

async function stateOf({ client }: Session): Promise<string> {
  const state: unknown[] = [];
  for (const collection of await client.listCollections()) {
    const found = await collection.get({ include: ["documents", "embeddings"] });
    const records = found.ids
      .map((id, i) => [id, found.documents[i], [...(found.embeddings[i] ?? [])]])
      .filter(([id]) => !String(id).startsWith(SPARE));
    state.push([collection.name, collection.metadata, records]);
  }
  return JSON.stringify(state);
}

let names = 0;

/** Runs the steps with refusals; states: after each step, as they are without. */
async function run(
  states: string[] | null,
  refusals: { transactions: Refusal; files: Refusal },
): Promise<{ states: string[]; refused: string | null }> {
  const name = `refusals-${++names}`;
  const folder = refusingFolder(new NodeFolder(join(root, name)), refusals.files);
  const open = () => openMirroredClient({ core, name, folder });
  const session: Session = { client: await open(), open };
  const reached: string[] = [];
  let refused: string | null = null;
  let before = await stateOf(session);
  for (const [i, [step, work]] of Object.entries(STEPS).entries()) {
    const failure = await work(session).then(
      () => null,
      (error) => error,
    );
    if (failure) {
      refused = step;
      expect(failure).toMatchObject({ code: "quota_exceeded" });
      // Also what a reload has.
      expect(await stateOf(session)).toBe(before);
      await reopen(session);
      expect(await stateOf(session)).toBe(before);
      await makeRoom(session);
      await work(session);
    }
    before = await stateOf(session);
    reached.push(before);
    if (!states && work === reopen) {
      expect((await session.client.check())[0]).toMatchObject({ batches: 0, problems: [] });
    }
    if (states) expect([step, before]).toEqual([step, states[i]]);
  }
  await reopen(session);
  expect(await stateOf(session)).toBe(before);
  for (const { problems } of await session.client.check()) expect(problems).toEqual([]);
  expect(await session.client.storage()).toMatchObject({ copy: "kept", reports: [] });
  await session.client.close();
  return { states: reached, refused };
}

/** A deletion, as the advice of quota_exceeded says. */
async function makeRoom(session: Session): Promise<void> {
  for (const collection of await session.client.listCollections()) {
    const { ids } = await collection.get({ include: [] });
    const spare = ids.filter((id) => id.startsWith(SPARE));
    if (spare.length > 0) await collection.delete({ ids: spare });
  }
}

describe("without room at any moment", () => {
  let states: string[];
  beforeAll(async () => {
    const refusals = { transactions: new Refusal(0), files: new Refusal(0) };
    states = (await run(null, refusals)).states;
  });

  test.each(["transactions", "files"] as const)(
    "a refusal in any of the %s leaves the state before, and the next write works",
    async (where) => {
      const refused = new Map<string, number>();
      let number = 1;
      for (; ; ++number) {
        const refusals = { transactions: new Refusal(0), files: new Refusal(0) };
        const refusal = new Refusal(number);
        refusals[where] = refusal;
        const result = await refusingTransactions(refusals.transactions, () =>
          run(states, refusals),
        );
        if (!refusal.fired) break;
        if (result.refused) refused.set(result.refused, (refused.get(result.refused) ?? 0) + 1);
      }
      // Each kind of step, so that a refusal that is never seen cannot pass for one that is survived.
      expect(number).toBeGreaterThan(20);
      expect([...refused.keys()]).toEqual(
        expect.arrayContaining(["add a batch", "update a record"]),
      );
    },
    60_000,
  );
});
