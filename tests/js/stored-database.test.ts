import "fake-indexeddb/auto";
import { readFile } from "node:fs/promises";
import { beforeAll, describe, test } from "@jest/globals";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { type StoredDatabase, storedDatabaseContract } from "../contract/stored-database.js";
import { openTestClient } from "./support/clients.js";

const FIXTURE = new URL("../fixtures/database/v1.json", import.meta.url);

// In Chromium: tests/browser/contracts.mjs.
describe("the database of another version", () => {
  let core: CoreModule;
  let stored: StoredDatabase;

  beforeAll(async () => {
    core = await loadCore({ variant: "simd128" });
    stored = JSON.parse(await readFile(FIXTURE, "utf8"));
  });

  const context = {
    fixture: async () => stored,
    open: (name: string) => openTestClient({ core, name, storage: "indexeddb" }),
  };
  for (const { name, run } of storedDatabaseContract) test(name, () => run(context));
});
