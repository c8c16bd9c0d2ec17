import { Client, type ClientOptions, type CreateCollectionParams } from "../client.js";
import { invalid, shown } from "../collection/validate.js";
import type { Collection } from "../collection.js";
import type { Metadata } from "../types.js";

/** A collection, made when there is none, and the client that it is in. */
export interface SharedCollectionOptions extends CreateCollectionParams {
  client: ClientOptions;
}

export interface CollectionState<M extends Metadata = Metadata> {
  readonly status: "opening" | "ready" | "failed";
  /** With status "ready". */
  readonly collection: Collection<M> | undefined;
  readonly client: Client | undefined;
  /** With status "failed"; mostly a PagevecError. */
  readonly error: Error | undefined;
}

/** What useSyncExternalStore of React takes, and adapters of other frameworks are made of. */
export interface CollectionStore<M extends Metadata = Metadata> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): CollectionState<M>;
}

interface OpenClient {
  opening: Promise<Client>;
  users: number;
}

interface OpenCollection {
  state: CollectionState;
  listeners: Set<() => void>;
  timer?: ReturnType<typeof setTimeout>;
}

/** For who leaves and comes back: another route, React's StrictMode. */
const KEPT_MS = 1000;
export const OPENING: CollectionState<never> = {
  status: "opening",
  collection: undefined,
  client: undefined,
  error: undefined,
};

const clients = new Map<string, OpenClient>();
const collections = new Map<string, OpenCollection>();

/** Collections of one key are one. The other options are those of the first to come. */
export function collectionKey({ client, name }: SharedCollectionOptions): string {
  if (typeof client !== "object" || client === null) {
    throw invalid(`a shared collection needs client: { name: "..." }, got ${shown(client)}`);
  }
  return JSON.stringify([clientKey(client), name]);
}

function clientKey({ name, storage = "indexeddb" }: ClientOptions): string {
  return JSON.stringify([storage, name]);
}

/**
 * A collection that is opened, with its client, by the first subscriber and shared by all who ask
 * for the same. The client is closed a second after the last subscriber of its collections left.
 * Embedding functions are not: they are their makers'.
 */
export function sharedCollection<M extends Metadata = Metadata>(
  options: SharedCollectionOptions,
): CollectionStore<M> {
  const key = collectionKey(options);
  return {
    getSnapshot: () => (collections.get(key)?.state ?? OPENING) as CollectionState<M>,
    subscribe(listener) {
      const shared = collections.get(key) ?? open(key, options);
      clearTimeout(shared.timer);
      // One function may subscribe twice.
      const own = () => listener();
      shared.listeners.add(own);
      return () => {
        if (!shared.listeners.delete(own) || shared.listeners.size > 0) return;
        // Who comes back after a failure tries again.
        const kept = shared.state.status === "failed" ? 0 : KEPT_MS;
        shared.timer = setTimeout(() => end(key, options), kept);
      };
    },
  };
}

function open(key: string, options: SharedCollectionOptions): OpenCollection {
  const shared: OpenCollection = { state: OPENING, listeners: new Set() };
  collections.set(key, shared);
  const set = (changes: Partial<CollectionState>) => {
    shared.state = { ...OPENING, ...changes };
    for (const listener of [...shared.listeners]) listener();
  };
  openCollection(options).then(
    (opened) => set({ status: "ready", ...opened }),
    (error) => set({ status: "failed", error }),
  );
  return shared;
}

async function openCollection({ client: options, ...params }: SharedCollectionOptions) {
  const key = clientKey(options);
  const shared = clients.get(key) ?? { opening: Client.open(options), users: 0 };
  clients.set(key, shared);
  shared.users += 1;
  const client = await shared.opening;
  return { client, collection: await client.getOrCreateCollection(params) };
}

function end(key: string, options: SharedCollectionOptions): void {
  collections.delete(key);
  const name = clientKey(options.client);
  const shared = clients.get(name);
  if (!shared || --shared.users > 0) return;
  clients.delete(name);
  // One that could not be opened needs no end.
  shared.opening.then((client) => client.close()).catch(() => {});
}
