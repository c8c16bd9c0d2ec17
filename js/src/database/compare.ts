import type { CallContext } from "../engine/protocol.js";
import type { PagevecError } from "../errors.js";
import type { Manifest } from "../storage/store.js";
import { isCurrent } from "./load.js";
import type { CollectionSession } from "./session.js";

const IN_BACKGROUND: CallContext = {
  signal: new AbortController().signal,
  progress: () => {},
};

/** The calls that a collection was opened for come first. */
const PAUSE_MS = 500;
/** After each part, which takes this thread 8 ms: queries go on nearly as fast. */
const PART_PAUSE_MS = 30;

/**
 * After a collection was loaded from another copy (Store.partsToLoad): reads the snapshot in the copy that
 * counts, part by part between other calls. One that is damaged there is healed, which the store reports.
 */
export async function compareCounting(
  session: CollectionSession,
  manifest: Manifest,
): Promise<void> {
  const { store } = session.options;
  try {
    await pause(PAUSE_MS);
    if (await isSound(session, manifest)) return;
    await session.exclusively(IN_BACKGROUND, async () => {
      // A snapshot that took over meanwhile had the damaged parts deleted.
      if (!(await isCurrent(store, manifest))) return;
      if (await store.heal(session.id)) await session.replace(null);
    });
  } catch {
    // It was closed or deleted meanwhile, or cannot be read: whoever needs it hears of that.
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function isSound({ options, guarded }: CollectionSession, manifest: Manifest) {
  const { core, store } = options;
  const { id, snapshot } = manifest;
  let parts = 0;
  try {
    for await (const part of store.readParts(id, snapshot.generation)) {
      if (!guarded(() => core.isSound(part))) return false;
      ++parts;
      await pause(PART_PAUSE_MS);
    }
  } catch (cause) {
    if ((cause as PagevecError).code === "corrupt") return false;
    throw cause;
  }
  return parts === snapshot.parts;
}
