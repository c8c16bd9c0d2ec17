import "fake-indexeddb/auto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, jest, test } from "@jest/globals";
import { loadCore } from "../../js/src/engine/load.js";
import { damageJournal } from "./support/damage.js";
import { openMirroredClient } from "./support/mirrored-client.js";
import { NodeFolder } from "./support/node-folder.js";

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-clock-"));
afterAll(() => fs.rmSync(root, { recursive: true }));
afterEach(() => {
  jest.restoreAllMocks();
});

const YEAR_MS = 365 * 24 * 3600 * 1000;
const LONG = "x".repeat(300 * 1024);
const now = Date.now();

/** The time of day at the n-th moment that somebody asks. */
const CLOCKS: Record<string, (asked: number) => number> = {
  "goes back a year": (asked) => now - (asked > 2 ? YEAR_MS : 0),
  "goes forward a year": (asked) => now + (asked > 2 ? YEAR_MS : 0),
  "jumps back and forth": (asked) => now + (asked % 2 === 0 ? YEAR_MS : -YEAR_MS),
  "runs backwards": (asked) => now - asked * YEAR_MS,
  "stands still at zero": () => 0,
};

let names = 0;

test.each(Object.entries(CLOCKS))("no rule depends on a clock that %s", async (_, clock) => {
  let asked = 0;
  jest.spyOn(Date, "now").mockImplementation(() => clock(++asked));
  const core = await loadCore({ variant: "simd128" });
  const name = `clock-${++names}`;
  const open = () => openMirroredClient({ core, name, folder: new NodeFolder(join(root, name)) });
  let client = await open();
  for (const collection of ["first", "second", "third"]) {
    const notes = await client.createCollection({ name: collection });
    await notes.add({ ids: ["a"], embeddings: [[1, 2]], documents: [LONG] });
    // Stores a snapshot.
    await client.close();
    client = await open();
  }
  const listed = await client.listCollections();
  expect(listed.map((each) => each.name)).toEqual(["first", "second", "third"]);
  const second = await client.getCollection({ name: "second" });
  await second.add({ ids: ["b"], embeddings: [[3, 4]] });
  await second.update({ ids: ["a"], embeddings: [[5, 6]] });
  await client.deleteCollection({ name: "first" });
  await client.close();
  await damageJournal(name, second.id, 2, "altered");
  client = await open();
  const healed = await client.getCollection({ name: "second" });
  expect(await healed.get({ include: ["embeddings"] })).toMatchObject({
    ids: ["a", "b"],
    embeddings: [new Float32Array([5, 6]), new Float32Array([3, 4])],
  });
  expect(await client.countCollections()).toBe(2);
  expect((await client.storage()).reports.map(({ kind }) => kind)).toEqual(["recovered"]);
  expect(asked).toBeGreaterThan(3);
  await client.close();
});
