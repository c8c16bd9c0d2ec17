import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as chromadb from "chromadb";
import * as dropIn from "../../js/src/adapters/chroma/index.js";
import { type Recording, Replay, type ReplayClient } from "../contract/collection-replay.js";
import { readFixtures } from "../js/support/fixture-folder.js";
import { SCRIPTS } from "./chroma-scripts.js";
import { startChroma } from "./chroma-server.js";
import type { ServerProcess } from "./server-process.js";

// Programs for chromadb, run by chromadb with its server and by pagevec/chroma without one.

let server: ServerProcess | undefined;
let at: { host: string; port: number };

beforeAll(async () => {
  server = await startChroma();
  at = { host: "127.0.0.1", port: server.port };
}, 300_000);

afterAll(async () => {
  await server?.stop();
  await (await new dropIn.ChromaClient().pagevec()).close();
});

test.each(Object.keys(SCRIPTS))("%s: both print the same", async (name) => {
  const run = SCRIPTS[name] as (typeof SCRIPTS)[string];
  const expected = await run({ api: chromadb, at });
  const printed = await run({ api: dropIn as unknown as typeof chromadb, at });
  expect(shown(printed)).toEqual(shown(expected));
});

describe("the recorded sessions by pagevec/chroma have the errors of chromadb, by name", () => {
  const recordings = readFixtures<Recording>("providers", /^chroma\.semantics.*\.json$/);
  test.each(recordings)("%s", async (_file, recording) => {
    const names = async (client: unknown) => {
      const found: (string | null)[] = [];
      const replay = new Replay(client as ReplayClient, recording, (error) => {
        found.push((error as Error).name);
        const { cause } = error as { cause?: { code?: string } };
        return cause?.code ?? "not compared";
      });
      for (const step of recording.steps) await replay.run(step).catch(() => {});
      return found;
    };
    const theirs = await names(new chromadb.ChromaClient(at));
    expect(theirs.length).toBeGreaterThan(10);
    expect(await names(new dropIn.ChromaClient({ database: "sessions" }))).toEqual(theirs);
  });
});

/** Plain values, in which numbers differ by no more than float32 allows. */
function shown(printed: unknown[]): unknown {
  const round = (_key: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  return JSON.parse(JSON.stringify(printed, round));
}
