import * as fs from "node:fs";
import type { StoreChange } from "../storage/store.js";
import type { FolderStore } from "./folder-store.js";

/** Where the system tells of no changes it is looked for them so often. */
const LOOK_MS = 1000;
/** Changes that follow each other closely are taken together. */
const SETTLE_MS = 10;

/** What of a collection others can change. */
export interface FolderState {
  last: number;
  slot: number;
  generation: number;
  /** How often it was moved to another embedding function. */
  moved: number;
  /** What its listeners see of it besides the records. */
  described: string;
}

/** Tells what the one who writes does. @returns what ends that */
export async function watchFolder(
  store: FolderStore,
  path: string,
  changed: (change: StoreChange) => void,
): Promise<() => void> {
  let before = await store.states();
  let due: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  const look = async () => {
    due = undefined;
    if (looking) return later();
    looking = true;
    try {
      const now = await store.states();
      const changes = changesBetween(before, now);
      before = now;
      for (const change of changes) changed(change);
    } catch {
      // Closed; or what cannot be read, which the next call says.
    } finally {
      looking = false;
    }
  };
  const later = () => {
    due ??= setTimeout(look, SETTLE_MS).unref();
  };
  const timer = setInterval(later, LOOK_MS).unref();
  const watcher = watch(path, later);
  return () => {
    clearInterval(timer);
    clearTimeout(due);
    watcher?.close();
  };
}

/** Undefined where the system cannot: network drives, containers. */
function watch(path: string, listener: () => void): fs.FSWatcher | undefined {
  try {
    const watcher = fs.watch(path, { persistent: false }, listener);
    return watcher.on("error", () => {});
  } catch {
    return undefined;
  }
}

function changesBetween(
  before: Map<string, FolderState>,
  now: Map<string, FolderState>,
): StoreChange[] {
  const gone = [...before.keys()].filter((id) => !now.has(id));
  const changes: StoreChange[] = gone.map((id) => ({ kind: "collection", id }));
  for (const [id, state] of now) {
    const old = before.get(id);
    // Other files without a new snapshot: batches were set aside, or a copy restored.
    const replaced = old && old.slot !== state.slot && old.generation === state.generation;
    if (!old || old.described !== state.described) changes.push({ kind: "collection", id });
    if (replaced || (old && old.moved !== state.moved)) changes.push({ kind: "replaced", id });
    else if (old && old.last !== state.last) changes.push({ kind: "batches", id });
  }
  return changes;
}
