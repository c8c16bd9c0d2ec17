import { useMemo, useSyncExternalStore } from "react";
import type { Metadata } from "../types.js";
import {
  type CollectionState,
  collectionKey,
  OPENING,
  type SharedCollectionOptions,
  sharedCollection,
} from "../ui/shared-collection.js";

/**
 * A collection, opened with its client when the first component that uses it is mounted, and shared
 * by all of them. A second after the last one is gone the client is closed. Components name the same
 * collection by `client.name`, `client.storage` and `name`; the other options are those of the first.
 * Make the embedding function once, outside of components: it is yours to close.
 *
 * On a server, and until it is open: status "opening". What went wrong is the `error`.
 */
export function useCollection<M extends Metadata = Metadata>(
  options: SharedCollectionOptions,
): CollectionState<M> {
  const key = collectionKey(options);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only these options name another one
  const store = useMemo(() => sharedCollection<M>(options), [key]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, () => OPENING);
}
