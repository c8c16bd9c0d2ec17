"use client";
// Hooks for React 18 and later: `pagevec/react`.

export type { LiveSearchOptions, SearchedCollection, SearchState } from "../ui/live-search.js";
export type { CollectionState, SharedCollectionOptions } from "../ui/shared-collection.js";
export { useCollection } from "./use-collection.js";
export { useSearch } from "./use-search.js";
