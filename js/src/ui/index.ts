// What pagevec/react and pagevec/element are made of, for other frameworks: `pagevec/ui`.

export {
  LiveSearch,
  type LiveSearchOptions,
  type SearchedCollection,
  type SearchState,
} from "./live-search.js";
export {
  type CollectionState,
  type CollectionStore,
  type SharedCollectionOptions,
  sharedCollection,
} from "./shared-collection.js";
