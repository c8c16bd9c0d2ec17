import type { Manifest, Report } from "./store.js";

const CACHE_NAME = "pagevec-collections";
/** As for the models: .invalid is reserved (RFC 2606), never fetched. */
const KEY_BASE = "https://pagevec.invalid/";

/**
 * A note of which collections there are, apart from IndexedDB and the second copy: so that what both
 * have lost is not taken for never having been. Nothing depends on it: where it cannot be written it is
 * not there.
 */
export class Marker {
  private readonly key: string;
  private noted: Promise<Record<string, string> | undefined> = Promise.resolve(undefined);
  private known: Record<string, string> = {};

  constructor(clientName: string) {
    this.key = keyOf(clientName);
  }

  /** Begins to read the note, which compare() needs. */
  read(): void {
    this.noted = openCache()
      .then((cache) => cache?.match(this.key))
      .then((found) => found?.json())
      .catch(() => undefined);
  }

  /** Reports what the note has and the store has not, and notes what the store has. */
  async compare(manifests: Manifest[], deleted: string[], report: Report, why: string | null) {
    const noted = await this.noted;
    const here = new Set([...manifests.map(({ id }) => id), ...deleted]);
    for (const [id, name] of Object.entries(noted ?? {})) {
      if (here.has(id)) continue;
      const reason = why ?? "the browser deleted its data";
      const message = `"${name}" is gone, and there is no second copy: ${reason}`;
      report({ kind: "lost", collection: name, message, batches: 0 });
    }
    if (why !== null && noted === undefined && manifests.length === 0) {
      report({ kind: "lost", collection: null, message: why, batches: 0 });
    }
    this.known = noted ?? {};
    await this.write(manifests);
  }

  async write(manifests: Manifest[]): Promise<void> {
    const now = Object.fromEntries(manifests.map(({ id, name }) => [id, name]));
    if (JSON.stringify(now) === JSON.stringify(this.known)) return;
    this.known = now;
    const cache = await openCache();
    await cache?.put(this.key, Response.json(now)).catch(() => {});
  }
}

const keyOf = (clientName: string) => KEY_BASE + encodeURIComponent(clientName);

/** Removes the note of a client that is no more. */
export async function removeNote(clientName: string): Promise<void> {
  await (await openCache())?.delete(keyOf(clientName));
}

/** Undefined on insecure pages, and where the browser has the API and refuses it. */
async function openCache(): Promise<Cache | undefined> {
  if (typeof caches === "undefined") return undefined;
  return caches.open(CACHE_NAME).catch(() => undefined);
}
