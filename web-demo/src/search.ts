import { byId } from "./dom.js";
import { isDownload } from "./library.js";
import { isAborted } from "./messages.js";
import type { Results } from "./results.js";
import type { Scope } from "./scopes.js";
import type { Status } from "./status.js";
import type { TimedModel } from "./timed-model.js";
import { hideTimings, showTimings } from "./timings.js";

const RESULT_COUNT = 10;

/** Runs one query at a time: a new one stops the one before it. */
export class Search {
  private controller: AbortController | undefined;
  private text = "";

  constructor(
    private scope: Scope,
    private readonly model: TimedModel,
    private readonly results: Results,
    private readonly status: Status,
  ) {}

  /** Searches elsewhere from now on. */
  switchTo(scope: Scope, text: string): Promise<void> {
    this.scope = scope;
    return this.run(text);
  }

  /** The same query once more, after the collection has changed. */
  refresh(): Promise<void> {
    // A query under way will see the change, or most of it.
    return this.controller ? Promise.resolve() : this.run(this.text, true);
  }

  async run(text: string, quiet = false): Promise<void> {
    this.controller?.abort();
    this.text = text;
    const controller = new AbortController();
    this.controller = controller;
    try {
      const records = await this.scope.collection.count({ signal: controller.signal });
      if (controller.signal.aborted) return;
      if (records === 0) this.showNothing(this.scope.emptyNote);
      else if (text === "") this.showNothing(`${this.scope.counted(records)} to search.`);
      else await this.query(text, records, controller.signal, quiet);
    } catch (error) {
      if (!isAborted(error)) this.status.showError(error);
    } finally {
      if (this.controller === controller) this.controller = undefined;
    }
  }

  private async query(text: string, records: number, signal: AbortSignal, quiet: boolean) {
    const { collection, card, counted } = this.scope;
    const answer = await collection.query(
      { queryTexts: [text], nResults: RESULT_COUNT },
      {
        signal,
        onProgress: (progress) => {
          if (isDownload(progress)) this.status.showDownload(progress);
        },
      },
    );
    if (signal.aborted) return;
    const rows = answer.rows()[0] ?? [];
    this.results.show(rows.map((row) => card(row)));
    byId("results").dataset.query = text;
    byId("empty").hidden = true;
    const { embed, search } = answer.timings;
    const tokenize = this.model.queryTokenize;
    showTimings({ tokenize, embed: embed - tokenize, search }, `among ${counted(records)}`);
    const best = rows[0];
    if (best && !quiet) this.status.announce(`${rows.length} answers, first: ${card(best).title}`);
  }

  private showNothing(note: string): void {
    this.results.show([]);
    delete byId("results").dataset.query;
    hideTimings();
    byId("empty-note").textContent = note;
    byId("empty").hidden = false;
  }
}
