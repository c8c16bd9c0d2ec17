import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { CoreModule } from "../../js/src/engine/module.js";
import { PagevecError } from "../../js/src/errors.js";
import type { CallOptions, EmbeddingFunction } from "../../js/src/types.js";
import { LiveSearch } from "../../js/src/ui/live-search.js";
import { toyVector } from "../contract/collection-replay.js";
import { CORES, openTestClient } from "./support/clients.js";

/** A model that answers a query when the test says so, and tells what it was told. */
class HeldModel implements EmbeddingFunction {
  readonly name = "held";
  readonly asked: string[] = [];
  readonly aborted: string[] = [];
  /** Texts that wait. */
  held = new Map<string, (call: { error?: Error; progress?: number }) => void>();
  holds = false;

  async generate(texts: string[], options: CallOptions = {}): Promise<number[][]> {
    const [text = ""] = texts;
    this.asked.push(text);
    if (this.holds) await this.hold(text, options);
    return texts.map(toyVector);
  }

  private hold(text: string, { signal, onProgress }: CallOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.held.set(text, ({ error, progress }) => {
        if (progress !== undefined) onProgress?.({ stage: "download", done: progress, total: 9 });
        else if (error) reject(error);
        else resolve();
      });
      signal?.addEventListener("abort", () => {
        this.aborted.push(text);
        reject(new PagevecError("aborted", "told to stop"));
      });
    });
  }

  /** Waits until a text is asked for. */
  async arrival(text: string) {
    await waitFor(() => this.held.has(text));
    return this.held.get(text) as (call: { error?: Error; progress?: number }) => void;
  }
}

const LIMIT_MS = 3000;
const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

async function waitFor(condition: () => boolean) {
  const end = performance.now() + LIMIT_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${condition}`);
    await moment();
  }
}
const AT_ONCE = { debounceMs: 0, limit: 2, mode: "vector" } as const;

describe.each(CORES)("a live search on the %s", (_name, load) => {
  let core: CoreModule;
  let client: Client;
  let model: HeldModel;
  let notes: Collection;
  let search: LiveSearch;
  let stop: () => void;
  /** [status, answered text] of every state. */
  let states: [string, string][];
  let names = 0;

  beforeAll(async () => {
    core = await load();
    client = await openTestClient({ core });
  });

  beforeEach(async () => {
    model = new HeldModel();
    notes = await client.createCollection({ name: `notes-${++names}`, embeddingFunction: model });
    await notes.add({ ids: ["1", "2", "3"], documents: ["a cat", "dog", "banana bread"] });
    model.asked.length = 0;
    search = new LiveSearch();
    states = [];
    stop = search.subscribe(() => {
      const { status, text } = search.getSnapshot();
      states.push([status, text]);
    });
  });

  async function until(status: string, text = search.getSnapshot().text) {
    await waitFor(() => {
      const shown = search.getSnapshot();
      return shown.status === status && shown.text === text;
    });
    return search.getSnapshot();
  }
  const ids = () => search.getSnapshot().rows.map(({ id }) => id);

  test("idle, searching, ready, and idle again without a text", async () => {
    expect(search.getSnapshot()).toMatchObject({ status: "idle", rows: [], text: "" });
    search.ask(notes, "  dog ", AT_ONCE);
    const { timings, error } = await until("ready", "dog");
    expect(ids()).toEqual(["2", "1"]);
    expect(timings?.embed).toBeGreaterThanOrEqual(0);
    expect(error).toBeUndefined();
    search.ask(notes, "", AT_ONCE);
    expect(search.getSnapshot()).toMatchObject({ status: "idle", rows: [], text: "" });
    expect(states).toEqual([
      ["searching", ""],
      ["ready", "dog"],
      ["idle", ""],
    ]);
  });

  test("states are objects of their own, one while nothing changes", async () => {
    const idle = search.getSnapshot();
    search.ask(undefined, "dog", AT_ONCE);
    expect(search.getSnapshot()).toBe(idle);
    search.ask(notes, "dog", AT_ONCE);
    const ready = await until("ready", "dog");
    expect(ready).not.toBe(idle);
    search.ask(notes, " dog", { ...AT_ONCE });
    expect(search.getSnapshot()).toBe(ready);
  });

  test("a newer question aborts the older, whose answer never shows", async () => {
    model.holds = true;
    search.ask(notes, "a", AT_ONCE);
    await model.arrival("a");
    search.ask(notes, "ab", AT_ONCE);
    expect(model.aborted).toEqual(["a"]);
    (await model.arrival("ab"))({});
    await until("ready", "ab");
    expect(states.map(([, text]) => text)).not.toContain("a");
  });

  test("an older answer that comes all the same does not show", async () => {
    const answers: ((rows: { rows: { id: string }[] }) => void)[] = [];
    // No collection of ours: one that knows nothing of signals.
    const deaf = {
      search: () => new Promise((resolve) => answers.push(resolve)),
      subscribe: () => () => {},
    } as unknown as Collection;
    search.ask(deaf, "old", AT_ONCE);
    await moment();
    search.ask(deaf, "new", AT_ONCE);
    await moment();
    answers[1]?.({ rows: [{ id: "new" }] });
    await until("ready", "new");
    answers[0]?.({ rows: [{ id: "old" }] });
    await moment();
    expect(ids()).toEqual(["new"]);
    expect(search.getSnapshot().text).toBe("new");
  });

  test("a text is searched for when it stays; other options at once", async () => {
    search.ask(notes, "d", { ...AT_ONCE, debounceMs: 40 });
    await until("ready", "d");
    const began = performance.now();
    search.ask(notes, "do", { ...AT_ONCE, debounceMs: 40 });
    search.ask(notes, "dog", { ...AT_ONCE, debounceMs: 40 });
    await until("ready", "dog");
    expect(performance.now() - began).toBeGreaterThanOrEqual(39);
    expect(model.asked).toEqual(["d", "dog"]);
    search.ask(notes, "dog", { ...AT_ONCE, limit: 1, debounceMs: 60_000 });
    await waitFor(() => ids().length === 1);
    search.ask(notes, "cat", { ...AT_ONCE, limit: 1, debounceMs: 60_000 });
    search.flush();
    await until("ready", "cat");
  });

  test("the last rows stay while it searches, not when that fails, nor of another collection", async () => {
    search.ask(notes, "dog", AT_ONCE);
    await until("ready", "dog");
    const { rows } = search.getSnapshot();
    model.holds = true;
    search.ask(notes, "cat", AT_ONCE);
    const fail = await model.arrival("cat");
    expect(search.getSnapshot()).toMatchObject({ status: "searching", text: "dog" });
    expect(search.getSnapshot().rows).toBe(rows);
    fail({ error: new Error("out of order") });
    const failed = await until("failed", "");
    expect(failed.rows).toEqual([]);
    expect(failed.error).toMatchObject({ code: "embedding_failed" });

    model.holds = false;
    search.ask(notes, "dog", AT_ONCE);
    await until("ready", "dog");
    const other = await client.createCollection({
      name: `other-${names}`,
      embeddingFunction: model,
    });
    search.ask(other, "dog", AT_ONCE);
    expect(search.getSnapshot()).toMatchObject({ status: "searching", rows: [] });
    await until("ready", "dog");
    expect(ids()).toEqual([]);
  });

  test("a refused option is told as a failure", async () => {
    search.ask(notes, "dog", { debounceMs: Number.NaN });
    expect(search.getSnapshot().error).toMatchObject({ code: "invalid_argument" });
    search.ask(notes, "dog", { limit: -1 });
    expect(search.getSnapshot()).toMatchObject({ status: "searching", error: undefined });
    const { error } = await until("failed", "");
    expect(error?.message).toMatch(/limit .* got -1/);
  });

  test("changes of the collection are searched again, without a sign of it but the rows", async () => {
    search.ask(notes, "dog", AT_ONCE);
    await until("ready", "dog");
    // Events are asked for with the first subscription.
    await moment();
    states.length = 0;
    await notes.add({ ids: ["4"], documents: ["dog"] });
    await waitFor(() => ids().includes("4"));
    expect(new Set(states.map(String))).toEqual(new Set(["ready,dog"]));
    model.holds = true;
    await notes.delete({ ids: ["4"] });
    const fail = await model.arrival("dog");
    fail({ error: new Error("out of order") });
    const { rows } = await until("failed", "dog");
    expect(rows).toHaveLength(2);
  });

  test("changes during a search are searched once it is over", async () => {
    model.holds = true;
    search.ask(notes, "dog", AT_ONCE);
    const answer = await model.arrival("dog");
    model.held.clear();
    for (let i = 0; i < 3; ++i) search.refresh();
    expect(model.asked).toEqual(["dog"]);
    answer({});
    (await model.arrival("dog"))({});
    await moment();
    expect(model.asked).toEqual(["dog", "dog"]);
    expect(model.aborted).toEqual([]);
  });

  test("a model that loads is left to load until the next search waits for it too", async () => {
    model.holds = true;
    search.ask(notes, "a", AT_ONCE);
    (await model.arrival("a"))({ progress: 3 });
    expect(search.getSnapshot().progress).toEqual({ stage: "download", done: 3, total: 9 });
    search.ask(notes, "ab", AT_ONCE);
    const next = await model.arrival("ab");
    expect(model.aborted).toEqual([]);
    expect(search.getSnapshot().progress).toBeUndefined();
    next({ progress: 4 });
    expect(model.aborted).toEqual(["a"]);
    next({});
    await until("ready", "ab");
    expect(search.getSnapshot().progress).toBeUndefined();
  });

  test("without subscribers it rests: aborts, asks nothing, and goes on with the next", async () => {
    model.holds = true;
    search.ask(notes, "a", AT_ONCE);
    (await model.arrival("a"))({ progress: 1 });
    search.ask(notes, "ab", AT_ONCE);
    await model.arrival("ab");
    stop();
    expect(model.aborted.sort()).toEqual(["a", "ab"]);
    stop();
    search.ask(notes, "dog", AT_ONCE);
    await notes.delete({ ids: ["1"] });
    search.refresh();
    await moment();
    expect(model.asked).toEqual(["a", "ab"]);
    model.holds = false;
    stop = search.subscribe(() => {});
    await until("ready", "dog");
    expect(ids()).toEqual(["2", "3"]);
  });
});
