import "fake-indexeddb/auto";
import { describe, expect, test } from "@jest/globals";
import { openDB } from "idb";
import { IndexedDbStore } from "../../js/src/storage/indexeddb.js";
import { MemoryStore } from "../../js/src/storage/memory.js";
import type { NewManifest } from "../../js/src/storage/store.js";
import { type StoreContext, storeContract } from "../contract/store.js";

const manifest: NewManifest = {
  format: 1,
  id: "a",
  name: "notes",
  metadata: null,
  configuration: {
    hnsw: { space: "l2", ef_construction: 100, max_neighbors: 16, ef_search: 100 },
    index: "auto",
  },
  embeddingFunction: { type: "legacy" },
  createdAt: 0,
  epoch: 1,
};

const contexts: [string, StoreContext][] = [
  ["memory", { open: async () => new MemoryStore(), persistent: false }],
  ["fake-indexeddb", { open: (name) => IndexedDbStore.open(name), persistent: true }],
];

for (const [name, context] of contexts) {
  describe(`store contract: ${name}`, () => {
    for (const { name, run } of storeContract) test(name, () => run(context));
  });
}

describe("IndexedDB", () => {
  test("an open that waits for another tab ends with an error", async () => {
    const other = await openDB("pagevec/held", 1);
    // Asks for deletion, which the other connection does not grant: opens queue behind it.
    const deletion = indexedDB.deleteDatabase("pagevec/held");
    await expect(IndexedDbStore.open("held", { openLimit: 50 })).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining("another tab"),
    });
    other.close();
    await new Promise((resolve) => {
      deletion.onsuccess = resolve;
    });
  });

  test("a database of a newer version is refused as such", async () => {
    (await openDB("pagevec/newer", 2)).close();
    await expect(IndexedDbStore.open("newer")).rejects.toMatchObject({ code: "format_too_new" });
  });

  test("a tab that wants to delete the database is let through", async () => {
    const store = await IndexedDbStore.open("deleted");
    await store.createCollection(manifest);
    await new Promise((resolve, reject) => {
      const deletion = indexedDB.deleteDatabase("pagevec/deleted");
      deletion.onsuccess = resolve;
      deletion.onblocked = reject;
    });
    await expect(store.listCollections()).rejects.toMatchObject({
      code: "closed",
      message: expect.stringContaining("another tab"),
    });
  });

  test("a refused write leaves nothing and says quota_exceeded", async () => {
    const store = await IndexedDbStore.open("quota");
    await store.createCollection(manifest);
    const add = IDBObjectStore.prototype.add;
    IDBObjectStore.prototype.add = function (value, key) {
      const request = add.call(this, value, key);
      // As Chromium does it: the request succeeds, the transaction aborts with the reason.
      const error = new DOMException("", "QuotaExceededError");
      Object.defineProperty(this.transaction, "error", { value: error });
      request.addEventListener("success", () => this.transaction.abort());
      return request;
    };
    try {
      await expect(store.append("a", 1, new Uint8Array(10))).rejects.toMatchObject({
        code: "quota_exceeded",
      });
      // Of several requests the later ones only say that the transaction was aborted.
      const target = { replaces: 0, generation: 1, coveredSequence: 0 };
      const parts = [new Uint8Array(1), new Uint8Array(2), new Uint8Array(3)];
      await expect(store.writeSnapshot("a", target, parts)).rejects.toMatchObject({
        code: "quota_exceeded",
      });
    } finally {
      IDBObjectStore.prototype.add = add;
    }
    await store.append("a", 1, new Uint8Array(1));
    await store.close();
  });

  test("a connection that the browser closed is opened again", async () => {
    const store = await IndexedDbStore.open("lost");
    await store.createCollection(manifest);
    const transaction = IDBDatabase.prototype.transaction;
    let failures = 1;
    IDBDatabase.prototype.transaction = function (...args) {
      if (failures-- > 0) {
        this.close();
        throw new DOMException("The database connection is closing.", "InvalidStateError");
      }
      return transaction.apply(this, args);
    };
    try {
      expect((await store.listCollections()).map(({ name }) => name)).toEqual(["notes"]);
    } finally {
      IDBDatabase.prototype.transaction = transaction;
    }
    await store.close();
  });
});
