import type { SEARCH_SETTINGS, SearchColumns } from "../engine/module.js";
import type {
  Durability,
  Manifest,
  ManifestChanges,
  NewManifest,
  StorageReport,
  StorageUsage,
  StoredEmbeddingFunction,
} from "../storage/store.js";
import type { ArchivedManifest } from "./archive-manifest.js";
import type { DatabaseEvents } from "./events.js";

/** What a client knows of a collection. */
export type CollectionInfo = Pick<
  Manifest,
  "id" | "name" | "metadata" | "configuration" | "embeddingFunction"
>;

/** A collection of an open database. */
export interface CollectionAddress {
  database: number;
  collection: string;
  /**
   * How often it had been moved to another embedding function when the caller got it: calls with
   * vectors of another function are refused with code "model_changed".
   */
  model?: number;
}

/** Which records a call is about: those that meet all that is not null. */
export interface RecordFilter {
  ids: string[] | null;
  /** JSON texts. */
  where: string | null;
  whereDocument: string | null;
}

/** Records side by side; documents and metadatas (JSON texts) may be absent altogether. */
export interface WriteParams extends CollectionAddress {
  operation: "add" | "upsert" | "update" | "delete";
  ids: string[];
  documents: (string | null)[] | null;
  metadatas: (string | null)[] | null;
  /** One byte per id, 1 where embeddings has a vector for it; null: all or none have one. */
  embedded: Uint8Array | null;
  embeddings: Float32Array;
  dimension: number;
}

/** Columns that a read returns. */
export interface Wanted {
  documents: boolean;
  metadatas: boolean;
  embeddings: boolean;
}

/** Records as columns; those that were not wanted are null. */
export interface Records {
  ids: string[];
  documents: (string | null)[] | null;
  metadatas: (string | null)[] | null;
  embeddings: Float32Array | null;
  dimension: number;
}

/** counts[q] of the records belong to query q. */
export interface Hits {
  counts: Uint32Array;
  distances: Float32Array;
  records: Records;
}

export interface QueryParamsFlat extends CollectionAddress, RecordFilter {
  /** One or more vectors of dimension floats, one after another. */
  queries: Float32Array;
  dimension: number;
  nResults: number;
  /** 0: the collection's. */
  efSearch: number;
  wanted: Wanted;
}

export type SearchSettings = Record<(typeof SEARCH_SETTINGS)[number], number>;

export interface SearchParamsFlat extends CollectionAddress, RecordFilter {
  /** Empty: not by vector. */
  query: Float32Array;
  /** null: not by keywords. With a query and no keywordWeight: only what the hits are described by. */
  text: string | null;
  settings: SearchSettings;
  wanted: Wanted;
}

/** SearchColumns, unpacked. */
export type SearchHits = Omit<SearchColumns, "records" | "terms"> & {
  records: Records;
  terms: string[];
};

export interface CollectionStatus {
  count: number;
  dimension: number;
  /** Records that are searched, but not yet through the graph. */
  pending: number;
}

export interface RecallParams extends CollectionAddress {
  sample: number;
  k: number;
  /** 0: the collection's. */
  efSearch: number;
  /** A recall for which the least efSearch is looked for. */
  target: number | undefined;
}

/** The least efSearch with which the index finds enough. */
export interface RecallProposal {
  efSearch: number;
  /** Over the same sample. */
  recall: number;
  /** Milliseconds a query takes with it. */
  indexMs: number;
}

/** How much of what is nearest the index finds. */
export interface RecallResult {
  /** 0 to 1, the mean over the sample; 1 when there is nothing to find. */
  recall: number;
  /** Records that were asked about: fewer when there are fewer. */
  sample: number;
  k: number;
  /** 0: the collection's. */
  efSearch: number;
  /** Milliseconds a query takes by comparing all records, and by the index. */
  exactMs: number;
  indexMs: number;
  /** With a target; null: no efSearch up to 10,000 reaches it. */
  proposed?: RecallProposal | null;
}

export interface ProjectionParams extends CollectionAddress, RecordFilter {
  dimensions: number;
  /** At most so many of the records decide the components. */
  sample: number;
}

/** Points and components lie one after another. */
export interface ProjectionResult {
  ids: string[];
  points: Float32Array;
  mean: Float32Array;
  components: Float32Array;
  shares: Float32Array;
}

export interface DatabaseUsage extends StorageUsage {
  /** Why work in the background failed, if so: batches are safe, opening or searching is slower. */
  problem: string | null;
  /** What was damaged or lost since the client was opened, and what became of it. */
  reports: StorageReport[];
}

/** What client.check() found of one collection in one copy. */
export interface CheckedCollection {
  name: string;
  copy: "first" | "second";
  /** Blocks that were read: parts of the snapshot, and batches after it. */
  parts: number;
  batches: number;
  /** What is wrong; empty when everything is as it was written. */
  problems: string[];
}

/** Which collections of a file come in, under which names, beside or in place of which. */
export interface ImportPlan {
  /** Names in the file; null: all. */
  collections: string[] | null;
  /** By names in the file. */
  rename: Record<string, string>;
  ifExists: "error" | "replace" | "skip";
}

/** What became of a collection of a file. */
export interface ImportedCollection {
  /** Here. */
  name: string;
  /** In the file. */
  from: string;
  outcome: "created" | "replaced" | "skipped";
  /** How many it has; null when it was skipped. */
  records: number | null;
}

/** A file that is under way. */
export interface TransferAddress {
  database: number;
  transfer: number;
}

/** Files of collections, chunk by chunk (docs/snapshot-format.md). */
export interface TransferMethods {
  /** The collection of that id, or those of the names, or all. */
  "db.export": {
    params: { database: number; collection: string | null; names: string[] | null };
    result: { transfer: number };
  };
  /** null: the file is at its end. */
  "db.export.next": { params: TransferAddress; result: Uint8Array | null };
  "db.import": { params: { database: number; plan: ImportPlan }; result: { transfer: number } };
  /** Resolves when there is room for more, to the collections that began in the chunks. */
  "db.import.push": {
    params: TransferAddress & { chunks: Uint8Array[] };
    result: ArchivedManifest[];
  };
  "db.import.commit": { params: TransferAddress; result: ImportedCollection[] };
  /** Whatever became of it. */
  "db.transfer.end": { params: TransferAddress; result: null };
}

/** The methods of the engine that keep and search collections. */
export interface DatabaseMethods extends TransferMethods {
  "db.open": {
    params: {
      /** Of a folder the path, of a server its kind. */
      name: string;
      /** "folder": in Node alone, see node/. "server": another system, see servers/. */
      storage: "indexeddb" | "memory" | "folder" | "server";
      durability?: Durability;
      readOnly?: boolean;
    };
    result: { database: number };
  };
  "db.close": { params: { database: number }; result: null };
  "db.reset": { params: { database: number }; result: null };
  /** Waits for what comes after the event of that number; -1: tells how it stands at once. */
  "db.events": { params: { database: number; after: number }; result: DatabaseEvents };
  /** The page is hidden for good, perhaps: others may write. Or it is back. */
  "db.visible": { params: { database: number; visible: boolean }; result: null };
  "db.check": { params: { database: number }; result: CheckedCollection[] };
  "db.usage": { params: { database: number }; result: DatabaseUsage };
  "db.list": { params: { database: number }; result: CollectionInfo[] };
  "db.find": { params: { database: number; name: string }; result: CollectionInfo };
  /** Collections that are parts of another one. */
  "db.parts": { params: CollectionAddress; result: CollectionInfo[] };
  "db.create": {
    params: {
      database: number;
      collection: Omit<NewManifest, "id" | "format" | "createdAt" | "epoch">;
      /** Return the collection of that name when there is one. */
      orGet: boolean;
    };
    result: { info: CollectionInfo; created: boolean };
  };
  "db.modify": {
    params: CollectionAddress & { changes: ManifestChanges };
    result: CollectionInfo;
  };
  "db.delete": { params: { database: number; name: string }; result: null };
  "db.collection.write": { params: WriteParams; result: null };
  /** Deletes the records that meet the filter, the first `limit` of them. */
  "db.collection.delete": {
    params: CollectionAddress & RecordFilter & { limit: number | null };
    result: { deleted: number };
  };
  "db.collection.contains": {
    params: CollectionAddress & { ids: string[] };
    result: Uint8Array;
  };
  "db.collection.status": { params: CollectionAddress; result: CollectionStatus };
  "db.collection.get": {
    params: CollectionAddress &
      RecordFilter & {
        offset: number;
        /** null: all. */
        limit: number | null;
        wanted: Wanted;
      };
    result: Records;
  };
  /** Makes, or finds, the hidden copy of a collection that is filled with another function's vectors. */
  "db.reembed.begin": {
    params: CollectionAddress & { embeddingFunction: StoredEmbeddingFunction; resume: boolean };
    /** The copy's id. */
    result: string;
  };
  /** Records that the copy lacks, or has with another document: at most limit, from a place on. */
  "db.reembed.differing": {
    params: CollectionAddress & { copy: string; from: number; limit: number };
    /** next: where to go on; null at the end. done, total: records that the copy has, and is to have. */
    result: { next: number | null; records: Records; done: number; total: number };
  };
  /** Puts the copy's vectors in place; conflict when it differs by now. */
  "db.reembed.finish": { params: CollectionAddress & { copy: string }; result: CollectionInfo };
  /** Deletes a copy that was not finished, if there is one. */
  "db.reembed.cancel": { params: CollectionAddress; result: null };
  "db.collection.importHnswlib": {
    params: CollectionAddress &
      Pick<WriteParams, "documents" | "metadatas"> & {
        file: Uint8Array | ArrayBuffer | Blob;
        /** By label; null: the labels in decimal, and then there are no lists at all. */
        ids: string[] | null;
      };
    result: number;
  };
  "db.collection.exportHnswlib": {
    params: CollectionAddress;
    result: { file: Uint8Array; ids: string[] };
  };
  "db.collection.query": { params: QueryParamsFlat; result: Hits };
  "db.collection.search": { params: SearchParamsFlat; result: SearchHits };
  /** stemmer: a number for each function that makes stems. */
  "db.collection.wordsToStem": {
    params: CollectionAddress & { text: string; stemmer: number };
    result: string[];
  };
  "db.collection.addStems": {
    params: CollectionAddress & { words: string[]; stems: string[]; stemmer: number };
    result: null;
  };
  "db.collection.diversify": {
    params: CollectionAddress & {
      ids: string[];
      relevance: Float32Array;
      lambda: number;
      limit: number;
    };
    result: Uint32Array;
  };
  "db.collection.project": { params: ProjectionParams; result: ProjectionResult };
  "db.collection.recall": { params: RecallParams; result: RecallResult };
}
