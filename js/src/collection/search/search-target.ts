import type {
  CollectionAddress,
  DatabaseMethods,
  RecordFilter,
  Wanted,
} from "../../database/methods.js";
import type { Engine } from "../../engine/protocol.js";
import type { CallOptions, EmbeddingFunction, Metadata, Space } from "../../types.js";
import type { Vectors } from "../validate.js";
import type { SearchPlan } from "./search-plan.js";
import type { SearchRow } from "./search-types.js";

/** How a collection that cuts documents takes part in a search. */
export interface DocumentSearch {
  /** @throws unsupported */
  refuseExpressions(): never;
  /** The records to look at, of documents that meet the filter. */
  filter(filter: RecordFilter, options: CallOptions): Promise<RecordFilter>;
  /**
   * Each document once, by the best of its passages.
   * @param find the best records, by settings that ask for more of them
   */
  merge<M extends Metadata>(
    find: (settings: SearchPlan["settings"]) => Promise<SearchRow<M>[]>,
    settings: SearchPlan["settings"],
    wanted: Wanted,
    options: CallOptions,
  ): Promise<SearchRow<M>[]>;
}

/** The collection that is searched. */
export interface SearchTarget {
  engine: Engine<DatabaseMethods>;
  address: CollectionAddress;
  space: Space;
  embed(texts: string[]): Promise<Vectors>;
  /** @throws invalid_argument when the collection was opened without a function */
  embedder(): EmbeddingFunction;
  /** What a call says, else the collection's. */
  efSearch(asked: number | undefined): number;
  /** Of collections that cut documents: passages are found, and documents shown. */
  documents?: DocumentSearch | undefined;
}
