import { useEffect, useState, useSyncExternalStore } from "react";
import type { Metadata } from "../types.js";
import {
  LiveSearch,
  type LiveSearchOptions,
  type SearchedCollection,
  type SearchState,
} from "../ui/live-search.js";

/**
 * The answers of a collection to a text, as it is typed: after `debounceMs` without a change, and
 * again whenever the collection changes. Every other question aborts the search under way, and so
 * does the end of the component. Options are compared by value; make a reranker or a stemmer outside
 * of the component. Without a collection, or without a text: status "idle".
 */
export function useSearch<M extends Metadata = Metadata>(
  collection: SearchedCollection<M> | null | undefined,
  text: string,
  options: LiveSearchOptions = {},
): SearchState<M> {
  const [search] = useState(() => new LiveSearch<M>());
  const state = useSyncExternalStore(search.subscribe, search.getSnapshot, search.getSnapshot);
  // After every render: a question that is the same changes nothing.
  useEffect(() => search.ask(collection, text, options));
  return state;
}
