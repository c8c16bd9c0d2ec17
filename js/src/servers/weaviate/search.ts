import { type Fused, findsByWords, fuse, type Ranking } from "../../database/fusion.js";
import type {
  DatabaseMethods,
  QueryParamsFlat,
  SearchHits,
  SearchParamsFlat,
  Wanted,
} from "../../database/methods.js";
import { PagevecError } from "../../errors.js";
import type { CallOptions, Space } from "../../types.js";
import { checkQueries } from "../client/checks.js";
import { diversify } from "../client/diversity.js";
import { toHits, toRecords, vectorsOf } from "../client/rows.js";
import { unsupportedBy } from "../server-engine.js";
import type { Classes, KeptCollection } from "./classes.js";
import { whereArgument } from "./filter.js";
import { toRow } from "./objects.js";
import type { Reads } from "./reads.js";
import { columns, type FoundObject, MOST_ROWS, quoted } from "./wire.js";

type Result<Name extends keyof DatabaseMethods> = Promise<DatabaseMethods[Name]["result"]>;

/** Numbers of query vectors that a request has at most. */
const NUMBERS_A_REQUEST = 50_000;
/** So many that are at one distance are put in order where they are cut. */
const TIES = 1000;
/** What of keyword search is the class's, or not Weaviate's. */
const PLAIN_KEYWORDS = { prefix: 0, fuzzy: 0, stems: 0, k1: 1.2, b: 0.75, passages: 0 };

/** How one ranking is asked for, and what its rows are compared by: the smallest first. */
interface Asked {
  /** GraphQL arguments. */
  search: string;
  /** Fields of _additional. */
  measured: "distance" | "score";
}

/** Queries and searches of collections, each at one server. */
export class Searches {
  constructor(
    private readonly classes: Classes,
    private readonly reads: Reads,
  ) {}

  async query(params: QueryParamsFlat, call: CallOptions): Result<"db.collection.query"> {
    const { queries, dimension, nResults, wanted, efSearch } = params;
    const kept = await this.opened(params, call);
    const vectors = vectorsOf(queries, dimension);
    checkQueries(vectors, kept.dimension);
    checkEf(kept, efSearch);
    const where = await this.reads.whereOf(kept, params, call);
    const lists = await this.best(kept, vectors.map(nearest), where, nResults, wanted, call);
    const { space } = kept.configuration.hnsw;
    const found = lists.map((list) =>
      list.map((object) => ({ ...toRow(object), distance: distanceOf(object, space) })),
    );
    const hits = toHits(found, wanted);
    return { ...hits, records: { ...hits.records, dimension: kept.dimension } };
  }

  async search(params: SearchParamsFlat, call: CallOptions): Promise<SearchHits> {
    const { query, text, settings, wanted } = params;
    const kept = await this.opened(params, call);
    if (query.length > 0) checkQueries([query], kept.dimension);
    checkEf(kept, settings.efSearch);
    if (text !== null) checkKeywords(settings);
    const where = await this.reads.whereOf(kept, params, call);
    const byVector = query.length > 0;
    const byWords = findsByWords(params);
    const asked = [
      ...(byVector ? [nearest(query)] : []),
      ...(byWords ? [matching(text as string, settings.allWords === 1)] : []),
    ];
    const lists = await this.best(kept, asked, where, settings.candidates, wanted, call);
    const { space } = kept.configuration.hnsw;
    const near = byVector ? (lists[0] ?? []) : [];
    const words = byWords ? (lists.at(-1) ?? []) : [];
    const found = new Map([...near, ...words].map((object) => [object.key, object]));
    const inOrder = [...found.values()].sort((a, b) => a.place - b.place);
    const rankings = [
      ranking(near, (object) => 1 - distanceOf(object, space)),
      ranking(words, scoreOf),
    ] as const;
    const order = inOrder.map(({ key }) => key);
    const fused = fuse(rankings, byVector && byWords ? settings : null, order);
    return toSearchHits(fused.slice(0, settings.limit), found, wanted, kept.dimension);
  }

  async diversify(
    { collection, ids, ...params }: DatabaseMethods["db.collection.diversify"]["params"],
    call: CallOptions,
  ): Result<"db.collection.diversify"> {
    const kept = await this.classes.at(collection, call);
    const found = await this.reads.named(kept, ids, { embeddings: true }, call);
    const vectors = new Map(
      found.map(({ key, _additional: { vector } }) => [key, vector && new Float32Array(vector)]),
    );
    return diversify(
      ids.map((id) => vectors.get(id)),
      params,
    );
  }

  /** The collection with the dimension and the properties that the call may need. */
  private async opened(
    params: QueryParamsFlat | SearchParamsFlat,
    call: CallOptions,
  ): Promise<KeptCollection> {
    const kept = await this.reads.forFilter(params, call);
    return kept.dimension === 0 ? this.classes.fresh(kept.id, call) : kept;
  }

  /**
   * The first `count` of each ranking; what is at one distance, in the order in which it was added. Where
   * what is cut off is as near as what stays, more is asked for, once.
   */
  private async best(
    kept: KeptCollection,
    rankings: Asked[],
    where: string | null,
    count: number,
    wanted: Wanted,
    call: CallOptions,
  ): Promise<FoundObject[][]> {
    const lists: FoundObject[][] = rankings.map(() => []);
    let open = count === 0 ? [] : [...rankings.keys()];
    for (const more of [1, TIES]) {
      if (open.length === 0) break;
      const asked = Math.min(count + more, MOST_ROWS);
      const ask = open.map((i) => rankings[i] as Asked);
      const found = await this.ask(kept, ask, where, asked, wanted, call);
      const unsettled = open.filter((i, at) => {
        const list = found[at] as FoundObject[];
        const measure = measureBy((rankings[i] as Asked).measured);
        lists[i] = sorted(list, measure).slice(0, count);
        if (list.length < asked) return false;
        if (count > MOST_ROWS) throw tooMany(count);
        const [last, beyond] = [lists[i]?.at(-1), list.at(-1)] as [FoundObject, FoundObject];
        return asked < MOST_ROWS && measure(last) === measure(beyond);
      });
      open = unsettled;
    }
    return lists;
  }

  private async ask(
    kept: KeptCollection,
    rankings: Asked[],
    where: string | null,
    limit: number,
    wanted: Wanted,
    call: CallOptions,
  ): Promise<FoundObject[][]> {
    const size = Math.max(1, Math.floor(NUMBERS_A_REQUEST / Math.max(1, kept.dimension)));
    const lists: FoundObject[][] = [];
    const measures = [...new Set(rankings.map(({ measured }) => measured))].join(" ");
    for (let at = 0; at < rankings.length; at += size) {
      const searches = rankings
        .slice(at, at + size)
        .map(({ search }) => `${search},${whereArgument(where)}limit:${limit}`);
      const told = columns(wanted, measures);
      lists.push(...(await this.classes.wire.search(kept, searches, told, call)));
    }
    return lists;
  }
}

function nearest(vector: Float32Array): Asked {
  return { search: `nearVector:{vector:[${vector.join()}]}`, measured: "distance" };
}

function matching(text: string, allWords: boolean): Asked {
  const operator = allWords ? ",searchOperator:{operator:And}" : "";
  const search = `bm25:{query:${quoted(text)},properties:["document"]${operator}}`;
  return { search, measured: "score" };
}

function measureBy(measured: Asked["measured"]): (object: FoundObject) => number {
  if (measured === "score") return (object) => -scoreOf(object);
  return ({ _additional: { distance = 0 } }) => distance;
}

const scoreOf = ({ _additional: { score } }: FoundObject): number => Number(score);

/** Weaviate's distance of dot is the product, negative; the others are ours. */
function distanceOf({ _additional: { distance = 0 } }: FoundObject, space: Space): number {
  return space === "ip" ? Math.fround(1 + distance) : distance;
}

function sorted(list: FoundObject[], measure: (object: FoundObject) => number): FoundObject[] {
  return [...list].sort((a, b) => measure(a) - measure(b) || a.place - b.place);
}

function ranking(objects: FoundObject[], score: (object: FoundObject) => number): Ranking {
  return { ids: objects.map(({ key }) => key), scores: Float32Array.from(objects, score) };
}

function toSearchHits(
  fused: Fused[],
  found: ReadonlyMap<string, FoundObject>,
  wanted: Wanted,
  dimension: number,
): SearchHits {
  const rows = fused.map(({ id }) => toRow(found.get(id) as FoundObject));
  return {
    records: { ...toRecords(rows, wanted), dimension },
    scores: Float32Array.from(fused, ({ score }) => score),
    parts: Float32Array.from(fused.flatMap(({ parts }) => parts)),
    // Which words matched, and where, the server does not tell.
    terms: [],
    termNumbers: new Float32Array(0),
    passages: new Uint32Array(fused.length),
  };
}

/** Of Weaviate it is the class's, and of a flat index there is none. */
function checkEf({ configuration: { hnsw, index } }: KeptCollection, efSearch: number): void {
  if (efSearch === 0 || efSearch === hnsw.ef_search || index === "flat") return;
  throw unsupportedBy("weaviate", `efSearch: ${efSearch} for one call; modify() sets it for all`);
}

/** @throws unsupported */
function checkKeywords(settings: SearchParamsFlat["settings"]): void {
  for (const [name, plain] of Object.entries(PLAIN_KEYWORDS)) {
    if (settings[name as keyof typeof PLAIN_KEYWORDS] === plain) continue;
    const what =
      name === "passages" ? "highlights" : `keyword.${name === "stems" ? "stemmer" : name}`;
    throw unsupportedBy("weaviate", what);
  }
}

function tooMany(count: number): PagevecError {
  return new PagevecError(
    "limit_exceeded",
    `weaviate gives at most ${MOST_ROWS} results of a search, ${count} were asked for; ask for fewer, or narrow the filter`,
  );
}
