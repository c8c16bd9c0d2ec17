import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Direction, SyncParams, SyncResult } from "../../js/src/collection/sync/sync-types.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import type { Metadata, Row } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import {
  type Content,
  contentOf,
  DIMENSION,
  FAULTS,
  Faults,
  openFaulty,
  SyncModel,
  shownContent,
  toyFunction,
  toyOf,
} from "./support/sync-model.js";

// PAGEVEC_SYNC_ROUNDS: how many rounds of edits and syncs a random test has; PAGEVEC_SEED: its numbers.
const ROUNDS = Number(process.env.PAGEVEC_SYNC_ROUNDS ?? 150);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1_000_000_007);
const IDS = Array.from({ length: 30 }, (_, i) => `id${i}`);
const DIRECTIONS: Direction[] = ["push", "pull", "sync", "sync"];
const NOTHING: SyncResult = {
  pushed: 0,
  pulled: 0,
  deletedThere: 0,
  deletedHere: 0,
  embedded: 0,
  conflicts: 0,
  unchanged: 0,
  left: 0,
  later: 0,
  skipped: [],
};

let core: CoreModule;
let names = 0;
beforeAll(async () => {
  core = await loadCore({ variant: "simd128" });
});

/** Two collections in two clients; with functions of different vectors, or without any. */
async function openPair(vectors: boolean, configuration = {}) {
  const faults = new Faults();
  const sides = ["local", "remote"].map(async (side, i) => {
    const client = await openFaulty(core, `sync-${side}-${++names}`, faults);
    const embeddingFunction = vectors ? null : toyFunction(side, DIMENSION + i);
    const params = { name: "notes", embeddingFunction, configuration };
    return { client, collection: await client.createCollection(params) };
  });
  const [here, there] = await Promise.all(sides);
  if (!here || !there) throw new Error("two sides");
  const close = () => Promise.all([here.client.close(), there.client.close()]);
  return {
    faults,
    local: here.collection,
    remote: there.collection,
    clients: [here.client, there.client] as const,
    close,
  };
}

/** Edits with contents that never occur twice. */
class Editor {
  private versions = 0;
  constructor(
    private readonly random: () => number,
    private readonly vectors: boolean,
    /** Edits never take a key or a document away: then no record is deleted to be added. */
    private readonly merging = false,
  ) {}

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  content(): Content {
    const version = ++this.versions;
    const without = !this.merging && this.vectors && this.random() < 0.15;
    const metadata: Metadata = { version, time: Math.floor(this.random() * 5) };
    if (!this.merging && this.random() < 0.5)
      metadata[this.pick(["a", "b", "c"])] = this.pick([true, "x", 1.5]);
    return {
      document: without ? null : `text ${this.random() < 0.3 ? "again" : version}`,
      metadata: !this.merging && this.random() < 0.1 ? null : metadata,
      embedding: this.vectors ? toyOf(`vector ${version}`, DIMENSION) : undefined,
    };
  }

  /** The record as it is afterwards; null: it is gone. */
  async edit(side: Collection, id: string): Promise<Content | null> {
    await side.delete({ ids: [id] });
    if (this.random() < 0.3) return null;
    const content = this.content();
    const { document, metadata, embedding } = content;
    await side.add({
      ids: [id],
      documents: [document],
      metadatas: [metadata],
      ...(embedding ? { embeddings: [embedding] } : {}),
    });
    return content;
  }
}

type Pair = Awaited<ReturnType<typeof openPair>>;

/** Edits some records of both sides. Calls `edited` after each. */
async function editSome(
  editor: Editor,
  { local, remote }: Pair,
  count: number,
  edited: (place: "local" | "remote", id: string, content: string | undefined) => void,
): Promise<void> {
  for (let i = 0; i < count; ++i) {
    const place = editor.pick(["local", "remote"] as const);
    const id = editor.pick(IDS);
    const content = await editor.edit(place === "local" ? local : remote, id);
    edited(place, id, content ? shownContent(content) : undefined);
  }
}

async function expectFunctionVectors(side: Collection, dimension: number): Promise<void> {
  for (const { document, embedding } of (
    await side.get({ include: ["documents", "embeddings"] })
  ).rows()) {
    expect([...(embedding ?? [])]).toEqual(toyOf(document ?? "", dimension));
  }
}

const MODES: [string, boolean][] = [
  ["vectors go over", true],
  ["texts are embedded again", false],
];

describe.each(MODES)(`random edits of seed ${SEED}, %s`, (_mode, vectors) => {
  test("interrupted and repeated: as the model says, whatever the direction", async () => {
    const pair = await openPair(vectors);
    const { local, remote, faults } = pair;
    const random = uniform(SEED + 1);
    const editor = new Editor(random, vectors);
    const model = new SyncModel();
    let interrupted = 0;
    for (let round = 0; round < ROUNDS; ++round) {
      await editSome(editor, pair, Math.floor(random() * 25), (place, id, content) => {
        if (content === undefined) model[place].delete(id);
        else model[place].set(id, content);
      });
      const direction = editor.pick(DIRECTIONS);
      const params: SyncParams = { allowEmpty: true, batchSize: editor.pick([1, 3, 7, 1000]) };
      if (random() < 0.3) params.clock = "time";
      if (direction !== "sync" && random() < 0.2) params.deleteExtra = true;
      let attempts = 0;
      for (let left = Math.floor(random() * 4); left > 0; --left) {
        const signal = faults.arm(Math.floor(random() * 60), editor.pick(FAULTS));
        const failed = await local[direction](remote, params, { signal }).then(
          () => false,
          () => true,
        );
        faults.disarm();
        ++attempts;
        if (failed) ++interrupted;
      }
      const result = await local[direction](remote, params);
      const expected = model.merge(direction, params);
      expect(result).toMatchObject({ skipped: [], later: 0 });
      if (attempts === 0) expect(result).toMatchObject(expected);
      expect(await contentOf(local, vectors)).toEqual(model.local);
      expect(await contentOf(remote, vectors)).toEqual(model.remote);
    }
    expect(interrupted).toBeGreaterThan(ROUNDS / 3);
    if (!vectors) {
      await expectFunctionVectors(local, DIMENSION);
      await expectFunctionVectors(remote, DIMENSION + 1);
    }
    await pair.close();
  }, 300_000);

  test("edits between interruption and repetition: each arrives, or onConflict has seen it", async () => {
    const pair = await openPair(vectors);
    const { local, remote, faults } = pair;
    const random = uniform(SEED + 2);
    const editor = new Editor(random, vectors, true);
    /** Edits that the other side has not had, by side and id. */
    const waiting = { local: new Map(), remote: new Map() } as Record<
      "local" | "remote",
      Map<string, string | undefined>
    >;
    /**
     * Both have had them, as far as a call could know: to delete another one is nothing to be told. Whether
     * a new record arrived when its call broke off, nobody can tell from what is deleted there later.
     */
    const shared = new Set<string>();
    let asked: { local: Map<string, string>; remote: Map<string, string> };
    const onConflict = (here: Row | null, there: Row | null) => {
      const id = (here ?? there)?.id as string;
      for (const [place, row] of [
        ["local", here],
        ["remote", there],
      ] as const) {
        const embedding = vectors && row ? [...(row.embedding ?? [])] : undefined;
        const { document = null, metadata = null } = row ?? {};
        asked[place].set(id, row ? shownContent({ document, metadata, embedding }) : "gone");
      }
      return editor.pick(["local", "remote"] as const);
    };
    for (let round = 0; round < ROUNDS; ++round) {
      await editSome(editor, pair, Math.floor(random() * 12), (place, id, content) => {
        if (content !== undefined || shared.has(id)) waiting[place].set(id, content);
        else waiting[place].delete(id);
      });
      asked = { local: new Map(), remote: new Map() };
      const params = { onConflict, allowEmpty: true, batchSize: editor.pick([1, 4, 1000]) };
      const last = round === ROUNDS - 1;
      const signal = last ? undefined : faults.arm(Math.floor(random() * 80), editor.pick(FAULTS));
      const call = local[editor.pick(DIRECTIONS)](remote, params, signal ? { signal } : {});
      const finished = await call.then(
        () => true,
        (error) => {
          if (last) throw error;
          return false;
        },
      );
      faults.disarm();
      const now = {
        local: await contentOf(local, vectors),
        remote: await contentOf(remote, vectors),
      };
      for (const [here, there] of [
        ["local", "remote"],
        ["remote", "local"],
      ] as const) {
        for (const [id, content] of waiting[here]) {
          if (now[there].get(id) === content) waiting[here].delete(id);
          else if (now[here].get(id) === content) continue;
          else {
            expect([here, id, asked[here].get(id)]).toEqual([here, id, content ?? "gone"]);
            waiting[here].delete(id);
          }
        }
      }
      for (const id of IDS) {
        const [here, there] = [now.local.get(id), now.remote.get(id)];
        if (finished && here !== undefined && here === there) shared.add(id);
        if (here === undefined && there === undefined) shared.delete(id);
      }
    }
    await local.sync(remote, { allowEmpty: true });
    const settled = await local.sync(remote);
    expect(settled).toEqual({ ...NOTHING, unchanged: await local.count() });
    expect(await contentOf(local, vectors)).toEqual(await contentOf(remote, vectors));
    await pair.close();
  }, 300_000);
});
