import { byId } from "./dom.js";
import { count, plural } from "./format.js";
import { Indexer, type Item } from "./indexer.js";
import type { Library, PassageMetadata } from "./library.js";
import { ProgressView } from "./progress-view.js";
import { SAMPLE_TEXT } from "./sample-text.js";
import { splitText, type Unit } from "./split-text.js";
import type { Status } from "./status.js";

/** The panel for the visitor's own text: paste, split, add, delete. */
export class OwnTextPanel {
  private readonly panel = byId<HTMLDetailsElement>("own-panel");
  private readonly input = byId<HTMLTextAreaElement>("own-input");
  private readonly add = byId<HTMLButtonElement>("own-add");
  private readonly remove = byId<HTMLButtonElement>("own-delete");
  private readonly progress = new ProgressView("own");
  private readonly indexer: Indexer<PassageMetadata>;

  /** @param onChange is called when passages were added or deleted. */
  constructor(
    private readonly library: Library,
    private readonly status: Status,
    private readonly onChange: () => void,
  ) {
    this.indexer = new Indexer(library.ownText, {
      onState: (state) => this.progress.show(state),
      onDownload: (progress) => status.showDownload(progress),
      onError: (error) => status.showError(error),
    });
    byId("own-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.addOrStop().catch((error) => status.showError(error));
    });
    byId("own-sample").addEventListener("click", () => {
      this.input.value = SAMPLE_TEXT;
      this.add.focus();
    });
    this.remove.addEventListener("click", () => void this.deleteAll());
  }

  async open(): Promise<void> {
    const records = await this.library.ownText.count();
    this.remove.hidden = records === 0;
    byId("own-summary").textContent = records > 0 ? count(records) : "";
  }

  set hidden(hidden: boolean) {
    this.panel.hidden = hidden;
  }

  private async addOrStop(): Promise<void> {
    if (this.indexer.running) return this.indexer.stop();
    const unit = byId<HTMLSelectElement>("own-split").value as Unit;
    const passages = splitText(this.input.value, unit);
    if (passages.length === 0) return this.input.focus();
    this.status.clearError();
    this.add.textContent = "Stop";
    try {
      await this.addPassages(passages);
    } finally {
      this.add.textContent = "Add";
    }
    await this.open();
    this.onChange();
  }

  private async addPassages(passages: string[]): Promise<void> {
    const items = await this.newItems(passages);
    if (items.length === 0) return this.status.announce("All of this text is in already");
    await this.indexer.run([items], items.length);
    const records = await this.library.ownText.count();
    this.status.announce(`${plural(records, "passage")} can be searched`);
  }

  /** The passages that are not in the collection yet, numbered on from those that are. */
  private async newItems(passages: string[]): Promise<Item<PassageMetadata>[]> {
    const known = await this.library.ownText.get({ include: ["documents"] });
    const seen = new Set(known.documents);
    const first = known.ids.length;
    return passages
      .filter((document) => !seen.has(document))
      .map((document, i) => ({ id: `${first + i}`, document, metadata: { place: first + i } }));
  }

  private async deleteAll(): Promise<void> {
    if (!confirm("Delete your text from this browser?")) return;
    try {
      const { ids } = await this.library.ownText.get({ include: [] });
      await this.library.ownText.delete({ ids });
      this.progress.hide();
      this.status.announce("Your text was deleted");
    } catch (error) {
      this.status.showError(error);
    }
    await this.open();
    this.onChange();
  }
}
