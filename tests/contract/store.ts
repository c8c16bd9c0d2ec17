import {
  type NewManifest,
  NO_SNAPSHOT,
  type StagedCollection,
  type Store,
  type Transfers,
} from "../../js/src/storage/store.js";
import { assert, assertEqual, assertRejects, type ContractCase, collect } from "./contract.js";

/** Of the frame of a block, see docs/snapshot-format.md. */
const HEADER_BYTES = 56;

/** Each case gets names that no other case uses. */
export interface StoreContext {
  /** Opens the store of this client name; undefined where nothing outlives close(). */
  open(clientName: string): Promise<Store>;
  /** Whether a store that is opened again has what was written before. */
  persistent: boolean;
  /** Whether it can be opened twice at the same time. */
  shared: boolean;
}

let nextClient = 1;
const freshName = () => `contract-${Date.now()}-${nextClient++}`;

function manifest(id: string, name = id): NewManifest {
  return {
    format: 1,
    id,
    name,
    metadata: null,
    configuration: {
      hnsw: { space: "l2", ef_construction: 100, max_neighbors: 16, ef_search: 100 },
      index: "auto",
    },
    embeddingFunction: { type: "legacy" },
    createdAt: 1_700_000_000_000,
    epoch: 1,
  };
}

const bytes = (...values: number[]) => new Uint8Array(values);

/** length pseudo-random bytes: nothing that storage could compress away. */
function noise(length: number, seed: number): Uint8Array {
  const data = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 2_654_435_761 + 1;
  for (let i = 0; i < data.length; ++i) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = state;
  }
  return new Uint8Array(data.buffer).slice(0, length);
}

async function withStore(context: StoreContext, run: (store: Store) => Promise<void>) {
  const store = await context.open(freshName());
  try {
    await run(store);
    await store.clear();
  } finally {
    await store.close();
  }
}

/** A case that needs one open store. */
function storeCase(name: string, run: (store: Store) => Promise<void>): ContractCase<StoreContext> {
  return { name, run: (context) => withStore(context, run) };
}

/** A case that closes and opens again; nothing to check where nothing is kept. */
function reopenCase(
  name: string,
  write: (store: Store) => Promise<void>,
  check: (store: Store) => Promise<void>,
): ContractCase<StoreContext> {
  return {
    name,
    async run(context) {
      if (!context.persistent) return;
      const client = freshName();
      const first = await context.open(client);
      await write(first);
      await first.close();
      const second = await context.open(client);
      try {
        await check(second);
        await second.clear();
      } finally {
        await second.close();
      }
    },
  };
}

const collections: ContractCase<StoreContext>[] = [
  storeCase("a new store is empty", async (store) => {
    assertEqual(await store.listCollections(), [], "collections");
    assertEqual(await store.getCollection("a"), undefined, "unknown id");
    assertEqual(await collect(store.readJournal("a", 0)), [], "journal of an unknown id");
    assertEqual(await collect(store.readParts("a", 1)), [], "parts of an unknown id");
  }),
  storeCase("collections are listed in order of creation", async (store) => {
    for (const id of ["z", "a", "m"]) await store.createCollection(manifest(id));
    await store.deleteCollection("a");
    await store.createCollection(manifest("b"));
    assertEqual(
      (await store.listCollections()).map(({ id }) => id),
      ["z", "m", "b"],
      "ids",
    );
  }),
  storeCase("a name is taken once", async (store) => {
    await store.createCollection(manifest("1", "notes"));
    await assertRejects(store.createCollection(manifest("2", "notes")), "already_exists", "create");
    await store.createCollection(manifest("2", "other"));
    await assertRejects(
      store.modifyCollection("2", { name: "notes" }),
      "already_exists",
      "rename to a taken name",
    );
    assertEqual((await store.getCollection("2"))?.name, "other", "name after the refusal");
    await store.modifyCollection("1", { name: "notes" });
  }),
  storeCase("one of two creations at the same time wins", async (store) => {
    const results = await Promise.allSettled([
      store.createCollection(manifest("1", "notes")),
      store.createCollection(manifest("2", "notes")),
    ]);
    const won = results.filter(({ status }) => status === "fulfilled").length;
    assertEqual(won, 1, "creations that succeeded");
    assertEqual((await store.listCollections()).length, 1, "collections");
  }),
  storeCase("modify changes name and metadata and nothing else", async (store) => {
    const created = await store.createCollection(manifest("1", "notes"));
    const changed = await store.modifyCollection("1", { name: "new", metadata: { k: 1 } });
    assertEqual(changed, { ...created, name: "new", metadata: { k: 1 } }, "returned manifest");
    assertEqual(await store.getCollection("1"), changed, "stored manifest");
    await assertRejects(store.modifyCollection("2", { name: "x" }), "not_found", "unknown id");
  }),
  storeCase("metadata keeps odd keys and harms no prototype", async (store) => {
    const text = '{"__proto__":"x","constructor":1,"toString":true,"":["a","\\u0000"]}';
    await store.createCollection({ ...manifest("1"), metadata: JSON.parse(text) });
    const { metadata } = (await store.getCollection("1")) ?? {};
    assertEqual(JSON.stringify(metadata), text, "metadata");
    assert(Object.hasOwn(metadata ?? {}, "__proto__"), "__proto__ is a key like any other");
    assertEqual(({} as { x?: unknown }).x, undefined, "Object.prototype");
  }),
  storeCase("what is read may be changed without an effect on the store", async (store) => {
    await store.createCollection({ ...manifest("1"), metadata: { k: "v" } });
    const read = await store.getCollection("1");
    if (read?.metadata) read.metadata.k = "changed";
    assertEqual((await store.getCollection("1"))?.metadata, { k: "v" }, "metadata");
  }),
];

const journal: ContractCase<StoreContext>[] = [
  storeCase("records come back in order, after the sequence asked for", async (store) => {
    await store.createCollection(manifest("a"));
    // More than any page, and past 9 and 99, where an order of texts would differ.
    const count = 130;
    for (let i = 1; i <= count; ++i) await store.append("a", i, bytes(i, i + 1));
    const all = await collect(store.readJournal("a", 0));
    assertEqual(
      all.map(({ sequence }) => sequence),
      [...Array(count).keys()].map((i) => i + 1),
      "sequences",
    );
    assertEqual(all[97]?.record, bytes(98, 99), "record 98");
    assertEqual(
      (await collect(store.readJournal("a", 127))).map(({ sequence }) => sequence),
      [128, 129, 130],
      "sequences after 127",
    );
  }),
  storeCase("a record and a part are read by their numbers", async (store) => {
    await store.createCollection(manifest("1"));
    await store.append("1", 1, bytes(1, 2));
    await store.append("1", 2, bytes(3));
    assertEqual(await store.readRecord("1", 2), bytes(3), "the record");
    assertEqual(await store.readRecord("1", 3), undefined, "a later sequence");
    assertEqual(await store.readRecord("2", 1), undefined, "another collection");
    assertEqual(await store.readPart("1", 0, 0), undefined, "before a snapshot");
    const target = { replaces: 0, generation: 7, coveredSequence: 2 };
    await store.writeSnapshot("1", target, [bytes(4), bytes(5, 6)]);
    assertEqual(await store.readRecord("1", 2), undefined, "a covered record");
    assertEqual(await store.readPart("1", 7, 1), bytes(5, 6), "the part");
    assertEqual(await store.readPart("1", 7, 2), undefined, "a later part");
    assertEqual(await store.readPart("1", 6, 0), undefined, "another generation");
  }),
  storeCase("a sequence is written once", async (store) => {
    await store.createCollection(manifest("a"));
    await store.append("a", 1, bytes(1));
    await assertRejects(store.append("a", 1, bytes(2)), "conflict", "the same sequence again");
    assertEqual(
      await collect(store.readJournal("a", 0)),
      [{ sequence: 1, record: bytes(1) }],
      "journal",
    );
    await store.append("a", 2, bytes(3));
  }),
  storeCase("a sequence that a snapshot covers is a conflict too", async (store) => {
    await store.createCollection(manifest("a"));
    await store.append("a", 1, bytes(1));
    await store.append("a", 2, bytes(2));
    await store.writeSnapshot("a", { replaces: 0, generation: 1, coveredSequence: 2 }, [bytes(9)]);
    await assertRejects(store.append("a", 2, bytes(2)), "conflict", "a covered sequence");
    await store.append("a", 3, bytes(3));
  }),
  storeCase("a snapshot of other vectors brings their function along", async (store) => {
    const created = await store.createCollection(manifest("a"));
    await store.append("a", 1, bytes(1));
    await store.append("a", 2, bytes(2));
    const embeddingFunction = { type: "known" as const, name: "other", config: { model: "m" } };
    const move = { after: 1, embeddingFunction };
    const target = { replaces: 0, generation: 5, coveredSequence: 2, move };
    const late = store.writeSnapshot("a", target, [bytes(7)]);
    await assertRejects(late, "conflict", "a batch was written meanwhile");
    assertEqual(await store.getCollection("a"), created, "what a refused one leaves");
    assertEqual((await collect(store.readJournal("a", 0))).length, 2, "the journal it leaves");
    const again = { ...target, coveredSequence: 3, move: { ...move, after: 2 } };
    const snapshot = await store.writeSnapshot("a", again, [bytes(7), bytes(8)]);
    const configuration = { ...created.configuration, reembedded: 1 };
    const expected = { ...created, snapshot, embeddingFunction, configuration };
    assertEqual(await store.getCollection("a"), expected, "the manifest");
    assertEqual(await collect(store.readJournal("a", 0)), [], "the journal");
    assertEqual(await collect(store.readParts("a", 5)), [bytes(7), bytes(8)], "the parts");
    await assertRejects(store.append("a", 3, bytes(3)), "conflict", "its own sequence");
    await store.append("a", 4, bytes(4));
    const next = { replaces: 5, generation: 6, coveredSequence: 4, move: { ...move, after: 4 } };
    await store.writeSnapshot("a", next, [bytes(9)]);
    assertEqual((await store.getCollection("a"))?.configuration.reembedded, 2, "moved twice");
  }),
  storeCase("append to a collection that is gone is refused", async (store) => {
    await store.createCollection(manifest("a"));
    await store.deleteCollection("a");
    await assertRejects(store.append("a", 1, bytes(1)), "not_found", "append");
    assertEqual(await collect(store.readJournal("a", 0)), [], "journal");
  }),
  storeCase("of a view only its own bytes are stored", async (store) => {
    await store.createCollection(manifest("a"));
    const whole = bytes(0, 1, 2, 3, 4, 5);
    await store.append("a", 1, whole.subarray(2, 4));
    whole.fill(9);
    const [read] = await collect(store.readJournal("a", 0));
    assertEqual(read?.record, bytes(2, 3), "record");
    assertEqual(read?.record.buffer.byteLength, 2, "bytes of the buffer behind it");
  }),
  storeCase("big values come back whole", async (store) => {
    await store.createCollection(manifest("a"));
    const record = noise(5 * 2 ** 20 + 3, 1);
    await store.append("a", 1, record);
    const parts = [1, 2, 3, 4, 5, 6].map((seed) => noise(4 * 2 ** 20 - seed, seed));
    const [read] = await collect(store.readJournal("a", 0));
    assert(sameBytes(read?.record, record), "the record differs");
    const info = await store.writeSnapshot(
      "a",
      { replaces: 0, generation: 1, coveredSequence: 1 },
      parts,
    );
    assertEqual(info.bytes, 6 * 4 * 2 ** 20 - 21, "bytes of the snapshot");
    const back = await collect(store.readParts("a", 1));
    assert(
      back.every((part, i) => sameBytes(part, parts[i])),
      "a part differs",
    );
    assert((await store.usage()).usage > 0, "usage is told");
  }),
  storeCase("collections do not mix, even when written at the same time", async (store) => {
    const ids = ["a", "ab", "b"];
    for (const id of ids) await store.createCollection(manifest(id));
    await Promise.all(
      ids.map(async (id, which) => {
        for (let i = 1; i <= 20; ++i) await store.append(id, i, bytes(which, i));
      }),
    );
    await store.deleteCollection("a");
    assertEqual(await collect(store.readJournal("a", 0)), [], "journal of the deleted one");
    for (const [which, id] of ids.entries()) {
      if (id === "a") continue;
      const records = (await collect(store.readJournal(id, 0))).map(({ record }) => [...record]);
      assertEqual(
        records,
        [...Array(20).keys()].map((i) => [which, i + 1]),
        `journal of ${id}`,
      );
    }
  }),
];

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a?.byteLength === b?.byteLength && (a?.every((byte, i) => byte === b?.[i]) ?? false);
}

/** A collection "a" with records 1 to 3, of which snapshot 1 covers two. */
async function prepared(store: Store): Promise<void> {
  await store.createCollection(manifest("a"));
  for (let i = 1; i <= 3; ++i) await store.append("a", i, bytes(i));
  const target = { replaces: 0, generation: 1, coveredSequence: 2 };
  await store.writeSnapshot("a", target, [bytes(10), bytes(11, 12)]);
}

async function assertPrepared(store: Store, what: string): Promise<void> {
  const { snapshot } = (await store.getCollection("a")) ?? {};
  const expected = { generation: 1, parts: 2, bytes: 3, coveredSequence: 2 };
  assertEqual(snapshot, expected, `${what}: snapshot`);
  assertEqual(await collect(store.readParts("a", 1)), [bytes(10), bytes(11, 12)], `${what}: parts`);
  const records = await collect(store.readJournal("a", 0));
  assertEqual(records, [{ sequence: 3, record: bytes(3) }], `${what}: journal`);
}

function* failingParts(): Generator<Uint8Array> {
  yield bytes(20);
  yield noise(17 * 2 ** 20, 3);
  yield bytes(21);
  throw new Error("the source of the parts failed");
}

async function* slowParts(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield part;
  }
}

/** A block with a frame's header, whose payload has this length; fill: of all bytes that may differ. */
function framed(fill: number, payload: Uint8Array): Uint8Array {
  const part = new Uint8Array(HEADER_BYTES + payload.byteLength).fill(fill, 0, HEADER_BYTES);
  part.set(payload, HEADER_BYTES);
  const view = new DataView(part.buffer);
  view.setUint32(40, payload.byteLength, true);
  view.setUint32(44, 0, true);
  view.setUint32(48, payload[0] ?? 0, true);
  return part;
}

/** Of such a block the header alone, and where the payload comes from. */
const taken = (part: Uint8Array, from: number) => ({ header: part.slice(0, HEADER_BYTES), from });

/** Payloads of three parts that snapshots after the first take over, in other orders and places. */
const PAYLOADS = [noise(3000, 7), noise(100, 8), noise(70_000, 9)] as const;

/** Snapshots 1 to 3 of a collection "a"; resolves to what the parts of the last one are. */
async function takenOver(store: Store): Promise<Uint8Array[]> {
  await store.createCollection(manifest("a"));
  await store.append("a", 1, bytes(1));
  const [first, second, third] = PAYLOADS;
  const old = [framed(1, bytes(1)), framed(2, first), framed(3, second), framed(4, third)];
  await store.writeSnapshot("a", { replaces: 0, generation: 1, coveredSequence: 1 }, old);
  async function* next() {
    yield framed(5, bytes(2));
    yield taken(framed(6, third), 3);
    yield framed(7, second);
    yield taken(framed(8, first), 1);
  }
  const info = await store.writeSnapshot(
    "a",
    { replaces: 1, generation: 4, coveredSequence: 1 },
    next(),
  );
  const lengths = [1, ...PAYLOADS.map(({ length }) => length)];
  const expected = lengths.reduce((sum, length) => sum + HEADER_BYTES + length, 0);
  assertEqual(info.bytes, expected, "bytes of all parts, those taken over too");
  async function* last() {
    yield taken(framed(9, first), 3);
    yield taken(framed(10, third), 1);
    yield taken(framed(11, second), 2);
  }
  await store.writeSnapshot("a", { replaces: 4, generation: 5, coveredSequence: 1 }, last());
  return [framed(9, first), framed(10, third), framed(11, second)];
}

async function assertParts(store: Store, expected: Uint8Array[], what: string): Promise<void> {
  const { generation = -1 } = (await store.getCollection("a"))?.snapshot ?? {};
  const parts = await collect(store.readParts("a", generation));
  assertEqual(parts.length, expected.length, `${what}: parts`);
  for (const [i, part] of expected.entries()) {
    assert(sameBytes(parts[i], part), `${what}: part ${i}`);
    const alone = await store.readPart("a", generation, i);
    assert(sameBytes(alone, part), `${what}: part ${i} alone`);
  }
}

const takingOver: ContractCase<StoreContext>[] = [
  storeCase(
    "a snapshot takes parts over from the one before, and from that one's",
    async (store) => {
      const parts = await takenOver(store);
      await assertParts(store, parts, "after three snapshots");
      for (const generation of [1, 4]) {
        assertEqual(await collect(store.readParts("a", generation)), [], "an older generation");
      }
      async function* failing() {
        yield taken(framed(12, PAYLOADS[0]), 0);
        yield framed(13, bytes(3));
        throw new Error("the source of the parts failed");
      }
      const target = { replaces: 5, generation: 6, coveredSequence: 1 };
      await assertRejects(
        store.writeSnapshot("a", target, failing()),
        "storage_failed",
        "a failure",
      );
      await assertParts(store, parts, "after a failure");
      const whole = [framed(14, PAYLOADS[1]), framed(15, PAYLOADS[2])];
      await store.writeSnapshot("a", target, whole);
      await assertParts(store, whole, "after a snapshot that is whole");
      assertEqual((await store.getCollection("a"))?.format, 1, "format of the manifest");
    },
  ),
  storeCase("what takes parts over is restored whole", async (store) => {
    const parts = await takenOver(store);
    const found = await store.getCollection("a");
    assert(found !== undefined, "there is a collection");
    await store.restore({ ...found, id: "b", name: "b" }, parts, []);
    await store.deleteCollection("a");
    const copy = await store.getCollection("b");
    assertEqual(copy?.format, 1, "format of the manifest");
    const back = await collect(store.readParts("b", copy?.snapshot.generation ?? -1));
    assert(
      parts.every((part, i) => sameBytes(part, back[i])),
      "parts of the copy",
    );
  }),
  reopenCase(
    "parts that were taken over are there when the store is opened again",
    async (store) => void (await takenOver(store)),
    async (store) => {
      const [first, second, third] = PAYLOADS;
      const parts = [framed(9, first), framed(10, third), framed(11, second)];
      await assertParts(store, parts, "again");
    },
  ),
];

const snapshots: ContractCase<StoreContext>[] = [
  storeCase("a snapshot takes the place of the journal it covers", async (store) => {
    await prepared(store);
    await assertPrepared(store, "after the snapshot");
  }),
  storeCase("a newer snapshot takes the place of the older one", async (store) => {
    await prepared(store);
    const target = { replaces: 1, generation: 7, coveredSequence: 3 };
    const info = await store.writeSnapshot("a", target, slowParts(bytes(5), bytes(6)));
    assertEqual(info, { generation: 7, parts: 2, bytes: 2, coveredSequence: 3 }, "info");
    assertEqual((await store.getCollection("a"))?.snapshot, info, "manifest");
    assertEqual(await collect(store.readParts("a", 7)), [bytes(5), bytes(6)], "new parts");
    assertEqual(await collect(store.readParts("a", 1)), [], "old parts");
    assertEqual(await collect(store.readJournal("a", 0)), [], "journal");
  }),
  storeCase("a snapshot that fails in the middle changes nothing", async (store) => {
    await prepared(store);
    const target = { replaces: 1, generation: 2, coveredSequence: 3 };
    await assertRejects(
      store.writeSnapshot("a", target, failingParts()),
      "storage_failed",
      "write",
    );
    await assertPrepared(store, "after the failure");
    assertEqual(await collect(store.readParts("a", 2)), [], "parts of the failed one");
    await store.writeSnapshot("a", target, [bytes(1)]);
  }),
  storeCase(
    "a snapshot that replaces another than the one that counts is refused",
    async (store) => {
      await prepared(store);
      const stale = { replaces: 0, generation: 5, coveredSequence: 3 };
      await assertRejects(
        store.writeSnapshot("a", stale, [bytes(1)]),
        "conflict",
        "stale generation",
      );
      const behind = { replaces: 1, generation: 5, coveredSequence: 1 };
      await assertRejects(store.writeSnapshot("a", behind, [bytes(1)]), "conflict", "covers less");
      await assertPrepared(store, "after the refusals");
    },
  ),
  storeCase("of two snapshots at the same time one counts, unmixed", async (store) => {
    await prepared(store);
    const results = await Promise.allSettled([
      store.writeSnapshot(
        "a",
        { replaces: 1, generation: 2, coveredSequence: 3 },
        slowParts(bytes(1), bytes(1), bytes(1)),
      ),
      store.writeSnapshot(
        "a",
        { replaces: 1, generation: 3, coveredSequence: 3 },
        slowParts(bytes(2), bytes(2)),
      ),
    ]);
    assertEqual(results.filter(({ status }) => status === "fulfilled").length, 1, "winners");
    const { generation = 0, parts = 0 } = (await store.getCollection("a"))?.snapshot ?? {};
    const back = await collect(store.readParts("a", generation));
    assertEqual(
      back.map((part) => part[0]),
      Array(parts).fill(generation - 1),
      "parts",
    );
  }),
  storeCase(
    "a snapshot under the generation that counts is refused and harms it not",
    async (store) => {
      await prepared(store);
      const target = { replaces: 0, generation: 1, coveredSequence: 3 };
      const parts = [bytes(7), bytes(7), bytes(7)];
      await assertRejects(store.writeSnapshot("a", target, parts), "conflict", "write");
      await assertPrepared(store, "after the refusal");
    },
  ),
  storeCase("a snapshot of a deleted collection is refused and leaves nothing", async (store) => {
    await prepared(store);
    async function* deletingParts() {
      yield bytes(1);
      await store.deleteCollection("a");
      yield bytes(2);
    }
    const target = { replaces: 1, generation: 2, coveredSequence: 3 };
    await assertRejects(store.writeSnapshot("a", target, deletingParts()), "not_found", "write");
    assertEqual(await collect(store.readParts("a", 2)), [], "parts");
  }),
  storeCase("deleting a collection deletes all of it", async (store) => {
    await prepared(store);
    await store.deleteCollection("a");
    await store.deleteCollection("a");
    assertEqual(await store.listCollections(), [], "collections");
    assertEqual(await collect(store.readJournal("a", 0)), [], "journal");
    assertEqual(await collect(store.readParts("a", 1)), [], "parts");
  }),
  storeCase("clear deletes everything and leaves the store open", async (store) => {
    await prepared(store);
    await store.clear();
    assertEqual(await store.listCollections(), [], "collections");
    assertEqual(await collect(store.readJournal("a", 0)), [], "journal");
    await prepared(store);
  }),
];

const copies: ContractCase<StoreContext>[] = [
  storeCase("the last sequence is that of the journal, or of the snapshot", async (store) => {
    assertEqual(await store.lastSequence("a"), 0, "unknown id");
    await store.createCollection(manifest("a"));
    assertEqual(await store.lastSequence("a"), 0, "before the first batch");
    await store.append("a", 1, bytes(1));
    await store.append("a", 2, bytes(2));
    assertEqual(await store.lastSequence("a"), 2, "of the journal");
    const target = { replaces: 0, generation: 1, coveredSequence: 2 };
    await store.writeSnapshot("a", target, [bytes(1)]);
    assertEqual(await store.lastSequence("a"), 2, "of the snapshot");
  }),
  storeCase("what is set aside leaves the journal", async (store) => {
    await prepared(store);
    for (const sequence of [4, 5]) await store.append("a", sequence, bytes(sequence));
    await assertRejects(store.setAside("a", 7, 3), "conflict", "another generation");
    await assertRejects(store.setAside("b", 1, 3), "not_found", "unknown id");
    assertEqual(await store.setAside("a", 1, 3), 2, "batches");
    await assertPrepared(store, "after setting aside");
    assertEqual(await store.setAside("a", 1, 3), 0, "batches the second time");
    await store.append("a", 4, bytes(40));
    assertEqual(await store.readRecord("a", 4), bytes(40), "the batch written instead");
  }),
  storeCase("a collection is restored in place of what is there", async (store) => {
    await prepared(store);
    const [old] = await store.listCollections();
    assert(old, "the collection is there");
    const snapshot = { generation: 9, parts: 2, bytes: 3, coveredSequence: 6 };
    const journal = [7, 8].map((sequence) => ({ sequence, record: bytes(sequence) }));
    const copy = { ...old, name: "copy", snapshot };
    await store.restore(copy, slowParts(bytes(1), bytes(2, 3)), journal);
    const now = await store.getCollection("a");
    assertEqual(now?.name, "copy", "name");
    assertEqual(now?.order, old.order, "order");
    assertEqual(now?.snapshot.coveredSequence, 6, "covered sequence");
    const parts = await collect(store.readParts("a", now?.snapshot.generation ?? -1));
    assertEqual(parts, [bytes(1), bytes(2, 3)], "parts");
    assertEqual(await collect(store.readJournal("a", 0)), journal, "journal");
    await store.append("a", 9, bytes(9));
    assertEqual(await store.lastSequence("a"), 9, "last sequence");
    // Nothing is left of what was there.
    await store.restore(
      { ...copy, snapshot: NO_SNAPSHOT },
      [],
      [{ sequence: 1, record: bytes(1) }],
    );
    assertEqual(await store.lastSequence("a"), 1, "last sequence without a snapshot");
  }),
  storeCase("a restoring that fails changes nothing", async (store) => {
    await prepared(store);
    const [old] = await store.listCollections();
    assert(old, "the collection is there");
    const other = { ...old, snapshot: { generation: 1, parts: 3, bytes: 3, coveredSequence: 5 } };
    await assertRejects(store.restore(other, failingParts(), []), "storage_failed", "restore");
    await assertPrepared(store, "after the failure");
    await store.createCollection(manifest("b"));
    const named = { ...old, name: "b", snapshot: NO_SNAPSHOT };
    await assertRejects(store.restore(named, [], []), "already_exists", "a taken name");
    await assertPrepared(store, "after the refusal");
  }),
  {
    name: "who claims last writes, the others are fenced off",
    async run(context) {
      if (!context.shared) return;
      const client = freshName();
      const first = await context.open(client);
      const epoch = await first.claim();
      await prepared(first);
      const second = await context.open(client);
      assertEqual(await second.claim(), epoch + 1, "epoch");
      const target = { replaces: 1, generation: 2, coveredSequence: 3 };
      await assertRejects(first.append("a", 4, bytes(4)), "conflict", "append");
      await assertRejects(first.writeSnapshot("a", target, [bytes(1)]), "conflict", "snapshot");
      await assertRejects(first.createCollection(manifest("b")), "conflict", "create");
      await assertRejects(first.modifyCollection("a", { name: "b" }), "conflict", "modify");
      await assertRejects(first.deleteCollection("a"), "conflict", "delete");
      await assertRejects(first.setAside("a", 1, 0), "conflict", "setAside");
      await assertRejects(first.clear(), "conflict", "clear");
      await assertPrepared(second, "after the refusals");
      await second.append("a", 4, bytes(4));
      assertEqual(await first.readRecord("a", 4), bytes(4), "what the fenced one reads");
      assertEqual(await first.claim(), epoch + 2, "epoch of claiming again");
      await first.clear();
      await Promise.all([first.close(), second.close()]);
    },
  },
];

const lifetime: ContractCase<StoreContext>[] = [
  reopenCase("a store that is opened again has everything", prepared, (store) =>
    assertPrepared(store, "after opening again"),
  ),
  {
    name: "after close every call rejects with code closed",
    async run(context) {
      const store = await context.open(freshName());
      await store.createCollection(manifest("a"));
      await store.close();
      await store.close();
      await assertRejects(store.listCollections(), "closed", "listCollections");
      await assertRejects(store.append("a", 1, bytes(1)), "closed", "append");
      await assertRejects(collect(store.readJournal("a", 0)), "closed", "readJournal");
    },
  },
  {
    name: "what an interrupted snapshot left behind is swept at the next open",
    async run(context) {
      if (!context.persistent) return;
      const client = freshName();
      const first = await context.open(client);
      await prepared(first);
      await interrupt(first);
      const second = await context.open(client);
      try {
        await assertPrepared(second, "after the interruption");
        assertEqual(await collect(second.readParts("a", 2)), [], "orphans");
        await second.clear();
      } finally {
        await second.close();
      }
    },
  },
  {
    name: "a snapshot whose parts another tab swept is refused",
    async run(context) {
      if (!context.shared) return;
      const client = freshName();
      const store = await context.open(client);
      await prepared(store);
      async function* parts() {
        yield noise(17 * 2 ** 20, 5);
        yield bytes(1);
        await (await context.open(client)).close();
        yield bytes(2);
      }
      const target = { replaces: 1, generation: 2, coveredSequence: 3 };
      try {
        await assertRejects(store.writeSnapshot("a", target, parts()), "conflict", "write");
        await assertPrepared(store, "after the refusal");
        await store.clear();
      } finally {
        await store.close();
      }
    },
  },
];

const staged = (id: string, parts: number, batches: number, name = id): StagedCollection => ({
  manifest: manifest(id, name),
  blocks: { parts, bytes: parts, batches },
  coveredSequence: parts === 0 ? 0 : 5,
});

/** Of stores whose collections come and go as files. */
function transferCase(
  name: string,
  run: (store: Store, transfers: Transfers) => Promise<void>,
): ContractCase<StoreContext> {
  return storeCase(name, async (store) => {
    if (store.transfers) await run(store, store.transfers);
  });
}

const batches = (...sequences: number[]) =>
  sequences.map((sequence) => ({ sequence, record: bytes(sequence) }));

const transfers: ContractCase<StoreContext>[] = [
  transferCase("what is staged is not there before it is adopted", async (store, files) => {
    await prepared(store);
    const parts = slowParts(noise(17 * 2 ** 20, 6), bytes(2), bytes(3));
    const blocks = await files.stage("s", parts, batches(6, 7));
    assertEqual(blocks, { parts: 3, bytes: 17 * 2 ** 20 + 2, batches: 2 }, "what was staged");
    await assertPrepared(store, "while it is staged");
    assertEqual(await store.getCollection("s"), undefined, "the staged one");
    const [made] = await files.adopt([{ ...staged("s", 3, 2), blocks }], []);
    await files.unstage(["s"]);
    assertEqual(made, await store.getCollection("s"), "what was made");
    assertEqual(made?.snapshot.coveredSequence, 5, "covered sequence");
    const kept = await collect(store.readParts("s", made?.snapshot.generation ?? -1));
    assertEqual(
      kept.map((part) => part.byteLength),
      [17 * 2 ** 20, 1, 1],
      "its parts",
    );
    assertEqual(await collect(store.readJournal("s", 5)), batches(6, 7), "its journal");
    const names = (await store.listCollections()).map(({ id }) => id);
    assertEqual(names, ["a", "s"], "listed last");
    await store.append("s", 8, bytes(8));
    assertEqual(await store.lastSequence("s"), 8, "its last sequence");
  }),
  transferCase("several take the place of others at once, or none does", async (store, files) => {
    await prepared(store);
    await store.createCollection(manifest("b"));
    await files.stage("x", [], batches(1));
    await files.stage("y", [bytes(1), bytes(2)], []);
    const x = staged("x", 0, 1, "a");
    const taken = [x, staged("y", 2, 0, "b")];
    await assertRejects(files.adopt(taken, ["a"]), "already_exists", "the name b is taken");
    const twice = [x, staged("y", 2, 0, "a")];
    await assertRejects(files.adopt(twice, ["a", "b"]), "already_exists", "one name twice");
    const short = [x, staged("y", 3, 0)];
    await assertRejects(files.adopt(short, ["a"]), "conflict", "a part is missing");
    await assertRejects(files.adopt([x, staged("y", 2, 1)], ["a"]), "conflict", "a batch");
    await assertPrepared(store, "after the refusals");
    const made = await files.adopt([x, staged("y", 2, 0)], ["a"]);
    assertEqual(await files.adopt([x, staged("y", 2, 0)], ["a"]), made, "asked for twice");
    await files.unstage(["x", "y"]);
    const names = (await store.listCollections()).map(({ id, name }) => [id, name]);
    const expected = [
      ["b", "b"],
      ["x", "a"],
      ["y", "y"],
    ];
    assertEqual(names, expected, "what is there");
    assertEqual(await collect(store.readJournal("a", 0)), [], "the journal of the old one");
    assertEqual(await collect(store.readParts("a", 1)), [], "the parts of the old one");
  }),
  transferCase("a staging that fails or is given up leaves nothing", async (store, files) => {
    await assertRejects(files.stage("s", failingParts(), []), "storage_failed", "stage");
    await files.stage("t", [bytes(1)], batches(6));
    await files.unstage(["s", "t", "never"]);
    await assertRejects(files.adopt([staged("t", 1, 1)], []), "conflict", "adopt");
    assertEqual(await store.listCollections(), [], "what is there");
    assertEqual(await collect(store.readParts("t", 1)), [], "parts");
    assertEqual(await collect(store.readJournal("t", 0)), [], "journal");
  }),
  {
    name: "what was staged and never adopted is swept at the next open",
    async run(context) {
      if (!context.persistent) return;
      const client = freshName();
      const first = await context.open(client);
      const staging = first.transfers?.stage("s", [bytes(1)], batches(6, 7));
      await staging;
      await first.close();
      const second = await context.open(client);
      try {
        await second.transfers?.adopt([staged("x", 0, 0)], []);
        assertEqual(await collect(second.readJournal("s", 0)), [], "journal");
        assertEqual(await collect(second.readParts("s", 1)), [], "parts");
        await second.clear();
      } finally {
        await second.close();
      }
    },
  },
];

/** Closes the store between two transactions of a snapshot, so that it cannot tidy up. */
async function interrupt(store: Store): Promise<void> {
  async function* parts() {
    yield noise(17 * 2 ** 20, 4);
    yield bytes(1);
    yield bytes(2);
    await store.close();
    yield bytes(3);
  }
  const target = { replaces: 1, generation: 2, coveredSequence: 3 };
  await assertRejects(store.writeSnapshot("a", target, parts()), "closed", "interrupted snapshot");
}

/** What a Store promises: see js/src/storage/store.ts. */
export const storeContract: ContractCase<StoreContext>[] = [
  ...collections,
  ...journal,
  ...snapshots,
  ...takingOver,
  ...copies,
  ...transfers,
  ...lifetime,
];
