import { byId } from "./dom.js";
import { count } from "./format.js";
import { Indexer, type IndexingState } from "./indexer.js";
import type { Library, WordMetadata } from "./library.js";
import { ProgressView } from "./progress-view.js";
import type { Status } from "./status.js";
import type { WordList } from "./word-list.js";

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
  private readonly progress = new ProgressView("index");
  private readonly indexer: Indexer<WordMetadata>;
  private records = 0;
  private refreshedAt = 0;
  private announced = 0;

  /** @param onChange is called now and then while entries come in, and at the end. */
  constructor(
    private readonly library: Library,
    private readonly words: WordList,
    private readonly status: Status,
    private readonly onChange: () => void,
  ) {
    this.indexer = new Indexer(library.dictionary, {
      onState: (state) => this.show(state),
      onDownload: (progress) => status.showDownload(progress),
      onError: (error) => status.showError(error),
    });
    this.fillChoice();
    this.choice.addEventListener("change", () => {
      localStorage.setItem(CHOICE_KEY, this.choice.value);
      this.showButtons();
    });
    this.toggle.addEventListener("click", () => {
      this.startOrStop().catch((error) => status.showError(error));
    });
    this.remove.addEventListener("click", () => void this.deleteAll());
  }

  async open(): Promise<void> {
    this.records = await this.library.dictionary.count();
    this.showButtons();
  }

  set hidden(hidden: boolean) {
    this.panel.hidden = hidden;
  }

  private get target(): number {
    return Number(this.choice.value);
  }

  private fillChoice(): void {
    const { total } = this.words;
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
    this.status.clearError();
    await this.indexer.run(this.words.parts(this.target), this.target);
    this.records = await this.library.dictionary.count();
    this.showButtons();
    this.onChange();
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
    this.onChange();
  }

  private announce({ phase, done, total }: IndexingState): void {
    const tenth = Math.floor((10 * done) / Math.max(1, total));
    if (phase === "running" && tenth === this.announced) return;
    this.announced = tenth;
    const entries = `${count(done)} of ${count(total)} entries are in`;
    this.status.announce(phase === "running" ? entries : `${phase}: ${entries}`);
  }

  private showButtons(): void {
    const { running } = this.indexer;
    const complete = !running && this.records >= this.target;
    const begin = this.records > 0 ? "Continue" : "Start";
    this.toggle.textContent = running ? "Stop" : complete ? "Complete" : begin;
    this.toggle.disabled = complete;
    this.choice.disabled = running;
    this.remove.hidden = running || this.records === 0;
    byId("dictionary-summary").textContent = this.records > 0 ? count(this.records) : "";
  }

  private async deleteAll(): Promise<void> {
    if (!confirm("Delete the dictionary from this browser?")) return;
    try {
      await this.library.client.deleteCollection({ name: this.library.dictionary.name });
      // A collection of the same name is made anew when the page opens.
      location.reload();
    } catch (error) {
      this.status.showError(error);
    }
  }
}
