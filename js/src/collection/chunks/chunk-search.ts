import type { Hits, QueryParamsFlat, Records, Wanted } from "../../database/methods.js";
import { PagevecError } from "../../errors.js";
import type { Passage } from "../../types/chunking.js";
import type { CallOptions, Metadata } from "../../types.js";
import { MOST as MOST_CANDIDATES } from "../search/search-plan.js";
import type { DocumentSearch } from "../search/search-target.js";
import type { Highlight, SearchRow } from "../search/search-types.js";
import {
  documentsOf,
  type FoundDocument,
  marksOf,
  type RecordSource,
  searchable,
} from "./chunk-records.js";

/** How many times more is asked for while too few documents were found. */
const GROWTH = 4;
/** What nResults can be. */
const MOST = 0xffffffff;

export interface DocumentHits extends Hits {
  /** Of each query. */
  passages: (Passage | null)[][];
}

/** The nearest documents to each query, each once, by the nearest of its passages. */
export async function nearestDocuments(
  source: RecordSource,
  { wanted, nResults, ...call }: Omit<QueryParamsFlat, "database" | "collection">,
  options: CallOptions,
): Promise<DocumentHits> {
  const { ids, where, whereDocument } = call;
  const filter = await searchable(source, { ids, where, whereDocument }, options);
  const columns = { documents: true, metadatas: true, embeddings: false };
  for (let most = 2 * nResults; ; most *= GROWTH) {
    const asked = Math.min(most, MOST);
    const hits = await source.engine.call(
      "db.collection.query",
      { ...source.address, ...call, ...filter, nResults: asked, wanted: columns },
      options,
    );
    const { documents, records } = await documentsOf(source, found(hits.records), wanted, options);
    const lists = firstOfEach(documents, hits.counts, nResults);
    const full = (list: unknown[], q: number) =>
      list.length >= nResults || (hits.counts[q] ?? 0) < asked || asked === MOST;
    if (lists.every(full)) return toHits(lists, hits.distances, records);
  }
}

function found({ ids, documents, metadatas }: Records) {
  return ids.map((id, i) => ({
    id,
    document: documents?.[i] ?? null,
    marks: marksOf(metadatas?.[i]),
  }));
}

interface Hit extends FoundDocument {
  /** Among all that were found. */
  at: number;
}

function firstOfEach(
  documents: readonly (FoundDocument | undefined)[],
  counts: Uint32Array,
  nResults: number,
): Hit[][] {
  let begin = 0;
  return Array.from(counts, (count) => {
    const first = new Map<string, Hit>();
    for (const [i, document] of documents.slice(begin, begin + count).entries()) {
      if (!document || first.has(document.id)) continue;
      first.set(document.id, { ...document, at: begin + i });
    }
    begin += count;
    return [...first.values()].slice(0, nResults);
  });
}

function toHits(lists: Hit[][], distances: Float32Array, records: Records): DocumentHits {
  const hits = lists.flat();
  const { dimension } = records;
  const pick = <T>(column: T[] | null) => column && hits.map(({ place }) => column[place] as T);
  let embeddings: Float32Array | null = null;
  if (records.embeddings) {
    embeddings = new Float32Array(hits.length * dimension);
    for (const [i, { place }] of hits.entries()) {
      const vector = records.embeddings.subarray(place * dimension, (place + 1) * dimension);
      embeddings.set(vector, i * dimension);
    }
  }
  return {
    counts: Uint32Array.from(lists, (list) => list.length),
    distances: Float32Array.from(hits, ({ at }) => distances[at] as number),
    records: {
      ids: hits.map(({ id }) => id),
      documents: pick(records.documents),
      metadatas: pick(records.metadatas),
      embeddings,
      dimension,
    },
    passages: lists.map((list) => list.map(({ passage }) => passage)),
  };
}

/** What Collection.search() needs to find passages and show documents. */
export function documentSearch(source: RecordSource): DocumentSearch {
  return {
    refuseExpressions() {
      throw new PagevecError(
        "unsupported",
        "a collection with chunking takes no search expressions; give text, mode and where",
      );
    },
    filter: (filter, options) => searchable(source, filter, options),
    async merge(find, settings, wanted, options) {
      const { limit, candidates } = settings;
      const atMost = (count: number) => Math.min(count, MOST_CANDIDATES);
      for (let times = 1; ; times *= GROWTH) {
        const more = { candidates: atMost(candidates * times), limit: atMost(limit * times) };
        const rows = await find({ ...settings, ...more });
        const merged = await mergeRows(source, rows, wanted, options);
        if (merged.length >= limit || rows.length < limit * times) return merged.slice(0, limit);
      }
    },
  };
}

async function mergeRows<M extends Metadata>(
  source: RecordSource,
  rows: readonly SearchRow<M>[],
  wanted: Wanted,
  options: CallOptions,
): Promise<SearchRow<M>[]> {
  const records = rows.map(({ id, document, metadata }) => ({
    id,
    document: document ?? null,
    marks: metadata ?? {},
  }));
  const { documents, records: whole } = await documentsOf(source, records, wanted, options);
  const { dimension } = whole;
  const merged = new Map<string, SearchRow<M>>();
  for (const [i, document] of documents.entries()) {
    if (!document || merged.has(document.id)) continue;
    const { id, place, passage } = document;
    const row: SearchRow<M> = { ...(rows[i] as SearchRow<M>), id, passage };
    row.document = whole.documents?.[place] ?? null;
    if (row.highlights) row.highlights = row.highlights.map((each) => moved(each, passage));
    const json = whole.metadatas?.[place];
    row.metadata = json ? JSON.parse(json) : null;
    if (whole.embeddings) {
      row.embedding = whole.embeddings.slice(place * dimension, (place + 1) * dimension);
    }
    merged.set(id, row);
  }
  return [...merged.values()];
}

/** A highlight's places in the document. */
function moved({ text, begin, end, matches }: Highlight, passage: Passage | null): Highlight {
  const by = passage?.begin ?? 0;
  return {
    text,
    begin: begin + by,
    end: end + by,
    matches: matches.map(([from, to]) => [from + by, to + by]),
  };
}
