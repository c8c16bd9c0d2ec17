import { planSearch, type SearchPlan } from "../collection/search/search-plan.js";
import { toSearchRows } from "../collection/search/search-rows.js";
import type { SearchParams, SearchResult, SearchRow } from "../collection/search/search-types.js";
import { checkCount, checkParams, flattenVectors, invalid, shown } from "../collection/validate.js";
import { Restartable } from "../embedding/restartable.js";
import { settingNumbers } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import { packStrings } from "../engine/packed-strings.js";
import type { StaticHandle, StaticHits } from "../engine/static-module.js";
import { PagevecError, throwIfAborted, unlessAborted } from "../errors.js";
import type { CallOptions, EmbeddingFunction, Metadata } from "../types.js";
import { addressOf, type StaticManifest, type StaticTables, type VectorTables } from "./format.js";
import { type PassagePlace, StaticParts } from "./parts.js";
import type { SiteFiles } from "./site-files.js";
import { type Suggestion, Suggestions } from "./suggestions.js";

/** What a static index takes of what Collection.search() does; the rest needs the whole collection. */
export interface StaticSearchParams
  extends Pick<
    SearchParams,
    | "text"
    | "embedding"
    | "mode"
    | "fusion"
    | "alpha"
    | "candidates"
    | "limit"
    | "offset"
    | "highlights"
    | "explain"
  > {
  keyword?: Pick<NonNullable<SearchParams["keyword"]>, "prefix" | "operator" | "k1" | "b">;
  /** Clusters of vectors to look into; more find more and transfer more. Default: the build's choice. */
  probes?: number;
  /** Whether a page is answered once, by its best passage. Default true. */
  onePerPage?: boolean;
}

/** What metadata of a row has besides the page's own. `type`: a Metadata needs an index signature. */
export type StaticMetadata = Metadata & {
  /** Absolute, with the passage's heading as the fragment. */
  url: string;
  title: string;
  heading: string;
};

/** A passage: `id` is its number in this build, `document` its text. */
export type StaticRow = SearchRow<StaticMetadata>;

export interface StaticResult extends SearchResult<StaticMetadata> {
  /** What was searched by: "keyword" where a hybrid search had no vector of its text. */
  mode: "vector" | "keyword" | "hybrid";
}

/** A passage of the answer: rank counts from 0. */
interface ChosenPassage extends PassagePlace {
  metadata: StaticMetadata;
  rank: number;
}

/** Of passages, where an answer has each page once. */
const LEAST_CANDIDATES = 100;
const REFUSED =
  "where whereDocument ids nearText nearMedia rerank diversity groupBy autocut targetVector distance certainty include efSearch".split(
    " ",
  );

/**
 * A site's index on a web server, read part by part as searches need them (docs/static.md). Made by
 * openStatic(). It is a source for <pagevec-search> and for the hooks, as a collection is.
 */
export class StaticIndex {
  private readonly suggestions: Suggestions;
  private readonly parts: StaticParts;
  private readonly models = new Restartable("the static index", (call) => this.openModel(call));
  private closed = false;

  /** For openStatic(). */
  constructor(
    private readonly handle: StaticHandle,
    private readonly files: SiteFiles,
    readonly manifest: Readonly<StaticManifest>,
    private readonly tables: StaticTables,
    private readonly makeModel: () => Promise<EmbeddingFunction>,
  ) {
    this.parts = new StaticParts(handle, files, tables);
    this.suggestions = new Suggestions(files, tables.suggestions, (text) => handle.fold(text));
  }

  /** Bytes that came so far from the index's folder, as they were sent. */
  get received(): number {
    return this.files.received;
  }

  /** Passages. */
  async count(): Promise<number> {
    return this.manifest.passages;
  }

  /** Nothing changes: what a collection's subscribers would be told never comes. */
  subscribe(_listener: () => void): () => void {
    return () => {};
  }

  /**
   * The best passages. Keywords rank as in a Collection of the same texts. Mode "hybrid" (default) takes
   * vectors where it has one for the text: of a suggestion of that text, of the model after
   * loadModel(), or `embedding`; else it is "keyword".
   * @throws invalid_argument; dimension_mismatch, not_finite; unsupported for parameters that need a whole
   *   collection, and for mode "vector" without a vector; embedding_failed; network, not_found, corrupt;
   *   aborted, closed
   */
  async search(params: StaticSearchParams, options: CallOptions = {}): Promise<StaticResult> {
    const plan = this.plan(params);
    const { vectors } = this.tables;
    const probes = checkCount(params.probes ?? vectors?.probes ?? 0, "probes");
    const begin = performance.now();
    const query = plan.byVector ? await this.vectorFor(params, plan, options) : undefined;
    if (query === undefined && !plan.byKeywords) throw this.noVector(plan.text);
    const embed = performance.now() - begin;
    // Of all candidates: which pages they are of is not known yet.
    const { candidates } = plan.settings;
    const settings = settingNumbers({ ...plan.settings, limit: candidates, efSearch: 0 });
    await this.waitFor(
      Promise.all([
        plan.words !== null && this.parts.loadTerms(plan.words, plan.settings.prefix),
        query && this.parts.loadClusters(query, probes),
      ]),
      options,
    );
    const vector = query ?? new Float32Array(0);
    const hits = unwrap(this.handle.search(vector, plan.words, settings, probes));
    const rows = await this.waitFor(this.rowsOf(hits, plan, settings, params), options);
    const mode = !plan.byKeywords ? "vector" : query ? "hybrid" : "keyword";
    const search = performance.now() - begin - embed;
    return { rows, mode, timings: { embed, search, rerank: 0 } };
  }

  /**
   * Texts that begin so and whose vectors are there: titles, headings and what the build was given.
   * @throws invalid_argument; network, not_found, corrupt; aborted, closed
   */
  async suggest(
    prefix: string,
    params: { limit?: number } = {},
    options: CallOptions = {},
  ): Promise<Suggestion[]> {
    this.mustBeOpen();
    checkParams(params);
    if (typeof prefix !== "string") throw invalid(`prefix must be a string, got ${shown(prefix)}`);
    const found = this.suggestions.find(prefix, checkCount(params.limit ?? 8, "limit"));
    return this.waitFor(found, options);
  }

  /**
   * The passages nearest to one of this build, without it.
   * @param id of a row
   * @throws invalid_argument; not_found for an id of another build; unsupported without vectors; and as
   *   search()
   */
  async similar(
    id: string,
    params: Omit<StaticSearchParams, "text" | "embedding" | "mode"> = {},
    options: CallOptions = {},
  ): Promise<StaticResult> {
    checkParams(params);
    if (typeof id !== "string") throw invalid(`id must be a string, got ${shown(id)}`);
    const { limit, offset } = this.plan({ ...params, embedding: [], mode: "vector" });
    if (this.tables.vectors === null) throw this.noVector(null);
    const number = /^\d{1,9}$/.test(id) ? Number(id) : -1;
    const embedding = await this.waitFor(this.parts.vectorOf(number), options);
    if (embedding === undefined) {
      throw new PagevecError("not_found", `the index has no passage ${shown(id)} with a vector`);
    }
    const more = { ...params, embedding, mode: "vector", limit: limit + offset + 1 } as const;
    const result = await this.search({ ...more, offset: 0 }, options);
    const others = result.rows.filter((row) => row.id !== id);
    return { ...result, rows: others.slice(offset, offset + limit) };
  }

  /**
   * Loads the model that embedded the site, so that any text has a vector. Nothing else loads it.
   * @throws unsupported without vectors; model_changed for a model with other vectors; embedding_failed;
   *   what the model's download throws
   */
  async loadModel(options: CallOptions = {}): Promise<void> {
    this.mustBeOpen();
    if (this.tables.vectors === null) throw this.noVector(null);
    await this.models.open(options);
  }

  /** Frees the memory, and the model. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.parts.close();
    this.handle.delete();
    await this.models.close();
  }

  private async openModel(options: CallOptions) {
    const { check } = this.tables.vectors as VectorTables;
    const model = await this.makeModel();
    try {
      const { checkModel, embedQuery } = await import("./check-model.js");
      await checkModel(model, await this.files.get("check", check), options);
      const embed = (text: string, call: CallOptions) => embedQuery(model, text, call);
      return { alive: true, embed, close: async () => model.close?.() };
    } catch (cause) {
      await model.close?.();
      throw cause;
    }
  }

  private plan(params: StaticSearchParams): SearchPlan {
    this.mustBeOpen();
    checkParams(params);
    const { keyword } = params as SearchParams;
    const refused = REFUSED.find((name) => params[name as keyof StaticSearchParams] !== undefined);
    const word = (keyword?.fuzzy && "keyword.fuzzy") || (keyword?.stemmer && "keyword.stemmer");
    if (refused || word) {
      throw new PagevecError(
        "unsupported",
        `a static index has no ${refused ?? word}: it would need all of its files; leave it out, or use a Collection`,
      );
    }
    // Of a page with several passages one counts: more must be there than are asked for.
    const { onePerPage = true, limit = 10, offset = 0, candidates } = params;
    const some = onePerPage ? Math.max(LEAST_CANDIDATES, limit + offset) : undefined;
    return planSearch({ ...params, candidates: candidates ?? some });
  }

  private async vectorFor(
    { embedding }: StaticSearchParams,
    { text }: SearchPlan,
    options: CallOptions,
  ): Promise<Float32Array | undefined> {
    if (embedding !== undefined) {
      const { data } = flattenVectors([embedding], "embedding");
      return this.tables.vectors ? data : undefined;
    }
    if (this.tables.vectors === null) return undefined;
    const known = await this.waitFor(this.suggestions.vector(text ?? ""), options);
    return known ?? (await this.models.current?.embed(text ?? "", options));
  }

  private async rowsOf(
    hits: StaticHits,
    plan: SearchPlan,
    settings: Float32Array,
    { onePerPage = true, explain = false }: StaticSearchParams,
  ): Promise<StaticRow[]> {
    const chosen = await this.choose(hits.numbers, plan.offset + plan.limit, onePerPage);
    const answer = chosen.slice(plan.offset);
    const documents = answer.map(({ passage }) => passage.text);
    const described = plan.words !== null && plan.settings.passages > 0;
    const columns = {
      scores: Float32Array.from(answer, ({ rank }) => hits.scores[rank] as number),
      parts: Float32Array.from(
        answer.flatMap(({ rank }) => [...hits.parts.subarray(6 * rank, 6 * rank + 6)]),
      ),
      passages: described
        ? unwrap(this.handle.passages(plan.words as string, settings, packStrings(documents)))
        : new Uint32Array(0),
      terms: [],
      termNumbers: new Float32Array(0),
    };
    const ids = answer.map(({ number }) => String(number));
    const records = { ids, documents, metadatas: null, embeddings: null, dimension: 0 };
    const rows = toSearchRows<StaticMetadata>({ ...columns, records }, plan, explain);
    return rows.map((row, i) => ({ ...row, metadata: answer[i]?.metadata ?? null }));
  }

  /** The best passages, or those of pages that have no better one: texts are loaded until enough are there. */
  private async choose(
    numbers: Uint32Array,
    wanted: number,
    onePerPage: boolean,
  ): Promise<ChosenPassage[]> {
    const chosen: ChosenPassage[] = [];
    const seen = new Set<string>();
    for (let next = 0; next < numbers.length && chosen.length < wanted; ) {
      const some = [...numbers.subarray(next, next + wanted - chosen.length)];
      const places = await Promise.all(some.map((number) => this.parts.place(number)));
      this.mustBeOpen();
      for (const [i, place] of places.entries()) {
        const metadata = this.metadataOf(place);
        const page = metadata.url.replace(/#.*/s, "");
        if (!onePerPage || !seen.has(page)) chosen.push({ ...place, metadata, rank: next + i });
        seen.add(page);
      }
      next += places.length;
    }
    return chosen;
  }

  private metadataOf({ page, passage }: PassagePlace): StaticMetadata {
    const address = addressOf(page.url, this.files.base.href);
    if (passage.anchor !== "") address.hash = passage.anchor;
    const { heading } = passage;
    return { ...page.metadata, url: address.href, title: page.title, heading };
  }

  private noVector(text: string | null): PagevecError {
    if (this.tables.vectors === null) {
      return new PagevecError(
        "unsupported",
        "the index was built without vectors; build it with a model",
      );
    }
    return new PagevecError(
      "unsupported",
      `there is no vector for ${shown(text)}: choose one of suggest(), or call loadModel() first`,
    );
  }

  private async waitFor<T>(work: Promise<T>, { signal }: CallOptions): Promise<T> {
    const value = await unlessAborted(work, signal);
    throwIfAborted(signal);
    this.mustBeOpen();
    return value;
  }

  private mustBeOpen(): void {
    if (this.closed) throw new PagevecError("closed", "the static index is closed; open it again");
  }
}
