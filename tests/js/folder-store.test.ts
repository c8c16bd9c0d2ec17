import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { loadCore } from "../../js/src/engine/load.js";
import { FolderStore } from "../../js/src/node/folder-store.js";
import { openFolderStore } from "../../js/src/node/open-folder.js";
import type { StorageReport, Store, StoreHooks } from "../../js/src/storage/store.js";
import { type StoreContext, storeContract } from "../contract/store.js";

const root = fs.mkdtempSync(join(tmpdir(), "pagevec-folder-"));
afterAll(() => fs.rmSync(root, { recursive: true }));
const at = (name: string) => join(root, name);

let crc32c: (bytes: Uint8Array) => number;
beforeAll(async () => {
  const core = await loadCore();
  crc32c = (bytes) => core.crc32c(bytes);
});

type Found = Omit<StorageReport, "time">;

function hooks(reports: Found[] = []): StoreHooks {
  return {
    crc32c,
    isSound: () => true,
    report: (report) => void reports.push(report),
    changed: () => {},
  };
}

const openFolder = (name: string, reports?: Found[]): Promise<Store> =>
  openFolderStore({ name: at(name), storage: "folder" }, hooks(reports));

describe("store contract: a folder, locked", () => {
  const context: StoreContext = { open: openFolder, persistent: true, shared: false };
  for (const { name, run } of storeContract) test(name, () => run(context));
});

describe("store contract: a folder, several at once", () => {
  const open = (name: string) =>
    FolderStore.openFolder({ path: at(`${name}-shared`), durability: "strict", ...hooks() });
  const context: StoreContext = { open, persistent: true, shared: true };
  for (const { name, run } of storeContract) test(name, () => run(context));
});
