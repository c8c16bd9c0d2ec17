import type { LocalReranker, SearchParams, Where } from "pagevec";
import type { Context } from "../../context.js";
import { byId } from "../../dom.js";
import { isAborted } from "../../messages.js";
import type { EmbeddedQuery } from "../../model.js";
import type { Columns } from "./columns.js";
import { hideTimings, showTimings } from "./timings.js";

const RESULT_COUNT = 10;
/** How many of the best a reranker reads. */
const RERANKED = 20;

/** Runs one query at a time through all three ways of searching: a new one stops the one before it. */
export class Queries {
  private controller: AbortController | undefined;
  private text = "";
  /** Which records are searched; undefined: all. */
  private where: Where | undefined;

  /**
   * @param reranker what reads the best hybrid answers again, if anything
   * @param onAnswer is called when every column has its answer
   */
  constructor(
    private readonly context: Context,
    private readonly columns: Columns,
    private readonly reranker: () => LocalReranker | undefined,
    private readonly onAnswer: () => void,
  ) {}

  /** The same query among other records. */
  filter(where: Where | undefined): Promise<void> {
    this.where = where;
    return this.run(this.text);
  }

  /** The same query once more, after the collection or the model has changed. */
  refresh(): Promise<void> {
    // A query under way will see the change, or most of it.
    return this.controller ? Promise.resolve() : this.run(this.text, true);
  }

  async run(text: string, quiet = false): Promise<void> {
    this.controller?.abort();
    this.text = text;
    const controller = new AbortController();
    this.controller = controller;
    const { shelf, status } = this.context;
    try {
      const { collection, emptyNote, counted } = shelf.current;
      const records = await collection.count({ signal: controller.signal });
      if (controller.signal.aborted) return;
      if (records === 0) this.showNothing(emptyNote);
      else if (text === "") this.showNothing(`${counted(records)} to search.`);
      else await this.query(text, records, controller.signal, quiet);
    } catch (error) {
      if (!isAborted(error)) status.showError(error);
    } finally {
      if (this.controller === controller) this.controller = undefined;
    }
  }

  private async query(text: string, records: number, signal: AbortSignal, quiet: boolean) {
    const { model, shelf, status } = this.context;
    const scope = shelf.current;
    // Keywords need no model: their answers are there before the query's vector is.
    const keyword = await this.search({ text, mode: "keyword" }, signal);
    if (signal.aborted) return;
    byId("empty").hidden = true;
    this.columns.show("keyword", keyword.rows, keyword.timings.search, scope);
    const among = `among ${scope.counted(records)}`;
    if (model.ready) {
      const embedded = await model.embed(text, { signal });
      const { search, rerank } = await this.queryVectors(text, embedded, signal);
      if (signal.aborted) return;
      this.columns.prefer("hybrid");
      const { tokenize, embed } = embedded;
      showTimings({ tokenize, embed, search, ...(rerank > 0 && { rerank }) }, among);
    } else {
      this.columns.askForModel();
      showTimings({ search: keyword.timings.search }, among);
    }
    this.columns.answered(text);
    this.onAnswer();
    const best = keyword.rows[0];
    if (best && !quiet)
      status.announce(`${keyword.rows.length} answers, first: ${scope.card(best).title}`);
  }

  /** @returns the times of the hybrid search, which is both in one */
  private async queryVectors(text: string, { vector }: EmbeddedQuery, signal: AbortSignal) {
    const scope = this.context.shelf.current;
    const asked = { text, embedding: vector };
    const byVector = await this.search({ ...asked, mode: "vector" }, signal);
    const reranker = this.reranker();
    const rerank = reranker && { rerank: { reranker, limit: RERANKED } };
    const hybrid = await this.search({ ...asked, mode: "hybrid", ...rerank }, signal);
    if (!signal.aborted) {
      this.columns.show("vector", byVector.rows, byVector.timings.search, scope);
      this.columns.show("hybrid", hybrid.rows, hybrid.timings.search, scope);
    }
    return hybrid.timings;
  }

  private search(params: SearchParams, signal: AbortSignal) {
    return this.context.shelf.current.collection.search(
      {
        ...params,
        limit: RESULT_COUNT,
        keyword: { prefix: "last", fuzzy: true },
        highlights: { passages: 1, length: 1000 },
        explain: true,
        ...(this.where && { where: this.where }),
      },
      { signal },
    );
  }

  private showNothing(note: string): void {
    this.columns.clear();
    hideTimings();
    byId("empty-note").textContent = note;
    byId("empty").hidden = false;
  }
}
