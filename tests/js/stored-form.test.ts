import { readdir, readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { loadCore } from "../../js/src/engine/load.js";
import type { CollectionHandle, CoreModule } from "../../js/src/engine/module.js";
import { WANT } from "../../js/src/engine/module.js";
import { unwrap } from "../../js/src/engine/outcome.js";
import { packStrings, unpackStrings } from "../../js/src/engine/packed-strings.js";
import { STATUS_CODES } from "../../js/src/errors.js";

// Written natively (tests/cpp/snapshot_test.cpp), read by wasm here.
const GOLDEN = new URL("../fixtures/snapshot/v1/", import.meta.url);

async function golden(prefix: string): Promise<Uint8Array[]> {
  const names = (await readdir(GOLDEN)).filter((name) => name.startsWith(prefix)).sort();
  return Promise.all(
    names.map(async (name) => new Uint8Array(await readFile(new URL(name, GOLDEN)))),
  );
}

/** The payloads of each kind of part (docs/snapshot-format.md), one after another, as hex. */
function contents(all: Uint8Array[]): Record<number, string> {
  const kinds: Record<number, string> = {};
  for (const part of all) {
    const kind = part[8] as number;
    // The last part counts the others.
    if (kind !== 5)
      kinds[kind] = (kinds[kind] ?? "") + Buffer.from(part.subarray(56)).toString("hex");
  }
  return kinds;
}

let core: CoreModule;
let parts: Uint8Array[];
beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
  parts = await golden("part");
});

function load(): CollectionHandle {
  const reader = core.createSnapshotReader(true);
  for (const part of parts) unwrap(reader.feed(part));
  const collection = unwrap(reader.finish());
  reader.delete();
  return collection;
}

describe("a snapshot written natively", () => {
  test("loads in wasm and, written again, has the same content to the byte", () => {
    const collection = load();
    expect(collection.count()).toBeGreaterThan(0);
    const generation = Number(new DataView((parts[0] as Uint8Array).buffer).getBigUint64(16, true));
    const writer = collection.snapshot(generation, false, true);
    const written: Uint8Array[] = [];
    for (let part = writer.next(); part !== null; part = writer.next()) written.push(part);
    writer.delete();
    // The golden parts are cut smaller than 4 MiB, so the cuts differ, but no byte between them.
    expect(contents(written)).toEqual(contents(parts));
    collection.delete();
  });

  test("goes on with the journal written natively", async () => {
    const collection = load();
    for (const record of await golden("journal")) unwrap(collection.apply(record));
    expect(collection.lastSequence()).toBe(7);
    expect(collection.count()).toBe(42);
    expect([...collection.contains(packStrings(["record-1", "record-47"]))]).toEqual([0, 1]);
    collection.delete();
  });

  test("answers: every id is found and every document comes back", () => {
    const collection = load();
    const all = unwrap(
      collection.get(null, null, null, null, 0, 0xffffffff, WANT.documents | WANT.embeddings),
    );
    const ids = unpackStrings(all.ids) as string[];
    expect(new Set(ids).size).toBe(collection.count());
    const dimension = collection.dimension();
    const first = (all.embeddings as Float32Array).subarray(0, dimension);
    const hits = unwrap(collection.query(first, dimension, 1, 0, null, null, null, null, 0));
    expect(hits.counts[0]).toBe(1);
    const again = unwrap(
      collection.get(packStrings(ids.slice(0, 1)), null, null, null, 0, 10, WANT.documents),
    );
    expect(unpackStrings(again.ids)).toEqual(ids.slice(0, 1));
    collection.delete();
  });

  test("with any one byte changed is refused", () => {
    for (const [index, part] of parts.entries()) {
      for (let offset = 0; offset < part.length; offset += 7) {
        const broken = part.slice();
        broken[offset] = (broken[offset] as number) ^ 0x10;
        const reader = core.createSnapshotReader(true);
        for (const earlier of parts.slice(0, index)) unwrap(reader.feed(earlier));
        expect(reader.feed(broken).code).not.toBe(0);
        reader.delete();
      }
    }
  });
});

test("the codes of the core and of PagevecError are one list", () => {
  expect(core.statusNames().split(",")).toEqual([...STATUS_CODES]);
});
