import type { Collection } from "pagevec";
import type { Context } from "../../context.js";
import { byId } from "../../dom.js";
import { count } from "../../format.js";
import { Indexer, type IndexingState } from "../../indexer.js";
import type { WordMetadata } from "../../library.js";
import { fillWithStarter, refuseStarter } from "../../starter.js";
import { ProgressView } from "./progress-view.js";

const CHOICES = [5_000, 10_000, 20_000, 50_000];
const DEFAULT_CHOICE = 5_000;
const CHOICE_KEY = "reverse-dictionary.entries";
/** How often the answers on the page are brought up to date while entries come in. */
const REFRESH_MS = 3_000;

/** The panel that fills the dictionary: how many entries, start, stop, continue, delete. */
export class DictionaryPanel {
  private readonly panel = byId<HTMLDetailsElement>("dictionary-panel");
  private readonly choice = byId<HTMLSelectElement>("entries");
  private readonly toggle = byId<HTMLButtonElement>("index-toggle");
  private readonly remove = byId<HTMLButtonElement>("dictionary-delete");
  private readonly starter = byId<HTMLButtonElement>("dictionary-starter");
  private readonly progress = new ProgressView("index");
  private readonly dictionary: Collection<WordMetadata>;
  private readonly indexer: Indexer<WordMetadata>;
  private records = 0;
  private refreshedAt = 0;
  private announced = 0;

  constructor(private readonly context: Context) {
    this.dictionary = context.dictionary;
    this.indexer = new Indexer(this.dictionary, {
      onState: (state) => this.show(state),
      onError: (error) => context.status.showError(error),
    });
    this.fillChoice();
    this.choice.addEventListener("change", () => {
      localStorage.setItem(CHOICE_KEY, this.choice.value);
      this.showButtons();
    });
    const on = (button: HTMLButtonElement, act: () => Promise<void>) =>
      button.addEventListener("click", () => {
        act().catch((error) => context.status.showError(error));
      });
    on(this.toggle, () => this.startOrStop());
    on(this.starter, () => this.putStarter());
    on(this.remove, () => this.deleteAll());
    context.shelf.subscribe(() => {
      this.open().catch((error) => context.status.showError(error));
    });
  }

  /** Reads how many entries there are. */
  async open(): Promise<void> {
    this.records = await this.dictionary.count();
    this.showButtons();
  }

  set hidden(hidden: boolean) {
    this.panel.hidden = hidden;
  }

  private get target(): number {
    return Number(this.choice.value);
  }

  private fillChoice(): void {
    const { total } = this.context.words;
    const remembered = Number(localStorage.getItem(CHOICE_KEY)) || DEFAULT_CHOICE;
    const choices = new Set([...CHOICES, Math.min(remembered, total)]);
    choices.delete(total);
    for (const entries of [...choices].sort((a, b) => a - b)) {
      this.choice.add(new Option(count(entries), String(entries)));
    }
    this.choice.add(new Option(`all ${count(total)}`, String(total)));
    this.choice.value = String(Math.min(remembered, total));
  }

  private async startOrStop(): Promise<void> {
    if (this.indexer.running) return this.indexer.stop();
    this.context.status.clearError();
    await this.indexer.run(this.context.words.parts(this.target), this.target);
    this.context.shelf.changed();
  }

  private async putStarter(): Promise<void> {
    this.starter.disabled = true;
    try {
      await fillWithStarter(this.dictionary, this.context.words, { wanted: true });
    } finally {
      this.starter.disabled = false;
    }
    this.context.shelf.changed();
  }

  private show(state: IndexingState): void {
    this.progress.show(state);
    Object.assign(this.panel.dataset, {
      phase: state.phase,
      rate: state.rate.toFixed(1),
      seconds: state.seconds.toFixed(2),
    });
    this.records = Math.max(this.records, state.done);
    this.showButtons();
    this.announce(state);
    if (state.done === 0 || performance.now() - this.refreshedAt < REFRESH_MS) return;
    this.refreshedAt = performance.now();
    this.context.shelf.changed();
  }

  private announce({ phase, done, total }: IndexingState): void {
    const tenth = Math.floor((10 * done) / Math.max(1, total));
    if (phase === "running" && tenth === this.announced) return;
    this.announced = tenth;
    const entries = `${count(done)} of ${count(total)} entries are in`;
    this.context.status.announce(phase === "running" ? entries : `${phase}: ${entries}`);
  }

  private showButtons(): void {
    const { running } = this.indexer;
    const complete = !running && this.records >= this.target;
    const begin = this.records > 0 ? "Continue" : "Start";
    this.toggle.textContent = running ? "Stop" : complete ? "Complete" : begin;
    this.toggle.disabled = complete;
    this.choice.disabled = running;
    this.remove.hidden = running || this.records === 0;
    this.starter.hidden = running || this.records > 0;
    byId("dictionary-summary").textContent = this.records > 0 ? count(this.records) : "";
  }

  private async deleteAll(): Promise<void> {
    if (!confirm("Delete the dictionary from this browser?")) return;
    refuseStarter();
    await this.context.client.deleteCollection({ name: this.dictionary.name });
    // A collection of the same name is made anew when the page opens.
    location.reload();
  }
}
