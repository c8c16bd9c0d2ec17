import "fake-indexeddb/auto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { Client } from "../../js/src/client.js";
import type { DatabaseMethods } from "../../js/src/database/methods.js";
import { createDatabaseService } from "../../js/src/database/service.js";
import { connectInPlace } from "../../js/src/engine/host.js";
import { loadCore } from "../../js/src/engine/load.js";
import { memoryContract, SMALL_MEMORY } from "../contract/memory.js";
import { writeSmallCores } from "../support/small-memory.mjs";
import { fragileCore } from "./support/fragile-core.js";

// In Chromium: tests/browser/contracts.mjs.
describe("a memory that is full", () => {
  let folder: string;

  beforeAll(async () => {
    // The core's script says on the console that it aborts.
    jest.spyOn(console, "error").mockImplementation(() => {});
    folder = await mkdtemp(join(tmpdir(), "pagevec-memory-"));
    await writeSmallCores(pathToFileURL(`${folder}/`), SMALL_MEMORY);
  });
  afterAll(() => {
    jest.restoreAllMocks();
    return rm(folder, { recursive: true });
  });

  const open = (name: string, memory: "small" | "large") => {
    const wasmUrl = memory === "small" ? pathToFileURL(folder) : undefined;
    return Client.open({ name, worker: false, variant: "simd128", wasmUrl });
  };
  for (const { name, run } of memoryContract) test(name, () => run({ open }), 60_000);
});

test("a batch that was stored, but for which there is no memory, is taken back", async () => {
  const core = await loadCore({ variant: "simd128" });
  let full = false;
  let renewed = 0;
  const fragile = fragileCore(core, () => {
    // What abort() of the core's script throws.
    if (full) throw new WebAssembly.RuntimeError("Aborted(). Build with -sASSERTIONS");
  });
  const renew = async () => {
    ++renewed;
    full = false;
  };
  const open = () => {
    const service = createDatabaseService(fragile, undefined, undefined, renew);
    const engine = connectInPlace<DatabaseMethods>(service);
    return Client.connect(engine, { name: "taken back", storage: "indexeddb" });
  };
  const client = await open();
  const notes = await client.createCollection({ name: "notes" });
  await notes.add({ ids: ["whole"], embeddings: [[1]] });
  full = true;
  const [refused, read] = await Promise.allSettled([
    notes.add({ ids: ["half"], embeddings: [[2]] }),
    notes.get(),
  ]);
  expect(refused).toMatchObject({ status: "rejected", reason: { code: "limit_exceeded" } });
  expect(read).toMatchObject({ status: "fulfilled", value: { ids: ["whole"] } });
  expect(renewed).toBe(1);
  expect((await notes.get()).ids).toEqual(["whole"]);
  await notes.add({ ids: ["next"], embeddings: [[3]] });
  await client.close();
  const again = await open();
  const found = await again.getCollection({ name: "notes" });
  expect((await found.get()).ids).toEqual(["whole", "next"]);
  expect((await again.storage()).reports).toEqual([]);
  await again.close();
});
