import "fake-indexeddb/auto";
import { describe, expect, test } from "@jest/globals";
import { openDB } from "idb";
import { IndexedDbStore } from "../../js/src/storage/indexeddb.js";
import { MemoryStore } from "../../js/src/storage/memory.js";
import type { NewManifest } from "../../js/src/storage/store.js";
import { type StoreContext, storeContract } from "../contract/store.js";
import { refuse } from "./support/refusals.js";

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
  ["memory", { open: async () => new MemoryStore(), persistent: false, shared: false }],
  ["fake-indexeddb", { open: (name) => IndexedDbStore.open(name), persistent: true, shared: true }],
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
      message: expect.stringMatching(/did not open within 50 ms.*another tab/),
    });
    other.close();
    await new Promise((resolve) => {
      deletion.onsuccess = resolve;
    });
  });

  test("an open that another tab blocks ends with an error after its own limit", async () => {
    // An older schema, held open by a tab that does not listen.
    const other = await openDB("pagevec/blocked", 1);
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (name) {
      return open.call(this, name, 2);
    };
    try {
      const begin = performance.now();
      await expect(IndexedDbStore.open("blocked", { blockedLimit: 30 })).rejects.toMatchObject({
        code: "storage_failed",
        message: expect.stringMatching(/within 30 ms.*another tab/),
      });
      expect(performance.now() - begin).toBeLessThan(3000);
    } finally {
      IDBFactory.prototype.open = open;
      other.close();
    }
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
      refuse(request);
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

  /** As if the browser closed the connection so often, each time when a transaction begins. */
  async function withClosings<T>(closings: number, work: () => Promise<T>): Promise<T> {
    const transaction = IDBDatabase.prototype.transaction;
    let left = closings;
    IDBDatabase.prototype.transaction = function (...args) {
      if (left-- > 0) {
        this.close();
        throw new DOMException("The database connection is closing.", "InvalidStateError");
      }
      return transaction.apply(this, args);
    };
    try {
      return await work();
    } finally {
      IDBDatabase.prototype.transaction = transaction;
    }
  }

  test("a connection that the browser closed is opened again, three times at most", async () => {
    const store = await IndexedDbStore.open("lost");
    await store.createCollection(manifest);
    const names = async () => (await store.listCollections()).map(({ name }) => name);
    expect(await withClosings(3, names)).toEqual(["notes"]);
    await expect(withClosings(4, names)).rejects.toMatchObject({
      code: "storage_failed",
      message: expect.stringContaining("InvalidStateError"),
    });
    expect(await names()).toEqual(["notes"]);
    await store.close();
  });

  test("a database that is deleted under an open client is an error, not empty", async () => {
    const store = await IndexedDbStore.open("cleared");
    const transaction = IDBDatabase.prototype.transaction;
    let connection: IDBDatabase | undefined;
    IDBDatabase.prototype.transaction = function (...args) {
      connection = this;
      return transaction.apply(this, args);
    };
    await store.createCollection(manifest);
    IDBDatabase.prototype.transaction = transaction;
    // The browser closes the connection itself when the user clears the site's data.
    connection?.close();
    await new Promise((resolve) => {
      indexedDB.deleteDatabase("pagevec/cleared").onsuccess = resolve;
    });
    for (let i = 0; i < 2; ++i) {
      await expect(store.listCollections()).rejects.toMatchObject({
        code: "storage_failed",
        message: expect.stringContaining("deleted while it was in use"),
      });
    }
  });

  test("durability is that of the client; the switch to a snapshot is always strict", async () => {
    const asked: (string | undefined)[] = [];
    const transaction = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (names, mode, options) {
      asked.push(options?.durability);
      return transaction.call(this, names, mode, options);
    };
    try {
      for (const durability of ["relaxed", "strict"] as const) {
        const store = await IndexedDbStore.open(`durability-${durability}`, { durability });
        await store.createCollection(manifest);
        asked.length = 0;
        await store.append("a", 1, new Uint8Array(1));
        expect(asked).toEqual([durability]);
        const target = { replaces: 0, generation: 1, coveredSequence: 1 };
        await store.writeSnapshot("a", target, [new Uint8Array(1)]);
        expect(asked.slice(1)).toEqual([durability, "strict", durability]);
        await store.close();
      }
    } finally {
      IDBDatabase.prototype.transaction = transaction;
    }
  });
});
