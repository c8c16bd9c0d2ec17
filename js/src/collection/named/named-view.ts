import { findsByWords, fuse, type Ranking } from "../../database/fusion.js";
import type {
  DatabaseMethods,
  Hits,
  QueryParamsFlat,
  RecordFilter,
  Records,
  SearchHits,
  SearchParamsFlat,
  Wanted,
} from "../../database/methods.js";
import type { Engine } from "../../engine/protocol.js";
import { PagevecError } from "../../errors.js";
import type { CallOptions } from "../../types.js";
import { withoutHiddenJson } from "../hidden-keys.js";
import { splitPassages, takeTerms } from "./hits.js";
import {
  having,
  type ObjectSource,
  readVersions,
  splitVectorId,
  vectorId,
  versionsOf,
} from "./named-records.js";

/** How many times more is asked for while too few objects were found. */
const GROWTH = 4;
/** What nResults can be. */
const MOST = 0xffffffff;
const NOTHING: Wanted = { documents: false, metadatas: false, embeddings: false };

type Method = keyof DatabaseMethods;
type Params<M extends Method> = DatabaseMethods[M]["params"];
type Handlers = {
  [M in Method]?: (
    params: Params<M>,
    options: CallOptions,
  ) => Promise<DatabaseMethods[M]["result"]>;
};

/**
 * The engine as a collection sees it whose records are the objects that have one of the vectors, and have
 * it as their only one.
 */
export class NamedView implements Engine<DatabaseMethods> {
  /**
   * @param objects the collection of the objects
   * @param part the id of the collection that has the vectors
   */
  constructor(
    private readonly objects: ObjectSource,
    private readonly part: string,
    private readonly vector: string,
  ) {}

  get alive(): boolean {
    return this.objects.engine.alive;
  }

  async call<M extends Method>(
    method: M,
    params: Params<M>,
    options: CallOptions = {},
  ): Promise<DatabaseMethods[M]["result"]> {
    const handler = this.handlers[method] as Handlers[M];
    if (handler) return handler(params, options);
    throw new PagevecError(
      "unsupported",
      `one of the vectors of a collection cannot do this (${method.replace("db.", "")}); objects are written by the collection's objects`,
    );
  }

  /** The engine is the client's. */
  async close(): Promise<void> {}

  private readonly handlers: Handlers = {
    "db.collection.get": (params, options) => this.get(params, options),
    "db.collection.query": (params, options) => this.query(params, options),
    "db.collection.search": (params, options) => this.search(params, options),
    "db.collection.diversify": (params, options) => this.diversify(params, options),
    "db.collection.status": (params, options) => this.status(params, options),
    "db.collection.recall": (params, options) =>
      this.engine.call("db.collection.recall", { ...params, collection: this.part }, options),
    "db.collection.project": (params, options) => this.project(params, options),
    "db.collection.wordsToStem": (params, options) =>
      this.engine.call("db.collection.wordsToStem", params, options),
    "db.collection.addStems": (params, options) =>
      this.engine.call("db.collection.addStems", params, options),
  };

  private get engine(): Engine<DatabaseMethods> {
    return this.objects.engine;
  }

  private async get(
    { ids, where, whereDocument, offset, limit, wanted }: Params<"db.collection.get">,
    options: CallOptions,
  ): Promise<Records> {
    const filter = having({ ids, where, whereDocument }, this.vector);
    const page = { offset, limit, documents: wanted.documents };
    return this.asSeen(await readVersions(this.objects, filter, options, page), wanted, options);
  }

  /** What callers see of objects that have the vector. */
  private async asSeen(records: Records, wanted: Wanted, options: CallOptions): Promise<Records> {
    const metadatas = wanted.metadatas ? (records.metadatas?.map(withoutHiddenJson) ?? null) : null;
    const seen = { ...records, metadatas, documents: wanted.documents ? records.documents : null };
    if (!wanted.embeddings) return seen;
    const vectors = await this.vectorsOf(this.vectorIds(records), options);
    return { ...seen, embeddings: vectors.data, dimension: vectors.dimension };
  }

  private vectorIds({ ids, metadatas }: Records): string[] {
    return ids.map((id, i) => vectorId(id, versionsOf(metadatas?.[i])[this.vector] ?? -1));
  }

  /** One after another, in the order of the ids. */
  private async vectorsOf(ids: string[], options: CallOptions) {
    const { database } = this.objects.address;
    const wanted = { ...NOTHING, embeddings: true };
    const filter = { ids, where: null, whereDocument: null };
    const call = { database, collection: this.part, ...filter, offset: 0, limit: null, wanted };
    const found = await this.engine.call("db.collection.get", call, options);
    const { dimension, embeddings } = found;
    const places = new Map(found.ids.map((id, place) => [id, place]));
    const data = new Float32Array(ids.length * dimension);
    for (const [i, id] of ids.entries()) {
      const at = (places.get(id) ?? Number.NaN) * dimension;
      // Gone meanwhile: its object has another by now.
      if (embeddings && at >= 0) data.set(embeddings.subarray(at, at + dimension), i * dimension);
    }
    return { data, dimension };
  }

  /** The vectors to compare: null for all of them. */
  private async among(
    { ids, where, whereDocument }: RecordFilter,
    options: CallOptions,
  ): Promise<string[] | null> {
    if (ids === null && where === null && whereDocument === null) return null;
    const filter = having({ ids, where, whereDocument }, this.vector);
    return this.vectorIds(await readVersions(this.objects, filter, options));
  }

  private async query(params: QueryParamsFlat, options: CallOptions): Promise<Hits> {
    const { wanted, nResults } = params;
    const ids = await this.among(params, options);
    const filter = { ids, where: null, whereDocument: null };
    for (let most = nResults; ; most *= GROWTH) {
      const asked = Math.min(most, MOST);
      const own = { collection: this.part, nResults: asked, wanted: NOTHING };
      const call = { ...params, ...filter, ...own };
      const hits = await this.engine.call("db.collection.query", call, options);
      const records = await this.objectsOf(hits.records.ids, wanted.documents, options);
      const lists = this.current(hits, records, nResults);
      const full = (list: unknown[], q: number) =>
        list.length >= nResults || (hits.counts[q] ?? 0) < asked || asked === MOST;
      if (!lists.every(full)) continue;
      const found = lists.flat();
      return {
        counts: Uint32Array.from(lists, (list) => list.length),
        distances: Float32Array.from(found, ({ distance }) => distance),
        records: await this.asSeen(
          pick(
            records,
            found.map(({ place }) => place),
          ),
          wanted,
          options,
        ),
      };
    }
  }

  private objectsOf(vectorIds: string[], documents: boolean, options: CallOptions) {
    const ids = [...new Set(vectorIds.map((id) => splitVectorId(id).object))];
    const filter = { ids, where: null, whereDocument: null };
    const page = { offset: 0, limit: null, documents };
    return readVersions(this.objects, filter, options, page);
  }

  /** Of each query the hits whose object has this very vector, at most so many. */
  private current({ counts, distances, records: vectors }: Hits, records: Records, most: number) {
    const places = new Map(this.vectorIds(records).map((id, place) => [id, place]));
    let begin = 0;
    return Array.from(counts, (count) => {
      const list: { place: number; distance: number }[] = [];
      for (let i = begin; i < begin + count && list.length < most; ++i) {
        const place = places.get(vectors.ids[i] as string);
        if (place !== undefined) list.push({ place, distance: distances[i] as number });
      }
      begin += count;
      return list;
    });
  }

  private async search(params: SearchParamsFlat, options: CallOptions): Promise<SearchHits> {
    const { query, settings, wanted } = params;
    const near = await this.near(params, options);
    const byWords = findsByWords(params);
    const words = await this.matching(byWords ? params : { ...params, ids: near.ids }, options);
    const both = query.length > 0 && byWords;
    const matched = words?.records.ids ?? [];
    const keywords: Ranking = byWords
      ? { ids: matched, scores: words?.scores ?? [] }
      : { ids: [], scores: [] };
    const ids = [...new Set([...near.ids, ...keywords.ids])];
    const filter = { ids, where: null, whereDocument: null };
    const page = { offset: 0, limit: null, documents: wanted.documents };
    const records = await readVersions(this.objects, filter, options, page);
    const fused = fuse([near, keywords], both ? settings : null, records.ids).slice(
      0,
      settings.limit,
    );
    const placeIn = new Map(records.ids.map((id, place) => [id, place]));
    const places = fused.map(({ id }) => placeIn.get(id) as number);
    return {
      records: await this.asSeen(pick(records, places), wanted, options),
      scores: Float32Array.from(fused, ({ score }) => score),
      parts: Float32Array.from(fused.flatMap(({ parts }) => parts)),
      ...described(
        fused.map(({ id }) => matched.indexOf(id)),
        words,
      ),
    };
  }

  private async near(
    { query, settings, ids, where, whereDocument, ...address }: SearchParamsFlat,
    options: CallOptions,
  ): Promise<Ranking> {
    if (query.length === 0) return { ids: [], scores: [] };
    const { candidates: nResults, efSearch } = settings;
    const { database, collection, model } = address;
    const asked = { queries: query, dimension: query.length, nResults, efSearch, wanted: NOTHING };
    const at = { database, collection, ...(model === undefined ? {} : { model }) };
    const hits = await this.query({ ...at, ids, where, whereDocument, ...asked }, options);
    return { ids: hits.records.ids, scores: hits.distances.map((distance) => 1 - distance) };
  }

  private async matching(
    params: SearchParamsFlat,
    options: CallOptions,
  ): Promise<SearchHits | undefined> {
    const { text, settings } = params;
    if (text === null) return undefined;
    const own = {
      query: new Float32Array(0),
      settings: { ...settings, limit: settings.candidates },
      wanted: NOTHING,
    };
    const call = { ...having(params, this.vector), ...own };
    return this.engine.call("db.collection.search", call, options);
  }

  private async diversify(
    { ids, ...params }: Params<"db.collection.diversify">,
    options: CallOptions,
  ): Promise<Uint32Array> {
    const filter = { ids, where: null, whereDocument: null };
    const records = await readVersions(this.objects, filter, options);
    const versions = this.vectorIds(records);
    const vectorIds = ids.map((id) => versions[records.ids.indexOf(id)] ?? id);
    const call = { ...params, collection: this.part, ids: vectorIds };
    return this.engine.call("db.collection.diversify", call, options);
  }

  private async project(
    { ids, where, whereDocument, ...params }: Params<"db.collection.project">,
    options: CallOptions,
  ) {
    const filter = having({ ids, where, whereDocument }, this.vector);
    const own = this.vectorIds(await readVersions(this.objects, filter, options));
    const call = { ...params, collection: this.part, ids: own, where: null, whereDocument: null };
    const found = await this.engine.call("db.collection.project", call, options);
    return { ...found, ids: found.ids.map((id) => splitVectorId(id).object) };
  }

  private async status(params: Params<"db.collection.status">, options: CallOptions) {
    const call = { ...params, collection: this.part };
    const status = await this.engine.call("db.collection.status", call, options);
    const everything = { ids: null, where: null, whereDocument: null };
    const read = { ...having(everything, this.vector), offset: 0, limit: null, wanted: NOTHING };
    const sent = { ...this.objects.address, ...read };
    const { ids } = await this.engine.call("db.collection.get", sent, options);
    return { ...status, count: ids.length };
  }
}

function pick(records: Records, places: number[]): Records {
  const of = <T>(column: T[] | null) => column && places.map((place) => column[place] as T);
  const ids = places.map((place) => records.ids[place] as string);
  return { ...records, ids, documents: of(records.documents), metadatas: of(records.metadatas) };
}

/** Terms and passages of hits, by the places that they had among those by keywords; -1: none. */
function described(
  places: number[],
  words: SearchHits | undefined,
): Pick<SearchHits, "terms" | "termNumbers" | "passages"> {
  if (!words) {
    const none = { terms: [], termNumbers: new Float32Array(0) };
    return { ...none, passages: new Uint32Array(places.length) };
  }
  const own = splitPassages(words.passages, words.records.ids.length);
  const passages = places.flatMap((place) => (place === -1 ? [0] : [...(own[place] ?? [0])]));
  const placeOf = new Map(places.map((place, i) => [place, i]));
  placeOf.delete(-1);
  return { ...takeTerms(words, placeOf), passages: Uint32Array.from(passages) };
}
