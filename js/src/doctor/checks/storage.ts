import { tryIndexedDb } from "../../storage/probe.js";
import { bad, good, size, warning } from "../outcomes.js";
import { probeName, withStoredClient } from "../probe-client.js";
import type { Check } from "../types.js";
import { inWorker } from "./engine.js";

const BLOCK_BYTES = 4096;
/** A model of the manifest and a collection of some thousand texts fit into it, in both copies. */
const ROOM_BYTES = 100e6;
const ALLOW_STORAGE =
  'Allow the site to store data (cookies and site data in the browser\'s settings), leave the private window, or open clients with storage: "memory".';
const MAKE_ROOM = "Delete data of this site, or free space on the disk.";

const isPage = () => typeof document === "object";
const storageManager = () => globalThis.navigator?.storage as StorageManager | undefined;

const indexedDb: Check = {
  id: "indexeddb",
  title: "IndexedDB",
  otherwise: "bad",
  fix: ALLOW_STORAGE,
  applies: isPage,
  async run() {
    const bytes = crypto.getRandomValues(new Uint8Array(BLOCK_BYTES));
    try {
      if (await tryIndexedDb(probeName(), bytes)) {
        return good(`${BLOCK_BYTES} bytes were written strictly, read back and deleted`);
      }
    } catch (error) {
      const full = (error as { code?: string }).code === "quota_exceeded";
      return bad(String((error as Error).message), full ? MAKE_ROOM : this.fix);
    }
    return bad("what came back is not what was written", this.fix);
  },
};

const collections: Check = {
  id: "collections",
  title: "Collections are kept",
  otherwise: "bad",
  fix: ALLOW_STORAGE,
  needs: ["core", "indexeddb"],
  applies: isPage,
  run: (examination) =>
    withStoredClient(examination, async (open) => {
      await open(async (client) => {
        const notes = await client.createCollection({ name: "notes" });
        await notes.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["kept"] });
      });
      const { documents } = await open(async (client) =>
        (await client.getCollection({ name: "notes" })).get(),
      );
      if (documents[0] === "kept") return good("a record was there after closing and opening");
      return bad("a record was gone after closing and opening", ALLOW_STORAGE);
    }),
};

const files: Check = {
  id: "files",
  title: "The second copy in files (OPFS)",
  otherwise: "warning",
  fix: "Serve the page over https, and let the client run in a worker.",
  needs: ["core", "indexeddb"],
  applies: isPage,
  run(examination) {
    const { fix } = this;
    return withStoredClient(examination, (open) =>
      open(async (client) => {
        await client.createCollection({ name: "notes" });
        const { copy, copyProblem } = await client.storage();
        if (copy !== "none") return good("files are written in place, by synchronous handles");
        const why = inWorker(examination.options)
          ? (copyProblem ?? "the browser gives no synchronous file handles")
          : "they can only be written in a worker";
        return warning(`there is one copy of collections only: ${why}`, fix);
      }),
    );
  },
};

const locks: Check = {
  id: "locks",
  title: "Web Locks",
  otherwise: "warning",
  fix: "Serve the page over https; until then use the site in one tab at a time.",
  applies: isPage,
  async run({ signal }) {
    if (!navigator.locks) {
      return warning("there are none: every tab writes for itself", this.fix);
    }
    const held = await navigator.locks.request(probeName(), { signal }, async (lock) => lock?.name);
    return good(`a lock was held and given back${held ? "" : " without a name"}`);
  },
};

const channel: Check = {
  id: "channel",
  title: "BroadcastChannel",
  otherwise: "warning",
  fix: "Allow the site to store data; until then use it in one tab at a time.",
  applies: isPage,
  async run({ signal }) {
    const name = probeName();
    const [from, to] = [new BroadcastChannel(name), new BroadcastChannel(name)];
    signal.addEventListener("abort", () => {
      from.close();
      to.close();
    });
    const heard = new Promise((resolve) => to.addEventListener("message", resolve));
    from.postMessage("from another tab");
    await heard;
    return good("a message arrived: tabs hear of each other's writes");
  },
};

const quota: Check = {
  id: "quota",
  title: "Room",
  otherwise: "warning",
  fix: MAKE_ROOM,
  applies: () => storageManager() !== undefined && isPage(),
  async run() {
    const { usage = 0, quota: room } = (await storageManager()?.estimate()) ?? {};
    if (room === undefined) return warning("the browser does not say how much there is", this.fix);
    const told = `${size(usage)} of ${size(room)} are used, as the browser estimates it`;
    if (usage >= room) return bad(`${told}: nothing more is stored`, this.fix);
    return room - usage < ROOM_BYTES ? warning(`${told}: little is left`, this.fix) : good(told);
  },
};

const persisted: Check = {
  id: "persisted",
  title: "Safe from eviction",
  otherwise: "warning",
  fix: "Let the client ask with its first write (persist: true, the default); browsers grant it to sites that are used, bookmarked or installed.",
  applies: () => storageManager()?.persisted !== undefined && isPage(),
  async run() {
    if (await storageManager()?.persisted()) return good("the browser keeps this site's data");
    return warning("the browser may delete this site's data when the disk is full", this.fix);
  },
};

export const STORAGE_CHECKS: readonly Check[] = [
  indexedDb,
  collections,
  files,
  locks,
  channel,
  quota,
  persisted,
];
